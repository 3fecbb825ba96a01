"""What to know, and what to choose instead, where rows are longer than the memory can train."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from newft.decide.estimate.memory_fit import estimate_row_tokens
from newft.decide.estimate.run_estimate import estimate_run
from newft.decide.estimate.token_estimates import MAXIMUM
from newft.decide.inputs import Inputs
from newft.decide.number_format import format_peak
from newft.decide.recipe import build_recipe
from newft.errors import IncompatibleError, UsageError
from newft.schema.plan import Recipe
from newft.text import Text

MAX_ALTERNATIVES = 2


def warn_of_long_rows(inputs: Inputs, recipe: Recipe) -> Text | None:
    """Warn that rows will be truncated, with choices that hold them if there are any."""
    length, share = recipe.max_length.value, recipe.max_truncated_fraction.value
    wanted = estimate_row_tokens(inputs, MAXIMUM)
    if wanted <= length:
        return None
    alternatives = list(islice(_list_alternatives(inputs, length), MAX_ALTERNATIVES))
    lost, lost_zh = ("middle part", "中间部分") if inputs.trained_by_project else ("end", "末尾")
    en = f"up to {share:.0%} of the rows may exceed {length:,} tokens and lose their {lost}"
    zh = f"至多约 {share:.0%} 的行可能超出 {length:,} 个 token，{lost_zh}会被截掉"
    if alternatives:
        en += f"; longer rows fit with {' or '.join(one.en for one in alternatives)}"
        zh += f"；改用 {' 或 '.join(one.zh for one in alternatives)} 可放下更长的行"
    return Text(en, zh)


def _list_alternatives(inputs: Inputs, length: int) -> Iterator[Text]:
    """Yield other methods, and then smaller models, that hold longer rows on this device."""
    if inputs.on_cpu or inputs.size is None or "max_length" in inputs.answers.recipe:
        return
    methods = inputs.catalog.methods.values() if inputs.catalog else ()
    for method in methods:
        if method.id != inputs.method.id:
            option = f"--method {method.id}"
            yield from _try(replace(inputs, method=method), option, length)
    smaller = [one for one in inputs.family.sizes if one.parameters < inputs.size.parameters]
    for size in sorted(smaller, key=lambda one: -one.parameters):
        yield from _try(replace(inputs, size=size), f"`{size.hub_id}`", length)


def _try(inputs: Inputs, name: str, length: int) -> Iterator[Text]:
    """Yield a choice with its length and memory, if it holds longer rows."""
    answers = replace(inputs.answers, method=inputs.method.id)
    try:
        recipe = build_recipe(replace(inputs, answers=answers))
    except (IncompatibleError, UsageError):  # a given value may belong to the chosen method alone
        return
    memory = estimate_run(inputs, recipe).memory_gb
    if recipe.max_length.value > length and memory is not None:
        most, tokens = format_peak(memory[1]), recipe.max_length.value
        yield Text(
            f"{name} ({tokens:,} tokens, up to {most} GB)",
            f"{name}（{tokens:,} 个 token，至多 {most} GB）",
        )
