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

from newft import answers as said
from newft.answers_file import load, load_stdin
from newft.catalog.load import load_catalog
from newft.console import Screen, print_json
from newft.decide.naming import LONGEST_NAME, valid_name
from newft.decide.plan import is_folder, make_plan
from newft.entries import Catalog
from newft.errors import ProjectError, UsageError, Written
from newft.given import AUTO, FILES, Given, files
from newft.lookups import lookups_for
from newft.machine import probe
from newft.model import Facts, Plan
from newft.model_folder import read_model_folder
from newft.project.apply import apply, planned, recover
from newft.project.baseline import KEPT
from newft.project.render import render
from newft.prompts import prompts_for
from newft.questions import QUESTIONS, Lookups, complete
from newft.report import report
from newft.situation import Situation, chosen_task
from newft.state import keep
from newft.talk import Talk
from newft.text import Text
from newft.texts import Texts
from newft.wizard import Stopped, converse


@dataclass(frozen=True)
class Options:
    """What the command line said."""

    path: str | None
    given: Given  # by options of their own
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


def new(options: Options, texts: Texts) -> None:
    """Write a project, or show what would be written."""
    screen = Screen(texts)
    catalog = load_catalog()
    start = situation(options, catalog, texts)
    lookups = lookups_for(catalog, start.machine)
    with _answers_kept(options, screen) as kept:
        if options.asks:
            end = _ask(options, start, lookups, screen=screen, kept=kept)
        else:
            end = complete(start, lookups)
        kept.append(end.given)
        plan = plan_for(end)
        folder = Path(options.path or plan.name)
        if not options.asks and not options.json:
            _show(end, plan, folder.absolute(), screen, dry_run=options.dry_run)
        with _told_if_written(folder):
            paths = write(plan, end, folder, dry_run=options.dry_run)
            _show_result(options, end, plan, paths=paths, screen=screen)


def _show_result(
    options: Options, end: Situation, plan: Plan, *, paths: tuple[str, ...], screen: Screen
) -> None:
    folder = Path(options.path or plan.name)
    if options.json:
        path = None if options.dry_run else folder
        answers = said.finish(end.given)
        print_json(report(plan, answers, paths=paths, path=path, language=screen.texts.language))
    else:
        _show_written(paths, folder, screen, dry_run=options.dry_run)
    if options.asks:
        again = said.command(end.given, options.path or f"./{plan.name}", program=_program())
        screen.command("new.again", [again])


@contextmanager
def _told_if_written(folder: Path) -> Iterator[None]:
    """Ctrl-C means that nothing was written, unless the project has come to be meanwhile."""
    mark = folder.absolute() / KEPT
    before = mark.exists()
    try:
        yield
    except KeyboardInterrupt as error:
        if mark.exists() and not before:
            raise Written(str(folder)) from error
        raise


def situation(options: Options, catalog: Catalog, texts: Texts) -> Situation:
    """What is known before the first question."""
    file = _answers_file(options.answers)
    given = said.merge(options.given, map(said.parse_set, options.sets), file)
    start = Situation(
        catalog,
        given,
        machine=probe() if given.get("gpu", AUTO) == AUTO else None,
        folder=_name_of(options.path),
        interface=texts.language if options.asks else "en",
    )
    if not options.asks and not options.yes and options.answers is None:
        raise _nobody_to_ask(start)
    return start


def plan_for(end: Situation) -> Plan:
    """The plan for everything that was answered and measured."""
    assert end.data and end.hardware
    answers = said.finish(end.given)
    return make_plan(answers, _facts(end), end.catalog, end.hardware)


def write(plan: Plan, end: Situation, folder: Path, *, dry_run: bool) -> tuple[str, ...]:
    """The paths of the project, all of them written; or, on a dry run, none."""
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        tree = Path(scratch).resolve() / "project"
        render(plan, said.finish(end.given), _facts(end), tree)
        if dry_run:
            return planned(tree, folder)
        if recover(folder) == "finished":
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
        return apply(tree, folder)


def _facts(end: Situation) -> Facts:
    assert end.data
    here = end.given["gpu"] == AUTO
    model = str(end.given["model"])
    return Facts(
        end.data,
        end.machine if here else None,
        read_model_folder(model) if is_folder(model) else None,
    )


