"""Files that hold something else than records, whatever their name says, by their first bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from .file_access import RecordError

# the start of a page: many web programs export one that they call a workbook
MARKUP_PATTERN = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|!--|html|head|meta|body|table)[\s>]", re.IGNORECASE
)
MARKUP = b"<"
SIGNATURE_BYTES = 1_000  # that say what a file is
# by the first bytes, which the formats themselves prescribe
FOREIGN_MESSAGES: Mapping[bytes, str] = {
    MARKUP: "this is a web page or XML, whatever its name says",
    b"%PDF-": "this is a PDF document, not a table",
    b"\x1f\x8b": "this is a gzip file, whatever its name says",
    b"SQLite format 3\0": "this is a database of SQLite, not text",
}
FOREIGN_HINTS: Mapping[bytes, str] = {
    MARKUP: "open it in a spreadsheet program and save it as xlsx, or as CSV UTF-8",
    b"%PDF-": "copy its table into a spreadsheet, and save that as xlsx or as CSV UTF-8",
    b"\x1f\x8b": "add the ending .gz to the name of the file, or unpack it",
    b"SQLite format 3\0": "export the table with the records as CSV UTF-8",
}


def refuse_foreign_content(path: Path, start: bytes) -> None:
    """Refuse a file that begins as no data file does, with what it is and what to do."""
    signs = (one for one in FOREIGN_MESSAGES if one != MARKUP and start.startswith(one))
    sign = MARKUP if MARKUP_PATTERN.match(start) else next(signs, None)
    if sign is not None:
        raise RecordError(path, FOREIGN_MESSAGES[sign], FOREIGN_HINTS[sign])
