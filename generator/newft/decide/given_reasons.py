"""The reasons of given values: what newft would take instead, or the source of the family."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from newft.answers.keys import RECIPE_PREFIX
from newft.decide.inputs import Inputs
from newft.decide.methods.catalog_values import (
    find_effective_batch_size,
    find_epochs,
    get_learning_rate,
    get_value,
    iterate_overrides,
)
from newft.schema.method import MethodValue
from newft.schema.plan import Recipe
from newft.schema.reasoned import Reasoned
from newft.text import Text

LONG_RUN = 10**9  # updates: more than any run that a learning rate was measured for


def explain_given_values(recipe: Recipe, free: Recipe | None, inputs: Inputs) -> Recipe:
    """Return the recipe with the reasons of given values: what newft would have taken, and why.

    `free` is the recipe without given values; None if that one does not fit.
    """
    for name in inputs.given:
        if name in recipe.method:
            usual = free.method.get(name) if free else None
            reasoned = _explain(name, recipe.method[name], usual, inputs, recipe)
            recipe = replace(recipe, method={**recipe.method, name: reasoned})
        else:
            usual = getattr(free, name) if free else None
            reasoned = _explain(name, getattr(recipe, name), usual, inputs, recipe)
            recipe = replace(recipe, **{name: reasoned})  # type: ignore[arg-type]
    return recipe


def _explain(
    name: str,
    taken: Reasoned[MethodValue],
    usual: Reasoned[MethodValue] | None,
    inputs: Inputs,
    recipe: Recipe,
) -> Reasoned[MethodValue]:
    """Give the reason of the family where it has this value, else what newft would take."""
    known = _find_family_value(name, inputs, recipe)
    if known is not None and known.value == taken.value:
        why = Text(f"as given: {known.why.en}", f"由用户指定：{known.why.zh}")
        return Reasoned(taken.value, why, known.source)
    given = Text(f"answer `{RECIPE_PREFIX}{name}`", f"答案 `{RECIPE_PREFIX}{name}`")
    if usual is None:
        why = Text("as given", "由用户指定")
        return Reasoned(taken.value, why, given)
    if usual.value == taken.value:
        # the usual reason may rest on values that were given otherwise
        why = Text("as given; newft would take the same", "由用户指定，与 newft 的取值相同")
        return Reasoned(taken.value, why, given)
    other = _format_value(usual.value)
    why = Text(
        f"as given; newft would take {other}: {usual.why.en}",
        f"由用户指定；newft 会取 {other}：{usual.why.zh}",
    )
    return Reasoned(taken.value, why, given)


def _find_family_value(name: str, inputs: Inputs, recipe: Recipe) -> Reasoned[Any] | None:
    """Return what the model or its family has of a value, whatever the data are."""
    overrides = list(iterate_overrides(inputs))
    if name == "learning_rate" and any(one.learning_rate for one in overrides):
        return get_learning_rate(inputs, LONG_RUN)[0]
    if name == "epochs":
        return find_epochs(inputs)
    if name in ("batch_size", "gradient_accumulation_steps"):
        return _find_batch_part(name, inputs, recipe)
    return get_value(inputs, name) if any(name in one.values for one in overrides) else None


def _find_batch_part(name: str, inputs: Inputs, recipe: Recipe) -> Reasoned[Any] | None:
    """Return a factor of the rows of an update, with the source that has the same product."""
    whole, size = find_effective_batch_size(inputs), recipe.batch_size.value
    if whole is None or isinstance(size, str):
        return None
    rows = size * recipe.gradient_accumulation_steps.value * recipe.processes.value
    if rows != whole.value:
        return None
    return Reasoned(getattr(recipe, name).value, whole.why, whole.source)


def _format_value(value: MethodValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
