"""Which labels are the risk follows from their names or their column's, or it is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from newft.dataset.positive_label import (
    FoundPositive,
    choose_positive_labels,
    find_positive_labels,
)
from newft.emitted.label_rules import NO_LABEL_RULES
from newft.errors import UsageError
from support.credit_applications import TASK, applications, facts, flagged, with_column, written


@pytest.mark.parametrize(
    ("labels", "column", "risk"),
    [
        (("bad", "good"), "creditability", "bad"),
        (("坏", "好"), "标签", "坏"),
        (("high", "low", "medium"), "risk_level", "high"),
        (("fully_paid", "charged_off"), "loan_status", "charged_off"),
        (("yno.", "yyes."), "Y", "yno."),
        (("good", "not good"), "class", "not good"),
        (("low", "not low"), "class", "not low"),
        (("好", "不好"), "标签", "不好"),
        (("repaid", "default, sold to a collector"), "class", "default, sold to a collector"),
        (("0", "1"), "default", "1"),
        (("0", "1"), "Default.Payment next-month", "1"),
        (("no", "yes"), "is_default", "yes"),
        (("否", "是"), "是否违约", "是"),
        (("0", "1"), "approved", "0"),
        (("否", "是"), "是否还清", "否"),
        (("good", "bad", "indeterminate"), "gb_flag", "bad"),
        (("G", "B"), "kz", "B"),
        (("好", "坏"), "kz", "坏"),
        (("ja", "nein"), "Ausfall", "ja"),
        (("oui", "non"), "défaut", "oui"),
        (("S", "N"), "impago", "S"),
        (("não", "sim"), "inadimplente", "sim"),
        (("gut", "schlecht"), "kz", "schlecht"),
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
        (("good", "other"), "class"),
        (("good", "excellent"), "risk"),
        (("low", "very low"), "risk"),
        (("正常", "优秀"), "risk"),
        (("Fully Paid", "Refinanced"), "risk"),
        (("paid", "transferred"), "loan_status"),
        (("on time", "late fee waived"), "status"),
        (("repaid", "default avoided"), "status"),
        (("0", "1"), "default_free"),
        (("0", "1"), "no_defaults"),
        (("no", "yes"), "bad_debt_free"),
        (("0", "1"), "免于违约"),
        (("0", "1"), "是否避免逾期"),
        ((), "default"),
    ],
)
def test_what_no_name_tells_is_left_open(labels: tuple[str, ...], column: str) -> None:
    assert TASK.positive
    assert find_positive_labels(labels, column, TASK.positive).labels == ()


LOANS = (
    "Charged Off", "Current", "Default", "Does not meet the credit policy. Status:Charged Off",
    "Fully Paid", "In Grace Period", "Late (31-120 days)",
)  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "likely", "indeterminate"),
    [
        (LOANS, (LOANS[0], LOANS[2], LOANS[3], LOANS[6]), (LOANS[1], LOANS[5])),
        (("正常", "关注", "次级", "可疑", "损失"), ("次级", "可疑", "损失"), ()),
        (
            ("paid on time", "written off", "30 days past due"),
            ("written off", "30 days past due"),
            (),
        ),
        (("default", "late"), (), ()),  # nothing would be left to compare them with
        (("fully paid", "current"), (), ("current",)),
    ],
)
def test_several_bad_outcomes_are_proposed_and_none_is_taken(
    labels: tuple[str, ...], likely: tuple[str, ...], indeterminate: tuple[str, ...]
) -> None:
    assert TASK.positive
    found = find_positive_labels(labels, "status", TASK.positive)
    assert found == FoundPositive((), likely, indeterminate)


def test_one_bad_outcome_is_taken_beside_rows_without_outcome() -> None:
    assert TASK.positive
    found = find_positive_labels(("Charged Off", "Current", "Fully Paid"), "s", TASK.positive)
    assert found == FoundPositive(("Charged Off",), (), ("Current",))


def test_the_named_labels_are_taken_in_any_spelling_and_each_once(tmp_path: Path) -> None:
    data = facts(written(tmp_path, applications()))
    names = ("HIGH", "medium", " high")
    assert choose_positive_labels(names, data, NO_LABEL_RULES) == ("high", "medium")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("high", "lwo"), "`lwo` is not known"),
        (("high", "low", "medium"), "these are all of the labels: low, medium, high"),
        (("high", "open"), "`open` is also in data.indeterminate"),
    ],
)
def test_names_that_compare_nothing_are_refused(
    names: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    data = facts(written(tmp_path, applications()))
    data = replace(data, indeterminate=("Open",))
    with pytest.raises(UsageError) as caught:
        choose_positive_labels(names, data, NO_LABEL_RULES)
    assert caught.value.to("en")[0] == message


@pytest.mark.parametrize("column", ["SeriousDlqin2yrs", "not.fully.paid", "是否还清", "is_good"])
def test_a_column_of_yes_and_no_is_the_label_by_a_word_in_its_name(
    column: str, tmp_path: Path
) -> None:
    records = with_column(flagged(applications(60), column), "prior_default", ["0", "1", "1"] * 20)
    found = facts(written(tmp_path, records))
    assert found.mapping["label"] == (column,)
    assert found.positive == (("0",) if column in ("是否还清", "is_good") else ("1",))
