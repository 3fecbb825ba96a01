"""Wrapping and tables: what is whole stays whole, nothing is lost, no line ends in blanks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.text_layout import fold_command, format_table, measure_width, wrap_text

WORDS = st.sampled_from(
    ["unknown_label", "20 GB", "8 行", "`--gpu 1xV100-32GB`", "训练", "，", "a", "q_proj,", "（"]
)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("out: empty_label 4, unknown_label 2", 30, ["out: empty_label 4,", "unknown_label 2"]),
        ("needs up to 20 GB of memory", 15, ["needs up to", "20 GB of memory"]),
        ("at most 95 % of it", 11, ["at most", "95 % of it"]),
        ("write `--gpu 1xV100-32GB` there", 24, ["write", "`--gpu 1xV100-32GB`", "there"]),
        ("最多占 5.6 GB（本机内存）", 14, ["最多占 5.6 GB", "（本机内存）"]),
        ("共用 8 行，", 8, ["共用", "8 行，"]),
        ("  eins zwei\ndrei", 8, ["  eins", "  zwei", "drei"]),
    ],
)  # fmt: skip
def test_text_breaks_between_words(text: str, width: int, lines: list[str]) -> None:
    assert wrap_text(text, width) == lines


@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(24, 80))
def test_no_word_is_broken_or_lost_and_lines_fit(words: list[str], width: int) -> None:
    lines = wrap_text(" ".join(words), width)
    assert "".join("".join(lines).split()) == "".join("".join(words).split())
    assert all(any(word in line for line in lines) for word in words if word != "训练")
    assert all(measure_width(line) <= width for line in lines)
    assert all(line == line.rstrip() for line in lines)


@given(
    st.lists(st.tuples(WORDS, st.lists(WORDS, max_size=20).map(" ".join)), min_size=1),
    st.integers(50, 100),
)
def test_the_lines_of_a_table_fit_and_end_in_no_blanks(
    rows: list[tuple[str, str]], width: int
) -> None:
    lines = ["".join(cells) for cells in format_table(rows, width)]
    assert all(measure_width(line) <= width for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_columns_stand_under_one_another() -> None:
    rows = [("显存", "20 GB"), ("a", "b")]
    assert ["".join(cells) for cells in format_table(rows, 80)] == ["显存  20 GB", "a     b"]


def test_what_fits_nowhere_is_cut() -> None:
    assert ["".join(cells) for cells in format_table([("a" * 30,)], 12)] == [
        "a" * 12,
        "a" * 12,
        "a" * 6,
    ]
    assert format_table([], 80) == []


def test_a_path_that_is_too_long_leaves_the_names_before_it_whole() -> None:
    lines = ["".join(cells) for cells in format_table([("训练时间", "x" * 30), ("b", "c")], 30)]
    assert lines == ["训练时间  " + "x" * 20, " " * 10 + "x" * 10, "b         c"]


def test_lines_break_between_words_and_between_chinese_characters() -> None:
    assert wrap_text("one two three", 8) == ["one two", "three"]
    assert wrap_text("学习率，用 LoRA 时", 8) == ["学习率，", "用 LoRA", "时"]
    assert wrap_text("see https://example.org/a/long/path now", 10) == [
        "see",
        "https://example.org/a/long/path",
        "now",
    ]


@given(st.text(alphabet="ab 学习，。（）", max_size=80), st.integers(8, 30))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, width: int) -> None:
    lines = wrap_text(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        columns = sum(1 if char.isascii() else 2 for char in line)
        assert columns <= width or len(re.findall(r"[ab]+|[学习]", line)) <= 1


def test_a_long_command_breaks_between_words_in_a_way_that_a_shell_joins() -> None:
    command = "newft new ./desk --data 'my tickets of the year.csv' --gpu cpu --yes"
    assert fold_command(command, 40) == [
        "newft new ./desk --data \\",
        "  'my tickets of the year.csv' --gpu \\",
        "  cpu --yes",
    ]
    assert fold_command(command, None) == fold_command(command, 80) == [command]
    assert fold_command(f"{command} # ours", 40) == [f"{command} # ours"]
