from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from newft.emitted.file_access import list_data_files
from newft.emitted.readers import detect_format, read_rows
from support.data_files import faults, refusal, values, write

MESSAGES = [[f"请问我买的第{n}件羽绒服什么时候到", "物流退款"[n % 2 * 2 :][:2]] for n in range(12)]


@pytest.mark.parametrize("header", [[], [["text", "label"]]])
@pytest.mark.parametrize("delimiter", ["\t", ",", "|"])
def test_a_table_in_a_text_file_is_a_table(
    tmp_path: Path, delimiter: str, header: list[list[str]]
) -> None:
    lines = "\n".join(delimiter.join(row) for row in [*header, *MESSAGES])
    path = write(tmp_path, "train.txt", lines)
    assert detect_format(path).columns == ("text", "label")
    assert values(path) == MESSAGES


@pytest.mark.parametrize("name", ["a.psv", "a.data", "train", "a.psv.gz"])
def test_a_suffix_that_says_nothing_hides_no_table(tmp_path: Path, name: str) -> None:
    lines = "\n".join("|".join(row) for row in [["text", "label"], *MESSAGES]).encode()
    content = gzip.compress(lines, mtime=0) if name.endswith(".gz") else lines
    assert values(write(tmp_path, name, content)) == MESSAGES


@pytest.mark.parametrize("name", ["README.md", "notes.log", "a.tar.gz"])
def test_lines_of_an_unknown_kind_are_not_read(tmp_path: Path, name: str) -> None:
    lines = b"# A project\n\nIt is here.\n" * 9
    content = gzip.compress(lines + bytes(500), mtime=0) if name.endswith(".gz") else lines
    assert refusal(write(tmp_path, name, content)).message == "files of this kind are not read"


def test_values_that_come_back_are_no_header(tmp_path: Path) -> None:
    """A table with spaces between its columns, as old data sets are written."""
    lines = [f"A{n % 3} {n % 7 + 20} A{n % 2 + 30} {n * 37} {n % 4} {n % 2 + 1}" for n in range(40)]
    error = refusal(write(tmp_path, "loans.data", "\n".join(lines)))
    assert error.message == "the first row is a record, not a header"


@pytest.mark.parametrize(
    "start",
    [
        "*************************** 1. row ***************************\nid: 1\n",
        "+1 1:0.5 3:-0.25 7:1\n-1 2:1 3:0.5 4:1\n",
        "-- dump\nDROP TABLE IF EXISTS t;\nINSERT INTO t VALUES (1);\n",
        "#FORMAT=WebAnno TSV 3.3\n1-1\t0-3\tThe\tParty\n",
    ],
)
def test_what_is_printed_or_sparse_is_told(tmp_path: Path, start: str) -> None:
    error = refusal(write(tmp_path, "a.txt", start * 12))
    assert error.message.startswith("this is ") or error.message.startswith("each line is a token")


def test_sentences_with_a_comma_are_no_table(tmp_path: Path) -> None:
    lines = ["hello, you", "I have a question, or two, in fact", "no more", "well, thanks"] * 4
    path = write(tmp_path, "notes.txt", "\n".join(lines))
    assert (detect_format(path).columns, len(values(path))) == (("text",), 16)


def test_labelled_lines_of_fasttext_are_texts_with_labels(tmp_path: Path) -> None:
    lines = ["__label__refund I want my money", "__label__a __label__b both of them", "__label__c"]
    path = write(tmp_path, "train.txt", "\n".join([*lines, "", "nothing else"] + lines * 9))
    assert detect_format(path).kind == "fasttext"
    assert [(row.number, dict(row.values)) for row in read_rows(path)][:4] == [
        (1, {"text": "I want my money", "label": "refund"}),
        (2, {"text": "both of them", "label": ["a", "b"]}),
        (3, {"text": "", "label": "c"}),
        (5, {"text": "nothing else", "label": []}),
    ]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt"])
def test_json_is_told_by_its_content(tmp_path: Path, name: str) -> None:
    records = [{"text": f"hi, {n}", "label": "a"} for n in range(12)]
    for content in (json.dumps(records, indent=1), "\n".join(map(json.dumps, records))):
        path = write(tmp_path, name, content)
        assert [dict(row.values) for row in read_rows(path)] == records


@pytest.mark.parametrize("name", ["a.csv.gz", "a.TXT.gz", "a.jsonl.gz"])
def test_a_packed_file_is_read_as_what_it_holds(tmp_path: Path, name: str) -> None:
    lines = ["text,label", *(f"hi {n},a" for n in range(12))]
    if "json" in name:
        lines = [json.dumps({"text": f"hi {n}", "label": "a"}) for n in range(12)]
    path = write(tmp_path, name, gzip.compress("\n".join(lines).encode()))
    assert values(path) == [[f"hi {n}", "a"] for n in range(12)]
    assert list_data_files(tmp_path) == [path]


@pytest.mark.parametrize(
    "content", [gzip.compress(b"text,label\nhi,a\n" * 9, mtime=0)[:-9], b"text,label\n"]
)
def test_a_damaged_packed_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert refusal(write(tmp_path, "a.csv.gz", content)).message.startswith(
        "the gzip file is damag"
    )


@pytest.mark.slow
def test_a_packed_file_without_end_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.csv.gz", gzip.compress(b"text,label\n" + b"a,b\n" * (20 << 20), mtime=0)
    )
    assert refusal(path).message == "the gzip file unpacks to more than 64 MB"


def test_what_is_packed_must_be_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xlsx.gz", gzip.compress(b"PK", mtime=0))
    assert refusal(path).message == "files of this kind are not read"


def test_quotes_in_tab_separated_text_are_characters(tmp_path: Path) -> None:
    rows = [f'"no" she said {n}\tyes' for n in range(12)]
    path = write(tmp_path, "a.txt", "\n".join(["text\tlabel", *rows]))
    assert {fault for _, fault in faults(path)} == {None}
