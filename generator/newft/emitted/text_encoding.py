"""The encoding of a text file, decided by all of its bytes, and by no rule that changes characters.

A file that is mostly UTF-8 is UTF-8: a line that is not is named, and no other encoding that
happens to decode the file is taken for it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

from .file_access import (
    MAX_DOCUMENT_BYTES,
    MAX_LINE_BYTES,
    RecordError,
    iterate_lines,
    make_long_line_error,
    open_regular_file,
    open_text,
)

SAMPLE_BYTES = 1 << 20  # bytes
CONTEXT_BYTES = 20  # bytes before and after a fault
BOMS = {  # UTF-32 comes first: its mark begins as that of UTF-16 does
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
# bytes beyond ASCII without one of ASCII between them
NON_ASCII_RUN_PATTERN = re.compile(rb"[\x80-\xff]+")
LOWERCASE_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyz")
# Two Chinese characters are often UTF-8 by chance as a pair of bytes each, three in a row seldom.
MIN_LONG_RUN_BYTES = 6  # bytes
MAX_DISTINCT_RUNS = 10_000  # are enough to decide by, however large the file is
# The groups: a pair whose second byte is ASCII, which nearly every accented letter before another
# letter is; and what only GB18030 has, which is a pair between the two ranges or four bytes.
CODE_UNIT_PATTERN = re.compile(
    rb"([\x81-\xfe][0-9][\x81-\xfe][0-9]|[\x81-\xfe][\x80-\xa0])|([\x81-\xfe][\x40-\x7e])"
    rb"|[\x81-\xfe][\xa1-\xfe]|([\x80-\xff])"
)
BYTE_PAIR_PATTERN = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
# Of the characters of eight Chinese data sets in GB18030, fewer than 1 in 10,000 have an ASCII
# second byte. In Big5, 55 to 66 in 100 have one.
MIN_WINDOWS_1252_SHARE, MIN_BIG5_SHARE = 0.5, 0.2
MIN_CHARACTERS = 20  # characters: too few to tell by their shares
# First bytes of kana, which are every other character of Japanese and rare ones of GB18030
KANA_LEAD_BYTES = {"SHIFT_JIS": frozenset(b"\x82\x83"), "EUC-JP": frozenset(b"\xa4\xa5")}
MIN_KANA_SHARE = 0.3
# First bytes of the punctuation and the 5,401 common characters of Big5. Letters with an accent
# are mostly higher in Windows-1252, and some stand before a space or a digit.
BIG5_LEAD_BYTES = range(0xA1, 0xC7)
MIN_BIG5_COMMON_SHARE, MIN_BIG5_PAIRS = 0.9, 10  # of pairs, and different ones
# First bytes of the syllables of EUC-KR. Of common Chinese characters half begin with a higher one.
HANGUL_LEAD_BYTES = range(0xB0, 0xC9)
ACCENTED_UTF8_PATTERN = re.compile(rb"[a-z]\xc3[\x80-\xbf](?![\x80-\xff])")  # in UTF-8, in a word
# two characters in UTF-8
THREE_BYTE_UTF8_PATTERN = re.compile(rb"(?:[\xe0-\xef][\x80-\xbf]{2}){2}")

SAVE_AS_UTF8_HINT = "save it as UTF-8 (in Excel: CSV UTF-8)"
CONVERT_HINT = (
    "it may be {guess}: convert it, as by `iconv -f {guess} -t UTF-8`, or save it as UTF-8"
)
CORRECT_LINE_HINT = "correct this line, or save the whole file as {encoding} again"
MIXED_ENCODING_MESSAGE = "this line is not {encoding}, which the rest of the file is: {shown}"


def detect_encoding(path: Path) -> str:
    """The encoding that decodes the whole file; where none does, the error names the line."""
    with open_regular_file(path) as file:
        head = file.read(SAMPLE_BYTES)
    for mark, encoding in BOMS.items():
        if head.startswith(mark):
            return _verify_encoding(path, encoding)
    if len(head.translate(None, CONTROL_BYTES)) < len(head) * 0.95:
        return _verify_encoding(path, _detect_utf16_without_bom(path, head))
    document = head.lstrip().startswith((b"[", b"{"))
    most = MAX_DOCUMENT_BYTES if document else MAX_LINE_BYTES
    with open_regular_file(path) as lines:
        for row, line in iterate_lines(path, lines, most=most):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                sample = line[max(0, error.start - SAMPLE_BYTES) : error.start + SAMPLE_BYTES]
                sample += lines.read(SAMPLE_BYTES)
                return _resolve_non_utf8(
                    path, sample, row=row, shown=_excerpt_around(line, error.start, "utf-8")
                )
    return "utf-8"


def is_text(start: bytes) -> bool:
    """Whether the first bytes of a file may be those of a text."""
    return start.startswith((*BOMS,)) or start == start.translate(None, CONTROL_BYTES)


def _resolve_non_utf8(path: Path, sample: bytes, *, row: int, shown: str) -> str:
    """The encoding of a file with a line that is not UTF-8; the sample begins with this line."""
    if _is_mostly_utf8(path):
        raise RecordError(
            path, MIXED_ENCODING_MESSAGE, CORRECT_LINE_HINT, row=row, encoding="UTF-8", shown=shown
        )
    guess = _guess_encoding(sample)
    if guess is None:
        return _verify_gb18030(path)
    message = "this line is neither UTF-8 nor GB18030: {shown}"
    raise RecordError(path, message, CONVERT_HINT, row=row, shown=shown, guess=guess)


def _is_mostly_utf8(path: Path) -> bool:
    """Whether at least as many distinct runs of bytes are UTF-8 by no accident as are not UTF-8.

    Distinct runs are counted, as a column may repeat one value: 女 in GB18030 is Ů in UTF-8.
    """
    seen: set[bytes] = set()
    utf8 = other = 0
    with open_regular_file(path) as lines:
        for _, line in iterate_lines(path, lines, most=MAX_DOCUMENT_BYTES):
            for found in () if line.isascii() else NON_ASCII_RUN_PATTERN.finditer(line):
                run = found[0]
                if run in seen:
                    continue
                seen.add(run)
                if not _is_utf8(run):
                    other += 1
                elif (
                    run[0] >= 0xE0
                    or len(run) >= MIN_LONG_RUN_BYTES
                    or _is_beside_letter(line, found)
                ):
                    utf8 += 1
                if len(seen) == MAX_DISTINCT_RUNS:
                    return utf8 >= other
    return utf8 >= max(1, other)


def _is_beside_letter(line: bytes, run: re.Match[bytes]) -> bool:
    """Whether a small letter of ASCII stands beside the run, as in most words with an accent."""
    before, after = line[max(0, run.start() - 1) : run.start()], line[run.end() : run.end() + 1]
    return not LOWERCASE_BYTES.isdisjoint(before + after)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess_encoding(sample: bytes) -> str | None:
    """What a text is that is neither UTF-8 nor, as far as its bytes tell, GB18030."""
    units = CODE_UNIT_PATTERN.findall(sample)
    only_gb18030, ascii_second, alone = (
        sum(map(bool, found)) for found in zip(*units, strict=True)
    )
    pairs = BYTE_PAIR_PATTERN.findall(sample)
    if _is_big5(pairs) and ascii_second > MIN_BIG5_SHARE * len(units) and not alone:
        return "BIG5"
    if ascii_second + alone > MIN_WINDOWS_1252_SHARE * len(units):
        return "WINDOWS-1252"
    for encoding, kana in KANA_LEAD_BYTES.items():
        if sum(pair[0] in kana for pair in pairs) > MIN_KANA_SHARE * len(pairs):
            return encoding
    if ascii_second > max(MIN_CHARACTERS, MIN_BIG5_SHARE * len(units)) and not only_gb18030:
        return "BIG5"
    distinct = {*pairs}
    if len(distinct) >= MIN_CHARACTERS and all(pair[0] in HANGUL_LEAD_BYTES for pair in distinct):
        return "EUC-KR"
    return None


def _is_big5(pairs: Sequence[bytes]) -> bool:
    """Whether enough pairs of bytes begin as common characters of Big5 do."""
    common = sum(pair[0] in BIG5_LEAD_BYTES for pair in pairs)
    return len({*pairs}) >= MIN_BIG5_PAIRS and common > MIN_BIG5_COMMON_SHARE * len(pairs)


def _verify_gb18030(path: Path) -> str:
    """GB18030, if every line is, and none is a whole line of UTF-8."""
    with open_regular_file(path) as lines:
        for row, line in iterate_lines(path, lines, most=MAX_DOCUMENT_BYTES):
            if line.isascii():
                continue
            if text := _decode_certain_utf8(line):
                message = "this line is UTF-8, and the rest of the file is GB18030: {shown}"
                shown = text[:CONTEXT_BYTES].strip()
                raise RecordError(
                    path, message, CORRECT_LINE_HINT, row=row, encoding="GB18030", shown=shown
                )
            try:
                line.decode("gb18030")
            except UnicodeDecodeError as error:
                shown = _excerpt_around(line, error.start, "gb18030")
                message, encoding = MIXED_ENCODING_MESSAGE, "GB18030"
                raise RecordError(
                    path, message, CORRECT_LINE_HINT, row=row, encoding=encoding, shown=shown
                ) from error
    return "gb18030"


def _decode_certain_utf8(line: bytes) -> str | None:
    """The text of a line that is UTF-8 by no accident."""
    if _is_utf8(line) and (
        THREE_BYTE_UTF8_PATTERN.search(line) or ACCENTED_UTF8_PATTERN.search(line)
    ):
        return line.decode("utf-8")
    return None


def _detect_utf16_without_bom(path: Path, head: bytes) -> str:
    """UTF-16 without a byte order mark: the order that gives printable text, most of it ASCII."""
    even = head[: len(head) // 2 * 2]
    ascii_characters = {}
    for encoding in ("utf-16-le", "utf-16-be"):
        text = even.decode(encoding, errors="replace")
        readable = sum(1 for one in text if one.isprintable() or one in "\r\n\t")
        if readable > 0.99 * len(text):
            ascii_characters[encoding] = sum(1 for one in text if one.isascii())
    likely = max(ascii_characters, key=ascii_characters.__getitem__, default=None)
    if likely is None or not ascii_characters[likely]:
        raise RecordError(path, "this is a binary file, not text", SAVE_AS_UTF8_HINT)
    return likely


def _verify_encoding(path: Path, encoding: str) -> str:
    """The encoding, if it decodes every line."""
    row = 1
    try:
        with open_text(path, encoding, newline="\n") as lines:
            while line := lines.readline(MAX_DOCUMENT_BYTES):
                if len(line) == MAX_DOCUMENT_BYTES:
                    raise make_long_line_error(path, row, MAX_DOCUMENT_BYTES)
                row += 1
    except UnicodeDecodeError as error:
        row += error.object[: error.start].count(b"\n")
        shown = _excerpt_around(error.object, error.start, error.encoding)
        raise RecordError(
            path,
            MIXED_ENCODING_MESSAGE,
            CORRECT_LINE_HINT,
            row=row,
            encoding=encoding.upper(),
            shown=shown,
        ) from error
    return encoding


def _excerpt_around(text: bytes, at: int, encoding: str) -> str:
    """The text around a fault, on its line, with the bytes at fault as escapes."""
    before = text[max(0, at - CONTEXT_BYTES) : at].decode(encoding, errors="ignore")
    after = text[at : at + CONTEXT_BYTES].decode(encoding, errors="backslashreplace")
    return (before.rpartition("\n")[2] + after.partition("\n")[0]).strip()
