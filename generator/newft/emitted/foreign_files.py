"""Files that hold something else than records, whatever their name says, by their first bytes."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from pathlib import Path

from .file_access import RecordError

# the start of a page: many web programs export one that they call a workbook
MARKUP_PATTERN = re.compile(
    r"\s*<(?:(?:\?xml|!doctype|!--|html|head|meta|body|table|style|script|workbook)[\s>]"
    r"|(?:div|form|center|p)\b[^<>]*>\s*<table\b)",
    re.IGNORECASE,
)
MARKUP, VERTICAL, SPARSE, DUMP = b"<", b"* 1. row", b"1:", b"INSERT"
SIGNATURE_BYTES = 1_000  # that say what a file is
# by the first bytes, which the formats themselves prescribe
FOREIGN_MESSAGES: Mapping[bytes, str] = {
    MARKUP: "this is a web page or XML, whatever its name says",
    b"%PDF-": "this is a PDF document, not a table",
    b"\x1f\x8b": "this is a gzip file, whatever its name says",
    b"SQLite format 3\0": "this is a database of SQLite, not text",
    b"$FL2@(#)": "this is a data set of SPSS",
    b"#FORMAT=WebAnno": "each line is a token, with labels of parts of the text, as WebAnno writes",
    VERTICAL: "this is the printed output of a query, a column a line",
    SPARSE: "this is LIBSVM's sparse format, whose columns have numbers and no names",
    DUMP: "this is a dump of a database, which only the database reads",
}
FOREIGN_HINTS: Mapping[bytes, str] = {
    MARKUP: "open it in a spreadsheet program and save it as CSV UTF-8",
    b"%PDF-": "copy its table into a spreadsheet, and save that as CSV UTF-8",
    b"\x1f\x8b": "add the ending .gz to the name of the file, or unpack it",
    b"SQLite format 3\0": "export the table with the records as CSV UTF-8",
    b"$FL2@(#)": "save it as CSV UTF-8, with names of values rather than codes",
    b"#FORMAT=WebAnno": "give one label for each text: a table with a text and a label a row",
    VERTICAL: "run the query with `mysql --batch`, which writes a table, or export it as CSV UTF-8",
    SPARSE: "give the table that it was made from, as CSV UTF-8 with a header and the label",
    DUMP: "export the table with the records as CSV UTF-8",
}
TEXT_PATTERNS = {  # the start of texts that are printed or sparse, not tables
    VERTICAL: re.compile(rb"\*{5,} 1\. row \*{5,}"),  # mysql prints a record so after \G
    SPARSE: re.compile(rb"[+-]?\d+(?:\.\d+)?(?: \d+:[-+.\de]+){2,}\s"),
    DUMP: re.compile(rb"\s*(?:--[^\n]*\n\s*)*(?:INSERT INTO|CREATE TABLE|DROP TABLE)\b", re.I),
}


def refuse_foreign_content(path: Path, start: bytes) -> None:
    """Refuse a file that begins as no data file does, with what it is and what to do."""
    signs = [one for one in FOREIGN_MESSAGES if start.startswith(one) and one != MARKUP]
    signs += [one for one, pattern in TEXT_PATTERNS.items() if pattern.match(start)]
    for sign in signs:
        raise RecordError(path, FOREIGN_MESSAGES[sign], FOREIGN_HINTS[sign])


def begins_as_markup(start: bytes) -> bool:
    """Whether a file begins as a web page or XML does."""
    encoding = "utf-16" if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    return bool(MARKUP_PATTERN.match(start.decode(encoding, errors="ignore")))
