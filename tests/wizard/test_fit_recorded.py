"""Recorded answers: what is asked of the recorded task today."""

from __future__ import annotations

import pytest

from newft.catalog.loader import load_catalog
from newft.wizard.fit_recorded import fit_recorded


@pytest.mark.parametrize(("task", "kept"), [("credit_risk/risk", True), ("legal/clause", False)])
def test_labels_are_scored_where_the_task_scores_some(task: str, *, kept: bool) -> None:
    """An earlier newft took them for any task."""
    domain, _, name = task.partition("/")
    recorded = {"domain": domain, "task": name, "data.positive": ("bad",)}
    fitted = fit_recorded(recorded, load_catalog())
    assert ("data.positive" in fitted.answers) == kept
    assert [note.en for note in fitted.notes] == (
        [] if kept else ["`data.positive` is no longer asked: the answer `bad` is dropped"]
    )
