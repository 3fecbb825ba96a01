"""`newft adopt`: give a project a snapshot, so that newft can update it from now on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newft.answers.keys import (
    AUTO_GPU,
    KIT_ANSWERS_PREFIX,
    KIT_KEY,
    KIT_REVISION_KEY,
    RECORDED_KEYS,
    RawAnswers,
    get_kit_answers,
)
from newft.answers.parse import merge_answers, parse_set, validate_value
from newft.answers.yaml_file import load_answers, load_stdin
from newft.catalog.loader import load_catalog
from newft.console.adoption_rows import adoption_to_json
from newft.console.console import ConsoleOutput, print_json
from newft.decide.kit.kit_rules import apply_kit
from newft.errors import (
    KitSourceError,
    NewerProjectError,
    NewftError,
    ProjectError,
    UsageError,
)
from newft.i18n import Messages
from newft.kits.copier_answers import ANSWERED_NAMES, build_context
from newft.kits.named_kit import make_unnamed_kit_error, name_kit_in_error
from newft.kits.open_kit import OpenKit, name_kit_from, name_kit_from_here, open_kit
from newft.kits.sources import NO_KIT
from newft.project.file_state import read_file
from newft.project.likeness import RECOGNIZED_SHARE, ProjectLines, compare_files
from newft.project.snapshot import (
    DATA_DIR,
    FORMER_SNAPSHOT_FILE,
    METADATA_DIR,
    SNAPSHOT_FILE,
    build_metadata,
    read_former_tree,
    read_snapshot,
)
from newft.project.transaction import FileChange
from newft.project.write import apply_changes
from newft.schema.adoption import AdoptedAnswer, AdoptionReport
from newft.schema.catalog import Catalog
from newft.schema.starter_kit import KitQuestions, StarterKit
from newft.schema.tree import FileTree, TreeFile
from newft.system.hardware_probe import probe_machine
from newft.text import Text
from newft.wizard.adoption import Adoption, Candidate, find_best_answers
from newft.wizard.confirm_write import confirm_write, refuse_silent_write
from newft.wizard.project_evidence import ProjectEvidence, name_data_files, read_evidence
from newft.wizard.services import build_services
from newft.wizard.state import WizardState

_INCOMPLETE = "incomplete"  # in place of a digest: the project is behind until it is updated
_YES_NO = {"true": "yes", "false": "no"}
_PINNED_KEYS = set(RECORDED_KEYS) - {KIT_REVISION_KEY}  # follow from the kit


@dataclass(frozen=True)
class AdoptOptions:
    """The command line of `newft adopt`."""

    path: str
    answers_file: str | None
    sets: tuple[str, ...]
    kit: str | None
    dry_run: bool
    yes: bool
    json: bool

    @property
    def interactive(self) -> bool:
        """Whether a user is there to confirm; piped input is never an answer."""
        terminal = sys.stdin.isatty() and sys.stderr.isatty()
        return terminal and not (self.yes or self.json or self.answers_file == "-")


def adopt_project(options: AdoptOptions, messages: Messages) -> None:
    """Write `.newft/` with the answers that fit a project best; no other file is changed."""
    console, folder = ConsoleOutput(messages), Path(options.path)
    _refuse_folder(folder)
    given, catalog = _collect_given(options), load_catalog()
    evidence = read_evidence(folder, given, catalog)
    answers = _merge_evidence(given, evidence, folder)
    # a folder that is given begins here, a recorded one at the project
    base = None if KIT_KEY in given else folder
    with _open_kit(answers, catalog, base, evidence) as opened:
        console.print_notes(opened.notes)
        kit = opened if base else _name_from(folder, opened)
        if kit.catalog.starter_kit:  # it may have tasks of its own
            evidence = read_evidence(folder, given, kit.catalog)
        adoption = _find_answers(folder, kit, evidence)
    former = read_former_tree(folder)
    report = _make_report(adoption, former, evidence, given)
    if not options.json:
        console.print_adoption(report)
    if not options.dry_run:
        if options.interactive:
            confirm_write("adopt", messages, console.say)
        elif not options.yes:
            refuse_silent_write()
        tree = former or _select_rendered(adoption.best.tree, report)
        changes = _list_changes(folder, tree, adoption.best, kit.catalog.starter_kit)
        apply_changes(folder, changes, keep_undo=False)
        if not options.json:
            console.print_message("adopt.done", folder=folder)
    if options.json:
        print_json(adoption_to_json(report))


def _merge_evidence(given: RawAnswers, evidence: ProjectEvidence, folder: Path) -> RawAnswers:
    """Return what is given and what the project says; refuse a project whose kit is not known."""
    answers = merge_answers(given, (), evidence.answers)
    if KIT_KEY not in answers and (error := make_unnamed_kit_error(folder)):
        raise error
    if given.get(KIT_KEY) != NO_KIT:
        return answers
    # without a kit nobody asks what another tool has asked
    asked = [key for key in answers if key.startswith(KIT_ANSWERS_PREFIX) and key not in given]
    return {key: value for key, value in answers.items() if key not in asked}


@contextmanager
def _open_kit(
    answers: RawAnswers, catalog: Catalog, base: Path | None, evidence: ProjectEvidence
) -> Iterator[OpenKit]:
    """Open the kit that is given, or that the project names; an error says who names it."""
    named = evidence.guesses.get(KIT_KEY) if base else None
    found = False
    try:
        with open_kit(answers, catalog, project=base) as opened:
            found = True
            yield opened
    except (KitSourceError, UsageError) as error:
        if named is None or found:
            raise
        raise name_kit_in_error(error, named) from error


def _refuse_folder(folder: Path) -> None:
    """Refuse a path without a folder, and a project whose snapshot is complete."""
    if not folder.is_dir():
        raise ProjectError(
            Text("there is no such folder", "没有这个文件夹"),
            where=str(folder),
            hint=Text("check the path", "请检查路径"),
        )
    if (folder / METADATA_DIR).is_symlink():
        raise ProjectError(
            Text("`.newft` is a link", "`.newft` 是链接"),
            where=str(folder / METADATA_DIR),
            hint=Text("put the folder itself in its place", "请换成文件夹本身"),
        )
    try:
        read_snapshot(folder)
    except NewerProjectError:
        raise
    except NewftError:
        return
    raise ProjectError(
        Text("newft knows this project already", "newft 已经认识这个项目"),
        where=str(folder / SNAPSHOT_FILE),
        hint=Text("use `newft update`", "请用 `newft update`"),
    )


def _collect_given(options: AdoptOptions) -> RawAnswers:
    """Return the answers of the command line, which override all that is guessed."""
    file: RawAnswers = {}
    if options.answers_file is not None:
        path = Path(options.answers_file)
        file = load_stdin() if options.answers_file == "-" else load_answers(path)
    kit, sets = options.kit, [*map(parse_set, options.sets)]
    own = {} if kit is None else {KIT_KEY: validate_value(KIT_KEY, kit, where="--kit")}
    if options.answers_file not in (None, "-") and KIT_KEY not in {**own, **dict(sets)}:
        file = name_kit_from_here(Path(str(options.answers_file)), file)
    return merge_answers(own, sets, file)


def _name_from(folder: Path, kit: OpenKit) -> OpenKit:
    """Return the kit with a source that holds in every clone, if it is a folder."""
    catalog, answers = name_kit_from(folder, kit.catalog, kit.answers)
    return kit._replace(catalog=catalog, answers=answers)


def _find_answers(folder: Path, kit: OpenKit, evidence: ProjectEvidence) -> Adoption:
    starter_kit, facts = kit.catalog.starter_kit, evidence.facts
    answers = kit.answers
    if starter_kit and starter_kit.questions:
        answers = _fit_kit_answers(answers, starter_kit.questions)
    if starter_kit:
        answers = apply_kit(answers, starter_kit)
    machine = facts.machine if facts else None
    if machine is None and answers.get("gpu") == AUTO_GPU:
        machine = probe_machine()
    data = facts.data if facts else None
    start = WizardState(kit.catalog, answers, data=data, machine=machine)
    services = name_data_files(build_services(kit.catalog, machine), folder)
    return find_best_answers(start, services, ProjectLines(evidence.files), evidence.search)


def _fit_kit_answers(answers: RawAnswers, questions: KitQuestions) -> RawAnswers:
    """Return the answers as newft records them: in the order of the questions, and `yes` for true.

    Copier sorts what it records, and writes `true` and `false` for the answers to yes-no questions.
    What newft itself answers is not recorded.
    """
    fitted, own = dict(answers), build_context(answers)
    for name in questions.names:
        key = f"{KIT_ANSWERS_PREFIX}{name}"
        if key not in fitted:
            continue
        value = fitted.pop(key)
        if name in ANSWERED_NAMES and value == own.get(name):
            continue
        word, question = _YES_NO.get(str(value)), questions.describe(name, answers)
        choices = [choice for choice, _ in question.choices] if question else []
        fitted[key] = word if word in choices and word else value
    return fitted


def _make_report(
    adoption: Adoption, former: FileTree, evidence: ProjectEvidence, given: RawAnswers
) -> AdoptionReport:
    best, tree = adoption.best, former or adoption.best.tree
    files = compare_files(tree, evidence.files)
    share = ProjectLines(evidence.files).compare(tree).share
    compared = {key: one for one in adoption.comparisons for key in one.answers}

    def explain(key: str) -> AdoptedAnswer:
        value = best.answers[key]
        if key in given:
            return AdoptedAnswer(key, value, "given")
        if key in evidence.guesses:
            return AdoptedAnswer(key, value, "found", source=evidence.guesses[key].source)
        if key in compared:
            one = compared[key]
            return AdoptedAnswer(key, value, "compared", share=one.share, next_share=one.next_share)
        return AdoptedAnswer(key, value, "default")

    recorded = best.recorded.kit.answers
    secrets = {*get_kit_answers(best.answers)}.difference(recorded)
    hidden = _PINNED_KEYS | {f"{KIT_ANSWERS_PREFIX}{name}" for name in secrets}
    return AdoptionReport(
        answers=tuple(explain(key) for key in best.answers if key not in hidden),
        share=share,
        same=files.same,
        edited=files.edited,
        missing=files.missing,
        own=tuple(path for path in sorted(evidence.files) if _is_own(path, tree)),
        recognized=evidence.made_by_newft or share >= RECOGNIZED_SHARE,
        former=bool(former),
    )


def _is_own(path: str, tree: FileTree) -> bool:
    """Return whether a file comes from the team: records of newft and data are not listed."""
    return path not in tree and not path.startswith((f"{METADATA_DIR}/", f"{DATA_DIR}/"))


def _select_rendered(tree: FileTree, report: AdoptionReport) -> FileTree:
    """Return the rendered files that count as once written to the project."""
    left_out = () if report.recognized else report.missing
    return {path: file for path, file in tree.items() if path not in left_out}


def _list_changes(
    folder: Path, tree: FileTree, best: Candidate, kit: StarterKit | None
) -> list[FileChange]:
    """Return the files of `.newft/`, with a snapshot of a tree."""
    files = build_metadata(
        tree,
        answers=best.recorded,
        facts=best.facts,
        templates=best.templates if tree == best.tree else _INCOMPLETE,
        kit_archive=kit.archive if kit else b"",
    )
    after: dict[str, TreeFile | None] = {FORMER_SNAPSHOT_FILE: None, **files}
    return [FileChange(path, read_file(folder, path), file) for path, file in after.items()]
