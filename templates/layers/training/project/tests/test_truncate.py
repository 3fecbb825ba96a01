"""What is left of a long text: whole lines of a table, whole words, and a mark for what is gone."""

from __future__ import annotations

import re

import pytest

from package_name.training.truncation import (
    ELISION_MARK,
    Span,
    truncate_middle,
)

TABLE = "\n".join(f"FIELD_{i}: {i * 8_834_375 % 999_983}" for i in range(40))
PROSE = "The reader paid 1,250.50 on 2024-05-31, and again. " * 20


def tokens_of(text: str) -> list[Span]:
    """Tokens of at most three characters, as a number may be cut into."""
    return [found.span() for found in re.finditer(r".{1,3}|\n", text)]


@pytest.mark.parametrize("kept", [20, 60, 100, 150])
def test_a_table_keeps_whole_lines(kept: int) -> None:
    lines = truncate_middle(TABLE, tokens_of(TABLE), kept).split("\n")
    assert lines.count(ELISION_MARK) == 1
    assert set(lines) - {ELISION_MARK} < set(TABLE.split("\n"))
    assert lines[0] == TABLE.split("\n")[0] and lines[-1] == TABLE.split("\n")[-1]


@pytest.mark.parametrize("kept", range(20, 80, 7))
def test_a_text_keeps_whole_words_and_numbers(kept: int) -> None:
    shorter = truncate_middle(PROSE, tokens_of(PROSE), kept)
    head, _, tail = shorter.partition(f" {ELISION_MARK} ")
    words = {word.strip(",.") for word in PROSE.split()} | {""}
    assert PROSE.startswith(head) and PROSE.strip().endswith(tail)
    assert {word.strip(",.") for word in (*head.split(), *tail.split())} <= words


def test_a_text_without_spaces_is_cut_between_characters() -> None:
    sentence = (
        "\u56fe\u4e66\u9986\u4e8e2024\u5e745\u6708\u5728\u67d0\u5e02"
        "\u91c7\u8d2d\u7535\u52a8\u8f66\u4e00\u8f86\uff0c\u4ef7\u503c12800\u5143\u3002"
    )
    text = sentence * 10
    shorter = truncate_middle(text, tokens_of(text), 40)
    head, _, tail = shorter.partition(f" {ELISION_MARK} ")
    assert text.startswith(head) and text.endswith(tail)
    assert len(head) + len(tail) > 90
    assert not re.search(r"\d$", head) or not re.match(r"\d", text[len(head) :])


def test_one_long_word_is_cut_where_nothing_else_would_be_left() -> None:
    word = "x" * 300
    shorter = truncate_middle(word, tokens_of(word), 40)
    assert len(shorter) == 120 + len(f" {ELISION_MARK} ")


def test_a_text_of_one_line_is_not_lost_to_the_question_below_it() -> None:
    text = f"{PROSE.strip()}\n\nIs it more than before?"
    shorter = truncate_middle(text, tokens_of(text), 100)
    assert shorter.startswith("The reader paid") and shorter.endswith("Is it more than before?")
    assert len(shorter) > 200
