from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newft.emitted.file_format import FileFormat
from newft.emitted.readers import detect_format, read_rows
from support.data_files import faults, refusal, values, write

NAMES = ["customer", "income", "amount", "purpose", "default"]
ROWS = [[f"C{n:03}", str(900 + 7 * n), str(50 * n), "car", "yes"] for n in range(1, 13)]
TITLES = st.sampled_from(
    [
        ["Loan applications"],
        ["Loan applications", "", "", "", ""],
        ["", "Export of 2024-03-01", "", "", ""],
        ["Exported by:", "Anna", "", "", ""],
        ["Date", "2024-03-01"],
        [],
    ]
)
WITHOUT_PAUSE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def write_table(
    folder: Path, rows: list[list[str]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return write(folder, "table.csv", text.getvalue(), encoding)


def write_sheet(folder: Path, rows: list[list[str]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(folder / "table.xlsx")
    return folder / "table.xlsx"


def said(layout: FileFormat) -> list[str]:
    return [remark.template.format_map(remark.values) for remark in layout.remarks]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(titles=st.lists(TITLES, max_size=6))
@WITHOUT_PAUSE
def test_rows_above_the_header_change_no_record(
    tmp_path: Path, encoding: str, delimiter: str, titles: list[list[str]]
) -> None:
    path = write_table(tmp_path, [*titles, NAMES, *ROWS], delimiter=delimiter, encoding=encoding)
    layout = detect_format(path)
    assert (layout.columns, layout.header_row) == (tuple(NAMES), (len(titles) + 1,))
    assert values(path) == ROWS


@given(titles=st.lists(TITLES, max_size=6))
@settings(WITHOUT_PAUSE, max_examples=10)
def test_rows_above_the_header_of_a_sheet_change_no_record(
    tmp_path: Path, titles: list[list[str]]
) -> None:
    path = write_sheet(tmp_path, [*titles, NAMES, *ROWS])
    assert (detect_format(path).columns, values(path)) == (tuple(NAMES), ROWS)


def test_a_long_name_above_short_labels_is_no_record(tmp_path: Path) -> None:
    names = ["Please tell us what happened in your own words", "Which team should answer"]
    rows = [[f"the lamp number {n} has not come yet", f"team {n % 3}"] for n in range(12)]
    path = write_table(tmp_path, [names, *rows])
    assert (detect_format(path).columns, values(path)) == (tuple(names), rows)


def test_where_the_header_is_is_said(tmp_path: Path) -> None:
    layout = detect_format(write_table(tmp_path, [["Loans"], [], [], NAMES, *ROWS]))
    assert said(layout) == ["table.csv: header in row 4"]
    assert layout.remarks[0].information


@pytest.mark.parametrize(
    ("units", "marked"),
    [(["", "EUR/yr", "EUR", "", ""], True), (["", "1", "2", "car", "no"], False)],
)
def test_a_row_of_units_is_counted_and_no_record(
    tmp_path: Path, units: list[str], marked: bool
) -> None:
    path = write_table(tmp_path, [NAMES, units, *ROWS])
    assert detect_format(path).units_row == (2 if marked else None)
    assert faults(path)[0] == (2, "empty_label" if marked else None)
    assert len(faults(path)) == len(ROWS) + 1


@pytest.mark.parametrize(
    ("upper", "lower", "names"),
    [
        (["", "X1", "X2", "X3", "Y"], NAMES, tuple(NAMES)),
        (["", "person", "loan", "", ""], NAMES, tuple(NAMES)),
        (
            ["customer", "person", "loan", "", "default"],
            ["", "income", "amount", "purpose", ""],
            tuple(NAMES),
        ),
        (
            ["customer", "before", "after", "", "default"],
            ["", "amount", "amount", "purpose", ""],
            ("customer", "before amount", "after amount", "purpose", "default"),
        ),
    ],
)
def test_two_header_rows_give_one_name_a_column(
    tmp_path: Path, upper: list[str], lower: list[str], names: tuple[str, ...]
) -> None:
    path = write_table(tmp_path, [["Loans of one branch"], upper, lower, *ROWS])
    assert detect_format(path).columns == names
    assert values(path) == ROWS


def test_an_index_without_a_name_and_empty_columns_are_not_read(tmp_path: Path) -> None:
    path = write_table(tmp_path, [["", "text", "label", ""], ["0", "hi", "a", ""]])
    assert [row.values for row in read_rows(path)] == [{"text": "hi", "label": "a"}]
    assert said(detect_format(path)) == []


def test_another_column_without_a_name_is_said(tmp_path: Path) -> None:
    path = write_table(tmp_path, [["text", "", "label"], ["hi", "x", "a"]])
    assert values(path) == [["hi", "a"]]
    assert said(detect_format(path)) == ["table.csv: columns without a name are not read: 2"]


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    path = write_table(tmp_path, [["text", "label", "text"], ["hi", "a", "bye"]])
    assert [row.values for row in read_rows(path)] == [
        {"text (1)": "hi", "label": "a", "text (3)": "bye"}
    ]
    assert "several columns of one name" in said(detect_format(path))[0]


def test_blank_cells_at_the_end_of_a_row_break_nothing(tmp_path: Path) -> None:
    path = write_table(tmp_path, [["text", "label"], ["hi", "a", ""], ["bye", "b", "x"]])
    assert faults(path) == [(2, None), (3, "broken_row")]


MESSAGES = [[f"where is parcel number {n} now", "ab"[n % 2]] for n in range(12)]


@pytest.mark.parametrize("turned", [False, True])
def test_a_first_row_that_is_a_record_is_read_as_one(tmp_path: Path, turned: bool) -> None:
    rows = [row[::-1] for row in MESSAGES] if turned else MESSAGES
    path = write_table(tmp_path, rows)
    assert {*detect_format(path).columns} == {"text", "label"}
    assert values(path) == rows
    assert [row.number for row in read_rows(path)] == [*range(1, 13)]


@pytest.mark.parametrize("header", [["text", "label"], ["text", "a"], ["what was asked", "kind"]])
def test_a_header_is_no_record(tmp_path: Path, header: list[str]) -> None:
    path = write_table(tmp_path, [header, *MESSAGES])
    assert (detect_format(path).columns, values(path)) == (tuple(header), MESSAGES)


def test_commas_in_texts_make_no_title_of_the_header(tmp_path: Path) -> None:
    lines = ["text,label", *(f"hello, I have{', well' * (n % 3)}, a question,a" for n in range(9))]
    path = write(tmp_path, "table.csv", "\n".join(lines))
    assert detect_format(path).columns == ("text", "label")
    assert {fault for _, fault in faults(path)} == {"broken_row"}


def test_a_first_line_may_name_the_delimiter(tmp_path: Path) -> None:
    path = write(tmp_path, "table.csv", "sep=;\ntext;label\nhi, you, there;a\nbye, you;b\n")
    assert detect_format(path).columns == ("text", "label")
    assert values(path) == [["hi, you, there", "a"], ["bye, you", "b"]]


@pytest.mark.parametrize("delimiter", ["^", "~", "¦", "\x01"])
def test_a_rare_delimiter_is_found_where_no_other_fits(tmp_path: Path, delimiter: str) -> None:
    rows = [[f"hello{', you' * (n % 4)}, number {n}", "ab"[n % 2]] for n in range(12)]
    path = write_table(tmp_path, [["text", "label"], *rows], delimiter=delimiter)
    assert (detect_format(path).columns, values(path)) == (("text", "label"), rows)


def test_decimal_commas_stay_as_they_are_written(tmp_path: Path) -> None:
    path = write(tmp_path, "table.csv", "income;risk\n" + "1,5;low\n2,75;high\n" * 4)
    assert values(path)[:2] == [["1,5", "low"], ["2,75", "high"]]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (ROWS, "column_1,column_2,column_3,column_4"),
        ([[f"where is parcel number {n} now", f"kind{n}"] for n in range(12)], "text,label"),
    ],
)
def test_a_first_row_that_is_probably_a_record_is_refused(
    tmp_path: Path, rows: list[list[str]], names: str
) -> None:
    error = refusal(write_table(tmp_path, [row[1:] if len(row) > 2 else row for row in rows]))
    assert error.message == "the first row is a record, not a header"
    assert error.hint == f"put a row of column names before it, such as: {names}"


@pytest.mark.parametrize("label", ["kind", "yes"])
@pytest.mark.parametrize("named", [(), ("kind",), ("yes", "text"), ("what did the caller say",)])
def test_a_row_with_a_column_that_the_user_named_is_the_header(
    tmp_path: Path, label: str, named: tuple[str, ...]
) -> None:
    """The name of a column may be one of its labels, and as long as a text."""
    names, labels = ["what did the caller say", label], ["yes", "kind", "no"]
    rows = [[f"where is parcel number {n} now", labels[n % 3]] for n in range(12)]
    path = write_table(tmp_path, [names, *rows])
    told = label in named or names[0] in named
    expected = (*names,) if told else ("text", "label")
    assert detect_format(path, named).columns == expected


def test_a_named_column_makes_a_header_of_what_looks_like_a_record(tmp_path: Path) -> None:
    rows = [[f"where is parcel number {n} now", f"kind{n}"] for n in range(12)]
    path = write_table(tmp_path, rows)
    assert detect_format(path, ["kind0"]).columns == (*rows[0],)
    assert refusal(path).message == "the first row is a record, not a header"


def test_a_row_that_describes_the_columns_is_no_record(tmp_path: Path) -> None:
    described = ["customer number", "income a year", "amount asked for", "what for", "90 days late"]
    path = write_sheet(tmp_path, [NAMES, described, *ROWS])
    assert detect_format(path).columns == tuple(NAMES)
    assert faults(path) == [(2, "empty_label"), *((n, None) for n in range(3, 15))]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_header_without_a_cell_for_the_row_names_fits(tmp_path: Path, delimiter: str) -> None:
    """The function write.table of R leaves the column of row names without a name."""
    rows = [[str(n), *row[1:]] for n, row in enumerate(ROWS, start=1)]
    path = write_table(tmp_path, [NAMES[1:], *rows], delimiter=delimiter)
    assert detect_format(path).columns == tuple(NAMES[1:])
    assert values(path) == [row[1:] for row in ROWS]


@pytest.mark.parametrize("index", [[], [""]])
def test_a_header_that_stands_above_each_page_is_no_record(
    tmp_path: Path, index: list[str]
) -> None:
    rows = [[*index, *row] for row in (NAMES, *ROWS[:6], NAMES, *ROWS[6:])]
    path = write_table(tmp_path, rows)
    assert faults(path) == [(n, "empty_label" if n == 8 else None) for n in range(2, 15)]


def test_codes_beside_texts_are_a_record(tmp_path: Path) -> None:
    """As where a class, a title and a text stand in each row, and no row names them."""
    rows = [[str(n % 4), f"Title of page {n}", f"the text of page number {n}"] for n in range(12)]
    error = refusal(write_table(tmp_path, rows))
    assert error.message == "the first row is a record, not a header"
    assert error.hint.endswith("such as: column_1,column_2,column_3")


@pytest.mark.parametrize("units", [["", "EUR", "EUR", "", ""], ["", "in T€", "Monate", "", ""]])
def test_a_row_of_units_above_the_header_is_no_header(tmp_path: Path, units: list[str]) -> None:
    path = write_sheet(tmp_path, [["Loans of 2024"], units, NAMES, *ROWS])
    assert (detect_format(path).columns, values(path)) == (tuple(NAMES), ROWS)


@pytest.mark.parametrize("names", [["0", "1", "2"], ["2019", "2020", "2021"]])
def test_numbers_may_be_names(tmp_path: Path, names: list[str]) -> None:
    rows = [[str(n), str(5 * n), "a"] for n in range(9)]
    assert detect_format(write_table(tmp_path, [names, *rows])).columns == tuple(names)


def test_a_first_record_with_words_for_numbers_is_a_record(tmp_path: Path) -> None:
    """Its label comes again below, as no description of a column does."""
    rows = [[f"{n * 37 % 90}", f"{n * 53 % 70}", ("good", "bad")[n % 2]] for n in range(1, 30)]
    lines = [["income", "amount", "risk"], ["tbd", "tbd", "good"], *rows]
    path = write(tmp_path, "loans.csv", "\n".join(map(",".join, lines)))
    assert values(path)[0] == ["tbd", "tbd", "good"]
