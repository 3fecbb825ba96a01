"""The values of a factor between which rules tell a difference: choices, and ranges of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from newft.decide.advice.conditions import YES_NO, Values, describe_value
from newft.schema.advice import AdviceRules, Approach, Factor, FactorCondition, FactorValue
from newft.text import Text, join_texts

SHARE_STEP = 0.01  # shares are shown as whole percentages


class Candidate(NamedTuple):
    """A value that a factor may have, which stands for a range if the factor is a number."""

    value: FactorValue
    title: Text
    low: float | None = None  # of a number: from, inclusive; None: from 0
    high: float | None = None  # of a number: to, exclusive; None: without end


def list_candidates(factor: str, rules: AdviceRules, values: Values) -> tuple[Candidate, ...]:
    """List one value of each choice or range of a factor; within one, all rules agree."""
    entry = rules.factors[factor]
    if entry.type == "yes_no":
        return tuple(Candidate(name == "yes", title) for name, title in YES_NO.items())
    if entry.type == "choice":
        return tuple(Candidate(name, title) for name, title in entry.choices.items())
    return (
        *_list_ranges(entry, sorted({*_find_limits(factor, rules, values)})),
        *_list_values_to_reach(factor, rules, values),
    )


def merge_candidates(factor: Factor, candidates: Sequence[Candidate]) -> Text:
    """Return the title of candidates together: `never or about once a year`, `under 108 rows`."""
    *others, last = (one.title for one in candidates)
    if not others:
        return last
    if factor.type in ("choice", "yes_no"):
        listed = join_texts(others, Text(", ", "、"))
        return Text(f"{listed.en} or {last.en}", f"{listed.zh}或{last.zh}")
    return _describe_range(factor, candidates[0].low, candidates[-1].high)


def group_candidates(
    factor: Factor, outcomes: Iterable[tuple[Candidate, Approach]]
) -> Iterator[tuple[Approach, list[Candidate]]]:
    """Group candidates with the same outcome: choices of any order, ranges beside one another."""
    pairs = list(outcomes)
    if factor.type in ("choice", "yes_no"):
        for outcome in dict.fromkeys(outcome for _, outcome in pairs):
            yield outcome, [one for one, other in pairs if other == outcome]
    else:
        for outcome, group in groupby(pairs, key=lambda pair: pair[1]):
            yield outcome, [one for one, _ in group]


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


def _list_ranges(factor: Factor, limits: Sequence[float]) -> Iterator[Candidate]:
    """Yield the lowest number of each range between limits."""
    if not limits:
        return
    starts = [None, *(limit for limit in limits if limit > 0)]
    for low, high in zip(starts, [*starts[1:], None], strict=True):
        yield Candidate(low or 0, _describe_range(factor, low, high), low, high)


def _describe_range(factor: Factor, low: float | None, high: float | None) -> Text:
    from_, to = (describe_value(factor, limit or 0) for limit in (low, high))
    if high is None:
        return Text(f"at least {from_.en}", f"至少 {from_.zh}")
    if low is None and factor.type == "count" and high == 1:
        return from_
    if low is None:
        return Text(f"under {to.en}", f"不到 {to.zh}")
    return Text(f"{from_.en} to under {to.en}", f"{from_.zh}至不到 {to.zh}")


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
