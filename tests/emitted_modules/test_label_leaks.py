"""Texts that state their label by a mark of form, and texts that only use its words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.emitted.label_leaks import LeakRules, find_leak, list_positions
from newft.emitted.label_rules import LabelRules
from support.tickets import GOOD, WORDS, facts, refusal, said, table

LABELS = ("refund_request", "Refund (late)", "退款", "card arrival")
NAMES = ("intent", "意图", "罪名")
STATED = (
    *("[intent: {}] where is it", "where is it label={}", "where is it #{}", "意图：{} 我想问"),
    *('{{"text": "hi", "intent": "{}"}}', "<label>{}</label>", "__label__{} where is it"),
    *("[{}] where is it", "where is it 【{}】", "category -> {}", "Tags: {}, urgent", "罪名:{};"),
    *("Label : “{}”", "where is it (class={})", "分类=【{}】", "**Intent**: {}"),
)
SAID = (
    *("I want {} now", "Subject: {}", "what is {}?", "a note ({})", "see [1] for {}", "{}: hello"),
    *(
        "the label is lost: {}",
        "my order #1234 {}",
        "https://shop.example/{}#top",
        "关于{}，怎么办？",
    ),
    *("labels are lost; {}", "intent on {}", "(1) {} [2]", "{}#"),
)


def spellings(label: str) -> set[str]:
    return {label, label.upper(), label.replace("_", " "), label.replace(" ", "\u00a0")}


@pytest.mark.parametrize("label", LABELS)
def test_a_mark_of_form_states_a_label_and_prose_does_not(label: str) -> None:
    for spelling in spellings(label):
        for form in STATED:
            assert find_leak(form.format(spelling), [label], LeakRules(label_field_names=NAMES)), (
                form
            )
        for form in SAID:
            assert (
                find_leak(form.format(spelling), [label], LeakRules(label_field_names=NAMES))
                is None
            ), form


@pytest.mark.parametrize(
    ("text", "label", "stated"),
    [
        ("Order #1", "1", None),
        ("[1] first", "1", None),
        ("label: 1", "1", "label: 1"),
        ("class: A2", "a", None),
        ("意图：退款流程", "退款", None),
        ("intent: refund_late", "refund", "intent: refund"),  # its first word, as far as it goes
        ("{intent: refunds}", "refund", None),
        ("[other] [intent: refund]", "refund", "intent: refund"),
    ],
)
def test_what_follows_the_mark_is_the_whole_label(
    text: str, label: str, stated: str | None
) -> None:
    assert find_leak(text, [label], LeakRules(label_field_names=NAMES)) == stated


@given(st.text(), st.text(alphabet="abcdefgh 退款流程", min_size=1))
def test_text_without_a_mark_states_nothing(text: str, label: str) -> None:
    plain = "".join(c if c.isalnum() else " " for c in text)
    assert find_leak(f"{plain} {label} {plain}", [label], LeakRules()) is None


@pytest.mark.parametrize(
    ("text", "label", "positions"),
    [
        ("refund: hello", "refund", ["start"]),
        ("hello -> refund", "refund", ["end"]),
        ("hello\nRefund", "refund", ["end"]),
        ("refund request - hello", "refund_request", ["start"]),
        ("（退款）你好", "退款", ["start"]),
        ("refund", "refund", ["start", "end"]),
        ("refund my money", "refund", []),
        ("I want a refund", "refund", []),
        ("退款怎么还没到", "退款", []),
        ("Answer: No later than 30 days", "no", []),
    ],
)
def test_a_label_stands_at_an_end_of_a_text_if_a_mark_sets_it_apart(
    text: str, label: str, positions: list[str]
) -> None:
    assert list_positions(text, [label], LabelRules()) == positions
    stated = find_leak(text, [label], LeakRules(positions=("start", "end")))
    assert (stated is not None) == bool(positions)


def test_rows_that_state_their_label_are_left_out_and_shown(tmp_path: Path) -> None:
    rows = [
        (f"{text} [intent: {label}]" if i % 7 == 0 else text, label)
        for i, (text, label) in enumerate(GOOD)
    ]
    found = facts(table(tmp_path, rows))
    assert found.rejected == {"label_in_input": 5}
    assert said(found)[-1] == (
        "5 rows left out, as the input states the label, such as `intent: refund`"
    )


def test_files_in_which_most_rows_state_it_are_refused(tmp_path: Path) -> None:
    rows = [
        (f"#{label} {text} {word}", label)
        for (text, label), word in zip(GOOD * 3, WORDS * 9, strict=True)
    ]
    error = refusal(table(tmp_path, rows))
    assert error.message == (
        "the input states its label in 90 of 90 rows, such as `#refund`: "
        "a model would only learn to copy it"
    )
    assert error.hint == (
        "remove the label from the input, or name another: --set data.columns.text=COLUMN"
    )


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Answer: no\nThis Agreement is governed by", True),
        ("Answer: no\nthis agreement is governed by", True),
        ("Answer: NO This Agreement is governed by", True),
        ("Answer: no - the clause is about notices", True),
        ("答案：no 本合同适用中国法律", True),
        ("Answer: No later than 30 days", False),
        ("Answer: no-one may assign", False),
        ("Answer: no 5 of the list", False),
    ],
)
def test_the_label_no_is_told_from_prose_by_what_follows_it_in_its_line(
    text: str, *, stated: bool
) -> None:
    assert (find_leak(text, ["no"], LeakRules()) is not None) == stated


def test_only_the_names_of_the_task_and_the_usual_ones_state_a_label() -> None:
    text = "Risk levels = high"
    assert find_leak(text, ["high"], LeakRules()) is None
    assert (
        find_leak(text, ["high"], LeakRules(label_field_names=["risk level"]))
        == "Risk levels = high"
    )


def test_a_pattern_gives_any_target_away() -> None:
    patterns = [r"decided on \d+", r"\bverdict\b"]
    assert find_leak("The verdict was late.", ["yes"], LeakRules(patterns=patterns)) == "verdict"
    assert find_leak("No decision yet.", ["yes"], LeakRules(patterns=patterns)) is None
