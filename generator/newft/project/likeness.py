"""Compare a rendered tree with the files of a project that may have been made from it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from newft.schema.tree import FileTree

RECOGNIZED_SHARE = 0.5  # of the rendered lines: below it, a project was not made by newft


class Likeness(NamedTuple):
    """How many lines a rendered tree and a project have in common, by file."""

    equal: int
    rendered: int
    project: int

    @property
    def share(self) -> float:
        """The share of the rendered lines that the project has."""
        return self.equal / self.rendered if self.rendered else 0.0

    @property
    def score(self) -> float:
        """Twice the equal lines by all lines: neither more nor longer files raise it alone."""
        lines = self.rendered + self.project
        return 2 * self.equal / lines if lines else 0.0


class FileComparison(NamedTuple):
    """The paths of a rendered tree, by what the project has of them."""

    same: tuple[str, ...]
    edited: tuple[str, ...]
    missing: tuple[str, ...]


class ProjectLines:
    """The lines of a project's files, counted once for many comparisons."""

    def __init__(self, files: FileTree) -> None:
        self._lines = {path: _count_lines(file.content) for path, file in files.items()}
        self._total = sum(lines.total() for lines in self._lines.values())

    def compare(self, tree: FileTree) -> Likeness:
        """Return the likeness of a rendered tree."""
        rendered = {path: _count_lines(file.content) for path, file in tree.items()}
        equal = sum((lines & self._get(path)).total() for path, lines in rendered.items())
        return Likeness(equal, sum(lines.total() for lines in rendered.values()), self._total)

    def _get(self, path: str) -> Counter[bytes]:
        return self._lines.get(path, Counter())


def compare_files(tree: FileTree, project: FileTree) -> FileComparison:
    """Return which files of a rendered tree the project has as rendered, edited, or not at all."""
    present = [path for path in tree if path in project]
    same = [path for path in present if project[path].content == tree[path].content]
    return FileComparison(
        same=tuple(sorted(same)),
        edited=tuple(sorted({*present} - {*same})),
        missing=tuple(sorted({*tree} - {*present})),
    )


def _count_lines(content: bytes) -> Counter[bytes]:
    return Counter(content.splitlines())
