"""Columns of sentences are no labels: told by their form, and by how few rows share a value."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newft.dataset.label_checks import is_sentence
from support.tickets import GOOD, WORDS, facts, refusal, table

TRIAL = os.environ.get("NEWFT_TRIAL_DATA")
ENGLISH = [
    f"Your {word} is on its way. You can follow it in the app under {word}." for word in WORDS
]
CHINESE = [
    f"您好，您的第{number}单已经发出，预计三天内送达。如有问题请随时联系我们。"
    for number in "一二三四五六七八九十"
]
# questions that a help centre answers: sentences, and a closed list all the same
STANDARD_QUESTIONS = ["How do I cancel my order?", "如何修改收货地址？", "忘记密码怎么办？"]


def answered(labels: Sequence[str], own: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Ten requests to each label, and one to each of the labels that stand alone."""
    texts = [f"{a} {b} {c}" for a in WORDS for b in WORDS for c in WORDS[:3]]
    every = [label for label in labels for _ in range(10)] + [*own]
    return list(zip(texts, every, strict=False))


@pytest.mark.parametrize("replies", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_replies_are_refused_whether_or_not_they_repeat(replies: list[str], tmp_path: Path) -> None:
    own = [f"{reply[:-1]} {word}." for reply, word in zip(replies, WORDS, strict=True)] * 5
    own = [f"{word} {reply}" for word, reply in enumerate(own)]
    for rows in (answered(replies), answered(replies, own)):
        error = refusal(table(tmp_path, rows))
        assert error.message.startswith("`intent` holds whole sentences, not the labels of a")
        assert f"such as `{replies[0][:55]}" in error.message
        assert "--set data.columns.label=COLUMN" in str(error.hint)


def test_short_statements_are_refused_where_many_stand_alone(tmp_path: Path) -> None:
    short = [f"Your {word} is refunded." for word in WORDS]
    assert len(facts(table(tmp_path, answered(short))).labels) == 10
    alone = [f"Your {a} of {b} is refunded." for a in WORDS for b in WORDS[:5]]
    error = refusal(table(tmp_path, answered(short, alone)))
    assert "50 of 150 rows have a value that fewer than 3 rows have" in error.message


def test_questions_that_a_help_centre_answers_are_labels(tmp_path: Path) -> None:
    found = facts(table(tmp_path, answered(STANDARD_QUESTIONS)))
    assert sorted(found.labels) == sorted(STANDARD_QUESTIONS)


def test_a_few_long_names_among_short_ones_are_labels(tmp_path: Path) -> None:
    status = "Does not meet the credit policy. Status:Charged Off"
    found = facts(table(tmp_path, answered([status, "Current", "Fully Paid"])))
    assert set(found.labels) == {status, "Current", "Fully Paid"}


@given(
    st.lists(st.sampled_from([*WORDS, "退款", "物流", "-", "/", "(", ")"]), min_size=1, max_size=8)
)
@example(["amber", *["退款"] * 6])
def test_names_are_no_sentences(words: list[str]) -> None:
    assert not is_sentence(" ".join(words))
    assert not is_sentence("_".join(words))


@pytest.mark.parametrize(
    "label",
    [
        "退款/退货（七天无理由，未拆封）（含运费）",
        "No. 3 / etc.",
        "A & B / etc.",
        "物流（国内）— 催件！",
    ],
)
def test_marks_are_no_words(label: str) -> None:
    assert not is_sentence(label)


@given(
    st.lists(st.sampled_from(["退款", "退货", "运费", "refund"]), min_size=1, max_size=8),
    st.sampled_from(["（", "）（", " / ", "，", "—", "：", " - "]),
)
def test_marks_between_words_make_no_sentence(words: list[str], mark: str) -> None:
    assert not is_sentence(mark.join(words))


@given(st.lists(st.sampled_from([*WORDS, "我们", "您的"]), min_size=20, max_size=60))
def test_what_is_long_is_a_sentence(words: list[str]) -> None:
    assert is_sentence(" ".join(words))


@pytest.mark.skipif(not TRIAL, reason="NEWFT_TRIAL_DATA does not say where the trial files are")
def test_the_labels_of_public_sets_are_no_sentences() -> None:
    root = Path(str(TRIAL))

    def column(name: str, key: str) -> list[str]:
        with (root / name).open(encoding="utf-8-sig") as file:
            return [row[key] for row in csv.DictReader(file)]

    charges = json.loads((root / "legal/cases_lawbench_charge_zh.json").read_text("utf-8"))
    replies = json.loads((root / "legal/qa_lawbench_consultation_zh.json").read_text("utf-8"))
    names = [
        *column("customer_service/banking77_en.csv", "category"),
        *(
            choice
            for key in "ABCD"
            for choice in column("customer_service/fineva_insurance_intent_zh.csv", key)
        ),
        *column("legal/statutes_china_law_articles_zh.csv", "section"),
        *(charge for row in charges for charge in row["answer"].split(";")),
    ]
    assert [name for name in names if is_sentence(name)] == []
    assert all(is_sentence(row["answer"]) for row in replies)


def test_labels_that_are_all_distinct_are_told_what_that_means(tmp_path: Path) -> None:
    rows = [(text, f"{label} {at}") for at, (text, label) in enumerate(answered(WORDS[:3]))]
    error = refusal(table(tmp_path, rows))
    assert "each of its values occurs once, as ids, titles and free texts do" in error.message


def test_a_label_that_is_too_long_for_a_name_is_warned_of(tmp_path: Path) -> None:
    found = facts(table(tmp_path, answered(["login", "refund", "x" * 301])))
    (warning,) = [said for said in found.warnings if "longer than 300" in said.en]
    assert f"`{'x' * 60}...`" in warning.en


def test_characters_that_nobody_sees_are_no_part_of_a_label(tmp_path: Path) -> None:
    spelled = ["re\u202efund", "re\u200bfund", "refund", "\u2066login\u2069", "log\u0007in"]
    found = facts(table(tmp_path, answered(spelled)))
    assert sorted(found.labels) == ["login", "refund"]
    (warning,) = [said for said in found.warnings if "are merged" in said.en]
    assert r"re\u202efund" in warning.en
    assert "\u202e" not in warning.en + warning.zh


@pytest.mark.parametrize("between", ["; ", "；", "、", " | ", "#"])
def test_a_list_of_labels_is_several_labels(between: str, tmp_path: Path) -> None:
    both = [
        (f"{text} and {other}", between.join(("refund", "parcel")))
        for (text, _), (other, _) in zip(GOOD[:5], GOOD[20:25], strict=True)
    ]
    found = facts(table(tmp_path, [*GOOD, *both]))
    assert (found.rejected["several_labels"], [*found.labels]) == (5, ["parcel", "refund"])
