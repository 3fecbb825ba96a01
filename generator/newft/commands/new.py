"""`newft new`: ask for the answers, make the plan, write the project."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from newft.answers import command_line, parse
from newft.answers.guess import RECIPE_FILE, RUN_FILE
from newft.answers.imports.carried import ImportedAnswers
from newft.answers.imports.read_file import import_answers
from newft.answers.keys import AUTO_GPU, KIT_KEY, RawAnswers, get_data_files, get_option
from newft.catalog.imported import (
    ImportRemarks,
    complete_imported_answers,
    list_import_remarks,
    name_imported_places,
    refuse_missing_data,
)
from newft.catalog.loader import load_catalog
from newft.console.console import ConsoleOutput, print_json
from newft.console.json_output import report_json
from newft.decide.kit.kit_answer_rules import drop_secret_answers, list_open_questions, show_option
from newft.decide.kit.kit_rules import apply_kit
from newft.decide.project_name import MAX_NAME_LENGTH, validate_name
from newft.errors import InterruptedAfterWrite, RenderError, UsageError
from newft.i18n import Messages
from newft.kits.command_answers import AnswerOptions
from newft.kits.open_kit import OpenKit, name_kit_from, open_kit
from newft.kits.trust import TrustRequest, confirm_trust
from newft.project.ci_place import describe_ci_place
from newft.project.snapshot import METADATA_DIR
from newft.project.write import list_planned_paths, write_project
from newft.schema.catalog import Catalog
from newft.schema.plan import Plan
from newft.schema.starter_kit import StarterKit
from newft.system.hardware_probe import probe_machine
from newft.text import Text
from newft.wizard.context import WizardContext
from newft.wizard.conversation import run_wizard
from newft.wizard.default_answers import fill_defaults
from newft.wizard.kit_trust import ask_trust
from newft.wizard.project_plan import (
    plan_project,
    render_planned_project,
    trains_on_this_machine,
)
from newft.wizard.questions import QUESTIONS
from newft.wizard.recognised_data import print_recognised_data
from newft.wizard.recovery import save_answers_on_failure
from newft.wizard.services import build_services
from newft.wizard.state import Services, WizardState
from newft.wizard.terminal import choose_terminal


@dataclass(frozen=True, kw_only=True)
class NewOptions(AnswerOptions):
    """The command line of `newft new`."""

    path: str | None
    from_file: str | None  # the training configuration of another tool
    advice_file: str | None  # the answers of `newft advise`
    dry_run: bool
    explain: bool
    json: bool
    trusted_kits: tuple[str, ...] = ()  # commits of kits whose code is confirmed

    @property
    def needs_terminal(self) -> bool:
        """Whether nothing says where the answers are to come from, if not from a user."""
        return not (self.yes or self.answers_file or self.from_file or self.advice_file)


def create_project(options: NewOptions, messages: Messages) -> None:
    """Write a project, or show what would be written."""
    console = ConsoleOutput(messages)
    catalog = load_catalog()
    imported = import_answers(Path(options.from_file)) if options.from_file else None
    given = _collect_answers(options, imported, catalog)
    if imported and not options.interactive:
        refuse_missing_data(imported, given)
    remarks = list_import_remarks(imported, given, catalog) if imported else ImportRemarks()
    with (
        name_imported_places(imported, given),
        open_kit(given, catalog, environment=os.environ) as opened,
    ):
        console.print_remarks(remarks.warnings, (*opened.notes, *remarks.notes))
        start = make_initial_state(options, opened, messages)
        if start.catalog.starter_kit and not options.dry_run:
            named = KIT_KEY not in given or options.names_kit  # else only a file names it
            _confirm_code(options, start.catalog.starter_kit, console, named=named)
        _create_project(options, start, console, remarks=remarks)


def _create_project(
    options: NewOptions, start: WizardState, console: ConsoleOutput, *, remarks: ImportRemarks
) -> None:
    services = build_services(start.catalog, start.machine)
    command = ("new", *([options.path] if options.path else []))
    with save_answers_on_failure(
        console, command=command, enabled=options.interactive, kit=start.catalog.starter_kit
    ) as kept:
        if options.interactive:
            state = _run_conversation(options, start, services, console=console, kept=kept)
        else:
            state = fill_defaults(start, services)
        kept.append(state.answers)
        recorded, folder = _name_kit(options, state)
        plan = plan_project(recorded)
        with _report_late_interrupt(folder):
            paths = render_and_write(plan, recorded, folder, dry_run=options.dry_run)
            _print_result(options, state, plan, paths=paths, console=console, remarks=remarks)
            console.print_notes(describe_ci_place(folder, paths))


def _name_kit(options: NewOptions, state: WizardState) -> tuple[WizardState, Path]:
    """Return the state with the kit named as the project records it, and the project's folder."""
    folder = Path(options.path or str(state.answers["name"]))
    catalog, answers = name_kit_from(folder, state.catalog, state.answers)
    return replace(state, catalog=catalog, answers=answers), folder


