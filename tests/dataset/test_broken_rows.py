"""Rows that cannot be read are shown with their line, and more rows are never asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.dataset.broken_rows import MAX_LINE_SHOWN, find_cause
from newft.dataset.profile import profile_dataset
from newft.dataset.row_stats import RowStats
from newft.emitted.file_format import Row
from newft.errors import DataError
from support.data_files import write
from support.generate_project import catalog

INTENT = catalog().kits["customer_service"].tasks["intent"]
GOOD = "".join(f"where is my parcel number {n},{'ab'[n % 2]}\n" for n in range(9))


def refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        profile_dataset([str(path)], task=INTENT, columns={}, language=None)
    return caught.value


def last_line(error: DataError) -> str:
    return error.message.splitlines()[-1].strip()


def test_the_line_of_a_broken_row_is_that_of_an_editor(tmp_path: Path) -> None:
    broken = "hello, who has my parcel,a\n" * 30
    path = write(tmp_path, "a.csv", f'text,label\n"two\nlines",b\n{GOOD}{broken}')
    error = refusal(path)
    assert last_line(error) == "the first is line 13: `hello, who has my parcel,a`"
    assert error.hint is not None
    assert error.hint.startswith("give each line 2 cells, as the header has")
    assert "add rows" not in error.hint
    assert "第一处在第 13 行：`hello" in error.to("zh")[0]


def test_a_line_with_a_quote_that_is_wrong_is_shown(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", f"text,label\n{GOOD}" + '"he said" no,a\n' * 30)
    assert last_line(refusal(path)) == 'the first is line 11: `"he said" no,a`'


def test_a_broken_line_of_json_is_shown_cut_and_escaped(tmp_path: Path) -> None:
    good = "".join(f'{{"text": "my parcel {n} is late", "label": "a"}}\n' for n in range(3))
    path = write(tmp_path, "a.jsonl", good + ('{"text": "\u202e' + "x" * 5_000 + "\n") * 30)
    error = refusal(path)
    shown = last_line(error).removeprefix("the first is line 4: `").removesuffix("...`")
    assert shown.startswith(r'{"text": "\u202exxx')
    assert len(shown) == MAX_LINE_SHOWN
    assert error.hint is not None
    assert error.hint.startswith("write one JSON object on each line")


@pytest.mark.parametrize(
    ("rejects", "usable", "cause"),
    [
        ({"broken_row": 18}, 11, "broken_row"),
        ({"broken_row": 3, "empty_label": 2}, 18, "broken_row"),
        ({"broken_row": 1}, 11, ""),
        ({}, 11, ""),
    ],
)
def test_a_cause_is_what_would_have_left_enough_rows(
    rejects: dict[str, int], usable: int, cause: str
) -> None:
    rows = usable + sum(rejects.values())
    assert find_cause(rejects, rows=rows, usable=usable, needed=20) == cause


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.csv", f"text,label\n{GOOD}" * 3)
    read = RowStats.add

    def add(stats: RowStats, row: Row) -> None:
        read(stats, row)
        with path.open("a", encoding="utf-8") as file:
            file.write("where is it,a\n" if stats.rows == 1 else "")

    monkeypatch.setattr(RowStats, "add", add)
    error = refusal(path)
    assert error.message == "the file changed while newft was reading it"
    assert error.hint == "run newft again when the file is complete"
