"""Which of two labels is the risk follows from their names or their column's, or it is asked."""

from __future__ import annotations

import pytest

from newft.dataset.positive_label import find_positive_labels
from support.credit_applications import TASK


@pytest.mark.parametrize(
    ("labels", "column", "risk"),
    [
        (("bad", "good"), "creditability", "bad"),
        (("坏", "好"), "标签", "坏"),
        (("high", "low", "medium"), "risk_level", "high"),
        (("fully_paid", "charged_off"), "loan_status", "charged_off"),
        (("yno.", "yyes."), "Y", "yno."),
        (("good", "other"), "class", "other"),
        (("0", "1"), "default", "1"),
        (("0", "1"), "Default.Payment next-month", "1"),
        (("no", "yes"), "is_default", "yes"),
        (("否", "是"), "是否违约", "是"),
        (("0", "1"), "approved", "0"),
        (("否", "是"), "是否还清", "否"),
    ],
)
def test_names_tell_the_risk(labels: tuple[str, ...], column: str, risk: str) -> None:
    assert TASK.positive
    assert find_positive_labels(labels, column, TASK.positive).labels == (risk,)
    assert find_positive_labels(tuple(reversed(labels)), column, TASK.positive).labels == (risk,)


@pytest.mark.parametrize(
    ("labels", "column"),
    [
        (("0", "1"), "target"),
        (("no", "yes"), "class"),
        (("0", "1", "2"), "default"),
        (("a", "b"), "default"),
        (("1", "2"), "default"),  # coded 1 and 2, files mean either
        (("bad", "high"), "risk_level"),
        (("good", "low"), "risk_level"),
        ((), "default"),
    ],
)
def test_what_no_name_tells_is_left_open(labels: tuple[str, ...], column: str) -> None:
    assert TASK.positive
    assert find_positive_labels(labels, column, TASK.positive).labels == ()
