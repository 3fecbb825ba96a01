"""Files that would take all memory, never end, or are something else: a clear error at once."""

from __future__ import annotations

import gzip
import os
import resource
import socket
from contextlib import chdir, closing
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from newft.emitted import delimited, json_rows, text_encoding
from newft.emitted.file_access import MAX_FOLDER_FILES, RecordError, list_data_files
from newft.emitted.file_format import MAX_CELL_CHARS
from newft.emitted.readers import detect_format
from support.data_files import faults, refusal, values, write

GIGABYTE = 1 << 30
OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")


def write_sparse(folder: Path, name: str, start: bytes) -> Path:
    """A file of a gigabyte in one line, most of it zeros that take no space on the disk."""
    path = folder / name
    with path.open("wb") as file:
        file.write(start + b"a" * (2 << 20))
        file.truncate(GIGABYTE)
    return path


# --- lines and documents that memory should not hold ---------------------------------------------


def test_a_line_of_a_gigabyte_is_refused_before_it_is_held(tmp_path: Path) -> None:
    path = write_sparse(tmp_path, "a.csv", b"text,label\nhi,")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = refusal(path)
    assert (error.message, error.row) == ("this line is longer than 64 MB", 2)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kilobytes
    assert held < 4 * 64 << 10


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.txt"])
def test_a_document_of_one_line_has_a_bound_of_its_own(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_encoding, "MAX_DOCUMENT_BYTES", 1 << 20)
    path = write_sparse(tmp_path, name, b'[{"text": "')
    assert refusal(path).message == "this line is longer than 1 MB"


def test_a_document_of_many_lines_has_the_same_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.json", '[{"text": "hello"},\n {"text": "there"}]')
    assert len(values(path)) == 2
    monkeypatch.setattr(json_rows, "MAX_DOCUMENT_BYTES", 20)
    assert refusal(path).message == "the JSON document is larger than 0 MB"


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030"])
def test_a_line_is_bounded_in_any_encoding(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_encoding, "MAX_DOCUMENT_BYTES", 10_000)
    text = "文本,标签\n" + "包裹在哪里,物流\n" * 9 + "很长" * 10_000
    assert refusal(write(tmp_path, "a.csv", text.encode(encoding))).message.startswith(
        "this line is longer than"
    )


def test_a_cell_of_many_megabytes_breaks_its_own_row_alone(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", f"text,label\n{'x' * 8 * MAX_CELL_CHARS},a\nhi,b\n")
    assert faults(path) == [(2, "too_long"), (3, None)]


def test_a_quote_that_never_closes_holds_no_more_than_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "MAX_RECORD_CHARS", 10_000)
    lines = "".join(f"line {number} of the text,a\n" for number in range(5_000))
    path = write(tmp_path, "a.csv", f'text,label\n"never closed,a\n{lines}')
    found = faults(path)
    assert found[0] == (2, "broken_row")
    assert found[1:] == [(number, None) for number in range(3, 5_003)]


def test_rows_that_are_all_quoted_wrongly_are_no_missing_rows(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, "a.csv", "text,label\n" + '"never closed,a\n' * 61))
    assert error.message.startswith("no row below the header can be read")
    assert error.row == 2


def test_a_packed_line_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    packed = BytesIO()
    with gzip.open(packed, "wb") as file:
        file.write(b"text,label\n")
        for _ in range(80):
            file.write(b"a" * (1 << 20))
    error = refusal(write(tmp_path, "a.csv.gz", packed.getvalue()))
    assert error.message in (
        "this line is longer than 64 MB",
        "the gzip file unpacks to more than 64 MB",
    )


