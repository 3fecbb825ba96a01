"""Merge files although a checkout has changed their line ends.

git may turn LF into CRLF where a project is checked out (`core.autocrlf`, the default on Windows),
or the other way round. Each line would then differ from the snapshot. Such files of the project
are merged with the line ends of the snapshot and get their own back afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from newft.schema.tree import FileTree, TreeFile, TreeMerge

LineEnd = Literal[b"\n", b"\r\n"]


def adopt_line_ends(
    base: FileTree, ours: FileTree, theirs: FileTree
) -> tuple[dict[str, TreeFile], dict[str, LineEnd]]:
    """Return the project with the line ends of the snapshot, and what files had by path."""
    converted = dict(ours)
    former: dict[str, LineEnd] = {}
    only_lf = all(_find_line_end(file) != b"\r\n" for file in base.values())
    for path, file in ours.items():
        own = _find_line_end(file)
        wanted = _find_line_end(base[path]) if path in base else b"\n" if only_lf else None
        new = _find_line_end(theirs[path]) if path in theirs else wanted
        if own and wanted and own != wanted == new:
            converted[path] = _convert(file, wanted)
            former[path] = own
    return converted, former


def restore_line_ends(merge: TreeMerge, former: Mapping[str, LineEnd]) -> TreeMerge:
    """Return the merge with the line ends that files of the project had."""
    if not former:
        return merge
    changes = []
    sources = {}
    for change in merge.changes:
        sources[change.path] = change.moved_from or change.path
        end = former.get(sources[change.path])
        if end:
            before = _convert(change.before, end) if change.before else None
            after = _convert(change.after, end) if change.after else None
            change = change._replace(before=before, after=after)
        changes.append(change)
    conflicts = []
    for conflict in merge.conflicts:
        end = former.get(sources.get(conflict.path, conflict.path))
        if end:
            stages = {number: _convert(file, end) for number, file in conflict.stages.items()}
            conflict = conflict._replace(stages=stages)
        conflicts.append(conflict)
    return TreeMerge(tuple(changes), tuple(conflicts))


def _find_line_end(file: TreeFile) -> LineEnd | None:
    """Return the line end of a text; None if it has both kinds, or no line."""
    lines, crlf = file.content.count(b"\n"), file.content.count(b"\r\n")
    if file.mode == "120000" or b"\0" in file.content or not lines or crlf not in (0, lines):
        return None
    return b"\r\n" if crlf else b"\n"


def _convert(file: TreeFile, end: LineEnd) -> TreeFile:
    return file._replace(content=re.sub(rb"\r?\n", end, file.content))
