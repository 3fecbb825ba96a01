"""Trees of files as tar archives: equal trees give equal bytes.

An archive in a project may come from anyone who may write to the project, so it is read as
untrusted data.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from newft.emitted.file_access import open_regular_file, wrap_file_errors
from newft.schema.tree import FileTree, TreeFile

MAX_ARCHIVE_BYTES = 1 << 27  # a project without its data, or a few kits, are far smaller
MAX_ARCHIVE_FILES = 20_000
TAR_END = bytes(2 * tarfile.BLOCKSIZE)  # a complete archive ends with two empty blocks


class DamagedArchiveError(Exception):
    """A file that `pack_tree` cannot have written in full."""


def pack_tree(files: FileTree) -> bytes:
    """Pack files into a tar, sorted, without times and owners."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, file in sorted(files.items()):
            entry = tarfile.TarInfo(path)
            entry.size = len(file.content)
            entry.mode = int(file.mode, 8) & 0o777
            tar.addfile(entry, io.BytesIO(file.content))
    return packed.getvalue()


def read_archive(archive: Path) -> dict[str, TreeFile]:
    """Return the files of an archive.

    Raises:
        RecordError: the file cannot be read.
        DamagedArchiveError: it is no complete archive of `pack_tree`.
    """
    with wrap_file_errors(archive), open_regular_file(archive) as file:
        return unpack_archive(file.read(MAX_ARCHIVE_BYTES + 1))


def unpack_archive(content: bytes) -> dict[str, TreeFile]:
    """Return the files of an archive; only plain files with paths inside a folder are accepted.

    Raises:
        DamagedArchiveError: it is no complete archive of `pack_tree`.
    """
    if len(content) > MAX_ARCHIVE_BYTES or not content.endswith(TAR_END):
        raise DamagedArchiveError
    try:
        return dict(_unpack(content))
    except (tarfile.TarError, ValueError) as error:
        raise DamagedArchiveError from error


def _unpack(content: bytes) -> Iterator[tuple[str, TreeFile]]:
    seen: set[str] = set()
    # strict: a name that is not UTF-8 could not be written or shown later
    with tarfile.open(
        fileobj=io.BytesIO(content), mode="r:", encoding="utf-8", errors="strict"
    ) as tar:
        for entry in tar:
            if not _is_plain_file(entry, len(content)) or entry.name in seen:
                raise DamagedArchiveError
            seen.add(entry.name)
            if len(seen) > MAX_ARCHIVE_FILES:
                raise DamagedArchiveError
            file = tar.extractfile(entry)
            assert file is not None  # it is a plain file
            yield entry.name, TreeFile(file.read(), "100755" if entry.mode & 0o100 else "100644")


def _is_plain_file(entry: tarfile.TarInfo, archive_bytes: int) -> bool:
    """Tell whether an entry is a file at a safe path that the archive holds in full.

    A sparse file, or a header with a wrong size, could claim more bytes than the archive has.
    """
    plain = entry.type == tarfile.REGTYPE and not getattr(entry, "sparse", None)
    return plain and 0 <= entry.size <= archive_bytes and is_safe_path(entry.name)


def is_safe_path(path: str) -> bool:
    """Tell whether a path with `/` between its parts stays inside a folder, and out of `.git`."""
    parts = path.split("/")
    unsafe = ("", ".", "..")
    return not (
        any(part in unsafe or part.casefold() == ".git" for part in parts)
        or any(character in path for character in "\\\0:")
    )
