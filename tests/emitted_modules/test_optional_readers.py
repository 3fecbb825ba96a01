from __future__ import annotations

import importlib.util
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from newft.emitted import parquet_rows
from newft.emitted.file_access import list_data_files
from newft.emitted.readers import detect_format, read_rows
from support.data_files import refusal, values, write

HEADER = ["customer", "income", "default"]
ROWS = [[f"C{n:03}", 900 + 7 * n, "yes"] for n in range(1, 13)]
OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")


def test_parquet_is_read_with_its_lists_and_objects(tmp_path: Path) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    arrow: Any = pytest.importorskip("pyarrow")
    records = [{"text": f"hi {n}", "label": ["a"], "meta": {"n": n}} for n in range(12)]
    parquet.write_table(arrow.Table.from_pylist(records), tmp_path / "t.parquet")
    layout = detect_format(tmp_path / "t.parquet")
    assert (layout.kind, layout.columns) == ("parquet", ("text", "label", "meta.n"))
    assert [row.values["text"] for row in read_rows(tmp_path / "t.parquet", layout)] == [
        one["text"] for one in records
    ]


def test_values_of_parquet_are_those_of_python(tmp_path: Path) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    arrow: Any = pytest.importorskip("pyarrow")
    times = [1_700_000_000_000_000_001 + n for n in range(12)]
    columns = {
        "text": [f"hi {n}" for n in range(12)],
        "nanoseconds": arrow.array(times, arrow.timestamp("ns")),
        "zoned": arrow.array([0] * 12, arrow.timestamp("s", tz="Nowhere/At_All")),
        "amount": arrow.array([Decimal("12.50")] * 12),
        "branch": arrow.array(["a", "b"] * 6).dictionary_encode(),
        "nothing": arrow.nulls(12),
        "facts": [{"age": n, "home": {"city": "x"}} for n in range(12)],
        "tags": [["a", "b"][: n % 3] for n in range(12)],
    }
    parquet.write_table(arrow.table(columns), tmp_path / "t.parquet")
    rows = [row.values for row in read_rows(tmp_path / "t.parquet")]
    assert rows[1] == {
        "text": "hi 1",
        "nanoseconds": datetime(2023, 11, 14, 22, 13, 20),
        "zoned": datetime(1970, 1, 1),
        "amount": Decimal("12.50"),
        "branch": "b",
        "nothing": None,
        "facts.age": 1,
        "facts.home.city": "x",
        "tags": ["a"],
    }


def test_names_of_classes_in_the_schema_of_parquet_are_read(tmp_path: Path) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    arrow: Any = pytest.importorskip("pyarrow")
    features = {
        "label": {"names": ["lost", "fees"], "_type": "ClassLabel"},
        "all": {"feature": {"names": ["x", "y"], "_type": "ClassLabel"}, "_type": "Sequence"},
    }
    table = arrow.table({"label": [0, 1, -1, None], "all": [[0, 1], [], [1], None]})
    said = json.dumps({"info": {"features": features}})
    table = table.replace_schema_metadata({"huggingface": said})
    parquet.write_table(table, tmp_path / "t.parquet")
    assert values(tmp_path / "t.parquet") == [
        ["lost", ["x", "y"]],
        ["fees", []],
        [None, ["y"]],
        [None, None],
    ]


def test_parquet_in_folders_of_splits_is_read(tmp_path: Path) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    arrow: Any = pytest.importorskip("pyarrow")
    for split, count in (("train", 9), ("test", 3)):
        (tmp_path / "default" / split).mkdir(parents=True)
        table = arrow.table({"text": [f"{split} {n}" for n in range(count)]})
        parquet.write_table(table, tmp_path / "default" / split / "0000.parquet")
    assert [len(values(file)) for file in list_data_files(tmp_path)] == [3, 9]


def test_parquet_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    arrow: Any = pytest.importorskip("pyarrow")
    table = arrow.table({"text": ["a" * 10_000] * 1_000})
    parquet.write_table(table, tmp_path / "t.parquet", compression="zstd", use_dictionary=False)
    assert len(values(tmp_path / "t.parquet")) == 1_000
    monkeypatch.setattr(parquet_rows, "SAFE_UNPACKED_BYTES", 1_000)
    error = refusal(tmp_path / "t.parquet")
    assert error.message.startswith("the Parquet file unpacks to more than")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_truncated_parquet_is_refused(tmp_path: Path, share: float) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    arrow: Any = pytest.importorskip("pyarrow")
    path = tmp_path / "t.parquet"
    parquet.write_table(arrow.table({"text": [f"hi {n}" for n in range(500)]}), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert refusal(path).message.startswith("the Parquet file is damaged")


def test_an_encrypted_workbook_needs_no_reader_to_be_told(tmp_path: Path) -> None:
    content = OLE2 + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    assert refusal(write(tmp_path, "t.xls", content)).message == "the workbook is encrypted"


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    error = refusal(write(tmp_path, "t.parquet", b"PAR1 nothing else PAR1"))
    assert error.message.startswith("the Parquet file is damaged")


def test_a_legacy_workbook_is_read_as_a_new_one(tmp_path: Path) -> None:
    pytest.importorskip("xlrd")
    writer: Any = pytest.importorskip("xlwt")
    book = writer.Workbook()
    for title, rows in (("cover", [["Loans"]]), ("data", [["Loans of 2024"], HEADER, *ROWS])):
        sheet = book.add_sheet(title)
        for at, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(at, place, cell)
    book.save(tmp_path / "t.xls")
    layout = detect_format(tmp_path / "t.xls")
    assert (layout.kind, layout.sheet, layout.header_row) == ("xls", "data", (2,))
    assert values(tmp_path / "t.xls") == ROWS


def test_a_damaged_legacy_workbook_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("xlrd")
    error = refusal(write(tmp_path, "t.xls", OLE2 + bytes(600)))
    assert error.message.startswith("the workbook is damaged")


@pytest.mark.parametrize(
    ("name", "content", "package"),
    [("t.parquet", b"PAR1", "pyarrow"), ("t.xls", OLE2, "xlrd")],
)
def test_the_missing_package_is_named_with_the_command(
    tmp_path: Path, name: str, content: bytes, package: str
) -> None:
    if importlib.util.find_spec(package):
        pytest.skip("the package is installed here")
    error = refusal(write(tmp_path, name, content))
    assert error.message == f"files of this kind are read by {package}, which is not installed"
    assert error.hint == f"install it: python -m pip install {package}"


@pytest.mark.parametrize("name", ["t.xls", "t.xlsx"])
@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("text\tlabel\nhi\ta\n", "utf-16"),
        ("text,label\nhi,a\n", "utf-8"),
        ('"text";"label"\r\n"hi";"a"\r\n', "utf-8-sig"),
        ("text,label\n我的银行卡丢失了，请帮我挂失,a\n", "gb18030"),
    ],
)
def test_text_that_is_called_a_workbook_is_read_as_text(
    tmp_path: Path, name: str, content: str, encoding: str
) -> None:
    path = write(tmp_path, name, content, encoding)
    assert (detect_format(path).columns, len(values(path))) == (("text", "label"), 1)


def test_a_packed_file_is_what_its_bytes_say(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.active.append(row)
    book.save(tmp_path / "t.csv")
    assert (detect_format(tmp_path / "t.csv").kind, values(tmp_path / "t.csv")) == ("xlsx", ROWS)
    error = refusal(write(tmp_path, "u.csv", b"PAR1" + bytes(20)))
    assert "pyarrow" in error.message or "Parquet" in error.message
