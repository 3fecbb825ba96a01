"""`newft new`: from what was said to a project, one step after the other."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from newft.answers import command_line, parse
from newft.answers.keys import AUTO_GPU, FILES_KEY, RawAnswers, get_data_files, get_option
from newft.answers.yaml_file import load_answers, load_stdin
from newft.catalog.loader import load_catalog
from newft.console.console import ConsoleOutput, print_json
from newft.console.json_output import report_json
from newft.decide.plan import make_plan
from newft.decide.project_name import MAX_NAME_LENGTH, validate_name
from newft.errors import InterruptedAfterWrite, ProjectError, UsageError
from newft.i18n import Messages
from newft.project.render import render_project
from newft.project.snapshot import METADATA_DIR
from newft.project.write import list_planned_paths, recover_interrupted, write_project
from newft.schema.catalog import Catalog
from newft.schema.dataset import Facts
from newft.schema.family import is_local_path
from newft.schema.plan import Plan
from newft.system.hardware_probe import probe_machine
from newft.system.model_config import read_model_folder
from newft.system.user_files import save_user_file
from newft.text import Text
from newft.wizard.context import WizardContext
from newft.wizard.conversation import WizardInterrupted, run_wizard
from newft.wizard.questions import QUESTIONS, Lookups
from newft.wizard.review import build_review_rows
from newft.wizard.services import build_lookups
from newft.wizard.state import WizardState, get_chosen_task
from newft.wizard.state_updates import fill_defaults
from newft.wizard.terminal import choose_terminal


@dataclass(frozen=True)
class NewOptions:
    """What the command line said."""

    path: str | None
    given: RawAnswers  # by options of their own
    sets: tuple[str, ...]
    answers: str | None
    yes: bool
    dry_run: bool
    json: bool

    @property
    def asks(self) -> bool:
        """Whether a person is there to ask; what is piped in is never an answer."""
        terminal = sys.stdin.isatty() and sys.stderr.isatty()
        return terminal and not self.yes and self.answers != "-"


def create_project(options: NewOptions, texts: Messages) -> None:
    """Write a project, or show what would be written."""
    screen = ConsoleOutput(texts)
    catalog = load_catalog()
    start = initial_state(options, catalog, texts)
    lookups = build_lookups(catalog, start.machine)
    with _save_answers_on_failure(options, screen) as kept:
        if options.asks:
            end = _run_conversation(options, start, lookups, screen=screen, kept=kept)
        else:
            end = fill_defaults(start, lookups)
        kept.append(end.given)
        plan = plan_project(end)
        folder = Path(options.path or plan.name)
        if not options.asks and not options.json:
            _show_plan(end, plan, folder.absolute(), screen, dry_run=options.dry_run)
        with _report_late_interrupt(folder):
            paths = render_and_write(plan, end, folder, dry_run=options.dry_run)
            _report_result(options, end, plan, paths=paths, screen=screen)


def _report_result(
    options: NewOptions,
    end: WizardState,
    plan: Plan,
    *,
    paths: tuple[str, ...],
    screen: ConsoleOutput,
) -> None:
    folder = Path(options.path or plan.name)
    if options.json:
        path = None if options.dry_run else folder
        answers = parse.build_answers(end.given)
        print_json(
            report_json(plan, answers, paths=paths, path=path, language=screen.texts.language)
        )
    else:
        _show_written(paths, folder, screen, dry_run=options.dry_run)
    if options.asks:
        again = command_line.format_command(
            end.given, options.path or f"./{plan.name}", program=_find_program_words()
        )
        screen.command("new.again", [again])


@contextmanager
def _report_late_interrupt(folder: Path) -> Iterator[None]:
    """Ctrl-C means that nothing was written, unless the project has come to be meanwhile."""
    mark = folder.absolute() / METADATA_DIR
    before = mark.exists()
    try:
        yield
    except KeyboardInterrupt as error:
        if mark.exists() and not before:
            raise InterruptedAfterWrite(str(folder)) from error
        raise


def initial_state(options: NewOptions, catalog: Catalog, texts: Messages) -> WizardState:
    """What is known before the first question."""
    file = _load_answers_file(options.answers)
    given = parse.merge_answers(options.given, map(parse.parse_set, options.sets), file)
    start = WizardState(
        catalog,
        given,
        machine=probe_machine() if given.get("gpu", AUTO_GPU) == AUTO_GPU else None,
        folder=_derive_project_name(options.path),
        interface=texts.language if options.asks else "en",
    )
    if not options.asks and not options.yes and options.answers is None:
        raise _make_missing_answers_error(start)
    return start


def plan_project(end: WizardState) -> Plan:
    """The plan for everything that was answered and measured."""
    assert end.data and end.hardware
    answers = parse.build_answers(end.given)
    return make_plan(answers, _collect_facts(end), end.catalog, end.hardware)


def render_and_write(
    plan: Plan, end: WizardState, folder: Path, *, dry_run: bool
) -> tuple[str, ...]:
    """The paths of the project, all of them written; or, on a dry run, none."""
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        tree = Path(scratch).resolve() / "project"
        render_project(plan, parse.build_answers(end.given), _collect_facts(end), tree)
        if dry_run:
            return list_planned_paths(tree, folder)
        if recover_interrupted(folder) == "finished":
            raise ProjectError(
                Text(
                    "an interrupted run was completed here just now, and this run wrote nothing",
                    "上次中断的生成刚刚补完，这次没有写入任何文件",
                ),
                where=str(folder),
                hint=Text(
                    "the project is complete; choose another path for a new one",
                    "该项目已完整；新项目请换一个路径",
                ),
            )
        return write_project(tree, folder)


def _collect_facts(end: WizardState) -> Facts:
    assert end.data
    here = end.given["gpu"] == AUTO_GPU
    model = str(end.given["model"])
    return Facts(
        end.data,
        end.machine if here else None,
        read_model_folder(model) if is_local_path(model) else None,
    )


def _run_conversation(
    options: NewOptions,
    start: WizardState,
    lookups: Lookups,
    *,
    screen: ConsoleOutput,
    kept: list[RawAnswers],
) -> WizardState:
    """The situation at the end of a conversation; if it breaks off, what was answered is kept."""

    def review(now: WizardState) -> None:
        plan = plan_project(now)
        folder = Path(options.path or plan.name)
        render_and_write(
            plan, now, folder, dry_run=True
        )  # what is in the way is said before it is asked
        screen.review(build_review_rows(now, plan, folder.absolute(), screen.texts), plan)

    def plan(now: WizardState) -> None:
        screen.plan(plan_project(now), sources=True)

    def mapping(now: WizardState) -> None:
        _show_data(now, screen)

    with choose_terminal(os.environ, screen.say, screen.texts) as prompts:
        shown = (screen.say, screen.error, mapping, review, plan)
        talk = WizardContext(prompts, screen.texts, lookups, *shown, kept.append)
        return run_wizard(start, talk)


@contextmanager
def _save_answers_on_failure(
    options: NewOptions, screen: ConsoleOutput
) -> Iterator[list[RawAnswers]]:
    """A list for the answers of a conversation; if it comes to nothing, they are in a file."""
    given: list[RawAnswers] = []
    try:
        yield given
    except WizardInterrupted as stopped:
        _save_answers(stopped.given, options, screen)
        raise
    except InterruptedAfterWrite:
        raise
    except (Exception, KeyboardInterrupt):
        if options.asks and given:
            _save_answers(given[-1], options, screen)
        raise


def _save_answers(given: RawAnswers, options: NewOptions, screen: ConsoleOutput) -> None:
    if given:
        whole = tuple(
            str(Path(file).absolute()) for file in get_data_files(given)
        )  # from any folder
        given = {**given, FILES_KEY: whole} if whole else given
        path = save_user_file("answers.yml", parse.format_answers_yaml(given))
        if path is None:
            screen.command("new.unsaved", parse.format_answers_yaml(given).splitlines())
            return
        place = [options.path] if options.path else []
        words = [*_find_program_words(), "new", *place, "--answers", str(path)]
        words += ["--lang", screen.texts.language]
        screen.notice("new.saved", path=path)
        screen.command("new.resume", [shlex.join(words)])


def _show_plan(
    end: WizardState, plan: Plan, folder: Path, screen: ConsoleOutput, *, dry_run: bool
) -> None:
    if get_data_files(end.given):
        _show_data(end, screen)
    screen.review(build_review_rows(end, plan, folder, screen.texts), plan)
    if dry_run:
        screen.plan(plan, sources=True)
    else:
        screen.say(screen.texts("review.more"))


def _show_data(now: WizardState, screen: ConsoleOutput) -> None:
    task, language = get_chosen_task(now), screen.texts.language
    assert now.data and task
    kit = now.catalog.kits[str(now.given["domain"])]
    titles = {"kit": kit.title.to(language), "task": task.title.to(language)}
    screen.notice("new.task", **titles, id=f"{kit.id} / {now.given['task']}")
    screen.mapping(now.data, task)


def _show_written(
    paths: tuple[str, ...], folder: Path, screen: ConsoleOutput, *, dry_run: bool
) -> None:
    if dry_run:
        screen.files(paths, str(folder))
        screen.notice("new.dry", count=len(paths), folder=folder)
        return
    screen.notice("new.written", count=len(paths), folder=folder)
    steps = ["make setup data check train eval", "make chat"]
    inside = folder.resolve() == Path.cwd()
    screen.command("new.next", steps if inside else [f"cd {shlex.quote(str(folder))}", *steps])


def _load_answers_file(answers: str | None) -> RawAnswers:
    if answers is None:
        return {}
    if answers == "-":
        return load_stdin()
    return load_answers(Path(answers))


def _make_missing_answers_error(start: WizardState) -> UsageError:
    missing = [question for question in QUESTIONS if question.open(start)]
    keys = [key for question in missing for key in question.keys if key not in start.given]
    left = [get_option(key) for key in keys]
    return UsageError(
        Text("there is no terminal for questions", "没有可供提问的终端"),
        hint=Text(
            "use --yes for the defaults, or --answers FILE for the answers of a file;"
            f" not answered yet: {' '.join(left)}",
            f"用 --yes 采用默认值，或用 --answers FILE 读取答案文件；尚未给出：{' '.join(left)}",
        ),
    )


def _find_program_words() -> list[str]:
    """The words that called newft: where a shell does not find it by name, its path."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return [sys.orig_argv[0], "-m", "newft"]
    found = shutil.which(called.name)
    on_path = found is not None and Path(found).absolute() == called.absolute()
    return [called.name if on_path else sys.argv[0]]


def _derive_project_name(path: str | None) -> str | None:
    """The folder's name, or what a project can be called of it."""
    name = ""
    with suppress(OSError, RuntimeError):  # such as links in a ring: writing says so
        name = Path(path).resolve().name if path else ""
    words = re.sub(r"[^\w-]+", " ", name)[:MAX_NAME_LENGTH].strip(" -_")
    for candidate in (name, words):
        with suppress(UsageError):
            return validate_name(candidate)
    return None
