"""Two branches of a project that both updated, and what their merge has to record.

git merges the files of a project, but it can keep the snapshot of one branch only, and whoever
resolves the conflict may keep the answers of one branch only. The files then follow from answers
that are recorded nowhere. The commits, or the stages of an unfinished merge, have both sides and
their origin: from these come the answers of both, and the snapshot that fits the merged files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from newft.answers.fit import format_answer
from newft.answers.keys import (
    KIT_KEY,
    KIT_REVISION_KEY,
    RECORDED_KEYS,
    AnswerValue,
    RawAnswers,
)
from newft.answers.yaml_file import parse_answers_yaml
from newft.errors import GitError, NewftError, UsageError
from newft.project.file_state import read_file
from newft.project.snapshot import ANSWERS_FILE, SNAPSHOT_FILE, Snapshot, parse_snapshot
from newft.project.tree_archive import MAX_ARCHIVE_BYTES
from newft.project.tree_merge import merge_trees
from newft.schema.tree import FileTree, TreeFile
from newft.system.git import run_git
from newft.text import Text, list_lines

_KIT_KEYS = (KIT_KEY, *RECORDED_KEYS)  # one state of a kit, which is merged as a whole
_MAX_MERGES = 20  # commits in which one is looked for that has not been followed by an update
_PICKED = ("CHERRY_PICK_HEAD", "REBASE_HEAD")  # of one commit, whose parent is the origin


class _Branch(NamedTuple):
    """What one side has recorded."""

    snapshot: Snapshot
    answers_file: bytes | None
    answers: RawAnswers


class BranchMerge(NamedTuple):
    """The recorded state of two branches and of their origin."""

    origin: _Branch
    kept: _Branch  # whose snapshot the project has now
    other: _Branch
    tree: FileTree  # both snapshots merged: the files of the project without edits of the team


class MergedAnswers(NamedTuple):
    """The answers of both branches; `taken` are those that the project does not record."""

    answers: RawAnswers
    taken: RawAnswers


def find_branch_merge(folder: Path) -> BranchMerge | None:
    """Return the merge of two updated branches that no update has followed; None if none is known.

    A merge that took the files of one side as well needs nothing, and is not returned.
    """
    try:
        found = _find_branches(folder)
    except GitError:  # no repository, no git, or no commit yet
        return None
    if found is None:
        return None
    origin, kept, other = found
    tree = _merge_snapshots(folder, origin, kept, other)
    answers = read_file(folder, ANSWERS_FILE)
    is_open = answers is not None and has_markers(answers.content)
    if not is_open and not _has_changes(folder, kept.snapshot.tree, tree):
        return None
    return BranchMerge(origin, kept, other, tree)


def merge_branch_answers(
    merge: BranchMerge, content: bytes, given: Collection[str]
) -> MergedAnswers | None:
    """Return the answers of both branches; None if the file was merged already.

    `given` are the keys that the caller decides. An answer that both changed is refused.
    """
    files = (merge.kept.answers_file, merge.other.answers_file)
    if content not in files and not has_markers(content):
        return None
    present = merge.other if content == merge.other.answers_file != files[0] else merge.kept
    origin, kept, other = (one.answers for one in (merge.origin, merge.kept, merge.other))
    answers = dict(present.answers)
    disputed = []
    for key in dict.fromkeys([*kept, *other]):
        if key in _KIT_KEYS or key in given or kept.get(key) == other.get(key):
            continue
        if origin.get(key) not in (kept.get(key), other.get(key)):
            disputed.append(key)
            continue
        value = other.get(key) if kept.get(key) == origin.get(key) else kept.get(key)
        answers.pop(key, None)
        if value is not None:
            answers[key] = value
    if _is_kit_disputed(merge, present, given):
        disputed.append(KIT_REVISION_KEY)
    if disputed:
        raise _make_dispute_error(disputed, kept, other)
    keys = [key for key in answers if answers[key] != present.answers.get(key)]
    return MergedAnswers(answers, {key: answers[key] for key in keys})


_MARKERS = (b"<" * 7, b"=" * 7, b">" * 7)


def has_markers(content: bytes) -> bool:
    """Tell whether a merge of git has left conflict markers in a file."""
    return find_marker_line(content) is not None


def find_marker_line(content: bytes) -> int | None:
    """Return the number of the first line that is a conflict marker of git."""
    for number, line in enumerate(content.splitlines(), start=1):
        if line in _MARKERS or line.startswith(tuple(one + b" " for one in _MARKERS)):
            return number
    return None


def _is_kit_disputed(merge: BranchMerge, present: _Branch, given: Collection[str]) -> bool:
    """Tell whether the branches have two states of the kit, and the project not the newer one."""
    if KIT_KEY in given or KIT_REVISION_KEY in given:
        return False
    origin, kept, other = (
        [one.answers.get(key) for key in _KIT_KEYS]
        for one in (merge.origin, merge.kept, merge.other)
    )
    return kept != other and (other != origin or present is merge.other)


def _make_dispute_error(keys: Sequence[str], kept: RawAnswers, other: RawAnswers) -> UsageError:
    def format_one(key: str, answers: RawAnswers) -> str:
        known: Sequence[AnswerValue] = [
            answers[name]
            for name in ((KIT_REVISION_KEY, "kit.commit", KIT_KEY) if key in _KIT_KEYS else (key,))
            if name in answers
        ]
        return format_answer(known[0] if known else None)

    lines = [f"{key}: {format_one(key, kept)} | {format_one(key, other)}" for key in keys]
    listed = list_lines(lines)
    options = " ".join(f"--set {key}=..." for key in keys)
    return UsageError(
        Text(
            f"two merged branches gave different answers:\n{listed.en}",
            f"合并的两个分支给出了不同的答案：\n{listed.zh}",
        ),
        where=ANSWERS_FILE,
        hint=Text(f"choose: {options}", f"请选择：{options}"),
    )


# --- finding the branches ------------------------------------------------------------------------


def _find_branches(folder: Path) -> tuple[_Branch, _Branch, _Branch] | None:
    """Return origin, kept and other side of the newest merge whose snapshot the project has."""
    prefix = _ask(folder, "rev-parse", "--show-prefix").removesuffix("\n")
    present = _ask(folder, "hash-object", "--no-filters", "--", SNAPSHOT_FILE).strip()
    for revisions in _list_candidates(folder):
        snapshots = [f"{one}:{prefix}{SNAPSHOT_FILE}" for one in revisions]
        objects = _find_objects(folder, snapshots)
        if len(set(objects)) == len(objects) and present in objects[1:]:
            sides = [_read_branch(folder, one, prefix) for one in revisions]
            if any(side is None for side in sides):
                return None
            origin, ours, theirs = (side for side in sides if side)
            return (origin, ours, theirs) if present == objects[1] else (origin, theirs, ours)
    return None


def _list_candidates(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield origin and both sides: of an unfinished merge, then of the last merges."""
    yield ":1", ":2", ":3"
    if merged := _find_commit(folder, "MERGE_HEAD"):
        yield from _add_origin(folder, "HEAD", merged)
    for name in _PICKED:
        if picked := _find_commit(folder, name):
            yield f"{picked}^", "HEAD", picked
    listed = _ask(
        folder, "rev-list", "--merges", "--parents", f"--max-count={_MAX_MERGES}", "HEAD", "--"
    )
    for line in listed.splitlines():
        _, *parents = line.split()
        if len(parents) == 2:
            yield from _add_origin(folder, *parents)


