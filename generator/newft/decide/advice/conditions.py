"""Whether conditions on factors hold, and how the values of factors are shown."""

from __future__ import annotations

from collections.abc import Mapping

from newft.schema.advice import Factor, FactorCondition, FactorValue
from newft.text import Text

Values = Mapping[str, FactorValue]  # by the id of the factor; one that is missing is unknown

YES_NO = {"yes": Text("yes", "是"), "no": Text("no", "否")}


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
