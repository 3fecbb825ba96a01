"""Access to the user's data files: which ones to read, how to open them, and their errors."""

from __future__ import annotations

import gzip
import hashlib
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from io import BufferedReader, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from .given_splits import find_file_split

DATA_SUFFIXES = (
    *(".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".xlsx"),
    *(".xls", ".parquet"),  # read by libraries that are installed for such files alone
)
# of files whose reader a project has only where its data have such a file
READER_NAMES = {
    ".json": "records",
    ".xlsx": "workbook",
    ".xls": "legacy_workbook",
    ".parquet": "parquet_rows",
}
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".xls", ".parquet")
PHRASES_MARK = "_usersays_"  # in the names of files, between the label and the language
SPANS_SUFFIX = ".ann"
MAX_FOLDER_FILES = 1_000  # each is opened several times; a file for each text is another thing
PACKED_SUFFIX = ".gz"
# begins an encrypted workbook, and one of Excel 97 to 2003
OLE2_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
PACKABLE_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt")
MAX_PACKING_RATIO = 100  # of unpacked to packed bytes: texts have a tenth of it
SAFE_UNPACKED_BYTES = 64 << 20  # that do no harm at any ratio
# Of a line of text, as a cell may have a million characters. A JSON document may be one line, and
# takes several times its size in memory.
MAX_LINE_BYTES, MAX_DOCUMENT_BYTES = 64 << 20, 256 << 20
LINE_HINT = (
    "end each record with a line break: save a table as CSV UTF-8, or JSON as an object a line"
)
UNPACK_HINT = "unpack it, as by `gunzip -k`, and give the unpacked file"


class RecordError(Exception):
    """A file that cannot be read as records: what is wrong, where, and what to do.

    Message and hint are constant texts whose `{names}` the values fill in, so that they can be
    translated.
    """

    def __init__(
        self, path: Path, message: str, hint: str, *, row: int | None = None, **values: object
    ) -> None:
        self.path, self.row, self.values = path, row, values
        self.template, self.hint_template = message, hint
        self.message, self.hint = message.format_map(values), hint.format_map(values)
        super().__init__(f"{self.where}: {self.message}")

    @property
    def where(self) -> str:
        """The file, and the line or row of it where there is one."""
        return f"{self.path}:{self.row}" if self.row else f"{self.path}"


@contextmanager
def wrap_file_errors(path: Path) -> Iterator[None]:
    """Turn every error of the system or of a library into a RecordError that names the file."""
    try:
        yield
    except RecordError:
        raise
    except FileNotFoundError as error:
        message, hint = "there is no such file or folder", "check the path"
        if path.is_symlink():
            message = "the file that this link names is not there"
        raise RecordError(path, message, hint) from error
    except PermissionError as error:
        message, hint = (
            "permission to read it is missing",
            "change its permissions, or copy it to your folder",
        )
        raise RecordError(path, message, hint) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise RecordError(
            path, "it cannot be read: {reason}", "check the path", reason=reason
        ) from error
    except UnicodeError as error:
        message = "its encoding changed while it was read"
        raise RecordError(path, message, "run again when no other program writes to it") from error
    except MemoryError as error:
        message = "it does not fit into memory"
        raise RecordError(path, message, "split it into several files") from error


def list_data_files(path: Path) -> list[Path]:
    """The file itself, or the supported files of a folder, sorted by name."""
    with wrap_file_errors(path):
        path = expand_home(path)
        if not stat.S_ISDIR(_read_mode(path)):
            return [path]
        if list_class_folders(path) or list_phrase_files(path):
            return [path]
        files = _list_inside(path) or _list_split_files(path)
        _refuse_marked_spans(path, files)
        if len(files) > MAX_FOLDER_FILES:
            raise _make_full_folder_error(path, len(files))
        inner = None if files else _find_inner_file(path)
    if inner:
        message = "no data file in this folder"
        hint = "folders in it are not read: give their files, such as {example}"
        raise RecordError(path, message, hint, example=inner)
    if not files:
        message = "no data file in this folder"
        hint = "put a file of one of these kinds in it: {kinds}"
        raise RecordError(path, message, hint, kinds=", ".join(list_readable_suffixes()))
    return files