def _ask(
    options: Options, start: Situation, lookups: Lookups, *, screen: Screen, kept: list[Given]
) -> Situation:
    """The situation at the end of a conversation; if it breaks off, what was answered is kept."""

    def review(now: Situation) -> None:
        plan = plan_for(now)
        folder = Path(options.path or plan.name)
        write(plan, now, folder, dry_run=True)  # what is in the way is said before it is asked
        screen.review(now, plan, folder.absolute())

    def plan(now: Situation) -> None:
        screen.plan(plan_for(now), sources=True)

    def mapping(now: Situation) -> None:
        _show_data(now, screen)

    with prompts_for(os.environ, screen.say, screen.texts) as prompts:
        shown = (screen.say, screen.error, mapping, review, plan)
        talk = Talk(prompts, screen.texts, lookups, *shown, kept.append)
        return converse(start, talk)


@contextmanager
def _answers_kept(options: Options, screen: Screen) -> Iterator[list[Given]]:
    """A list for the answers of a conversation; if it comes to nothing, they are in a file."""
    given: list[Given] = []
    try:
        yield given
    except Stopped as stopped:
        _keep(stopped.given, options, screen)
        raise
    except Written:
        raise
    except (Exception, KeyboardInterrupt):
        if options.asks and given:
            _keep(given[-1], options, screen)
        raise


def _keep(given: Given, options: Options, screen: Screen) -> None:
    if given:
        whole = tuple(str(Path(file).absolute()) for file in files(given))  # from any folder
        given = {**given, FILES: whole} if whole else given
        path = keep("answers.yml", said.dump(given))
        if path is None:
            screen.command("new.unsaved", said.dump(given).splitlines())
            return
        place = [options.path] if options.path else []
        words = [*_program(), "new", *place, "--answers", str(path)]
        words += ["--lang", screen.texts.language]
        screen.notice("new.saved", path=path)
        screen.command("new.resume", [shlex.join(words)])


def _show(end: Situation, plan: Plan, folder: Path, screen: Screen, *, dry_run: bool) -> None:
    if files(end.given):
        _show_data(end, screen)
    screen.review(end, plan, folder)
    if dry_run:
        screen.plan(plan, sources=True)
    else:
        screen.say(screen.texts("review.more"))


def _show_data(now: Situation, screen: Screen) -> None:
    task, language = chosen_task(now), screen.texts.language
    assert now.data and task
    kit = now.catalog.kits[str(now.given["domain"])]
    titles = {"kit": kit.title.to(language), "task": task.title.to(language)}
    screen.notice("new.task", **titles, id=f"{kit.id} / {now.given['task']}")
    screen.mapping(now.data, task)


def _show_written(paths: tuple[str, ...], folder: Path, screen: Screen, *, dry_run: bool) -> None:
    if dry_run:
        screen.files(paths, str(folder))
        screen.notice("new.dry", count=len(paths), folder=folder)
        return
    screen.notice("new.written", count=len(paths), folder=folder)
    steps = ["make setup data check train eval", "make chat"]
    inside = folder.resolve() == Path.cwd()
    screen.command("new.next", steps if inside else [f"cd {shlex.quote(str(folder))}", *steps])


def _answers_file(answers: str | None) -> Given:
    if answers is None:
        return {}
    if answers == "-":
        return load_stdin()
    return load(Path(answers))


def _nobody_to_ask(start: Situation) -> UsageError:
    missing = [question for question in QUESTIONS if question.open(start)]
    keys = [key for question in missing for key in question.keys if key not in start.given]
    left = [said.OPTIONS[key] for key in keys]
    return UsageError(
        Text("there is no terminal for questions", "没有可供提问的终端"),
        hint=Text(
            "use --yes for the defaults, or --answers FILE for the answers of a file;"
            f" not answered yet: {' '.join(left)}",
            f"用 --yes 采用默认值，或用 --answers FILE 读取答案文件；尚未给出：{' '.join(left)}",
        ),
    )


def _program() -> list[str]:
    """The words that called newft: where a shell does not find it by name, its path."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return [sys.orig_argv[0], "-m", "newft"]
    found = shutil.which(called.name)
    on_path = found is not None and Path(found).absolute() == called.absolute()
    return [called.name if on_path else sys.argv[0]]


def _name_of(path: str | None) -> str | None:
    """The folder's name, or what a project can be called of it."""
    name = ""
    with suppress(OSError, RuntimeError):  # such as links in a ring: writing says so
        name = Path(path).resolve().name if path else ""
    words = re.sub(r"[^\w-]+", " ", name)[:LONGEST_NAME].strip(" -_")
    for candidate in (name, words):
        with suppress(UsageError):
            return valid_name(candidate)
    return None