def _print_result(
    options: NewOptions,
    state: WizardState,
    plan: Plan,
    *,
    paths: tuple[str, ...],
    console: ConsoleOutput,
    remarks: ImportRemarks,
) -> None:
    folder, language = Path(options.path or plan.name), console.messages.language
    kit = state.catalog.starter_kit
    if options.json:
        path = None if options.dry_run else folder
        answers = parse.build_answers(drop_secret_answers(state.answers, kit))
        noted = replace(plan.data, notes=(*remarks.notes, *plan.data.notes))
        reported = replace(plan, data=noted, warnings=(*remarks.warnings, *plan.warnings))
        print_json(report_json(reported, answers, kit, paths=paths, path=path, language=language))
    else:
        if not options.interactive:
            _print_plan(state, plan, folder.absolute(), console, explain=options.explain)
        _print_paths(paths, folder, plan, console, dry_run=options.dry_run)
        if kit and not options.dry_run:
            _print_steps_of_templates(kit, state, console)
    if options.interactive:
        shown = drop_secret_answers(state.answers, kit)
        again = command_line.format_command(shown, options.path or f"./{plan.name}")
        console.print_commands("new.again", [again])


def _print_steps_of_templates(kit: StarterKit, state: WizardState, console: ConsoleOutput) -> None:
    """Print what copier templates ask the user to do; newft runs nothing of a kit."""
    for template in kit.templates.values():
        try:
            steps = template.list_next_steps(state.answers)
        except RenderError as error:  # the project is complete without them
            console.print_error(error)
            continue
        if steps.message:
            console.say(f"\n{steps.message}")
        if steps.commands:
            console.print_commands("kit.tasks", steps.commands)


@contextmanager
def _report_late_interrupt(folder: Path) -> Iterator[None]:
    """Raise InterruptedAfterWrite on Ctrl-C if the project was written in the block."""
    mark = folder.absolute() / METADATA_DIR
    before = mark.exists()
    try:
        yield
    except KeyboardInterrupt as error:
        if mark.exists() and not before:
            raise InterruptedAfterWrite(str(folder)) from error
        raise


def _collect_answers(
    options: NewOptions, imported: ImportedAnswers | None, catalog: Catalog
) -> RawAnswers:
    """Merge the answers: the command line, the file of answers, then another tool's file."""
    given = options.collect(advice_file=options.advice_file)
    return complete_imported_answers(imported, given, catalog) if imported else given


def make_initial_state(options: NewOptions, opened: OpenKit, messages: Messages) -> WizardState:
    """Return the state before the first question: what the command line, kit and machine say."""
    kit = opened.catalog.starter_kit
    answers = apply_kit(opened.answers, kit) if kit else opened.answers
    start = WizardState(
        opened.catalog,
        answers,
        machine=probe_machine() if answers.get("gpu", AUTO_GPU) == AUTO_GPU else None,
        folder_name=_derive_project_name(options.path),
        taken_names=_list_taken_names(options),
        interface_language=messages.language if options.interactive else "en",
    )
    if options.needs_terminal and not options.interactive:
        raise _make_missing_answers_error(start)
    return start


def render_and_write(
    plan: Plan, state: WizardState, folder: Path, *, dry_run: bool
) -> tuple[str, ...]:
    """Write the files of the project unless this is a dry run, and return their paths."""
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        tree = Path(scratch).resolve() / "project"
        render_planned_project(plan, state, tree)
        return list_planned_paths(tree, folder) if dry_run else write_project(tree, folder)


def _confirm_code(
    options: NewOptions, kit: StarterKit, console: ConsoleOutput, *, named: bool
) -> None:
    """Show the code of the kits, and ask the user to confirm what somebody else has written."""

    def show(request: TrustRequest) -> None:
        if not options.json:
            console.print_kit_code(request.source, request.files)

    def ask(request: TrustRequest) -> bool:
        return ask_trust(request.source, request.files, request.folder, console)

    asking = ask if options.interactive else None
    confirm_trust(kit.located, options.trusted_kits, named=named, ask=asking, show=show)


