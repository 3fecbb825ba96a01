"""Warn of given values that are far from those that newft would take."""

from __future__ import annotations

from collections.abc import Iterator

from newft.answers.keys import RECIPE_PREFIX
from newft.decide.inputs import Inputs
from newft.decide.number_format import format_number
from newft.decide.recipe import choose_without_given
from newft.schema.plan import Recipe
from newft.text import Text

FAR = 10  # times: a slip of one decimal
WATCHED = ("learning_rate", "epochs")
ROWS = ("batch_size", "gradient_accumulation_steps")  # whose product is the rows of an update


def warn_of_given_values(inputs: Inputs, recipe: Recipe) -> Iterator[Text]:
    """Warn of values that decide how far each weight moves, if they are far off."""
    given, usual = inputs.answers.recipe, choose_without_given(inputs)
    if usual is None:
        return
    for name in WATCHED:
        if name in given:
            yield from _compare(name, getattr(recipe, name).value, getattr(usual, name).value)
    if {*ROWS} & {*given}:
        yield from _compare(" * ".join(ROWS), _count_rows(recipe), _count_rows(usual))


def _count_rows(recipe: Recipe) -> int:
    """Return the rows of an update; one that is measured has the steps of one row."""
    size = recipe.batch_size.value
    rows = size if isinstance(size, int) else 1
    return rows * recipe.gradient_accumulation_steps.value


def _compare(name: str, value: float, usual: float) -> Iterator[Text]:
    times = max(value / usual, usual / value)
    if round(times, 6) < FAR:  # a quotient of floats may be just below 10
        return
    shown, far = f"{RECIPE_PREFIX}{name}", format_number(times)
    more = "more" if value > usual else "less"
    yield Text(
        f"`{shown}` is {value:g}, {far} times {more} than newft would take ({usual:g}): correct "
        "it, unless you mean it",
        f"`{shown}` 为 {value:g}，newft 会取 {usual:g}，相差 {far} 倍：若非有意，请改正",
    )
