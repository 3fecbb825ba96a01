"""Bad input to the command: an exit code, one message that says what to do, nothing written."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from support.files import list_names, mount_tmpfs, read_contents
from support.generate_project import catalog
from support.help_desk_export import RECORDS, WORDS
from support.run_newft import run_newft

pytestmark = pytest.mark.slow  # each calls newft in a process of its own, and there are many

LINES = RECORDS.splitlines(keepends=True)
SAVE_AS = "save it as UTF-8 (in Excel: CSV UTF-8)"
COLUMNS = "--set data.columns.text=COLUMN, --set data.columns.label=COLUMN"
FEW = f"add rows: a label needs 3; or name other columns: {COLUMNS}"
KINDS = "give one of: .csv, .tsv, .json, .jsonl, .ndjson, .txt, .xlsx, .xls, .parquet"
NAME = (
    "use letters, digits, spaces, hyphens or underscores, at most 40 characters, such as"
    " `acme support`"
)


@pytest.mark.parametrize(
    ("file", "content", "error", "hint"),
    [
        (
            "no.csv",
            None,
            "no.csv: there is no such file or folder",
            "check the path",
        ),
        ("empty.csv", b"", "empty.csv: the file is empty", "give a file with records"),
        (
            "binary.csv",
            bytes(range(256)) * 9,
            "binary.csv: this is a binary file, not text",
            SAVE_AS,
        ),
        ("model.gguf", b"GGUF\0\0", "model.gguf: files of this kind are not read", KINDS),
        (
            "latin.csv",
            RECORDS.encode() + b"it\x92s late,parcel\n",
            r"latin.csv:44: this line is neither UTF-8 nor GB18030: it\x92s late,parcel",
            "it may be WINDOWS-1252: convert it, as by `iconv -f WINDOWS-1252 -t UTF-8`,"
            " or save it as UTF-8",
        ),
        (
            "headless.csv",
            "".join(f"{number},{line}" for number, line in enumerate(LINES[1:])).encode(),
            "headless.csv: the first row is a record, not a header:"
            " `refund` occurs in later rows too",
            "put a row of column names before it, such as: column_1,text,label",
        ),
        (
            "ragged.csv",
            ("".join(LINES[:12]) + "one cell\nthree,cells,here\n" * 9).encode(),
            "ragged.csv: 11 of 29 rows can be used, 20 are needed; left out:"
            " cells that do not fit the columns of the file (18)\n"
            "  the first is line 13: `one cell`",
            "give each line 2 cells, as the header has; put a text that contains `,` or a quote in"
            " double quotes, or save the table as xlsx",
        ),
        (
            "nul.csv",
            ("".join(LINES[:18]) + "a \0 of,refund\n" * 6).encode(),
            "nul.csv: 17 of 23 rows can be used, 20 are needed; left out: damaged characters (6)\n"
            r"  the first is line 19: `a \x00 of,refund`",
            "save the file again as UTF-8 from the program that it comes from"
            " (in Excel: CSV UTF-8)",
        ),
        (
            "long.csv",
            ("".join(LINES[:18]) + "x" * 10_000_000 + ",refund\n").encode(),
            "long.csv: 17 of 18 rows can be used, 20 are needed; left out:"
            " a cell of over 1,000,000 characters (1)",
            FEW,
        ),
        (
            "blank.csv",
            ("Body,Reason\n" + "".join(f"{word} hello,\n" for word in WORDS)).encode(),
            "blank.csv: 0 of 14 rows can be used, 20 are needed; left out: no label (14);"
            " `Reason` may be the wrong column for `label`: most of it is empty\n"
            "  blank.csv: csv, utf-8, delimiter `,`, header in row 1, 14 rows\n"
            "    Body    please hello | today hello (14 values)\n"
            "    Reason  (empty)",
            "fill in `Reason`; or name other columns: --set data.columns.label=COLUMN,"
            " --set data.columns.text=COLUMN",
        ),
        (
            "single.csv",
            ("Body,Reason\n" + "".join(f"{a} {b},only\n" for a in WORDS for b in "ab")).encode(),
            "single.csv: there is only one label, `only`, in 28 usable rows\n"
            "  single.csv: csv, utf-8, delimiter `,`, header in row 1, 28 rows\n"
            "    Body    please a | please b (28 values)\n"
            "    Reason  only",
            f"add rows of other labels; or name other columns: {COLUMNS}",
        ),
        (
            "few.csv",
            "".join(LINES[:11]).encode(),
            "few.csv: 10 of 10 rows can be used, 20 are needed",
            FEW,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.endswith("sv") else "",
)
def test_records_that_cannot_be_used_are_explained(
    file: str, content: bytes | None, error: str, hint: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / file).write_bytes(content)
    before = list_names(tmp_path)
    run = run_newft("new", "desk", "--yes", "--gpu", "cpu", "--data", file, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"error: {error}\n\nhint: {hint}\n"
    assert list_names(tmp_path) == before


def test_records_of_no_task_are_refused_with_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,when\n1,2\n3,4\n", encoding="utf-8")
    run = run_newft(
        "new", "desk", "--yes", "--gpu", "cpu", "--data", "t.csv", cwd=tmp_path, COLUMNS="200"
    )
    assert (run.returncode, run.stdout) == (2, "")
    seen, _, reasons = run.stderr.partition("not taken:\n")
    reasons, _, hint = reasons.partition("\n\nhint: ")
    assert f"{seen}not taken:\n" == (
        "error: domain, task: the records fit none of the tasks\n"
        "  t.csv: csv, utf-8, delimiter `,`, header in row 1, 2 rows\n"
        "    id    1 | 3\n    when  2 | 4\n  not taken:\n"
    )
    named = re.findall(r"\w+/\w+", reasons)
    counted = sum(int(more) - 1 for more in re.findall(r"and (\d+) more", reasons))
    tasks = [f"{kit.id}/{task}" for kit in catalog().kits.values() for task in kit.tasks]
    assert {*named} <= {*tasks}
    assert len(named) + counted + reasons.count(" more") == len(tasks)
    assert hint.startswith("give a file with a column of labels that repeat")
    assert list_names(tmp_path) == {"t.csv"}


def test_of_a_named_task_every_column_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,when\n1,2\n3,4\n", encoding="utf-8")
    words = ("--yes", "--task", "customer_service/intent", "--data", "t.csv")
    run = run_newft("new", "desk", *words, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "error: 2 faults\n  t.csv: no column for `text` (Customer message)\n"
        "  t.csv: no column for `label` (Intent)\n"
        "  t.csv: csv, utf-8, delimiter `,`, header in row 1, 2 rows\n"
        "    id    1 | 3\n    when  2 | 4\n\n"
        "hint: add a column with the customer message of each row, or name it:"
        " --set data.columns.text=COLUMN; add a column with the intent of each row, or name it:"
        " --set data.columns.label=COLUMN\n"
    )
    assert list_names(tmp_path) == {"t.csv"}


def test_bad_rows_among_good_ones_are_counted_and_left_out(tmp_path: Path) -> None:
    bad = f"one cell\na \0 of,refund\n{'x' * 10_000_000},refund\nno label,\n,refund\n"
    (tmp_path / "t.csv").write_text(RECORDS + bad, encoding="utf-8")
    run = run_newft(
        "new", "desk", "--yes", "--gpu", "cpu", "--data", "t.csv", "--dry-run", "--json",
        cwd=tmp_path,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    report = json.loads(run.stdout)["data"]
    assert (report["rows"], report["accepted"]) == (47, 42)
    assert report["rejected"] == {
        "broken_row": 1, "bad_encoding": 1, "too_long": 1, "empty_input": 1, "empty_label": 1,
    }  # fmt: skip


def test_a_file_that_may_not_be_read_is_explained(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    (tmp_path / "t.csv" / "inner.csv").symlink_to("inner.csv")
    run = run_newft("new", "desk", "--yes", "--data", "t.csv", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    hint = f"put a file of one of these kinds in it: {KINDS[13:]}"
    assert run.stderr == f"error: t.csv: no data file in this folder\n\nhint: {hint}\n"


def test_every_file_at_fault_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    run = run_newft("new", "d", "--yes", "--data", "no.csv", "--data", "empty.csv", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "error: 2 faults\n"
        "  no.csv: there is no such file or folder\n"
        "  empty.csv: the file is empty\n"
        "\nhint: check the path; give a file with records\n"
    )


# --- where the project goes ----------------------------------------------------------------------


@pytest.mark.parametrize("dry", [[], ["--dry-run"]], ids=["written", "dry"])
def test_a_colliding_path_is_named_and_everything_stays(dry: list[str], tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    (desk / "config").mkdir(parents=True)
    (desk / "config" / "run.yaml").write_text("mine", encoding="utf-8")
    (desk / "src").write_text("a file where a folder goes", encoding="utf-8")
    before = read_contents(desk)
    run = run_newft("new", "desk", "--yes", "--gpu", "cpu", "--json", *dry, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"error: {desk}: 2 paths exist already, nothing was written:\n"
        "  config/run.yaml\n  src\n\nhint: move them, or choose another folder\n"
    )
    assert read_contents(desk) == before


def test_a_file_in_the_way_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "desk").write_text("mine", encoding="utf-8")
    for path, error in (
        ("desk", "desk: this is not a folder\n\nhint: choose another path\n"),
        ("desk/in", f"{tmp_path}/desk/in: {cannot_write(errno.ENOTDIR)}"),
    ):
        run = run_newft("new", path, "--yes", "--gpu", "cpu", "--json", cwd=tmp_path)
        assert (run.returncode, run.stdout, run.stderr) == (1, "", f"error: {error}")
    assert read_contents(tmp_path) == {"desk": b"mine"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc to write to")
def test_a_place_that_takes_no_files_is_named(tmp_path: Path) -> None:
    run = run_newft("new", "/proc/desk", "--yes", "--gpu", "cpu", "--json", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"error: /proc/desk: {cannot_write(errno.ENOENT)}"


@pytest.mark.parametrize(
    ("option", "code"), [("size=64k", errno.ENOSPC), ("size=9m,ro", errno.EROFS)]
)
def test_a_full_or_closed_disk_keeps_nothing(option: str, code: int, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.getuid() != 0 or not shutil.which("mount") or mount_tmpfs(option, disk).returncode:
        pytest.skip("this user may not mount a disk")
    try:
        run = run_newft("new", "disk/desk", "--yes", "--gpu", "cpu", "--json", cwd=tmp_path)
        assert (run.returncode, run.stdout) == (1, "")
        assert run.stderr == f"error: {disk}/desk: {cannot_write(code)}"
        assert list_names(disk) == set()
    finally:
        subprocess.run(["umount", disk], check=True)


# --- names and words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("class", "`class` is a Python keyword (`class`)"),
        ("json", "`json` has the same name as Python's own module `json`"),
        ("torch", "`torch` has the same name as `torch`, which the project needs"),
        ("it's", "`it's` contains '"),
        ('a "b"', '`a "b"` contains "'),
        ("{{ x }}", "`{{ x }}` contains {, }"),
        ("a\nb", r"`a\nb` contains '\n'"),
        ("../up", "`../up` contains ., /"),
        ("..", "`..` contains ."),
        (" ", "` ` is empty"),
        ("x" * 41, f"`{'x' * 41}` has 41 characters"),
    ],
)
def test_a_name_that_cannot_be_one_is_explained(name: str, fault: str, tmp_path: Path) -> None:
    run = run_newft("new", "--yes", "--name", name, cwd=tmp_path, COLUMNS="200")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"error: name: {fault}\n\nhint: {NAME}\n"
    assert list_names(tmp_path) == set()


@pytest.mark.parametrize("name", ["客服 助手", "Acme Support", "2 desks", "Café"])
def test_a_name_of_other_letters_or_spaces_works(name: str, tmp_path: Path) -> None:
    run = run_newft("new", "--yes", "--gpu", "cpu", "--name", name, "--json", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    (package,) = list_names(tmp_path / name / "src")
    assert package.isidentifier() and package.isascii()


def test_no_path_is_not_the_same_as_an_empty_one(tmp_path: Path) -> None:
    run = run_newft("new", "", "--yes", "--gpu", "cpu", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == ("error: PATH: the path is empty\n\nhint: newft new --help\n")
    assert list_names(tmp_path) == set()


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["--domian", "x"], "newft new: there is no option `--domian`", "`--domain`"),
        (["--set", "data.colums.text=x"], "--set: `data.colums.text` is not known", "text`"),
        (["--set", "data.columns.txt=x"], "data.columns.txt: `txt` is not known", "`text`"),
        (["--family", "quen3"], "family: `quen3` is not known", "`qwen3`"),
        (["--domain", "customer"], "domain: `customer` is not known", "`customer_service`"),
        (["--gpu", "V1000"], "gpu: `V1000` is not a known accelerator", "V100"),
        (["--method", "lorra"], "method: `lorra` is not known", "`lora`"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_an_unknown_word_is_answered_with_the_nearest(
    words: list[str], error: str, hint: str, tmp_path: Path
) -> None:
    run = run_newft("new", "--yes", *words, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    said, _, hinted = run.stderr.partition("\n\nhint: ")
    assert said == f"error: {error}"
    assert hint in hinted.partition("did you mean ")[2]
    assert list_names(tmp_path) == set()


def test_all_faults_of_an_answers_file_have_their_lines(tmp_path: Path) -> None:
    text = "gpu: cpu\nfamilly: qwen3\ndata:\n  colums: {text: a}\nlanguage: fr\n"
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    run = run_newft("new", "desk", "--answers", "a.yml", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "error: a.yml: 3 faults\n"
        "a.yml:2: `familly` is not known (did you mean `family`?)\n"
        "a.yml:4: `data.colums` is not known (did you mean `data.columns.text`?)\n"
        "a.yml:5: language: `fr` is not known (known: en, zh)\n"
    )
    assert list_names(tmp_path) == {"a.yml"}


def cannot_write(code: int) -> str:
    hint = "nothing was written: free some space, get write permission, or choose another path"
    return f"cannot be written: {os.strerror(code).lower()}\n\nhint: {hint}\n"
