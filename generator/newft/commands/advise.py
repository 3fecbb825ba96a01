"""`newft advise`: ask what an approach depends on, and say which one suits, with what it costs."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from newft.answers.command_line import format_command
from newft.answers.keys import (
    ADVICE_PREFIX,
    AUTO_GPU,
    ROI_PREFIX,
    RawAnswers,
    drop_unknown_values,
)
from newft.answers.parse import format_answers_yaml
from newft.catalog.loader import load_catalog
from newft.console.advice_json import report_advice_json
from newft.console.console import ConsoleOutput, print_json
from newft.decide.kit.kit_answer_rules import drop_secret_answers
from newft.decide.kit.kit_rules import apply_kit
from newft.errors import UsageError
from newft.i18n import Messages
from newft.kits.command_answers import AnswerOptions
from newft.kits.open_kit import OpenKit, name_kit_from, open_kit
from newft.project.plan_files import ANSWERS_NAME, check_plan_path, write_plan
from newft.schema.catalog import Catalog
from newft.schema.plan import Plan
from newft.system.hardware_probe import probe_machine
from newft.text import Text
from newft.wizard.advice_questions import list_advice_questions
from newft.wizard.context import WizardContext
from newft.wizard.conversation import run_wizard
from newft.wizard.default_answers import fill_defaults
from newft.wizard.project_plan import plan_project, render_planned_project
from newft.wizard.recognised_data import print_recognised_data
from newft.wizard.recovery import save_answers_on_failure
from newft.wizard.services import build_services
from newft.wizard.state import Services, WizardState
from newft.wizard.terminal import choose_terminal

ADVISED_PREFIXES = ("data.", ADVICE_PREFIX, ROI_PREFIX)
ADVISED_ANSWERS = ("domain", "task", "language", "gpu")


@dataclass(frozen=True, kw_only=True)
class AdviseOptions(AnswerOptions):
    """The command line of `newft advise`."""

    explain: bool
    json: bool
    output: str | None


def give_advice(options: AdviseOptions, messages: Messages) -> None:
    """Print the advice, and write the plan where an output is named."""
    if options.output:
        check_plan_path(Path(options.output))
    console = ConsoleOutput(messages)
    given = options.collect()
    with open_kit(given, load_catalog(), environment=os.environ) as opened:
        console.print_notes(opened.notes)
        start = _make_initial_state(options, opened, messages)
        services = build_services(start.catalog, start.machine)
        with save_answers_on_failure(
            console,
            command=["advise"],
            enabled=options.interactive,
            kit=start.catalog.starter_kit,
        ) as kept:
            state = start
            if options.interactive:
                state = _run_conversation(start, services, console, kept=kept)
            kept.append(state.answers)
            complete = fill_defaults(state, services)
            plan = plan_project(complete)
            answers = _select_answers(given, complete)
            paths = (
                _write_plan(Path(options.output), plan, complete, answers) if options.output else ()
            )
            _print_result(options, plan, complete.catalog, messages)
            _print_next(options, plan, paths, answers, console)


def _make_initial_state(options: AdviseOptions, opened: OpenKit, messages: Messages) -> WizardState:
    """Return the state before the first question: what the command line, kit and machine say."""
    if not (options.interactive or options.yes or options.answers_file):
        raise UsageError(
            Text("there is no terminal for questions", "没有可供提问的终端"),
            hint=Text(
                "use --yes to count what is not given as unknown, or --answers FILE for the "
                "answers of a file",
                "用 --yes 把没给出的都算作不知道，或用 --answers FILE 读取答案文件",
            ),
        )
    kit = opened.catalog.starter_kit
    answers = apply_kit(opened.answers, kit) if kit else opened.answers
    return WizardState(
        opened.catalog,
        answers,
        machine=probe_machine() if answers.get("gpu", AUTO_GPU) == AUTO_GPU else None,
        interface_language=messages.language if options.interactive else "en",
    )


def _run_conversation(
    start: WizardState, services: Services, console: ConsoleOutput, *, kept: list[RawAnswers]
) -> WizardState:
    """Return the state at the end of the conversation; `kept` receives its answers if it fails."""

    def make_plan(state: WizardState) -> Plan:
        return plan_project(fill_defaults(state, services))

    with choose_terminal(os.environ, console.say, console.messages) as terminal:
        context = WizardContext(
            terminal=terminal,
            messages=console.messages,
            services=services,
            say=console.say,
            print_error=console.print_error,
            print_data=partial(print_recognised_data, console=console),
            print_summary=lambda state: console.print_advice(
                make_plan(state), state.catalog.advice
            ),
            print_explanation=lambda state: console.print_advice(
                make_plan(state), state.catalog.advice, explain=True
            ),
            keep_answers=kept.append,
            end="advise",
        )
        return run_wizard(start, context, list_advice_questions(start.catalog))


def _select_answers(given: RawAnswers, complete: WizardState) -> RawAnswers:
    """Return the answers that `newft new` takes over: those given, and what they are about.

    Model and name are those of a plan alone, unless they were given.
    """
    kept = {
        key: value
        for key, value in complete.answers.items()
        if key in given or key in ADVISED_ANSWERS or key.startswith(ADVISED_PREFIXES)
    }
    kit = complete.catalog.starter_kit
    return drop_unknown_values(drop_secret_answers(kept, kit))


def _write_plan(
    output: Path, plan: Plan, complete: WizardState, answers: RawAnswers
) -> tuple[str, ...]:
    """Write the plan as a project would have it, and return its paths."""
    _, named = name_kit_from(output.with_suffix(""), complete.catalog, answers)
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        tree = Path(scratch).resolve() / "project"
        render_planned_project(plan, complete, tree)
        return write_plan(tree, format_answers_yaml(named), output)


def _print_result(options: AdviseOptions, plan: Plan, catalog: Catalog, messages: Messages) -> None:
    """Print the result on stdout, which a conversation at the same terminal has shown already."""
    if options.json:
        print_json(report_advice_json(plan, messages.language))
    elif not (options.interactive and sys.stdout.isatty()):
        results = ConsoleOutput(messages, results=True)
        results.print_advice(plan, catalog.advice, explain=options.explain)


def _print_next(
    options: AdviseOptions,
    plan: Plan,
    paths: tuple[str, ...],
    answers: RawAnswers,
    console: ConsoleOutput,
) -> None:
    """Print what was written, how to go on, and how to repeat a conversation."""
    if options.output:
        folder = Path(options.output).parent
        files = console.messages.join(str(folder / path) for path in paths)
        console.print_message("advise.written", count=len(paths), files=files)
        file = folder / next(path for path in paths if path.endswith(f"/{ANSWERS_NAME}"))
        console.print_commands("new.next", [f"newft new --advice {shlex.quote(str(file))}"])
    elif not options.explain:
        figures = plan.roi.figures.values()
        defaults = sum(one.origin == "default" for one in figures)
        console.say(console.messages("advise.more", defaults=defaults, total=len(figures)))
    if options.interactive:
        output = ("--output", options.output) if options.output else ()
        again = format_command(answers, *output, command="advise")
        console.print_commands("advise.again", [again])
