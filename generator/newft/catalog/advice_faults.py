"""Find what is wrong in the rules of the advice and in what tasks tell of it, besides types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from newft.schema.advice import AdviceRule, AdviceRules, Factor, FactorCondition, VetoRule
from newft.schema.kit import Kit
from newft.strict_yaml import Fault
from newft.text import Text


def find_advice_faults(rules: AdviceRules) -> Iterator[Fault]:
    """Yield every condition on no factor or on no value of it, and vetoes of the last resort."""
    entries: chain[tuple[str, str, AdviceRule | VetoRule]] = chain(
        (("rules", name, rule) for name, rule in rules.rules.items()),
        (("vetoes", name, veto) for name, veto in rules.vetoes.items()),
    )
    for section, name, entry in entries:
        for factor, condition in entry.when.items():
            place = (section, name, "when", factor)
            if factor not in rules.factors:
                yield Fault(place, Text("is not a factor", "不是判断因素"))
            else:
                yield from _find_condition_faults(place, condition, rules.factors, factor)
    for name, veto in rules.vetoes.items():
        if "prompt" in veto.approaches:
            message = Text(
                "must not hold `prompt`, which is left where all else is ruled out",
                "不能包含 `prompt`：其余方案都被排除时只剩它",
            )
            yield Fault(("vetoes", name, "approaches"), message)


def _find_condition_faults(
    place: tuple[str, ...],
    condition: FactorCondition,
    factors: Mapping[str, Factor],
    name: str,
) -> Iterator[Fault]:
    factor = factors[name]
    known = {"choice": tuple(factor.choices), "yes_no": ("yes", "no")}.get(factor.type, ())
    for value in condition.values:
        if value not in known:
            message = Text(f"has no value `{value}`", f"没有 `{value}` 这个取值")
            yield Fault((*place, "values"), message)
    other = condition.at_least_factor
    if other is not None and other not in factors:
        yield Fault((*place, "at_least_factor"), Text("is not a factor", "不是判断因素"))


def find_task_advice_faults(kit: Kit, rules: AdviceRules) -> Iterator[Fault]:
    """Yield what tasks of a kit tell and no rule can use: a task tells choices, no numbers."""
    choosable = {
        name: tuple(factor.choices) or ("yes", "no")
        for name, factor in rules.factors.items()
        if factor.type in ("choice", "yes_no")
    }
    for task_name, task in kit.tasks.items():
        for factor, stated in task.advice.items():
            place = ("tasks", task_name, "advice", factor)
            if factor not in choosable:
                en, zh = (between.join(choosable) for between in (", ", "、"))
                message = Text(f"is no factor that a task tells, only {en}", f"任务只能说明 {zh}")
                yield Fault(place, message)
            elif stated.value not in choosable[factor]:
                choices = choosable[factor]
                message = Text(
                    f"must be one of {', '.join(choices)}", f"应为 {'、'.join(choices)} 之一"
                )
                yield Fault((*place, "value"), message)
