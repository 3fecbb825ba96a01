"""`newft kit check`: make the projects of a kit, test them, update them, say what the kit adds."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from newft.answers.keys import (
    KIT_ANSWERS_PREFIX,
    KIT_KEY,
    KIT_REVISION_KEY,
    AnswerValue,
    RawAnswers,
)
from newft.answers.parse import build_answers
from newft.answers.yaml_file import load_answers
from newft.catalog.loader import load_catalog
from newft.catalog.validate_starter_kit import list_own_files
from newft.console.console import ConsoleOutput, print_attributes, print_json
from newft.console.kit_report import build_kit_rows, report_kit_check
from newft.decide.kit.kit_rules import apply_kit
from newft.decide.plan import make_plan
from newft.emitted.policy_rules import find_policy_faults
from newft.errors import CatalogError, NewftError
from newft.i18n import Messages, translate_template
from newft.kits.check_cases import CHECK_GPU, CheckCase, list_check_cases
from newft.kits.new_kit import EXAMPLE_ANSWER
from newft.kits.open_kit import KIT_KEYS, OpenKit, open_kit
from newft.kits.previous_version import find_previous_tag
from newft.kits.sources import KitSource, parse_source
from newft.paths import get_domains_folder
from newft.project.recorded_project import read_recorded_project
from newft.project.render import list_kit_files
from newft.project.snapshot import ANSWERS_FILE
from newft.project.update import ProjectUpdate, make_update
from newft.project.write import apply_changes
from newft.schema.catalog import Catalog
from newft.schema.kit import Kit
from newft.schema.kit_check import (
    CheckedProject,
    KitCheck,
    KitFiles,
    ProjectTests,
    UpdateCheck,
    UpdatedProject,
)
from newft.schema.plan import Plan
from newft.schema.starter_kit import AskedQuestion, StarterKit
from newft.system.hardware_probe import probe_machine
from newft.system.project_tests import run_fast_tests
from newft.text import Text
from newft.wizard.default_answers import fill_defaults
from newft.wizard.project_plan import plan_project, render_planned_project
from newft.wizard.recorded_answers import AnswerRequest, complete_answers
from newft.wizard.services import build_services
from newft.wizard.state import WizardState

ANSWERS_HINT = Text(
    "give the answer in a file in tests/ of the kit, or in one named by --answers FILE",
    "请写进套件 tests/ 中的答案文件，或用 --answers 指定答案文件",
)
OWN_ORIGINS = ("folder", "package")  # of kits whose tests may run without a question


@dataclass(frozen=True)
class KitCheckOptions:
    """The command line of `newft kit check`."""

    source: str
    answers: tuple[str, ...]  # files of answers in place of those of the kit
    no_tests: bool
    json: bool

    @property
    def files(self) -> list[Path]:
        """The files of answers."""
        return [Path(name) for name in self.answers]


@dataclass
class _Check:
    """A check as it goes on."""

    options: KitCheckOptions
    console: ConsoleOutput
    catalog: Catalog  # of newft alone
    opened: OpenKit  # with the kit
    subject: Kit
    faults: list[NewftError] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)

    @property
    def kit(self) -> StarterKit | None:
        """The kit; None for a built-in domain."""
        return self.opened.catalog.starter_kit

    @contextmanager
    def collect(self, name: str) -> Iterator[None]:
        """Keep an error of the block as a fault of a project."""
        try:
            yield
        except NewftError as error:
            self.add_fault(name, error)

    def add_fault(self, name: str, error: NewftError) -> None:
        """Keep an error as a fault of a project; it names the kit, not a copy of its files."""
        for one in self.kit.located if self.kit else ():
            error.rename_path(one.folder, one.pin.source)
        message, hint = error.texts
        if hint.en.startswith("--"):  # an option of another command
            hint = ANSWERS_HINT
        where = ": ".join(filter(None, (name, error.where)))
        fault = type(error)(message, where=where, hint=hint)
        self.faults.append(fault)


def check_kit(options: KitCheckOptions, messages: Messages) -> bool:
    """Check a kit or a built-in domain, print what was found, and return whether it passed."""
    console, catalog = ConsoleOutput(messages), load_catalog()
    with _open(options.source, catalog) as opened:
        kit = opened.catalog.starter_kit
        subject = kit.chain[-1] if kit else next(iter(opened.catalog.kits.values()))
        console.print_notes(opened.notes)
        check = _Check(options, console, catalog, opened, subject)
        projects = [*_check_projects(check)]
        update = _check_update(check)
        faults, notes = tuple(check.faults), tuple(dict.fromkeys(check.notes))
        listed = KitFiles((*list_own_files(subject),), ())
        result = KitCheck(subject, kit, tuple(projects), update, faults, notes, listed)
        _print_result(result, options, console)
    return not result.faults


@contextmanager
def _open(
    source: str, catalog: Catalog, *, revision: str | None = None, base: Path | None = None
) -> Iterator[OpenKit]:
    """Open a kit; a built-in domain, by its name or folder, is no kit.

    What the kit extends may be a folder relative to `base`.
    """
    if domain := _find_domain(source, catalog):
        yield OpenKit(replace(catalog, kits={domain: catalog.kits[domain]}), {}, ())
        return
    given = {KIT_KEY: source} | ({KIT_REVISION_KEY: revision} if revision else {})
    with open_kit(given, catalog, project=base) as opened:
        yield opened


def _find_domain(source: str, catalog: Catalog) -> str | None:
    folder = Path(source).absolute().resolve()
    is_domain = folder.parent == get_domains_folder().resolve() and folder.is_dir()
    name = folder.name if is_domain else source
    return name if name in catalog.kits else None


# --- the projects of this version ----------------------------------------------------------------


def _check_projects(check: _Check) -> Iterator[CheckedProject]:
    folder = Path(check.subject.folder)
    cases = list_check_cases(folder, check.opened.catalog, check.options.files)
    for number, case in enumerate(cases, 1):
        check.console.say(
            check.console.messages(
                "kit_check.project", number=number, count=len(cases), name=case.name
            )
        )
        with check.collect(case.name), tempfile.TemporaryDirectory(prefix="newft-") as scratch:
            yield _check_project(check, case, Path(scratch).resolve() / "project")


def _check_project(check: _Check, case: CheckCase, folder: Path) -> CheckedProject:
    plan, answers = _make_project(case, check.opened, folder)
    _check_policy(check, folder, plan, case.name)
    files = sum(path.is_file() for path in folder.rglob("*"))  # before tests leave theirs
    tests = _run_tests(check, folder, plan)
    if tests.outcome == "failed":
        text = Text(f"its tests fail:\n{tests.output}", f"项目测试未通过：\n{tests.output}")
        check.add_fault(case.name, CatalogError(text))
    owner = f"kit {check.subject.id}" if check.kit else "domain"
    from_kit = list_kit_files(plan, build_answers(answers), owner)
    return CheckedProject(case.name, files, from_kit, tests)


def _check_policy(check: _Check, folder: Path, plan: Plan, name: str) -> None:
    for fault in find_policy_faults(folder) if plan.policy else ():
        message = translate_template(fault.message, **fault.values)
        check.add_fault(name, CatalogError(message, where=fault.place))


def _make_project(
    case: CheckCase, opened: OpenKit, folder: Path, *, former: bool = False
) -> tuple[Plan, RawAnswers]:
    """Write the project of a case into a new folder, and return its plan and all answers.

    A former version of the kit may not ask yet what the files of answers for today answer.
    """
    given: RawAnswers = {**case.load(), **opened.answers}
    kit, catalog = opened.catalog.starter_kit, opened.catalog
    if former and kit:
        names = kit.questions.names if kit.questions else ()
        asked = {f"{KIT_ANSWERS_PREFIX}{name}" for name in names}
        given = {
            key: value
            for key, value in given.items()
            if key in asked or not key.startswith(KIT_ANSWERS_PREFIX)
        }
    answers: RawAnswers = apply_kit(given, kit) if kit else given
    answers = {"gpu": CHECK_GPU, **answers}
    machine = probe_machine() if answers["gpu"] == "auto" else None
    start = WizardState(catalog, answers, machine=machine)
    state = fill_defaults(start, build_services(catalog, machine))
    plan = plan_project(state)
    folder.mkdir(parents=True)
    render_planned_project(plan, state, folder)
    return plan, state.answers


def _run_tests(check: _Check, folder: Path, plan: Plan) -> ProjectTests:
    """Run the tests of a project, unless they hold code that somebody else has written."""
    if check.options.no_tests:
        return ProjectTests("not_run", Text("--no-tests was given", "指定了 --no-tests"))
    located = check.kit.located if check.kit else ()
    foreign = [one for one in located if one.origin not in OWN_ORIGINS]
    if foreign:
        source = foreign[0].pin.source
        return ProjectTests(
            "not_run",
            Text(
                f"they would run code of {source}: clone it, look at it, and check the folder",
                f"测试会运行 {source} 的代码：请先克隆并查看，再检查该文件夹",
            ),
        )
    return run_fast_tests(folder, plan.requirements)


# --- the update from the version before ----------------------------------------------------------


def _check_update(check: _Check) -> UpdateCheck:
    """Make the projects of the previous version, and update them to this one."""
    kit = check.kit
    if kit is None:
        return UpdateCheck(
            reason=Text("a domain has the version of newft", "领域的版本就是 newft 的版本")
        )
    source = parse_source(check.options.source)
    tag = find_previous_tag(source, kit.pin, check.subject)
    if tag is None:
        return UpdateCheck(
            reason=Text(
                "no git repository of the kit has a version tag before this one",
                "套件的 git 仓库中没有更早的版本标签",
            )
        )
    projects: list[UpdatedProject] = []
    address, base = _name_repository(source)
    former_kit = _open(address, check.catalog, revision=tag, base=base)
    with check.collect(tag), former_kit as former:
        assert former.catalog.starter_kit
        folder = Path(former.catalog.starter_kit.chain[-1].folder)
        for case in list_check_cases(folder, former.catalog, check.options.files):
            name = f"{tag}: {case.name}"
            with check.collect(name), tempfile.TemporaryDirectory(prefix="newft-") as scratch:
                project = Path(scratch).resolve() / "project"
                _make_project(case, former, project, former=True)
                sets = _answer_new_questions(check, former, project, tag)
                update = _update_project(check, project, name, sets)
                projects.append(_describe_update(update, case.name))
    return UpdateCheck(tag, tuple(projects))


def _name_repository(source: KitSource) -> tuple[str, Path | None]:
    """Return the address of the repository of a source, and the folder of the kit if it has one."""
    if source.kind == "repository":
        return source.location, None
    return Path(source.location).as_uri(), Path(source.location)


def _describe_update(update: ProjectUpdate, name: str) -> UpdatedProject:
    return UpdatedProject(
        name,
        tuple(change.path for change in update.merge.changes),
        tuple(conflict.path for conflict in update.merge.conflicts),
    )


def _answer_new_questions(
    check: _Check, former: OpenKit, folder: Path, tag: str
) -> tuple[tuple[str, AnswerValue], ...]:
    """Note the new questions that an update must ask, and answer them as the kit's own cases do."""
    former_kit, questions = former.catalog.starter_kit, check.kit and check.kit.questions
    known = former_kit.questions.names if former_kit and former_kit.questions else ()
    recorded = load_answers(folder / ANSWERS_FILE)
    sets = []
    for name in questions.names if questions else ():
        key = f"{KIT_ANSWERS_PREFIX}{name}"
        asked = questions.describe(name, recorded) if questions and name not in known else None
        if asked is None or asked.default is not None or key in _list_decided(check.kit):
            continue
        check.notes.append(
            Text(
                f"{key}: new since {tag}: give it a default, or every update must ask",
                f"{key}：{tag} 之后新增的问题：请给出默认值，否则每次更新都要询问",
            )
        )
        sets.append((key, _find_example(check, key, asked)))
    return tuple(sets)


