"""Random trees in which each line is unique, and random edits of them by two sides."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from itertools import count

from hypothesis import strategies as st

from newft.schema.tree import FileTree, TreeFile
from support.merge_trees import make_link

FOLDERS = ("", "d/", "d/e/", "f/", "é 数/")
NAMES = ("x", "y.py", "Z", "z", "- \n")
_LINE = re.compile(rb"\w+:\d+")


def list_lines(files: Collection[TreeFile]) -> set[bytes]:
    """The lines that the files have, by their unique names."""
    return {line for file in files for line in _LINE.findall(file.content)}


@st.composite
def draw_trees(
    draw: st.DrawFn,
) -> tuple[dict[str, TreeFile], dict[str, TreeFile], dict[str, TreeFile]]:
    """A snapshot, a project and a new render."""
    base: dict[str, TreeFile] = {}
    lines = (b"base:%d\n" % number for number in count())
    paths = st.builds("".join, st.tuples(st.sampled_from(FOLDERS), st.sampled_from(NAMES)))
    for path in draw(st.lists(paths, min_size=1, max_size=6, unique=True)):
        _put(base, path, _draw_file(draw, lines))
    return base, _edit(draw, base, b"ours"), _edit(draw, base, b"theirs")


def _draw_file(draw: st.DrawFn, lines: Iterator[bytes]) -> TreeFile:
    content = b"".join(next(lines) for _ in range(draw(st.sampled_from((1, 3, 8, 20)))))
    kind = draw(st.sampled_from(("text", "text", "text", "binary", "no end", "empty", "script")))
    if kind == "empty":
        return TreeFile(b"")
    if kind == "binary":
        return TreeFile(b"\0" + content)
    content = content.removesuffix(b"\n") if kind == "no end" else content
    return TreeFile(content, "100755" if kind == "script" else "100644")


def _edit(draw: st.DrawFn, base: FileTree, side: bytes) -> dict[str, TreeFile]:
    tree = dict(base)
    lines = (b"%s:%d\n" % (side, number) for number in count())
    for edit in draw(st.lists(st.sampled_from(_EDITS), max_size=5)):
        path = draw(st.sampled_from(sorted(tree))) if tree else "x"
        edit(draw, tree, path, lines)
    return tree


_Edit = Callable[[st.DrawFn, dict[str, TreeFile], str, Iterator[bytes]], None]


def _change_lines(
    draw: st.DrawFn, tree: dict[str, TreeFile], path: str, lines: Iterator[bytes]
) -> None:
    if path not in tree or tree[path].mode == "120000":
        return
    parts = tree[path].content.splitlines(keepends=True)
    place = draw(st.integers(0, len(parts)))
    removed = draw(st.integers(0, 2))
    parts[place : place + removed] = [next(lines) for _ in range(draw(st.integers(0, 2)))]
    if parts and not parts[max(0, place - 1)].endswith(b"\n") and place < len(parts):
        parts[place - 1] += b"\n"
    tree[path] = tree[path]._replace(content=b"".join(parts))


def _replace_all(
    draw: st.DrawFn, tree: dict[str, TreeFile], path: str, lines: Iterator[bytes]
) -> None:
    _put(tree, path, _draw_file(draw, lines))


def _add(draw: st.DrawFn, tree: dict[str, TreeFile], path: str, lines: Iterator[bytes]) -> None:
    del path
    _put(tree, _draw_path(draw), _draw_file(draw, lines))


def _delete(draw: st.DrawFn, tree: dict[str, TreeFile], path: str, lines: Iterator[bytes]) -> None:
    del draw, lines
    tree.pop(path, None)


def _rename(draw: st.DrawFn, tree: dict[str, TreeFile], path: str, lines: Iterator[bytes]) -> None:
    del lines
    new = _draw_path(draw)
    if path in tree and new not in tree:
        _put(tree, new, tree.pop(path))


def _move_folder(
    draw: st.DrawFn, tree: dict[str, TreeFile], path: str, lines: Iterator[bytes]
) -> None:
    del path, lines
    old, new = draw(st.sampled_from(FOLDERS[1:])), draw(st.sampled_from(("g/", "d/h/", "f/")))
    for one in [one for one in tree if one.startswith(old)]:
        target = new + one.removeprefix(old)
        if target not in tree:
            _put(tree, target, tree.pop(one))


def _change_mode(
    draw: st.DrawFn, tree: dict[str, TreeFile], path: str, lines: Iterator[bytes]
) -> None:
    del draw, lines
    if path in tree and tree[path].mode != "120000":
        tree[path] = tree[path]._replace(mode="100644" if tree[path].mode == "100755" else "100755")


def _link(draw: st.DrawFn, tree: dict[str, TreeFile], path: str, lines: Iterator[bytes]) -> None:
    del draw
    _put(tree, path, make_link(next(lines).decode().strip()))


_EDITS: tuple[_Edit, ...] = (
    *(_change_lines, _change_lines, _change_lines, _replace_all, _add),
    *(_delete, _rename, _rename, _move_folder, _change_mode, _link),
)


def _draw_path(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(FOLDERS)) + draw(st.sampled_from((*NAMES, "d", "new")))


def _put(tree: dict[str, TreeFile], path: str, file: TreeFile) -> None:
    """Write a file, unless a file would be a folder too."""
    parents = [path[:at] for at, character in enumerate(path) if character == "/"]
    if any(parent in tree for parent in parents):
        return
    if not any(other.startswith(f"{path}/") for other in tree):
        tree[path] = file
