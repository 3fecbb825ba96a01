"""What the XML parts of a workbook say: its sheets, texts, styles and rows.

A parser calls each reader with the elements of one part, so that no part is held as a tree.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta

# Microsoft, "Excel specifications and limits": the rows and columns of a sheet
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
CELL = re.compile(r"([A-Z]{1,3})\d+", re.IGNORECASE)
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")  # a control character in a text
# ECMA-376 part 1, 18.8.30: the built-in number formats of dates and times, and of a duration
DATES, DURATIONS = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}, {46}
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
Cells = dict[int, object]  # by column, from 0


class WorkbookError(Exception):
    """A workbook that cannot be read: the templates of message and hint, and their values.

    Without a hint, saving the workbook again is what helps.
    """

    def __init__(
        self, message: str, hint: str = "", *, row: int | None = None, **values: object
    ) -> None:
        super().__init__(message.format_map(values))
        self.message, self.hint, self.row, self.values = message, hint, row, values


class PartReader:
    """What is made of the elements of a part: nothing, unless a method is overridden."""

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """Take the beginning of an element."""

    def end(self, name: str, /) -> None:
        """Take the end of an element."""

    def text(self, text: str, /) -> None:
        """Take a piece of text."""


class RelationReader(PartReader):
    """The parts that a part refers to: the key, kind and target of each reference."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, str]] = []

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """Take the beginning of an element."""
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.found.append((attributes["Id"], attributes["Type"], attributes["Target"]))


class BookReader(PartReader):
    """The names of the sheets, and the year that dates are counted from."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.since_1904 = False

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """Take the beginning of an element."""
        if name == "sheet":
            key = next(value for name, value in attributes.items() if name.endswith(":id"))
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes["name"], key, hidden))
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")


class StyleReader(PartReader):
    """The number format of each cell style."""

    def __init__(self) -> None:
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._of_cells = False

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """Take the beginning of an element."""
        if name == "numFmt":
            self._codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            self._formats.append(int(attributes.get("numFmtId", 0)))

    def end(self, name: str, /) -> None:
        """Take the end of an element."""
        if name == "cellXfs":
            self._of_cells = False

    def kinds(self) -> dict[str, str]:
        """Which styles show a date or a duration."""
        kinds = {str(style): self._kind(number) for style, number in enumerate(self._formats)}
        return {style: kind for style, kind in kinds.items() if kind}

    def _kind(self, number: int) -> str:
        code = LITERAL.sub("", self._codes.get(number, "").partition(";")[0]).casefold()
        if number in DURATIONS or "[" in code:
            return "duration"
        return "date" if number in DATES or any(letter in code for letter in "dmyhs") else ""


class TextReader(PartReader):
    """The text of `t` elements, without the phonetic guides of East Asian text."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._wanted = self._guide = False

    def start(self, name: str, _attributes: dict[str, str], /) -> None:
        """Take the beginning of an element."""
        if name == "t":
            self._wanted = not self._guide
        elif name == "rPh":
            self._guide = True

    def end(self, name: str, /) -> None:
        """Take the end of an element."""
        if name == "t":
            self._wanted = False
        elif name == "rPh":
            self._guide = False

    def text(self, text: str, /) -> None:
        """Keep the text of an element that is wanted."""
        if self._wanted:
            self._pieces.append(text)

    def _joined(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class StringReader(TextReader):
    """The shared strings, which cells name by number."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def end(self, name: str, /) -> None:
        """Take the end of an element."""
        super().end(name)
        if name == "si":
            self.found.append(self._joined())


class RowReader(TextReader):
    """The rows of a sheet that have cells with values."""

    def __init__(self, strings: list[str], kinds: dict[str, str], epoch: datetime) -> None:
        super().__init__()
        self.ready: list[tuple[int, Cells]] = []
        self._strings, self._kinds, self._epoch = strings, kinds, epoch
        self._inside = False
        self._row, self._column, self._cells = 0, -1, Cells()
        self._type, self._style = "n", "0"

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """Take the beginning of an element."""
        if name == "sheetData":
            self._inside = True
        elif not self._inside:  # positions of drawings have a `row` as well
            return
        elif name == "c":
            self._start_cell(attributes)
        elif name == "v":
            self._wanted = True
        elif name == "row":
            self._start_row(attributes)
        else:
            super().start(name, attributes)

    def end(self, name: str, /) -> None:
        """Take the end of an element."""
        if name == "v":
            self._wanted = False
        elif name == "c" and self._inside:
            value = self._value(self._joined())
            if value is not None:
                self._cells[self._column] = value
        elif name == "row" and self._inside:
            if self._cells:
                self.ready.append((self._row, self._cells))
            self._cells = Cells()
        elif name == "sheetData":
            self._inside = False
        else:
            super().end(name)

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row = max(self._row + 1, int(attributes.get("r", 0)))
        self._column = -1
        if self._row > MOST_ROWS:
            message = "the workbook is damaged: this row is beyond the {most:,} rows of a sheet"
            raise WorkbookError(message, row=self._row, most=MOST_ROWS)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        self._column = self._column + 1 if place is None else _column(place)
        if self._column >= MOST_COLUMNS:
            message = "the workbook is damaged: this row has more than {most:,} columns"
            raise WorkbookError(message, row=self._row, most=MOST_COLUMNS)
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "0")

    def _value(self, text: str) -> object:
        """The value of a cell; None for a blank one."""
        if not text.strip():
            return None
        if self._type == "s":
            number = int(text)
            if not 0 <= number < len(self._strings):
                message = "the workbook is damaged: this row names shared string {number} of {many}"
                raise WorkbookError(message, row=self._row, number=number, many=len(self._strings))
            return self._strings[number] if self._strings[number].strip() else None
        if self._type == "b":
            return text.strip() in ("1", "true")
        return self._moment(_number(text)) if self._type == "n" else text

    def _moment(self, value: object) -> object:
        """A number as the date, time or duration that its style shows."""
        kind = self._kinds.get(self._style)
        if kind is None or not isinstance(value, (int, float)):
            return value
        with suppress(OverflowError, ValueError):  # no date is that far away
            span = timedelta(milliseconds=round(value * 86_400_000))
            if kind == "duration":
                return span
            if timedelta() <= span < timedelta(days=1):
                return (self._epoch + span).time()
            # Excel counts a 29 February 1900, which was none
            early = self._epoch.year < 1900 and span < timedelta(days=60)
            return self._epoch + span + timedelta(days=early)
        return value


def _number(text: str) -> object:
    for read in (int, float):
        with suppress(ValueError):
            return read(text)
    return text


def _column(place: str) -> int:
    """The number of a cell's column, from 0."""
    found = CELL.fullmatch(place)
    if found is None:
        raise WorkbookError("the workbook is damaged: `{place}` is no cell", place=place)
    number = 0
    for letter in found[1].upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
