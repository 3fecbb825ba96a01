"""Trees to merge, written shortly, and what a merge makes of them."""

from __future__ import annotations

from collections.abc import Mapping

from newft.schema.tree import Change, FileTree, TreeFile, TreeMerge


def make_tree(files: Mapping[str, str | bytes | TreeFile]) -> dict[str, TreeFile]:
    """A tree from texts or bytes by path."""
    return {
        path: TreeFile(content.encode() if isinstance(content, str) else content)
        if isinstance(content, str | bytes)
        else content
        for path, content in files.items()
    }


def make_link(target: str) -> TreeFile:
    return TreeFile(target.encode(), "120000")


def make_lines(word: str, count: int = 20) -> str:
    """Lines that two words share none of."""
    return "".join(f"{word} {number}\n" for number in range(count))


def apply_merge(ours: FileTree, merge: TreeMerge) -> dict[str, TreeFile]:
    """The tree after the changes of a merge."""
    files = dict(ours)
    for change in merge.changes:
        if change.after is not None and change.moved_from is not None:
            del files[change.moved_from]
        elif change.after is None and change.kind == "removed":
            del files[change.path]
    written = {change.path: change.after for change in merge.changes if change.after is not None}
    return files | written


def list_kinds(merge: TreeMerge) -> dict[str, str]:
    """What becomes of each path: `kind`, or `kind from path` where a file has moved."""
    return {change.path: _describe(change) for change in merge.changes}


def _describe(change: Change) -> str:
    return f"{change.kind} from {change.moved_from}" if change.moved_from else change.kind
