"""One table in each of the forms that programs and people write tables in."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

import openpyxl  # type: ignore[import-untyped]

Cell = str | int | float  # an empty text where there is no value
Write = Callable[["Table"], bytes]

NESTED_NAME = "data.fields."  # before the names of the columns that are nested


class Table(NamedTuple):
    """The names of some columns, and the cells of each row."""

    names: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def records(self) -> list[dict[str, Cell | None]]:
        """The rows as objects, in which a missing cell is null."""
        cells = ([None if cell == "" else cell for cell in row] for row in self.rows)
        return [dict(zip(self.names, row, strict=True)) for row in cells]

    @property
    def columns(self) -> dict[str, list[Cell | None]]:
        """The cells of each column."""
        return {name: [one[name] for one in self.records] for name in self.names}


def _write_delimited(
    delimiter: str,
    encoding: str = "utf-8",
    *,
    above: str = "",
    end: str = "\r\n",
    index: bool = False,
) -> Write:
    """Rows of delimited text, below other lines, with an index without a name or without."""

    def write(table: Table) -> bytes:
        rows = _list_lines(table)
        if index:
            rows = [[str(at - 1) if at else "", *row] for at, row in enumerate(rows)]
        text = io.StringIO(newline="")
        text.write(above)
        csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
        return text.getvalue().encode(encoding)

    return write


def _write_json(
    change: Callable[[Table], object], encoding: str = "utf-8", indent: int | None = None
) -> Write:
    """One document of JSON."""

    def write(table: Table) -> bytes:
        return json.dumps(change(table), ensure_ascii=False, indent=indent).encode(encoding)

    return write


def _write_lines(change: Callable[[Table], Sequence[object]], end: str = "\n") -> Write:
    """JSON, one value after another."""

    def write(table: Table) -> bytes:
        return "".join(json.dumps(one, ensure_ascii=False) + end for one in change(table)).encode()

    return write


def _write_sheets(change: Callable[[Table], dict[str, list[list[Cell]]]]) -> Write:
    """A workbook."""

    def write(table: Table) -> bytes:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in change(table).items():
            _fill_sheet(book.create_sheet(title), rows)
        return _save(book)

    return write


def _write_merged_cells(table: Table) -> bytes:
    """A workbook in which equal cells, one below the other, are merged, but not those of a text.

    Where all cells of a row are merged with those above, a person sees one record in tall cells.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    _fill_sheet(sheet, _list_lines(table))
    for column, name in enumerate(table.names, start=1):
        if column == 2:
            continue
        cells, first = table.columns[name], 0
        for at in range(1, len(cells) + 1):
            if at == len(cells) or cells[at] != cells[first]:
                if at - first > 1 and cells[first] is not None:
                    sheet.merge_cells(None, first + 2, column, at + 1, column)
                first = at
    return _save(book)


def _write_two_headers(table: Table) -> bytes:
    """A workbook with a group of columns, a merged cell, above all names but the first."""
    book = openpyxl.Workbook()
    sheet = book.active
    names = list(table.names)
    _fill_sheet(sheet, [[names[0], "Group 2024"], ["", *names[1:]], *map(list, table.rows)])
    sheet.merge_cells("A1:A2")
    sheet.merge_cells(None, 1, 2, 1, len(names))
    return _save(book)


def _fill_sheet(sheet: object, rows: Sequence[Sequence[Cell]]) -> None:
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            if value != "":
                cell = sheet.cell(number, place, value)  # type: ignore[attr-defined]
                cell.data_type = "s" if isinstance(value, str) else "n"  # `=1` too is text here


def _save(book: object) -> bytes:
    file = io.BytesIO()
    book.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


def _list_lines(table: Table) -> list[list[Cell]]:
    return [list(table.names), *map(list, table.rows)]


def _divide(table: Table) -> dict[str, list[list[Cell]]]:
    """Two sheets with the same header."""
    half = len(table.rows) // 2
    parts = (Table(table.names, table.rows[:half]), Table(table.names, table.rows[half:]))
    return {f"Q{at}": _list_lines(part) for at, part in enumerate(parts, start=1)}


def _nest(table: Table) -> list[object]:
    return [{"id": at, "data": {"fields": one}} for at, one in enumerate(table.records)]


