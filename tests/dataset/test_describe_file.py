"""What a refusal says of a file fits a terminal, teaches, and is escaped."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.dataset.column_mapping import open_files
from newft.dataset.describe_file import (
    MAX_COLUMNS_DESCRIBED,
    MAX_LINE_WIDTH,
    describe_files,
    list_reasons,
)
from newft.dataset.profile import profile_dataset
from newft.dataset.task_reasons import (
    LABELS_NEEDED,
    ONE_RECORD,
    RECORDS_NEEDED,
    explain_tasks,
    find_file_at_fault,
    suggest_edit,
)
from newft.emitted.normalize import escape_controls
from newft.text import Text
from newft.text_layout import measure_width
from support.data_files import write
from support.generate_project import catalog
from support.tickets import PLACES

TASKS = {
    f"{kit.id}/{name}": task for kit in catalog().kits.values() for name, task in kit.tasks.items()
}
WORDS = ("parcel", "invoice", "refund", "login", "address", "delay", "charge")


def sentence(number: int) -> str:
    return f"my {WORDS[number % 7]} number {number} has a {WORDS[number // 7 % 7]} since Monday"


def lines(records: list[dict[str, object]]) -> str:
    return "".join(f"{json.dumps(record)}\n" for record in records)


def table(*names: str, rows: list[tuple[object, ...]]) -> str:
    return "\n".join(",".join(map(str, row)) for row in (names, *rows))


def test_a_file_is_described_by_how_it_was_read_and_by_two_values_of_each_column(
    tmp_path: Path,
) -> None:
    rows = "".join(f"T-{number}\t{'开' if number % 2 else '关'}\t\n" for number in range(30))
    path = write(tmp_path, "a.tsv", f"票号\tstate\tlast\n{rows}")
    described = describe_files(open_files([str(path)]))
    assert described.en.splitlines() == [
        "  a.tsv: tsv, utf-8, delimiter tab, header in row 1, 30 rows",
        "    票号   T-0 | T-1 (30 values)",
        "    state  关 | 开",
        "    last   (empty)",
    ]
    assert described.zh.splitlines()[:2] == [
        "  a.tsv：tsv，utf-8，分隔符 制表符，表头在第 1 行，30 行",
        "    票号   T-0 | T-1（30 种）",
    ]


@given(
    names=st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=30, unique=True),
    value=st.text(min_size=1, max_size=200),
)
def test_any_description_fits_a_terminal_and_is_escaped(
    names: list[str], value: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    records: list[dict[str, object]] = [dict.fromkeys(names, value) for _ in range(3)]
    path = write(tmp_path_factory.mktemp("any"), "a.json", json.dumps(records))
    try:
        files = open_files([str(path)])
    except Exception:  # names of no characters are no columns; another test is about them
        return
    for said in describe_files(files):
        shown = said.split("\n")
        assert len(shown) <= MAX_COLUMNS_DESCRIBED + 2
        assert all(measure_width(line) <= MAX_LINE_WIDTH for line in shown)
        assert all(escape_controls(line) == line for line in shown)


def test_tasks_of_one_reason_share_a_line() -> None:
    reason = Text("no text", "没有文本")
    listed = list_reasons({"a/b": reason, "c/d": Text("no label", "没有标签"), "e/f": reason})
    assert listed.en.splitlines() == ["  not taken:", "    a/b, e/f: no text", "    c/d: no label"]
    assert listed.zh.splitlines()[1] == "    a/b、e/f：没有文本"


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("a.csv", table("a", "b", rows=[(n / 7, n / 3) for n in range(40)]), RECORDS_NEEDED),
        ("a.csv", table("order_id", "nr", rows=[(n, n * 7) for n in range(40)]), RECORDS_NEEDED),
        (
            "a.csv",
            table("ticket", "state", rows=[(f"T-{n}", "ab"[n % 2]) for n in range(40)]),
            RECORDS_NEEDED,
        ),
        ("a.txt", "\n".join(f"{sentence(n)}{n % 5 * ' again'}" for n in range(40)), LABELS_NEEDED),
        (
            "a.jsonl",
            lines([{"question": sentence(n), "answer": sentence(n + 3)} for n in range(40)]),
            LABELS_NEEDED,
        ),
        ("a.json", '{"hidden_size": 1024, "architectures": ["Model"]}', ONE_RECORD),
    ],
    ids=["numbers", "ids", "no text", "no label", "free replies", "settings"],
)
def test_the_hint_says_what_the_file_lacks(
    tmp_path: Path, name: str, content: str, hint: Text
) -> None:
    files = open_files([str(write(tmp_path, name, content))])
    assert suggest_edit(files, TASKS) == hint
    assert explain_tasks(files, TASKS).keys() == TASKS.keys()


def test_files_that_are_only_named_are_said_not_to_be_opened(tmp_path: Path) -> None:
    records: list[dict[str, object]] = [
        {"image": f"images/{n}.jpg", "label": ["cat", "dog"][n % 2]} for n in range(40)
    ]
    files = open_files([str(write(tmp_path, "a.jsonl", lines(records)))])
    assert suggest_edit(files, TASKS).en.startswith("`image` names files, which are not opened")


def test_an_option_can_be_pasted_whatever_the_column_is_called(tmp_path: Path) -> None:
    rows = [(sentence(n), "ab"[n % 2], "cd"[n % 2]) for n in range(40)]
    path = write(tmp_path, "a.csv", table("the text", "x's kind", "other", rows=[*rows]))
    hint = suggest_edit(open_files([str(path)]), TASKS).en
    assert "--set 'data.columns.text=the text'" in hint
    assert """'data.columns.label=x'"'"'s kind'""" in hint


def test_days_are_no_labels_and_the_file_that_lacks_something_is_told(tmp_path: Path) -> None:
    days = [(f"2024-01-{n % 28 + 1:02}", n * 1.5) for n in range(40)]
    (days_file,) = open_files([str(write(tmp_path, "days.csv", table("day", "sum", rows=[*days])))])
    assert suggest_edit([days_file], TASKS) == RECORDS_NEEDED
    good = table("text", "kind", rows=[(sentence(n), "ab"[n % 2]) for n in range(40)])
    (good_file,) = open_files([str(write(tmp_path, "good.csv", good))])
    assert find_file_at_fault([good_file, days_file]) is days_file
    assert find_file_at_fault([good_file]) is good_file


def test_formulas_without_a_value_are_said_beside_the_columns(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["text", "label"])
    for number in range(30):
        book.active.append([sentence(number), "=A1"])
    book.save(tmp_path / "a.xlsx")
    described = describe_files(open_files([str(tmp_path / "a.xlsx")]))
    assert "    label  (empty)" in described.en
    assert "30 cells with a formula and no value" in " ".join(described.en.split())


def test_texts_with_several_labels_are_of_the_task_that_takes_several(tmp_path: Path) -> None:
    lists = ([3], [6, 8], [5], [6], [8, 3])
    records: list[dict[str, object]] = [
        {"text": f"In {PLACES[n % 10]}, {sentence(n)}", "labels": lists[n % 5]} for n in range(60)
    ]
    path = write(tmp_path, "cases.jsonl", lines(records))
    hint = suggest_edit(open_files([str(path)]), TASKS).en
    assert hint.startswith(
        "`labels` gives several labels in 24 of 60 rows, and the task that takes"
    )
    assert "--domain legal --task charge" in hint
    found = profile_dataset([str(path)], task=TASKS["legal/charge"], columns={}, language="en")
    assert found.labels.keys() == {"3", "5", "6", "8"}
