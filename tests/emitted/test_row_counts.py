"""The counts of rows that `newft new` gives are those that `make data` makes, for every file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from newft.answers.keys import FILES_KEY, POSITIVE_KEY, AnswerValue
from newft.errors import NewftError
from newft.schema.dataset import DataFacts
from support.format_project import format_rows
from support.generate_project import catalog, generate
from support.tickets import requests, table

pytestmark = pytest.mark.slow

TRIAL = os.environ.get("NEWFT_TRIAL_DATA", "")
SPLITS = ("train", "validation", "test")
# of the trial files, those that are whole folders
FOLDERS = ("wild/22-folder/official_split", "wild/22-folder/data", "wild/22-folder/newcols")
LABELS = ("refund", "parcel")
# answers without which a trial file is refused
MORE_ANSWERS: Mapping[str, Mapping[str, AnswerValue]] = {
    "cases_legalbench_jurisdiction_en.csv": {"domain": "legal", "task": "clause"},
    "mixed_bool.csv": {POSITIVE_KEY: "1"},
    "accepted_like.csv": {POSITIVE_KEY: "Charged Off"},
}
SAMPLES = [
    (kit.id, task, language)
    for kit in catalog().kits.values()
    for task, found in kit.tasks.items()
    for language in found.sample
]
package_numbers = count()


def list_trial_files() -> list[str]:
    found = (
        [str(path.relative_to(TRIAL)) for path in sorted(Path(TRIAL).rglob("*.*"))] if TRIAL else []
    )
    inside = [path for path in found if not path.startswith("wild/22-folder/")]
    return [path for path in inside if not path.endswith("README.md")] + list(
        FOLDERS if TRIAL else ()
    )


def assert_same_counts(data: DataFacts, summary: Mapping[str, Any]) -> None:
    assert summary["rows"] == data.rows
    assert summary["rejects"] == data.rejected
    assert sum(summary["kept"].values()) == data.accepted
    labels = Counter[str]()
    for split in SPLITS:
        labels.update(summary["labels"][split])
    assert +labels == +Counter(data.labels)


@pytest.mark.parametrize(("domain", "task", "language"), SAMPLES)
def test_of_a_sample(domain: str, task: str, language: str, tmp_path: Path) -> None:
    given: dict[str, AnswerValue] = {"domain": domain, "task": task, "language": language}
    assert check(given, tmp_path / "project").stated_label_positions == ()


@pytest.mark.parametrize("path", list_trial_files())
def test_of_a_trial_file(path: str, tmp_path: Path) -> None:
    more = MORE_ANSWERS.get(Path(path).name, {})
    try:
        data = check({FILES_KEY: (str(Path(TRIAL, path)),), **more}, tmp_path / "project")
    except NewftError as error:
        pytest.skip(f"refused: {error}")
    assert data.stated_label_positions == ()


@pytest.mark.parametrize("form", ["{label}: {text}", "{text} -> {label}", "（{label}）{text}"])
def test_of_texts_that_state_their_label_at_one_end(form: str, tmp_path: Path) -> None:
    """Some texts do so with a word that marks it for a label, and a few repeat others."""
    rows = [row for label in LABELS for row in requests(label, 60)]
    texts = [
        (form.format(label=label, text=text) if number % 6 == 0 else text, label)
        for number, (text, label) in enumerate(rows)
    ]
    texts += [*rows[:12], (f"intent: refund. {rows[0][0]}", "refund")]
    path = table(tmp_path, texts)
    data = check({FILES_KEY: (str(path),)}, tmp_path / "project")
    assert data.stated_label_positions
    assert data.rejected["label_in_input"] == 21


def check(given: Mapping[str, AnswerValue], project: Path) -> DataFacts:
    name = f"counted{next(package_numbers)}"
    plan = generate({"name": name, "gpu": "cpu", **given}, project)
    assert_same_counts(plan.data, format_rows(project, plan.package))
    return plan.data
