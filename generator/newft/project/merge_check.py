"""Check that a merge has kept everything that one side alone has written.

git loses files, without a conflict, in rare cases in which both sides move files to where the
other has some: many with git before 2.51, some still with 2.55. Such a merge is recognized here,
and made again with less knowledge of renames.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from newft.schema.tree import FileTree, TreeFile


def is_complete(
    base: FileTree, ours: FileTree, theirs: FileTree, files: FileTree, dropped: Collection[str]
) -> bool:
    """Return whether a merge has lost no line that it should have kept.

    A line must be kept if one side has added it, or if the project and the new render both have
    it. It may have moved to another file.

    Args:
        base: The snapshot.
        ours: The project.
        theirs: The new render.
        files: The merged files.
        dropped: Paths of the new render that are left out on purpose.
    """
    merged: list[set[bytes]] = []  # of all files, which only a line that has moved needs
    for tree, left_out in ((ours, ()), (theirs, dropped)):
        for path, file in tree.items():
            if path in left_out or file in (base.get(path), files.get(path)):
                continue
            known = _list_lines(base[path]) if path in base else _join(base.values())
            added = _list_lines(file) - known
            if path in files and added <= _list_lines(files[path]):
                continue
            merged = merged or [_list_lines(one) for one in files.values()]
            if not any(added <= lines for lines in merged):
                return False
    nothing = TreeFile(b"")
    replaced = [path for path, file in ours.items() if files.get(path) != file]
    gone: set[bytes] = set()
    for path in replaced:
        gone |= _list_lines(ours[path]) - _list_lines(files.get(path, nothing))
    wanted = [file for path, file in theirs.items() if path not in dropped]
    kept_by_both = gone and gone & _join(wanted)
    return not kept_by_both or kept_by_both <= _join(files.values())


def _list_lines(file: TreeFile) -> set[bytes]:
    """Return the lines of a text, or all of a binary file or a link as one."""
    if file.mode == "120000" or b"\0" in file.content:
        return {file.content}
    return {line.rstrip(b"\r") for line in file.content.split(b"\n")} - {b""}


def _join(files: Iterable[TreeFile]) -> set[bytes]:
    return set().union(*map(_list_lines, files))
