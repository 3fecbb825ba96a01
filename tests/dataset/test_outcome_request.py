"""A refusal proposes a column for the label only where its name or its values speak for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.dataset.column_mapping import open_files
from newft.dataset.task_reasons import suggest_edit
from support.credit_applications import applications, flagged, refusal, with_column, written
from support.generate_project import catalog

TASKS = {
    f"{kit.id}/{name}": task for kit in catalog().kits.values() for name, task in kit.tasks.items()
}


@pytest.mark.parametrize(
    ("column", "bad", "good"),
    [
        ("GESCHLECHT", "weiblich", "männlich"),
        ("Sex", "F", "M"),
        ("religion", "none", "catholic"),
        ("RES_STAT", "RENT", "OWN"),
        ("Vorname", "Anna", "Tom"),
        ("LAUFZEIT", "12", "24"),
    ],
)
def test_what_is_no_label_is_not_proposed(column: str, bad: str, good: str, tmp_path: Path) -> None:
    path = written(tmp_path, flagged(applications(), column, bad, good))
    hint = suggest_edit(open_files([str(path)]), TASKS)
    assert column not in hint.en + hint.zh
    assert hint.en.startswith("add a column that says of each row whether it had the bad outcome")
    assert hint.en.endswith("--domain credit_risk --task risk --set data.columns.label=COLUMN")
    assert column not in refusal(path).texts[1].en  # where the task is named


@pytest.mark.parametrize("column", ["PD_12M", "lgd", "prob.default", "违约概率"])
def test_a_number_that_measures_the_outcome_is_said_to_be_no_class(
    column: str, tmp_path: Path
) -> None:
    records = flagged(applications(), "sector", "a", "b")
    path = written(tmp_path, with_column(records, column, [f"0.{n:03}" for n in range(30)]))
    hint = suggest_edit(open_files([str(path)]), TASKS)
    assert hint.en.startswith(f"`{column}` is a number, not a class: cut it into bands")
    assert hint.zh.startswith(f"“{column}”列是数值而不是类别")


def test_what_describes_a_person_is_not_proposed_as_the_label_of_texts(tmp_path: Path) -> None:
    texts = [f"the visit number {n} was about a delay of the {n % 7}th kind" for n in range(40)]
    rows = [
        {"note": text, "gender": "fm"[n % 2], "kind": "ab"[n // 2 % 2]}
        for n, text in enumerate(texts)
    ]
    hint = suggest_edit(open_files([str(written(tmp_path, rows))]), TASKS)
    assert "data.columns.label=kind" in hint.en
