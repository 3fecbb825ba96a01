"""Conditions of kits on answers, which have the same keys as everywhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.answers.conditions import flatten_answers, holds
from newft.answers.keys import AnswerValue
from newft.answers.parse import build_answers
from newft.schema.kit import AnswerText

REQUIRED = {
    "name": "desk",
    "domain": "legal",
    "task": "clause",
    "language": "en",
    "gpu": "cpu",
    "family": "qwen3",
    "model": "a/b",
}
TEXT = st.text(min_size=1)


@given(
    st.dictionaries(
        st.sampled_from(
            ["data.positive", "data.columns.text", "kit.source", "kit.answers.team", "revision"]
        ),
        TEXT,
    ),
    st.dictionaries(
        st.sampled_from(["data.files", "kit.answers.uses"]), st.lists(TEXT, min_size=1).map(tuple)
    ),
)
def test_typed_answers_have_the_keys_that_they_were_given_by(
    texts: dict[str, AnswerValue], lists: dict[str, AnswerValue]
) -> None:
    given = {**REQUIRED, **texts, **lists}
    flat = flatten_answers(build_answers(given))
    assert given.items() <= flat.items()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"ci": "github"}, True),
        ({"ci": ("gitlab", "github")}, True),
        ({"ci": "gitlab"}, False),
        ({"ci": "github", "kit.answers.uses": "b"}, True),
        ({"ci": "github", "kit.answers.uses": ("c", "d")}, False),
        ({"method": "lora"}, False),
    ],
)
def test_every_key_of_a_condition_needs_one_of_its_values(
    condition: dict[str, AnswerText], expected: bool
) -> None:
    assert holds(condition, {"ci": "github", "kit.answers.uses": ("a", "b")}) is expected
