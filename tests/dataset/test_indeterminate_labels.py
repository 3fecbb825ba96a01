"""Rows whose outcome is not known yet are left out where the user names their labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.answers.keys import RowChoices
from newft.dataset.profile import profile_dataset
from newft.errors import UsageError
from newft.schema.dataset import DataFacts
from support.credit_applications import TASK, applications, flagged, written
from support.tickets import TASK as TICKET_TASK


def measure(path: Path, *names: str) -> DataFacts:
    return profile_dataset(
        [str(path)], task=TASK, columns={}, language=None, rows=RowChoices(names)
    )


def test_their_rows_are_counted_and_their_labels_are_not_taught(tmp_path: Path) -> None:
    path = written(tmp_path, applications(90))
    found = measure(path, "MEDIUM")
    assert found.rejected == {"indeterminate_label": 30}
    assert (found.labels, found.accepted) == ({"low": 30, "high": 30}, 60)
    assert (found.indeterminate, found.positive) == (("MEDIUM",), ("high",))
    assert measure(path).rejected == {}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("medum",), "`medum` is not known"),
        (("medium", "high"), "without these rows fewer than two labels are left: low"),
        (("low", "medium", "high"), "without these rows fewer than two labels are left: -"),
    ],
)
def test_an_answer_that_leaves_out_nothing_or_a_side_is_refused(
    names: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    path = written(tmp_path, applications(90))
    with pytest.raises(UsageError) as caught:
        measure(path, *names)
    assert (caught.value.where, caught.value.to("en")[0]) == ("data.indeterminate", message)


def test_a_task_that_scores_no_label_leaves_out_none(tmp_path: Path) -> None:
    records = [{"text": f"my parcel {i} is lost", "label": "ab"[i % 2]} for i in range(40)]
    path = written(tmp_path, records)
    with pytest.raises(UsageError, match="scores no label"):
        profile_dataset(
            [str(path)], task=TICKET_TASK, columns={}, language=None, rows=RowChoices(("a",))
        )


def test_other_spellings_of_yes_are_left_out_with_it(tmp_path: Path) -> None:
    records = flagged(applications(60), "default", "yes", "no")
    for number, record in enumerate(records[:12]):
        record["default"] = "Pending" if number % 2 else "pending "
    found = measure(written(tmp_path, records), "pending")
    assert found.rejected == {"indeterminate_label": 12}
    assert found.positive == ("yes",)
