from __future__ import annotations

import csv
import io
import json
import warnings
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newft.records import (
    LONGEST_CELL,
    Layout,
    RecordError,
    Row,
    data_files,
    detect,
    normal_label,
    read_rows,
    skeleton,
    text_of,
)

HEADER = (
    "客户消息",
    "意图标签",
    "备注",
)  # its bytes in gb18030 are no utf-8, so that no table is both
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


def write(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path


def values(path: Path) -> list[list[object]]:
    return [list(row.values.values()) for row in read_rows(path)]


def faults(path: Path) -> list[tuple[int, str | None]]:
    return [(row.number, row.fault) for row in read_rows(path)]


def refusal(path: Path) -> RecordError:
    with pytest.raises(RecordError) as raised:
        list(read_rows(path))
    assert raised.value.path == path
    assert raised.value.hint
    return raised.value


# --- what is read --------------------------------------------------------------------------------


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
        assert detect(path) == Layout("csv", encoding, delimiter, HEADER)
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
    read = [[text_of(cell).strip() for cell in row] for row in values(tmp_path / "table.xlsx")]
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
    assert detect(path) == Layout("csv", "utf-8", ";", ("text, long", "label"))


def test_an_object_keyed_by_id_gives_the_id_a_column(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '{"17": {"text": "hi"}, "18": {"id": "x", "text": "bye"}}')
    assert [row.values for row in read_rows(path)] == [
        {"id": "17", "text": "hi"},
        {"id": "x", "text": "bye"},
    ]


def test_a_json_file_may_hold_one_object_a_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '{"text": "hi"}\n\n{"text": "bye", "label": "b"}\n')
    assert detect(path) == Layout("jsonl", "utf-8", None, ("text", "label"))
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
    assert [path.name for path in data_files(tmp_path)] == ["a.json", "b.csv"]


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
    assert text_of(value) == text


@pytest.mark.parametrize(
    "label", ["Card Arrival", " card-arrival ", "ＣＡＲＤ－ａｒｒｉｖａｌ", "card - arrival"]
)
def test_spellings_of_a_label_are_one_label(label: str) -> None:
    assert normal_label(label) == "card_arrival"


@given(CELL)
def test_a_normal_label_stays_as_it_is(text: str) -> None:
    assert normal_label(normal_label(text)) == normal_label(text)


def test_a_text_sent_again_has_the_same_skeleton() -> None:
    assert skeleton("Where is order 123?") == skeleton("where is  ORDER 456 ！")


# --- rows with faults ----------------------------------------------------------------------------


def test_ragged_rows_are_broken_and_the_next_ones_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,label\nhi\nhi,a\nhi,a,b\n   \nbye,c\n")
    assert faults(path) == [(2, "broken_row"), (3, None), (4, "broken_row"), (6, None)]


def test_an_unclosed_quote_breaks_its_own_row_only(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'text,label\n"oops,a\nhi,b\n"a" b,c\nbye,d\n')
    assert faults(path) == [(2, "broken_row"), (3, None), (4, "broken_row"), (5, None)]


def test_tab_separated_text_may_start_with_a_quote(tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", 'text\tlabel\n"no" she said\ta\n"5 inch\tb\nbye\tc\n')
    assert values(path) == [['"no" she said', "a"], ['"5 inch', "b"], ["bye", "c"]]


@pytest.mark.parametrize("damage", ["\0", "\ufffd"])
def test_damaged_characters_are_a_fault_of_their_row(tmp_path: Path, damage: str) -> None:
    path = write(tmp_path, "a.csv", f"text,label\nhello there{damage},a\nhi,b\n" + "fine,c\n" * 9)
    assert faults(path)[:3] == [(2, "bad_encoding"), (3, None), (4, None)]


def test_half_a_surrogate_pair_is_a_fault_of_its_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "\\ud83d"}\n{"text": "\\ud83d\\ude00"}\n')
    assert faults(path) == [(1, "bad_encoding"), (2, None)]


def test_a_cell_of_ten_megabytes_is_too_long_and_nothing_more(tmp_path: Path) -> None:
    long = "x" * 10 * LONGEST_CELL
    path = write(tmp_path, "a.csv", f'text,label\nhi,a\n"{long}",a\nbye,b\n')
    assert faults(path) == [(2, None), (3, "too_long"), (4, None)]


def test_a_json_value_that_is_too_long_is_a_fault_of_its_row(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.jsonl", f'{{"text": "{"x" * (LONGEST_CELL + 1)}"}}\n{{"text": "hi"}}\n'
    )
    assert faults(path) == [(1, "too_long"), (2, None)]


def test_lines_that_are_no_json_object_are_broken(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "hi"}\n{"text":\n["a"]\n' + "[" * 100_000 + "\n")
    assert faults(path) == [(1, None), (2, "broken_row"), (3, "broken_row"), (4, "broken_row")]


# --- files that are refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", b" \n\n", "the file is empty"),
        ("a.csv", b"\xef\xbb\xbf\n", "the file has no header"),
        ("a.csv", b"text,label\n", "the file has a header and no rows"),
        ("a.csv", b"text,label,text\na,b,c\n", "the header has `text` twice"),
        ("a.csv", b",text,label\n0,a,b\n", "column 1 of 3 has no name in the header"),
        ("a.csv", bytes(range(256)) * 9, "this is a binary file, not text"),
        ("a.csv", "text,label\nhi,a\n".encode("utf-16-le"), "this is a binary file, not text"),
        ("a.csv", b"text,label\nit\x92s,a\n", "this line is not utf-8"),
        (
            "a.csv",
            "文字,标签\n好,a\n".encode("gb18030") + b"caf\xe9\n",
            "this line is not utf-8 or gb18030",
        ),
        (
            "a.json",
            b'[{"text": "a"},\n {"text": b}]',
            "this is not JSON: Expecting value: line 2 column 11 (char 26)",
        ),
        ("a.json", b'{"text": "a"}', "the file holds no JSON objects"),
        ("a.json", b"[1, 2]", "the file holds no JSON objects"),
        ("a.xlsx", b"no zip", "not a readable xlsx workbook"),
        ("a.parquet", b"PAR1", "such files are not read"),
        ("missing.csv", None, "cannot be read: No such file or directory"),
        ("folder.csv", None, "cannot be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    path = tmp_path / name if content is None else write(tmp_path, name, content)
    assert refusal(path).message == message


def test_a_line_in_no_encoding_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", b"text,label\n" + b"hi,a\n" * 9_000 + b"it\x92s,a\n")
    assert refusal(path).row == 9_002
    assert str(refusal(path)) == f"{path}:9002: this line is not utf-8"


def test_an_unsupported_file_says_what_is_supported(tmp_path: Path) -> None:
    path = write(tmp_path, "a.parquet", "x")
    assert refusal(path).hint == "give one of .csv, .tsv, .json, .jsonl, .txt, .xlsx"


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no data file in this folder"):
        data_files(tmp_path)


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,label\nhi,a\n")
    path.chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        assert refusal(path).message == "cannot be read: Permission denied"
    else:
        pytest.skip("this user may read every file")