def list_readable_suffixes() -> list[str]:
    """The suffixes of the files whose reader is there."""
    names = {suffix: READER_NAMES.get(suffix, "readers") for suffix in DATA_SUFFIXES}
    return [suffix for suffix, name in names.items() if find_spec(f".{name}", __package__)]


def _list_inside(folder: Path) -> list[Path]:
    """The supported files of a folder, sorted by name."""
    files = [one for one in sorted(folder.iterdir()) if get_data_suffix(one) in DATA_SUFFIXES]
    return [one for one in files if not one.name.startswith((".", "~$")) and one.is_file()]


def _list_split_files(path: Path) -> list[Path]:
    """The files of folders named after splits, as hubs arrange them: `default/train/0000.parquet`.

    The folder of such folders may be the only one of a folder.
    """
    folders = _list_folders(path)
    if len(folders) == 1 and not _list_inside(folders[0]):
        folders = _list_folders(folders[0])
    if len(folders) < 2 or not all(find_file_split(folder.name) for folder in folders):
        return []
    files = [file for folder in folders for file in _list_inside(folder)]
    return [] if all(map(is_text_file, files)) else files


def _refuse_marked_spans(path: Path, files: list[Path]) -> None:
    """Refuse texts that each have a file with the places of labels in them, as brat writes it."""
    marked = sum(file.with_suffix(SPANS_SUFFIX).is_file() for file in files)
    if marked * 2 > len(files):
        message = "the labels mark parts of the texts, in files such as {example}, as brat writes"
        hint = "give one label for each text: a table with a text and a label a row"
        example = next(one for one in files if one.with_suffix(SPANS_SUFFIX).is_file())
        raise RecordError(path, message, hint, example=example.with_suffix(SPANS_SUFFIX).name)


def _make_full_folder_error(path: Path, count: int) -> RecordError:
    message = "the folder has {count:,} data files, of which at most {most:,} are read"
    hint = "join them into one file; or put each text into a .txt file, in a folder for each label"
    return RecordError(path, message, hint, count=count, most=MAX_FOLDER_FILES)


def _find_inner_file(path: Path) -> Path | None:
    """The first data file in one of the folders of a folder."""
    folders = [one for one in sorted(path.iterdir()) if one.is_dir() and one.name[0] != "."]
    inside = (one for folder in folders for one in sorted(folder.iterdir()))
    return next((one for one in inside if get_data_suffix(one) in DATA_SUFFIXES), None)


def list_class_folders(path: Path) -> list[Path]:
    """The folders of a folder that has no table, if each of several holds text files.

    Where folders are named after splits, such as train and test, those in them are meant.
    """
    folders = _list_folders(path)
    if len(folders) < 2:
        return []
    if not all(find_file_split(folder.name) for folder in folders):
        return folders if all(map(_holds_texts, folders)) else []
    classes = [one for folder in folders for one in _list_folders(folder)]
    return classes if classes and all(map(_holds_texts, classes)) else []


def list_phrase_files(path: Path) -> list[Path]:
    """The files in which Dialogflow exports what users say, one or more for each label.

    They lie in a folder beside the settings of the agent.
    """
    found = [*path.glob(f"*{PHRASES_MARK}*.json")] or [*path.glob(f"*/*{PHRASES_MARK}*.json")]
    return sorted(one for one in found if one.name[0] != ".")


def is_text_file(path: Path) -> bool:
    """Whether a file of a class folder is a text: some collections number them, without suffix."""
    return path.suffix.lower() == ".txt" or path.name.isdecimal()


def _list_folders(path: Path) -> list[Path]:
    """The folders of a folder that has no table, sorted by name."""
    inside = [one for one in sorted(path.iterdir()) if not one.name.startswith(".")]
    if any(get_data_suffix(one) in TABLE_SUFFIXES and one.is_file() for one in inside):
        return []
    return [one for one in inside if one.is_dir()]