def _list_decided(kit: StarterKit | None) -> Collection[str]:
    return {*kit.presets, *kit.locked} if kit else ()


def _find_example(check: _Check, key: str, question: AskedQuestion) -> AnswerValue:
    """Return an answer of a case of today's kit, or else the first choice."""
    cases = list_check_cases(Path(check.subject.folder), check.opened.catalog, check.options.files)
    for answers in (case.load() for case in cases):
        if key in answers:
            return answers[key]
    return question.choices[0][0] if question.choices else EXAMPLE_ANSWER


def _update_project(
    check: _Check, folder: Path, name: str, sets: Sequence[tuple[str, AnswerValue]]
) -> ProjectUpdate:
    """Update a project as `newft update --yes` does, and check it against the policy of today."""
    project = read_recorded_project(folder, remeasure=False)
    kept = {key: value for key, value in project.answers.items() if key not in KIT_KEYS}
    project = project._replace(answers={**kept, **check.opened.answers})
    complete = complete_answers(project, check.opened.catalog, AnswerRequest(sets=sets))
    answers, catalog = complete.state.answers, check.opened.catalog
    plan = make_plan(build_answers(answers), complete.facts, catalog, complete.hardware)
    update = make_update(project, plan, answers, complete.facts, check.kit)
    apply_changes(folder, update.writes, keep_undo=False)
    _check_policy(check, folder, plan, name)
    return update


# --- the report ----------------------------------------------------------------------------------


def _print_result(result: KitCheck, options: KitCheckOptions, console: ConsoleOutput) -> None:
    language = console.messages.language
    if options.json:
        print_json(report_kit_check(result, language))
    else:
        print_attributes(dict(build_kit_rows(result, console.messages)))
    console.print_notes(result.notes)
    for fault in result.faults:
        console.print_error(fault)
    if result.faults:
        console.print_message("kit_check.failed", count=len(result.faults))
    else:
        console.print_message("kit_check.passed", count=len(result.projects))
