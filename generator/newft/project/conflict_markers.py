"""The markers of conflicts in merged files: what they say, and where they are.

<<<<<<< before-update (this project)
||||||| snapshot (as generated before)
=======
>>>>>>> after-update (as generated now)
"""

from __future__ import annotations

import re
from typing import NamedTuple

from newft.project.git_merge import PROJECT_BRANCH, RENDER_BRANCH
from newft.schema.tree import FileTree

PROJECT_SUFFIX = ".before-update"  # of a file of the team that had to make room
RENDER_SUFFIX = ".after-update"  # of a file of the new render beside the team's
_NAMED = re.compile(r".+\.(?:before|after)-update(?:\.\d+)?", re.DOTALL)
_PROJECT_MARKER = b"<<<<<<< before-update (this project)"
_SNAPSHOT_MARKER = b"||||||| snapshot (as generated before)"
_RENDER_MARKER = b">>>>>>> after-update (as generated now)"
# git names the branch of a side or the commit of the base, and the path if the sides differ in it
_START = re.compile(rb"<{7} %s(:.*)?" % PROJECT_BRANCH.encode())
_MIDDLE = re.compile(rb"\|{7} [0-9a-f]{4,40}(:.*)?")
_END = re.compile(rb">{7} %s(:.*)?" % RENDER_BRANCH.encode())
_LABELLED = re.compile(
    rb"^(?:%s|%s|%s)"
    % (re.escape(_PROJECT_MARKER), re.escape(_SNAPSHOT_MARKER), re.escape(_RENDER_MARKER)),
    re.MULTILINE,
)


class LabelledText(NamedTuple):
    """A merged file with its markers named, and the first and last lines of the marked parts."""

    content: bytes
    lines: tuple[tuple[int, int], ...]


def label_conflicts(content: bytes) -> LabelledText:
    """Replace the names of branches and commits in the markers of git; lines count from 1."""
    lines = content.split(b"\n")
    parts = []
    start = None
    for number, line in enumerate(lines, start=1):
        text, line_end = line.removesuffix(b"\r"), line[len(line.removesuffix(b"\r")) :]
        if start is None:
            if _START.fullmatch(text):
                start = number
                lines[number - 1] = _PROJECT_MARKER + line_end
        elif _MIDDLE.fullmatch(text):
            lines[number - 1] = _SNAPSHOT_MARKER + line_end
        elif _END.fullmatch(text):
            lines[number - 1] = _RENDER_MARKER + line_end
            parts.append((start, number))
            start = None
    return LabelledText(b"\n".join(lines), tuple(parts))


def find_marked_files(tree: FileTree) -> tuple[str, ...]:
    """Return the sorted paths of files that an earlier update left to be resolved.

    They hold a marker, or lie beside another file under a name that an update gave them.
    """
    return tuple(
        sorted(
            path
            for path, file in tree.items()
            if _NAMED.fullmatch(path) or _LABELLED.search(file.content)
        )
    )