def _holds_texts(folder: Path) -> bool:
    return any(map(is_text_file, folder.iterdir()))


def open_regular_file(path: Path) -> BufferedReader:
    """Open a regular file; a pipe or a device might never end, or wait for ever."""
    mode = _read_mode(path)
    if stat.S_ISDIR(mode):
        message = "this is a folder with the ending of a file"
        raise RecordError(path, message, "give a file, or rename the folder")
    if not stat.S_ISREG(mode):
        message = "this is a pipe or a device, not a file"
        raise RecordError(path, message, "write its content into a file first")
    if path.suffix.lower() == PACKED_SUFFIX:
        return BufferedReader(_Unpacked(path))
    return path.open("rb")


def get_data_suffix(path: Path) -> str:
    """The suffix that says what a file holds: that before `.gz`, in lower case."""
    name = path.name.lower()
    packed = name.endswith(PACKED_SUFFIX)
    suffix = Path(name.removesuffix(PACKED_SUFFIX)).suffix
    return "" if packed and suffix in DATA_SUFFIXES and suffix not in PACKABLE_SUFFIXES else suffix


def hash_file(path: Path) -> str:
    """The SHA-256 of a regular file as it lies on the disk, or of the texts in class folders."""
    if path.is_dir() and (texts := _list_folder_texts(path)):
        digest = hashlib.sha256()
        for text in texts:
            line = f"{text.relative_to(path)}\0{text.is_file() and hash_file(text)}\n"
            digest.update(line.encode(errors="replace"))
        return digest.hexdigest()
    open_regular_file(path).close()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _list_folder_texts(path: Path) -> list[Path]:
    """The files of a folder that is read as a whole."""
    folders = list_class_folders(path)
    texts = [text for one in folders for text in sorted(filter(is_text_file, one.iterdir()))]
    return texts or list_phrase_files(path)


def iterate_lines(
    path: Path, lines: BinaryIO, *, most: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, bytes]]:
    """The number and the bytes of each line; a line that memory should not hold is refused."""
    number, read = 0, partial(lines.readline, most + 1)
    while line := read():
        number += 1
        if len(line) > most:
            raise make_long_line_error(path, number, most)
        yield number, line


def make_long_line_error(path: Path, number: int, most: int) -> RecordError:
    """The error for a line that memory should not hold."""
    message = "this line is longer than {most} MB"
    return RecordError(path, message, LINE_HINT, row=number, most=most >> 20)


def open_text(path: Path, encoding: str | None, newline: str | None = None) -> TextIO:
    """Open a regular file as text."""
    return TextIOWrapper(open_regular_file(path), encoding=encoding, newline=newline)


class _Unpacked(RawIOBase):
    """What a gzip file unpacks to, as far as its size is plausible."""

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, 0
        self._bound = max(SAFE_UNPACKED_BYTES, MAX_PACKING_RATIO * path.stat().st_size)
        self._source = gzip.GzipFile(path, "rb")

    def readable(self) -> bool:
        """It is only read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer with the next bytes."""
        view = memoryview(buffer)
        try:
            piece = self._source.read(len(view))
        except (OSError, EOFError, zlib.error) as error:
            message = "the gzip file is damaged: {reason}"
            raise RecordError(self._path, message, UNPACK_HINT, reason=error) from error
        self._size += len(piece)
        if self._size > self._bound:
            message, packed = "the gzip file unpacks to more than {most:,} MB", self._bound >> 20
            raise RecordError(self._path, message, UNPACK_HINT, most=packed)
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the file."""
        self._source.close()
        super().close()


def expand_home(path: Path) -> Path:
    """The path with the home folder that a leading ~ stands for."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        message = "there is no such user, or the user has no home folder"
        raise RecordError(path, message, "write the path without ~") from error


def _read_mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except ValueError as error:
        message = "this is not a path: {reason}"
        raise RecordError(path, message, "check the path", reason=error) from error