def _drop_empty(table: Table) -> list[dict[str, Cell | None]]:
    return [{name: cell for name, cell in one.items() if cell is not None} for one in table.records]


def _pack(write: Write) -> Write:
    return lambda table: gzip.compress(write(table), mtime=0)


TITLE = 'Complaints of 2024\r\n"source: export, by hand"\r\n\r\n'

FORMS: dict[str, Write] = {
    "comma.csv": _write_delimited(","),
    "semicolon.csv": _write_delimited(";"),
    "pipe.csv": _write_delimited("|"),
    "tab.tsv": _write_delimited("\t"),
    "tab.txt": _write_delimited("\t", end="\n"),
    "tab.xls": _write_delimited("\t"),
    "marked.csv": _write_delimited(";", above="sep=;\r\n"),
    "with_mark.csv": _write_delimited(",", "utf-8-sig"),
    "chinese.csv": _write_delimited(",", "gb18030"),
    "unicode.csv": _write_delimited(";", "utf-16"),
    "unicode.txt": _write_delimited("\t", "utf-16"),
    "title.csv": _write_delimited(",", above=TITLE),
    "index.csv": _write_delimited(",", index=True, end="\n"),
    "packed.csv.gz": _pack(_write_delimited(";")),
    "plain.xlsx": _write_sheets(lambda table: {"Sheet1": _list_lines(table)}),
    "title.xlsx": _write_sheets(
        lambda table: {"Sheet1": [["Complaints of 2024"], [], *_list_lines(table)]}
    ),
    "second.xlsx": _write_sheets(
        lambda table: {
            "cover": [["Complaints of 2024"], ["by", "hand"]],
            "data": _list_lines(table),
        }
    ),
    "sheets.xlsx": _write_sheets(_divide),
    "merged.xlsx": _write_merged_cells,
    "two_headers.xlsx": _write_two_headers,
    "list.json": _write_json(lambda table: table.records),
    "list.jsonl": _write_json(lambda table: table.records, indent=2),
    "list.txt": _write_json(lambda table: table.records),
    "chinese.json": _write_json(lambda table: table.records, "gb18030"),
    "lines.jsonl": _write_lines(lambda table: table.records),
    "lines.json": _write_lines(lambda table: table.records),
    "lines.ndjson": _write_lines(lambda table: table.records),
    "lines.txt": _write_lines(lambda table: table.records),
    "packed.jsonl.gz": _pack(_write_lines(lambda table: table.records)),
    "sparse.jsonl": _write_lines(_drop_empty),
    "printed.jsonl": lambda table: "".join(f"{one!r}\n" for one in table.records).encode(),
    "joined.json": _write_lines(lambda table: table.records, end=""),
    "commas.json": lambda table: b"[" + _write_lines(lambda t: t.records, end=",\n")(table) + b"]",
    "columns.json": _write_json(
        lambda table: {
            name: {str(at): cell for at, cell in enumerate(cells)}
            for name, cells in table.columns.items()
        }
    ),
    "index.json": _write_json(lambda table: {str(at): r for at, r in enumerate(table.records)}),
    "split.json": _write_json(
        lambda table: {
            "columns": table.names,
            "index": [*range(len(table.rows))],
            "data": [[*one.values()] for one in table.records],
        }
    ),
    "table.json": _write_json(
        lambda table: {
            "schema": {"fields": [{"name": name} for name in table.names]},
            "data": [{"index": at} | one for at, one in enumerate(table.records)],
        }
    ),
    "values.json": _write_json(_list_lines),
    "values.jsonl": _write_lines(_list_lines),
    "lists.json": _write_json(lambda table: table.columns),
    "data.json": _write_json(lambda table: {"version": 1, "data": table.records}),
    "deep.json": _write_json(
        lambda table: {"meta": {"by": "hand"}, "result": {"page": {"items": table.records}}}
    ),
    "by_id.json": _write_json(lambda table: {f"case-{n}": r for n, r in enumerate(table.records)}),
    "server.json": _write_json(
        lambda table: {
            "features": [{"feature_idx": n, "name": name} for n, name in enumerate(table.names)],
            "rows": [
                {"row_idx": n, "row": one, "truncated_cells": []}
                for n, one in enumerate(table.records)
            ],
        }
    ),
    "nested.json": _write_json(_nest),
    "nested.jsonl": _write_lines(_nest),
}
