"""Columns that each mark one kind are told from a label, and the refusal says how to reshape."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.dataset.column_mapping import map_columns, open_files
from newft.dataset.mark_columns import MATRIX_HINT, find_mark_columns
from newft.dataset.task_reasons import suggest_edit
from newft.errors import DataError
from support.data_files import write
from support.generate_project import catalog

KITS = catalog().kits
TASKS = {f"{kit.id}/{name}": task for kit in KITS.values() for name, task in kit.tasks.items()}
KINDS = ("Termination", "Assignment", "Governing law")


def matrix(folder: Path, yes: tuple[str, ...], no: str, kinds: tuple[str, ...] = KINDS) -> Path:
    rows = [["No.", "Text", *kinds]]
    for n in range(60):
        marks = [yes[n % len(yes)] if (n + k) % 3 == 0 else no for k in range(len(kinds))]
        rows.append([str(n), f"Item {n} speaks of the {n % 7}th matter and of its end", *marks])
    return write(folder, "marks.csv", "\n".join(map(",".join, rows)))


@pytest.mark.parametrize(
    ("yes", "no"), [(("x", "X", "✓"), ""), (("1",), "0"), (("yes", "Yes"), "no"), (("√",), "")]
)
def test_marks_of_kinds_are_no_label_and_the_reshaping_is_said(
    yes: tuple[str, ...], no: str, tmp_path: Path
) -> None:
    files = open_files([str(matrix(tmp_path, yes, no))])
    assert find_mark_columns(files[0].columns) == KINDS
    assert suggest_edit(files, TASKS) == MATRIX_HINT


def test_no_kind_is_proposed_where_the_task_is_named(tmp_path: Path) -> None:
    files = open_files([str(matrix(tmp_path, ("x", "✓"), ""))])
    fields = KITS["legal"].tasks["classification"].single_fields
    with pytest.raises(DataError) as raised:
        map_columns(files, fields, {})
    assert raised.value.texts[1] == MATRIX_HINT


def test_two_columns_of_yes_and_no_are_no_marks_of_kinds(tmp_path: Path) -> None:
    files = open_files([str(matrix(tmp_path, ("yes",), "no", KINDS[:2]))])
    assert find_mark_columns(files[0].columns) == ()
