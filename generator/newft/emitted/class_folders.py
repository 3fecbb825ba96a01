"""Rows of a folder whose parts are labels: a folder of texts for each, or a file of phrases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from .file_access import (
    MAX_DOCUMENT_BYTES,
    PHRASES_MARK,
    RecordError,
    is_text_file,
    list_class_folders,
    list_phrase_files,
    open_regular_file,
)
from .file_format import MAX_CELL_CHARS, FileFormat, Remark, Row, find_fault
from .given_splits import SPLIT_FIELD
from .json_text import parse_document

CLASS_COLUMNS = ("text", "label", "file")
PHRASE_COLUMNS = ("text", "label")
MAX_FILES = 500_000  # in all folders
MAX_TEXT_BYTES = 4 * MAX_CELL_CHARS  # of a file: a longer one is too long a text in any encoding
ENCODINGS = ("utf-8-sig", "gb18030")  # tried in this order for each file
FOLDERS_MESSAGE = "{file}: a text file is a record, and the name of its folder is its label"
PHRASES_MESSAGE = (
    "{file}: each phrase of the agent is a record, and its file names the label; answers and "
    "entities are not read"
)


def detect_class_folder(path: Path) -> FileFormat:
    """The layout of a folder with a folder for each label, or a file of phrases for each."""
    if not list_class_folders(path):
        told = Remark(PHRASES_MESSAGE, {"file": path.name}, information=True)
        return FileFormat("folder", columns=PHRASE_COLUMNS, remarks=(told,))
    remark = Remark(FOLDERS_MESSAGE, {"file": path.name}, information=True)
    divided = any(folder.parent != path for folder in list_class_folders(path))
    columns = (*CLASS_COLUMNS, SPLIT_FIELD) if divided else CLASS_COLUMNS
    return FileFormat("folder", columns=columns, remarks=(remark,))


def read_class_rows(path: Path) -> Iterator[Row]:
    """A row for each text file, in the order of their names, or for each phrase."""
    if not list_class_folders(path):
        yield from _read_phrases(path)
    number = 0
    for folder in list_class_folders(path):
        names = filter(is_text_file, folder.iterdir())
        for file in sorted(islice(names, MAX_FILES + 1)):
            number += 1
            if number > MAX_FILES:
                message = "the folder has more than {most:,} text files"
                hint = "write the texts into one file, with a column for the label"
                raise RecordError(path, message, hint, most=MAX_FILES)
            yield _read_file(path, file, number)


def _read_phrases(path: Path) -> Iterator[Row]:
    """A row for each phrase of an agent, whose parts, such as marked entities, are joined."""
    number = 0
    for file in list_phrase_files(path):
        with open_regular_file(file) as source:
            content = source.read(MAX_DOCUMENT_BYTES + 1)
        if len(content) > MAX_DOCUMENT_BYTES:
            message = "the JSON document is larger than {most} MB"
            hint = "write an object on each line instead, as JSON lines"
            raise RecordError(file, message, hint, most=MAX_DOCUMENT_BYTES >> 20)
        phrases = parse_document(file, _decode(content) or "")
        label = file.name.partition(PHRASES_MARK)[0]
        for phrase in phrases if isinstance(phrases, list) else ():
            number += 1
            text = _join_parts(phrase)
            yield Row(str(path), number, {"text": text, "label": label}, find_fault([text]))


def _join_parts(phrase: object) -> str:
    parts = phrase.get("data") if isinstance(phrase, dict) else None
    listed = parts if isinstance(parts, list) else []
    texts = [part.get("text") for part in listed if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str))


def _read_file(path: Path, file: Path, number: int) -> Row:
    """The row of a file; of a pipe, a device or a folder of that name nothing is read."""
    if not file.is_file():
        return Row(str(path), number, {}, "broken_row")
    with open_regular_file(file) as source:
        content = source.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        return Row(str(path), number, {}, "too_long")
    text = _decode(content)
    if text is None:
        return Row(str(path), number, {}, "bad_encoding")
    name = file.relative_to(path).as_posix()
    values = {"text": text, "label": file.parent.name, "file": name}
    if file.parent.parent != path:
        values[SPLIT_FIELD] = file.parent.parent.name
    return Row(str(path), number, values, find_fault([text, name]))


def _decode(content: bytes) -> str | None:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
