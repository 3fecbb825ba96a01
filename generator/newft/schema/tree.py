"""Trees of files, and the outcome of merging three of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from newft.text import Text

FileMode = Literal["100644", "100755", "120000"]  # as git writes them: file, executable file, link
ChangeKind = Literal[
    "updated",  # the team has not edited the file
    "added",
    "removed",
    "moved",  # to `path` from `moved_from`, with or without other changes
    "merged",  # both sides changed the file, on different lines
    "conflict",
    "kept_deleted",  # the template changed a file that the team has deleted: it stays deleted
    "kept_edited",  # the template deleted a file that the team has edited: it stays
    "skipped",  # such as a path behind a link or in a submodule; nothing there is read or written
]


class TreeFile(NamedTuple):
    """The content of one file, or the target of one link, with its mode."""

    content: bytes
    mode: FileMode = "100644"


# Paths are relative, with `/` between their parts; folders are not entries.
FileTree: TypeAlias = Mapping[str, TreeFile]


class Change(NamedTuple):
    """What an update does to one path of the project; `after` is None for a removed file.

    Where `moved_from` is given and there is an `after`, `before` is the file at `moved_from`, and
    that path goes away. It may differ from `path` in case alone: write after removing, or rename.
    A kept_deleted file has neither; its `moved_from` says where the team knew it. A kept_edited
    file, and a conflict that leaves the project's file alone, have the same `before` and `after`.
    `why` says what lies at a skipped path.
    """

    path: str
    kind: ChangeKind
    before: TreeFile | None
    after: TreeFile | None
    moved_from: str | None = None
    why: Text | None = None


class Conflict(NamedTuple):
    """A path on which both sides disagree.

    `lines` are the first and last lines of the marked parts in the written file, counted from 1;
    empty where a file has no markers (binary files, links, deleted against edited). `stages` are
    the versions for the index of git: 1 snapshot, 2 project, 3 new render. `other_path` is the
    second name of a file that both sides renamed.
    """

    path: str
    lines: tuple[tuple[int, int], ...]
    stages: Mapping[int, TreeFile]
    other_path: str = ""


@dataclass(frozen=True)
class TreeMerge:
    """The outcome of a three-way merge, sorted by path; nothing has been written yet."""

    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
