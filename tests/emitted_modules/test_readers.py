from __future__ import annotations

import csv
import io
import json
import warnings
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newft.emitted.cells import to_text
from newft.emitted.file_access import list_data_files
from newft.emitted.file_format import FileFormat, Row
from newft.emitted.normalize import (
    MISSING_GROUP_PATTERN,
    MISSING_LABEL_PATTERN,
    is_missing,
    normalize_label,
    normalize_text,
)
from newft.emitted.readers import detect_format, read_rows
from support.data_files import faults, refusal, values, write

# In gb18030 these bytes are no utf-8, so that no table is both.
HEADER = ("客户消息", "意图标签", "备注")
CELL = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs"], include_characters="\n\r\t", exclude_characters="\ufffd"
    ),
    max_size=30,
)
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8)
MANY_EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(table=TABLE)
@MANY_EXAMPLES
def test_any_table_reads_back_as_written(
    tmp_path: Path, encoding: str, delimiter: str, table: list[list[str]]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([HEADER, *table])
    path = write(tmp_path, "table.csv", text.getvalue(), encoding)
    filled = any(cell.strip() for row in table for cell in row)
    if filled:
        assert values(path) == table
        assert detect_format(path) == FileFormat("csv", encoding, delimiter, HEADER)
    else:
        assert refusal(path).message == "the file has a header and no rows"


@given(
    table=st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["C"], exclude_characters="\ufffd"), max_size=30
            ),
            min_size=3,
            max_size=3,
        ).filter(lambda row: any(cell.strip() for cell in row)),
        min_size=1,
        max_size=8,
    )
)
@settings(MANY_EXAMPLES, max_examples=10)
def test_any_sheet_reads_back_as_written(tmp_path: Path, table: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    for number, row in enumerate([list(HEADER), *table], start=1):
        for column, cell in enumerate(row, start=1):
            book.active.cell(number, column, cell).data_type = "s"  # `=1` too is text here
    book.save(tmp_path / "table.xlsx")
    read = [[to_text(cell).strip() for cell in row] for row in values(tmp_path / "table.xlsx")]
    assert read == [[cell.strip() for cell in row] for row in table]


@given(table=st.lists(st.dictionaries(CELL, CELL, min_size=1), min_size=1, max_size=8))
@MANY_EXAMPLES
def test_any_records_read_back_from_json_and_json_lines(
    tmp_path: Path, table: list[dict[str, str]]
) -> None:
    lines = "\n".join(json.dumps(record) for record in table)
    for path in (
        write(tmp_path, "list.json", json.dumps(table, ensure_ascii=False)),
        write(tmp_path, "wrapped.json", json.dumps({"data": table, "page": 1})),
        write(tmp_path, "lines.jsonl", lines),
    ):
        assert [row.values for row in read_rows(path)] == table


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", '\ntext,label\nhi,a\n\n"two\nlines",b\nbye,c\n')
    assert [(row.number, row.values["text"]) for row in read_rows(path)] == [
        (3, "hi"),
        (5, "two\nlines"),
        (6, "bye"),
    ]


def test_a_row_says_its_file_number_and_values(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,label\nhi,a\n")
    assert list(read_rows(path)) == [Row(str(path), 2, {"text": "hi", "label": "a"})]


def test_the_delimiter_is_the_one_that_rows_agree_on(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text, long;label\nyes, please, do;a\nno;b\n")
    assert detect_format(path) == FileFormat("csv", "utf-8", ";", ("text, long", "label"))


def test_an_object_keyed_by_id_gives_the_id_a_column(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '{"17": {"text": "hi"}, "18": {"id": "x", "text": "bye"}}')
    assert [row.values for row in read_rows(path)] == [
        {"id": "17", "text": "hi"},
        {"id": "x", "text": "bye"},
    ]


def test_a_json_file_may_hold_one_object_a_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '{"text": "hi"}\n\n{"text": "bye", "label": "b"}\n')
    assert detect_format(path) == FileFormat("jsonl", "utf-8", None, ("text", "label"))
    assert faults(path) == [(1, None), (3, None)]


def test_a_text_file_has_one_row_a_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "one\n\ntwo")
    assert [(row.number, row.values) for row in read_rows(path)] == [
        (1, {"text": "one"}),
        (3, {"text": "two"}),
    ]


def test_a_sheet_gives_numbers_and_dates_as_they_are(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["text", "label", "score"], ["hi", 3, 2.5], [], ["bye", None, None, "too much"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = list(read_rows(tmp_path / "a.xlsx"))
    assert [(row.number, dict(row.values), row.fault) for row in rows] == [
        (2, {"text": "hi", "label": 3, "score": 2.5}, None),
        (4, {}, "broken_row"),
    ]


def test_a_folder_gives_its_supported_files_sorted(tmp_path: Path) -> None:
    for name in ("b.csv", "a.json", "~$b.xlsx", ".c.csv", "notes.md"):
        write(tmp_path, name, "x")
    assert [path.name for path in list_data_files(tmp_path)] == ["a.json", "b.csv"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (3.0, "3"),
        (2.5, "2.5"),
        (True, "true"),
        ("“x”", "“x”"),
        (["退款"], '["退款"]'),
    ],
)
def test_a_cell_as_text(value: object, text: str) -> None:
    assert to_text(value) == text


@pytest.mark.parametrize(
    "label", ["Card Arrival", " card-arrival ", "ＣＡＲＤ－ａｒｒｉｖａｌ", "card - arrival"]
)
def test_spellings_of_a_label_are_one_label(label: str) -> None:
    assert normalize_label(label) == "card_arrival"


@given(CELL)
def test_a_normal_label_stays_as_it_is(text: str) -> None:
    assert normalize_label(normalize_label(text)) == normalize_label(text)


def test_a_text_sent_again_is_normalized_to_the_same() -> None:
    assert normalize_text("Where is order 123?") == normalize_text("where is  ORDER 456 ！")


def test_texts_of_symbols_alone_have_skeletons_of_their_own() -> None:
    assert normalize_text(" 👍 ") == "👍"
    assert normalize_text("？!") == "?!"


@pytest.mark.parametrize(
    "cell", ["", " ", "N/A", "#N/A", "na", "NaN", "Null", "-", "－－", "?", "暂无"]
)
def test_a_mark_of_nothing_is_neither_label_nor_group(cell: str) -> None:
    assert is_missing(cell, MISSING_LABEL_PATTERN)
    assert is_missing(cell, MISSING_GROUP_PATTERN)


@pytest.mark.parametrize("cell", ["None", "unknown", "无", "未知"])
def test_a_label_may_be_called_what_no_group_is(cell: str) -> None:
    assert not is_missing(cell, MISSING_LABEL_PATTERN)
    assert is_missing(cell, MISSING_GROUP_PATTERN)


@pytest.mark.parametrize("cell", ["refund", "n/a-1", "nano", "0", "👍"])
def test_any_other_cell_is_there(cell: str) -> None:
    assert not is_missing(cell, MISSING_GROUP_PATTERN)