# --- what is no regular file ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.xlsx", "a.parquet", "a.csv.gz"])
def test_a_pipe_or_a_device_is_never_opened(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    (tmp_path / f"zero-{name}").symlink_to("/dev/zero")
    for path in (tmp_path / name, tmp_path / f"zero-{name}"):
        assert refusal(path).message == "this is a pipe or a device, not a file"


def test_a_socket_is_no_file(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as open_socket, chdir(tmp_path):
        open_socket.bind("a.csv")
        assert refusal(tmp_path / "a.csv").message == "this is a pipe or a device, not a file"


def test_a_link_to_nothing_and_a_link_to_itself_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("nowhere.csv")
    (tmp_path / "b.csv").symlink_to("b.csv")
    assert refusal(tmp_path / "a.csv").message == "the file that this link names is not there"
    assert refusal(tmp_path / "b.csv").message.startswith("it cannot be read: ")


def test_pipes_and_links_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    (tmp_path / "b.csv").symlink_to("b.csv")
    (tmp_path / "c.csv").symlink_to("/dev/zero")
    kept = write(tmp_path, "d.csv", "text,label\nhi,a\n")
    assert list_data_files(tmp_path) == [kept]


def test_a_folder_of_thousands_is_refused_before_a_file_is_read(tmp_path: Path) -> None:
    for number in range(MAX_FOLDER_FILES + 1):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(RecordError, match="the folder has 1,001 data files") as caught:
        list_data_files(tmp_path)
    assert "in a folder for each label" in caught.value.hint


# --- what is no text -----------------------------------------------------------------------------


def make_zip() -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("a.csv", "text,label\n")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (make_zip(), "this is a zip archive, and no workbook"),
        (OLE2 + "EncryptedPackage".encode("utf-16-le"), "the workbook is encrypted"),
        (b"%PDF-1.7\n" * 9, "this is a PDF document, not a table"),
        (gzip.compress(b"text,label\n", mtime=0), "this is a gzip file, whatever its name says"),
        (b"SQLite format 3\0 and more", "this is a database of SQLite, not text"),
        (b" <!DOCTYPE HTML>\n<p>", "this is a web page or XML, whatever its name says"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_what_holds_no_records_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    assert refusal(write(tmp_path, name, content)).message == message


def test_text_that_begins_with_a_bracket_is_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "<text>,label\n<htmlx> is no tag,a\nhi,b\n")
    assert values(path) == [["<htmlx> is no tag", "a"], ["hi", "b"]]


# --- JSON that is cut off, or says a thing twice -------------------------------------------------


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.95])
def test_a_document_that_was_cut_off_says_so(tmp_path: Path, share: float) -> None:
    text = "[" + ",\n".join('{"text": "hello there", "label": "a"}' for _ in range(40)) + "]"
    error = refusal(write(tmp_path, "a.json", text[: int(share * len(text))]))
    assert error.message == "the JSON ends in the middle of a record: the file was cut off"


def test_lines_that_were_all_cut_are_shown(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, "a.jsonl", '{"text": "hello there", "lab\n' * 30))
    assert (
        error.message == 'no line is a JSON object, such as this one: {"text": "hello there", "lab'
    )
    assert error.row == 1


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_key_that_is_given_twice_is_said(tmp_path: Path, name: str) -> None:
    line = '{"text": "hi", "label": "a", "label": "b"}'
    text = f"[{line},\n{line}]" if name == "a.json" else f"{line}\n{line}\n"
    path = write(tmp_path, name, text)
    (remark,) = detect_format(path).remarks
    assert remark.values == {"file": name, "key": "label"}
    assert not remark.information
    assert values(path) == [["hi", "b"]] * 2


def test_deep_and_huge_values_are_no_reason_to_look_for_keys(tmp_path: Path) -> None:
    lines = ['{"text": "hi"}', '{"text": ' + "[" * 100_000, '{"text": ' + "9" * 100_000 + "}"]
    path = write(tmp_path, "a.jsonl", "\n".join([lines[0], *lines]))
    assert faults(path) == [(1, None), (2, None), (3, "broken_row"), (4, "broken_row")]
    assert detect_format(path).remarks == ()
