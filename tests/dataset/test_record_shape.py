"""What records can be is decided by what their columns hold, whatever these are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newft.dataset.column_match import profile_column
from newft.dataset.label_kind import find_label_kind
from newft.dataset.record_shape import list_shapes, survey_traits
from newft.schema.record_shape import Shape

TEXTS = [f"somebody wrote these words about thing {i} of {i % 7}" for i in range(24)]
ANSWERS = [f"It is true of {i}, and then it was not. So we waited." for i in range(24)]
TURNS = [f"visitor: is {i} free?\nstaff: it is\nvisitor: thanks" for i in range(24)]
CODES, NAMES, YES = ["a", "b", "c"] * 8, ["red", "blue"] * 12, ["yes", "no"] * 12
FIGURES = [f"{i * 7 % 23}.5" for i in range(24)]

SHAPES: list[tuple[Shape, list[list[str]]]] = [
    ("text_label", [TEXTS, CODES]),
    ("text_type_yes_no", [TEXTS, NAMES, YES]),
    ("table_label", [FIGURES, FIGURES[::-1], NAMES, YES]),
    ("question_answer", [TEXTS, ANSWERS]),
    ("dialogue", [TURNS, CODES]),
    ("document", [TEXTS]),
    ("document", [[f"Article {i}" for i in range(24)], NAMES, TEXTS]),
    ("document", [[f"第{i}条" for i in range(24)], NAMES, TEXTS]),
]


def shapes(columns: Sequence[Sequence[str]], *, listed: Sequence[int] = ()) -> tuple[Shape, ...]:
    named = {f"column{i}": values for i, values in enumerate(columns)}
    rows: list[Mapping[str, str]] = [
        dict(zip(named, row, strict=True)) for row in zip(*columns, strict=True)
    ]
    profiled = [
        profile_column(name, values, listed=i in listed)
        for i, (name, values) in enumerate(named.items())
    ]
    return list_shapes(survey_traits(profiled, rows))


@pytest.mark.parametrize(("shape", "columns"), SHAPES)
def test_the_likeliest_shape_comes_first(shape: Shape, columns: list[list[str]]) -> None:
    assert shapes(columns)[0] == shape


def test_lists_of_labels_beside_a_text_are_several_labels() -> None:
    labels = ["red\nblue", "blue", "red"] * 8
    assert "text_labels" in shapes([TEXTS, labels], listed=[1])


def test_figures_beside_a_text_are_no_labels() -> None:
    assert shapes([TEXTS, FIGURES]) == ("document",)


cells = st.lists(st.text(max_size=12) | st.sampled_from(["1", "9" * 60, ",", "三年", "yes", "٣"]))


@settings(max_examples=60)
@given(st.lists(cells, min_size=1, max_size=4))
def test_any_cells_have_shapes_and_kinds(columns: list[list[str]]) -> None:
    for values in columns:
        assert find_label_kind(values)
    many = min(map(len, columns))
    assert isinstance(shapes([values[:many] for values in columns]), tuple)


@pytest.mark.parametrize(
    "text", ["\n" * 200_000, "a" * 200_000, "1" * 200_000, "一" * 200_000, "a b" * 70_000]
)
def test_one_huge_cell_is_no_burden(text: str) -> None:
    assert shapes([[text, *TEXTS[1:]], CODES])
    assert find_label_kind([text, *CODES])
