"""What an update does to a project: render, merge, and every file that it writes.

Nothing of the project is changed here. The user's data files take no part.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from newft import __version__
from newft.answers.keys import RawAnswers
from newft.answers.parse import build_answers
from newft.answers.yaml_file import parse_answers_yaml
from newft.errors import NewftError
from newft.project.file_state import read_file
from newft.project.local_edits import list_team_files
from newft.project.project_merge import merge_into_project
from newft.project.recorded_project import RecordedProject
from newft.project.renamed_package import describe_old_imports, refuse_two_renames
from newft.project.render import drop_secrets, render_tree
from newft.project.snapshot import (
    ANSWERS_FILE,
    ATTRIBUTES_FILE,
    FACTS_FILE,
    KIT_FILE,
    build_metadata,
    get_kit_pin,
    load_rendered_tree,
)
from newft.project.transaction import FileChange
from newft.project.tree_merge import merge_trees
from newft.project.unresolved import CONFLICTS_FILE, list_unmarked_conflicts
from newft.project.value_changes import RUN_FILE, describe_other_method, list_value_changes
from newft.schema.dataset import Facts
from newft.schema.plan import Plan
from newft.schema.starter_kit import StarterKit
from newft.schema.tree import Change, FileTree, TreeFile, TreeMerge
from newft.schema.update import RenderedBy, ValueChange
from newft.text import Text


class ProjectUpdate(NamedTuple):
    """A complete update: what is shown, and what is written."""

    before: RenderedBy
    after: RenderedBy
    merge: TreeMerge
    values: tuple[ValueChange, ...]
    writes: tuple[FileChange, ...]  # of the tree and of `.newft/`
    notes: tuple[Text, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the project is up to date."""
        return not self.writes


def make_update(
    project: RecordedProject,
    plan: Plan,
    answers: RawAnswers,
    facts: Facts,
    kit: StarterKit | None,
) -> ProjectUpdate:
    """Render the project anew in a temporary place, and merge the outcome into its files."""
    typed = drop_secrets(plan, build_answers(answers))
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        into = Path(scratch).resolve() / "project"
        templates, given_files = render_tree(plan, typed, into)
        theirs = load_rendered_tree(into)
    base = project.snapshot.tree
    name = str(project.measured_answers.get("name", ""))
    refuse_two_renames(name, plan.package, base, list_team_files(project.folder))
    merge = merge_into_project(project.folder, base, theirs, given_files=given_files).merge
    metadata: dict[str, TreeFile | None] = {
        KIT_FILE: None,  # removed where there is no kit any more
        **build_metadata(
            theirs,
            answers=typed,
            facts=facts,
            templates=templates,
            kit_archive=kit.archive if kit else b"",
        ),
    }
    if facts == project.facts:  # whoever measured them is still named in the file
        del metadata[FACTS_FILE]
    if (project.folder / ATTRIBUTES_FILE).exists():  # the team may have its own
        del metadata[ATTRIBUTES_FILE]
    writes = [write for change in merge.changes for write in list_writes(change)]
    if writes or merge.conflicts:  # else the list of the last update stays, resolved as it is
        metadata[CONFLICTS_FILE] = list_unmarked_conflicts(merge)
    return ProjectUpdate(
        before=project.snapshot.rendered_by,
        after=RenderedBy(__version__, templates, get_kit_pin(typed)),
        merge=merge,
        values=list_value_changes(base, theirs, plan),
        writes=(*writes, *_list_metadata_writes(project, metadata)),
        notes=(
            *describe_old_imports(project.folder, base, plan.package, merge),
            *describe_other_method(_read_run_file(project.folder, merge), theirs),
        ),
    )


def _read_run_file(folder: Path, merge: TreeMerge) -> FileTree:
    """Return config/run.yaml as the update leaves it."""
    merged = [change.after for change in merge.changes if change.path == RUN_FILE]
    file = merged[0] if merged else read_file(folder, RUN_FILE)
    return {RUN_FILE: file} if file else {}


def list_writes(change: Change) -> Iterator[FileChange]:
    """Yield the files that are written and removed for a change of a merge."""
    if change.moved_from and change.before:
        yield FileChange(change.moved_from, change.before, None)
        yield FileChange(change.path, None, change.after)
    elif change.before != change.after:
        yield FileChange(change.path, change.before, change.after)


def _list_metadata_writes(
    project: RecordedProject, metadata: Mapping[str, TreeFile | None]
) -> Iterator[FileChange]:
    for path, after in metadata.items():
        before = read_file(project.folder, path)
        if path == ANSWERS_FILE and before and after:
            after = _keep_comments(project.snapshot.answers, before, after)
        if before != after:
            yield FileChange(path, before, after)


def _keep_comments(base: bytes, ours: TreeFile, theirs: TreeFile) -> TreeFile:
    """Return the team's file of answers with the new answers, or else the new file."""
    if _read(ours) == _read(theirs):
        return ours
    snapshot = {ANSWERS_FILE: TreeFile(base)}
    merge = merge_trees(snapshot, {ANSWERS_FILE: ours}, {ANSWERS_FILE: theirs})
    merged = next((change.after for change in merge.changes), None)
    return merged if merged and _read(merged) == _read(theirs) else theirs


def _read(file: TreeFile) -> RawAnswers | None:
    try:
        return parse_answers_yaml(ANSWERS_FILE, file.content)
    except NewftError:
        return None
