"""Recorded answers as answers to today's questions, apart from any project."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.answers.command_line import format_command
from newft.answers.fit import KnownAnswer, fit_answers, is_valid, list_unmeasured_changes
from newft.answers.keys import AnswerValue
from newft.answers.parse import parse_set
from newft.errors import UsageError

KNOWN = (
    KnownAnswer("method", ("lora", "full"), ("training",), {"finetune": "full"}),
    KnownAnswer("name"),
    KnownAnswer("tags", ("a", "b"), (), {"old": "b"}),
)
VALUES = st.sampled_from(["lora", "full", "finetune", "gone", "a", "b", "old", ""])
RECORDED = st.dictionaries(
    st.sampled_from(["method", "training", "name", "tags", "extinct"]),
    VALUES | st.lists(VALUES, max_size=3).map(tuple),
)


def test_answers_of_today_are_kept_without_a_word() -> None:
    recorded = {"method": "full", "name": "desk", "tags": ("a", "b")}
    assert fit_answers(recorded, KNOWN) == (recorded, (), ())


def test_a_renamed_question_keeps_its_answer() -> None:
    fitted = fit_answers({"training": "lora"}, KNOWN)
    assert fitted.answers == {"method": "lora"}
    assert [note.en for note in fitted.notes] == ["`training` is now `method`"]


def test_a_renamed_choice_is_translated_also_in_a_list() -> None:
    fitted = fit_answers({"method": "finetune", "tags": ("a", "old")}, KNOWN)
    assert fitted.answers == {"method": "full", "tags": ("a", "b")}
    assert [note.en for note in fitted.notes] == [
        "method: `finetune` is now called `full`",
        "tags: `a, old` is now called `a, b`",
    ]


def test_one_text_that_is_a_list_today_is_carried_over_without_a_word() -> None:
    known = (KnownAnswer("data.positive", repeatable=True),)
    assert fit_answers({"data.positive": "late"}, known) == ({"data.positive": ("late",)}, (), ())


def test_a_question_and_its_choice_may_both_be_renamed() -> None:
    assert fit_answers({"training": "finetune"}, KNOWN).answers == {"method": "full"}


def test_the_answer_under_the_name_of_today_wins() -> None:
    fitted = fit_answers({"training": "lora", "method": "full"}, KNOWN)
    assert fitted.answers == {"method": "full"}
    assert "`training` is no longer asked: the answer `lora` is dropped" in fitted.notes[0].en


def test_a_question_that_is_gone_is_dropped_and_said() -> None:
    fitted = fit_answers({"extinct": "x", "name": "desk"}, KNOWN)
    assert fitted.answers == {"name": "desk"}
    assert fitted.notes[0].zh == "`extinct` 已不再是问题，丢弃原答案 `x`"


def test_what_is_no_longer_a_choice_is_returned_with_the_choices() -> None:
    fitted = fit_answers({"method": "gone", "tags": ("a", "gone")}, KNOWN)
    assert fitted.answers == {}
    assert [(one.key, one.reason.en) for one in fitted.invalid] == [
        ("method", "`gone` is not one of: lora, full"),
        ("tags", "`a, gone` is not one of: a, b"),
    ]


@given(RECORDED)
def test_every_answer_is_kept_dropped_or_returned(recorded: dict[str, str]) -> None:
    fitted = fit_answers(recorded, KNOWN)
    entries = {entry.key: entry for entry in KNOWN}
    assert all(is_valid(entries[key], value) for key, value in fitted.answers.items())
    dropped = [note for note in fitted.notes if "no longer asked" in note.en]
    assert len(fitted.answers) + len(fitted.invalid) + len(dropped) == len(recorded)
    again = fit_answers(fitted.answers, KNOWN)
    assert again == (fitted.answers, (), ())


def test_facts_hold_for_data_domain_and_task_alone() -> None:
    old = {"domain": "legal", "task": "clause", "data.files": ("a.csv",), "method": "lora"}
    assert list_unmeasured_changes(old, {**old, "method": "full", "data.positive": "yes"}) == ()
    assert list_unmeasured_changes(old, {**old, "task": "charge"}) == ("task",)
    assert list_unmeasured_changes(old, {**old, "data.indeterminate": ()}) == ()
    assert list_unmeasured_changes(old, {**old, "data.indeterminate": ("open",)}) == (
        "data.indeterminate",
    )
    assert list_unmeasured_changes(old, {**old, "data.columns.text": "Body"}) == (
        "data.columns.text",
    )
    assert list_unmeasured_changes({**old, "data.columns.text": "Body"}, old) == (
        "data.columns.text",
    )


def test_an_empty_list_of_given_splits_is_an_answer() -> None:
    old = {"data.given_splits": ("train", "test")}
    pooled: dict[str, AnswerValue] = {"data.given_splits": ()}
    assert list_unmeasured_changes(old, pooled) == ("data.given_splits",)
    assert list_unmeasured_changes({}, pooled) == ("data.given_splits",)
    assert list_unmeasured_changes(pooled, pooled) == ()
    assert parse_set("data.given_splits=[]") == ("data.given_splits", ())
    assert "--set 'data.given_splits=[]'" in format_command(pooled, "p")
    with pytest.raises(UsageError):
        parse_set("data.given_splits=[trian]")