def _add_origin(folder: Path, ours: str, theirs: str) -> Iterator[tuple[str, str, str]]:
    found = run_git(["merge-base", ours, theirs], folder=folder, accept=(0, 1))
    if found.code == 0:
        yield found.output.decode().split()[0], ours, theirs


def _find_commit(folder: Path, name: str) -> str:
    found = run_git(["rev-parse", "-q", "--verify", name], folder=folder, accept=range(256))
    return found.output.decode().strip() if found.code == 0 else ""


def _find_objects(folder: Path, names: Sequence[str]) -> list[str]:
    """Return the object that each name means, or the name itself if there is none."""
    stdin = "".join(f"{name}\n" for name in names).encode()
    command = ["cat-file", "--batch-check=%(objectname) %(objectsize)"]
    lines = run_git(command, folder=folder, stdin=stdin).output.decode().splitlines()
    found = []
    for name, line in zip(names, lines, strict=True):
        identity, _, size = line.rpartition(" ")
        usable = size.isdecimal() and int(size) <= MAX_ARCHIVE_BYTES
        found.append(identity if usable else name)
    return found


def _read_branch(folder: Path, revision: str, prefix: str) -> _Branch | None:
    """Return what a commit or stage has recorded; None if newft cannot read it."""
    names = [f"{revision}:{prefix}{path}" for path in (SNAPSHOT_FILE, ANSWERS_FILE)]
    archive, answers = (
        None if identity in names else run_git(["cat-file", "blob", identity], folder=folder).output
        for identity in _find_objects(folder, names)
    )
    try:
        snapshot = parse_snapshot(archive or b"", Path(SNAPSHOT_FILE))
        recorded = snapshot.answers if answers is None else answers
        known = parse_answers_yaml(ANSWERS_FILE, recorded, is_recorded=lambda _key, _value: True)
    except NewftError:
        return None
    return _Branch(snapshot, answers, known)


def _ask(folder: Path, *words: str) -> str:
    return run_git(words, folder=folder).output.decode()


# --- the merged snapshot -------------------------------------------------------------------------


def _merge_snapshots(folder: Path, origin: _Branch, kept: _Branch, other: _Branch) -> FileTree:
    """Return both snapshots merged as git has merged the files; a conflict was decided in them."""
    ours, theirs = kept.snapshot.tree, other.snapshot.tree
    merge = merge_trees(origin.snapshot.tree, ours, theirs)
    conflicts = {conflict.path for conflict in merge.conflicts}
    tree = dict(ours)
    for change in merge.changes:
        if change.path in conflicts:
            continue
        tree.pop(change.moved_from or change.path, None)
        if change.after:
            tree[change.path] = change.after
    for path in conflicts & theirs.keys():
        if theirs[path] == read_file(folder, path):
            tree[path] = theirs[path]
    return tree


def _has_changes(folder: Path, kept: FileTree, merged: FileTree) -> bool:
    """Tell whether the project has something that the other side alone has rendered."""
    for path in kept.keys() | merged.keys():
        old, new = kept.get(path), merged.get(path)
        if old == new:
            continue
        present = read_file(folder, path)
        if old is None or new is None:
            if (present is None) == (new is None):
                return True
        elif present:
            added = _list_lines(new) - _list_lines(old)
            if added and added <= _list_lines(present):
                return True
    return False


def _list_lines(file: TreeFile) -> set[bytes]:
    return {line.rstrip(b"\r") for line in file.content.split(b"\n")}
