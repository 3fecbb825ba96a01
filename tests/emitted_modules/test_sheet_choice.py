from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from newft.emitted.readers import detect_format
from support.data_files import refusal, values

HEADER = ["customer", "income", "amount", "default"]
ROWS = [[f"C{n:03}", 900 + 7 * n, 50 * n, "yes"] for n in range(1, 13)]
Sheets = Mapping[str, Sequence[Sequence[object]]]


def write_book(folder: Path, sheets: Sheets, merged: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)
    book.save(folder / "book.xlsx")
    return folder / "book.xlsx"


def said(path: Path) -> list[str]:
    return [one.template.format_map(one.values) for one in detect_format(path).remarks]


def test_the_records_are_found_behind_a_cover_and_notes(tmp_path: Path) -> None:
    notes = [["column", "meaning"], ["income", "EUR"]]
    cover = [["Loans of 2024"], [], ["prepared by", "Anna"]]
    path = write_book(tmp_path, {"cover": cover, "notes": notes, "data": [HEADER, *ROWS]})
    assert (detect_format(path).sheet, values(path)) == ("data", ROWS)
    assert said(path) == ["of book.xlsx, only the sheet `data` is read, not: cover, notes"]


@pytest.mark.parametrize(("rows", "information"), [(2, True), (len(ROWS), False)])
def test_a_sheet_that_is_left_out_is_a_warning_if_it_may_hold_records(
    tmp_path: Path, rows: int, information: bool
) -> None:
    other = [["case", "remark"], *([f"K{n}", "settled"] for n in range(rows))]
    path = write_book(tmp_path, {"data": [HEADER, *ROWS], "cases": other})
    assert [one.information for one in detect_format(path).remarks] == [information]


def test_sheets_of_one_header_are_read_together(tmp_path: Path) -> None:
    sheets = {
        "2023": [["Loans"], [], HEADER, *ROWS[:5]],
        "codes": [["code", "meaning"], ["1", "car"]],
        "2024": [HEADER, *ROWS[5:]],
    }
    path = write_book(tmp_path, sheets)
    assert values(path) == ROWS
    assert said(path) == [
        "of book.xlsx, the sheets `2023`, `2024` are read as one table, not: codes",
        "book.xlsx: header in row 3",
    ]


def test_merged_cells_have_one_value(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[1][3] = rows[2][3] = None
    path = write_book(tmp_path, {"data": [HEADER, *rows]}, merged=["D2:D4"])
    assert values(path) == ROWS


def test_merged_group_headers_are_read_with_the_names_below(tmp_path: Path) -> None:
    groups = ["customer", "person", None, "default"]
    names = [None, "income", "amount", None]
    merged = ["A1:D1", "A2:A3", "B2:C2", "D2:D3"]
    path = write_book(tmp_path, {"data": [["Loans"], groups, names, *ROWS]}, merged=merged)
    assert detect_format(path).columns == tuple(HEADER)
    assert values(path) == ROWS


def test_too_many_merged_cells_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newft.emitted.workbook.MAX_MERGED_RANGES", 1)
    path = write_book(tmp_path, {"data": [HEADER, *ROWS]}, merged=["A2:A3", "B2:B3"])
    assert refusal(path).message.startswith("the workbook is too large: data")
