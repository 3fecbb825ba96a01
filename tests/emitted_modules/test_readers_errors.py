from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from newft.emitted.file_access import RecordError, list_data_files
from newft.emitted.file_format import MAX_CELL_CHARS
from newft.emitted.json_rows import MAX_RECORD_NESTING
from newft.emitted.json_text import MAX_JSON_NESTING
from newft.emitted.readers import detect_format
from support.data_files import faults, refusal, values, write

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
    long = "x" * 10 * MAX_CELL_CHARS
    path = write(tmp_path, "a.csv", f'text,label\nhi,a\n"{long}",a\nbye,b\n')
    assert faults(path) == [(2, None), (3, "too_long"), (4, None)]


def test_a_json_value_that_is_too_long_is_a_fault_of_its_row(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.jsonl", f'{{"text": "{"x" * (MAX_CELL_CHARS + 1)}"}}\n{{"text": "hi"}}\n'
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
        ("a.csv", bytes(range(256)) * 9, "this is a binary file, not text"),
        (
            "a.json",
            b'[{"text": "a"},\n {"text": b}]',
            "this is not JSON: Expecting value in column 11",
        ),
        ("a.json", b"{}", "the file holds no JSON objects"),
        ("a.json", b"[1, 2]", "the file holds no JSON objects"),
        ("a.xlsx", b"no zip\x00\x01", "this is not an xlsx workbook, whatever its name says"),
        ("a.feather", b"ARROW1", "files of this kind are not read"),
        ("missing.csv", None, "there is no such file or folder"),
        ("folder.csv", None, "this is a folder with the ending of a file"),
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
    what = r"this line is neither UTF-8 nor GB18030: it\x92s,a"
    assert str(refusal(path)) == f"{path}:9002: {what}"


def test_an_unsupported_file_says_what_is_supported(tmp_path: Path) -> None:
    path = write(tmp_path, "a.feather", "x")
    assert (
        refusal(path).hint
        == "give one of: .csv, .tsv, .json, .jsonl, .ndjson, .txt, .xlsx, .xls, .parquet"
    )


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="no data file in this folder"):
        list_data_files(tmp_path)


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,label\nhi,a\n")
    path.chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        assert refusal(path).message == "permission to read it is missing"
    else:
        pytest.skip("this user may read every file")


# --- records that nest, and numbers that are huge ------------------------------------------------


def nested(levels: int) -> str:
    """A record with so many levels, itself included."""
    return '{"text": ' + "[" * (levels - 1) + "1" + "]" * (levels - 1) + "}"


def from_deep_below(work: Callable[[], object], frames: int) -> object:
    """The result of work that is called when many frames are in use, as in a larger program."""
    return from_deep_below(work, frames - 1) if frames else work()


@pytest.mark.parametrize("frames", [0, 300])
@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_how_deep_a_record_may_nest_depends_on_no_caller(
    tmp_path: Path, kind: str, frames: int
) -> None:
    lines = [
        nested(MAX_RECORD_NESTING),
        nested(MAX_RECORD_NESTING + 1),
        nested(MAX_JSON_NESTING - 1),
    ]
    text = "\n".join(lines) if kind == "jsonl" else f"[{', '.join(lines)}]"
    path = write(tmp_path, f"a.{kind}", text)
    expected = [(1, None), (2, "broken_row"), (3, "broken_row")]
    assert from_deep_below(lambda: faults(path), frames) == expected


@pytest.mark.parametrize("frames", [0, 300])
@pytest.mark.parametrize("levels", [MAX_JSON_NESTING + 1, 100_000])
def test_a_document_that_nests_too_deep_is_refused_at_one_limit(
    tmp_path: Path, levels: int, frames: int
) -> None:
    path = write(tmp_path, "a.json", f"[{nested(levels)}]")
    error = from_deep_below(lambda: refusal(path), frames)
    assert isinstance(error, RecordError)
    assert error.message == f"lists and objects are nested in more than {MAX_JSON_NESTING} levels"


def test_a_number_of_thousands_of_digits_is_refused_or_breaks_its_line(tmp_path: Path) -> None:
    huge = f'{{"text": {"9" * 5_000}}}'
    assert faults(write(tmp_path, "a.jsonl", f'{huge}\n{{"text": 1e999}}\n')) == [
        (1, "broken_row"),
        (2, None),
    ]
    assert "digits" in refusal(write(tmp_path, "a.json", f"[{huge}]")).message


def test_a_key_that_is_no_text_is_no_column(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "hi"}\n{"\\ud800": "x", "text": "hi"}\n')
    assert detect_format(path).columns == ("text",)
    assert faults(path) == [(1, None), (2, "bad_encoding")]


def test_thousands_of_columns_are_compared_once_each(tmp_path: Path) -> None:
    names = [f"column {number}" for number in range(16_000)]
    path = write(tmp_path, "a.csv", "\n".join([",".join(names)] * 3))
    assert detect_format(path).columns == tuple(names)
    twice = detect_format(write(tmp_path, "b.csv", "\n".join([",".join([*names, *names])] * 3)))
    assert len({*twice.columns}) == 32_000
    assert len(str(twice.remarks[0].values["names"])) < 200
