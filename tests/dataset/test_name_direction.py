"""The outcome that a name speaks of is told by the words inside it, whatever stands around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.dataset.name_direction import (
    Direction,
    DirectionStems,
    negates_name,
    settle_direction,
    tell_direction,
)
from support.credit_applications import TASK

assert TASK.positive
STEMS = DirectionStems(
    TASK.positive.stems, TASK.positive.negative_stems, TASK.positive.indeterminate_stems
)
BAD = [
    "下月是否违约", "default.payment.next.month", "SeriousDlqin2yrs", "seriousdlqin2yrs",
    "TARGET_default_flag", "fraud_flag", "is_fraud", "isFraud", "churned", "customer_churn",
    "isDefault", "loandefault", "bad_loan", "BadLoan", "not_paid", "not.fully.paid",
    "has_not_been_repaid", "unpaid", "non_performing", "nonperforming", "NPL_flag", "disapproved",
    "un-approved", "ever_90dpd", "y_delinquent", "overdue_60", "late_payment", "charge_off_flag",
    "application_rejected", "loan_declined", "是否逾期", "未还清", "不通过", "是否坏账",
    "是否为不良贷款", "客户流失", "违约标志", "未按时还款", "是否拒绝", "首期逾期",
    "有无逾期", "有没有逾期", "会不会违约", "有无不良记录", "FPD30", "NPA", "credit_default_12m",
    "writeoff_ind", "WrittenOff", "past.due",
]  # fmt: skip
GOOD = [
    "is_good", "good_flag", "GoodLoan", "是否通过", "loan_paid_back", "repaid", "fully_paid",
    "paid_off", "Approved", "credit_approved", "loan_granted", "not_default",
    "not_yet_in_default", "nondefault", "no_fraud", "never_late", "hasn't_defaulted", "未违约",
    "无逾期", "未发生逾期", "没有违约", "是否还清", "是否结清", "正常还款", "按时还款",
    "CreditWorthy", "不会违约", "无不良记录", "PAIDOFF",
    "是否履约", "without_delinquency", "not_rejected", "is_performing",
]  # fmt: skip
OPEN = [
    "Current", "In Grace Period", "Pending", "in progress", "还款中", "审批中",
    "宽限期内",
]  # fmt: skip
UNTOLD = [
    "target", "class", "risk", "label", "y", "outcome", "loan_status", "status", "flag", "badge",
    "template", "lateral_move", "passenger", "好坏标签", "good_bad", "paid_late", "结果", "是否",
    "标签", "credit_risk",
]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "direction"),
    [(BAD, "positive"), (GOOD, "negative"), (OPEN, "open"), (UNTOLD, None)],
    ids=["bad", "good", "open", "untold"],
)
def test_words_tell_the_outcome(names: list[str], direction: Direction | None) -> None:
    assert {name: tell_direction(name, STEMS) for name in names} == dict.fromkeys(names, direction)
    settled = {name: settle_direction(name, STEMS) for name in names}
    assert settled == dict.fromkeys(names, direction)


@pytest.mark.parametrize(
    "name",
    [
        "default_free", "isDefaultFree", "defaultfree", "bad_debt_free", "default_avoided",
        "zero_default", "zero-delinquency", "default_cured", "no_defaults", "no_of_defaults",
        "is_bad_not", "late_fee_waived", "default_xyz", "predefault", "prior_default",
        "免于违约", "是否避免逾期", "零逾期", "逾期豁免", "违约预警解除", "违约甲乙",
    ],
)  # fmt: skip
def test_an_unknown_word_beside_the_outcome_leaves_it_open(name: str) -> None:
    assert settle_direction(name, STEMS) is None


@pytest.mark.parametrize(
    ("name", "other", "negates"),
    [
        ("not low", "low", True),
        ("non-pass", "pass", True),
        ("不好", "好", True),
        ("very low", "low", False),
        ("excellent", "good", False),
        ("更好", "好", False),
        ("low", "low", False),
        ("", "", False),
    ],
)
def test_a_negation_of_a_label_is_told(name: str, other: str, negates: bool) -> None:
    assert negates_name(name, other) == negates


@pytest.mark.parametrize(
    ("label", "direction"),
    [
        ("Late (31-120 days)", "positive"),
        ("Does not meet the credit policy. Status:Charged Off", "positive"),
        ("Does not meet the credit policy. Status:Fully Paid", "negative"),
        ("91-120 days past due", "positive"),
        ("written-off", "positive"),
        ("可疑类", "positive"),
        ("正常类", "negative"),
        ("Not charged off", "negative"),
    ],
)
def test_labels_of_several_words_are_told(label: str, direction: Direction) -> None:
    assert tell_direction(label, STEMS) == direction


@given(
    st.sampled_from(["default", "delinquent", "违约", "charged_off", "fraud"]),
    st.sampled_from(["", "is_", "target_", "loan.", "2024_", "客户"]),
    st.sampled_from(["", "_flag", ".next.month", "_12m", " (0/1)", "标志"]),
)
def test_what_stands_around_a_word_does_not_turn_it_round(word: str, head: str, tail: str) -> None:
    assert settle_direction(head + word + tail, STEMS) == "positive"
    negation = "未" if word == "违约" else "not_"
    assert settle_direction(head + negation + word + tail, STEMS) == "negative"


@given(st.text())
def test_any_name_is_told_or_not(name: str) -> None:
    told = tell_direction(name, STEMS)
    assert told in ("positive", "negative", "open", None)
    assert settle_direction(name, STEMS) in (told, None)
