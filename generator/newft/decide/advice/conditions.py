"""Conditions on factors, and the values at which what they say changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from newft.schema.advice import AdviceRules, Factor, FactorCondition, FactorValue
from newft.text import Text

Values = Mapping[str, FactorValue]  # by the id of the factor; one that is missing is unknown

YES_NO = {"yes": Text("yes", "是"), "no": Text("no", "否")}
SHARE_STEP = 0.01  # shares are shown as whole percentages


class Candidate(NamedTuple):
    """A value that a factor may have; of numbers, one of a range in which all rules agree."""

    value: FactorValue
    title: Text


def holds(when: Mapping[str, FactorCondition], values: Values) -> bool:
    """Tell whether all conditions hold; none holds for a factor that is unknown."""
    return all(_holds_for(condition, factor, values) for factor, condition in when.items())


def _holds_for(condition: FactorCondition, factor: str, values: Values) -> bool:
    if factor not in values:
        return False
    value = values[factor]
    if condition.values:
        return name_value(value) in condition.values
    number = float(value)
    if condition.at_least_factor is not None:
        other = values.get(condition.at_least_factor)
        return other is not None and number >= float(other)
    above = condition.minimum is None or number >= condition.minimum
    return above and (condition.below is None or number < condition.below)


def name_value(value: FactorValue) -> str:
    """Return a choice, or yes or no, as conditions and answers write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def describe_value(factor: Factor, value: FactorValue) -> Text:
    """Return a value as it is shown."""
    if isinstance(value, bool):
        return YES_NO[name_value(value)]
    if isinstance(value, str):
        return factor.choices[value]
    if factor.type == "share":
        return Text(f"{100 * value:.3g} %", f"{100 * value:.3g}%")
    unit = factor.unit or Text("", "")
    return Text(f"{value:,.0f} {unit.en}".strip(), f"{value:,.0f} {unit.zh}".strip())


def list_candidates(factor: str, rules: AdviceRules, values: Values) -> tuple[Candidate, ...]:
    """List the values of a factor between which rules or vetoes may tell a difference."""
    entry = rules.factors[factor]
    if entry.type == "yes_no":
        return tuple(Candidate(name == "yes", title) for name, title in YES_NO.items())
    if entry.type == "choice":
        return tuple(Candidate(name, title) for name, title in entry.choices.items())
    return (
        *_list_ranges(entry, sorted({*_find_limits(factor, rules, values)})),
        *_list_values_to_reach(factor, rules, values),
    )


def _list_conditions(rules: AdviceRules) -> Iterator[tuple[str, FactorCondition]]:
    for rule in rules.rules.values():
        yield from rule.when.items()
    for veto in rules.vetoes.values():
        yield from veto.when.items()


def _find_limits(factor: str, rules: AdviceRules, values: Values) -> Iterator[float]:
    """Yield the numbers from which on a condition on a factor holds, or no longer does."""
    for name, condition in _list_conditions(rules):
        if name == factor:
            known = values.get(condition.at_least_factor or "")
            for limit in (condition.minimum, condition.below, known):
                if limit is not None:
                    yield float(limit)


def _list_ranges(factor: Factor, limits: list[float]) -> Iterator[Candidate]:
    """Yield the lowest number of each range between limits."""
    if not limits:
        return
    first, last = (describe_value(factor, limit) for limit in (limits[0], limits[-1]))
    if factor.type == "count" and limits[0] == 1:
        yield Candidate(0, describe_value(factor, 0))
    elif limits[0] > 0:
        yield Candidate(0, Text(f"under {first.en}", f"不到 {first.zh}"))
    for low, high in pairwise(limits):
        from_, to = describe_value(factor, low), describe_value(factor, high)
        yield Candidate(low, Text(f"{from_.en} to under {to.en}", f"{from_.zh}至不到 {to.zh}"))
    yield Candidate(limits[-1], Text(f"at least {last.en}", f"至少 {last.zh}"))


def _list_values_to_reach(factor: str, rules: AdviceRules, values: Values) -> Iterator[Candidate]:
    """Yield the values of a factor that another one, which is known, reaches or does not."""
    for name, condition in _list_conditions(rules):
        if condition.at_least_factor == factor and name in values:
            reached = float(values[name])
            title = describe_value(rules.factors[factor], reached)
            yield Candidate(reached, Text(f"at most {title.en}", f"不超过 {title.zh}"))
            if reached + SHARE_STEP <= 1:
                above = Text(f"above {title.en}", f"高于 {title.zh}")
                yield Candidate(reached + SHARE_STEP, above)
