"""Tell which files of the team may be generated files under a new name.

git compares files by a short hash of each line and takes files of numbers, such as records, for
renamed ones although they share no line. It is shown only those that share enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from newft.schema.tree import FileTree

_CHUNK_BYTES = 64  # git compares lines, and longer lines in pieces
_LEAST_SHARE = 0.5  # of a renamed file that its old version has too, as git wants it


def find_unrelated_files(base: FileTree, ours: FileTree, theirs: FileTree) -> set[str]:
    """Return the paths that only the team has, and that are no renamed file of the snapshot."""
    own = ours.keys() - base.keys() - theirs.keys()
    gone = {chunk for path in base.keys() - ours.keys() for chunk in _split(base[path].content)}
    return {path for path in own if not _is_related(ours[path].content, gone)}


def _is_related(content: bytes, gone: set[bytes]) -> bool:
    shared = sum(len(chunk) for chunk in _split(content) if chunk in gone)
    return shared > 0 and shared >= _LEAST_SHARE * len(content.replace(b"\r\n", b"\n"))


def _split(content: bytes) -> Iterator[bytes]:
    for line in content.replace(b"\r\n", b"\n").splitlines(keepends=True):
        for start in range(0, len(line), _CHUNK_BYTES):
            yield line[start : start + _CHUNK_BYTES]