def _run_conversation(
    options: NewOptions,
    start: WizardState,
    services: Services,
    *,
    console: ConsoleOutput,
    kept: list[RawAnswers],
) -> WizardState:
    """Return the state at the end of the conversation; `kept` receives its answers if it fails."""

    def print_summary(state: WizardState) -> None:
        recorded, folder = _name_kit(options, state)
        plan = plan_project(recorded)
        render_and_write(plan, recorded, folder, dry_run=True)  # refuses paths that exist already
        if options.explain:
            console.print_explanation(plan, state.catalog.practices.values())
        console.print_kit(state.catalog.starter_kit, state.answers)
        console.print_summary(plan, folder.absolute(), this_machine=trains_on_this_machine(state))

    def print_explanation(state: WizardState) -> None:
        console.print_explanation(plan_project(state), state.catalog.practices.values())

    with choose_terminal(os.environ, console.say, console.messages) as terminal:
        context = WizardContext(
            terminal=terminal,
            messages=console.messages,
            services=services,
            say=console.say,
            print_error=console.print_error,
            print_data=partial(print_recognised_data, console=console),
            print_summary=print_summary,
            print_explanation=print_explanation,
            keep_answers=kept.append,
        )
        return run_wizard(start, context)


def _print_plan(
    state: WizardState, plan: Plan, folder: Path, console: ConsoleOutput, *, explain: bool
) -> None:
    if explain and get_data_files(state.answers):
        print_recognised_data(state, console)
    if explain:
        console.print_explanation(plan, state.catalog.practices.values())
    here = trains_on_this_machine(state)
    console.print_kit(state.catalog.starter_kit, state.answers)
    console.print_summary(plan, folder, this_machine=here, columns=not explain)
    if not explain:
        own = plan.model.trained_here  # else the recipe is that of another tool
        file = RUN_FILE if own else RECIPE_FILE
        console.say(console.messages("summary.more", file=file))


def _print_paths(
    paths: tuple[str, ...], folder: Path, plan: Plan, console: ConsoleOutput, *, dry_run: bool
) -> None:
    if dry_run:
        console.print_file_tree(paths, str(folder))
        console.print_message("new.dry", count=len(paths), folder=folder)
        return
    console.print_message("new.written", count=len(paths), folder=folder)
    steps = ["make setup data check train eval", "make chat"]
    if not plan.model.trained_here:
        steps = ["make setup data check eval"]
    inside = folder.resolve() == Path.cwd()
    change = [] if inside else [f"cd {shlex.quote(str(folder))}"]
    console.print_commands("new.next", [*change, *steps])


def _make_missing_answers_error(start: WizardState) -> UsageError:
    missing = [question for question in QUESTIONS if question.is_missing(start)]
    keys = [key for question in missing for key in question.answer_keys if key not in start.answers]
    asked = list_open_questions(start.answers, start.catalog.starter_kit)
    kit_options = (show_option(one) for one in asked if one.default is None)
    options = " ".join([*map(get_option, keys), *kit_options])
    return UsageError(
        Text("there is no terminal for questions", "没有可供提问的终端"),
        hint=Text(
            "use --yes for the defaults, or --answers FILE for the answers of a file;"
            f" not answered yet: {options}",
            f"用 --yes 采用默认值，或用 --answers FILE 读取答案文件；尚未给出：{options}",
        ),
    )


def _list_taken_names(options: NewOptions) -> frozenset[str]:
    """List what a conversation must not propose as a folder; without one, an error says it."""
    if options.path or not options.interactive:
        return frozenset()
    with suppress(OSError):
        return frozenset(path.name for path in Path.cwd().iterdir())
    return frozenset()


def _derive_project_name(path: str | None) -> str | None:
    """Return the folder's name, or the part of it that can be the name of a project."""
    name = ""
    with suppress(OSError, RuntimeError):  # such as a loop of links: writing says so
        name = Path(path).resolve().name if path else ""
    words = re.sub(r"[^\w-]+", " ", name)[:MAX_NAME_LENGTH].strip(" -_")
    for candidate in (name, words):
        with suppress(UsageError):
            return validate_name(candidate)
    return None
