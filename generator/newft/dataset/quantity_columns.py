"""Columns of quantities: what their values are, and whether their units differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from newft.emitted.quantities import SCALES, Quantity, has_letter_scales, read_quantity

MIN_QUANTITY_SHARE = 0.9  # of the values of a column of quantities; the others are marks and slips


def read_column(values: Sequence[str]) -> list[Quantity | None]:
    """The quantities of a column, in which m, b and w mean the same in each value."""
    letters = has_letter_scales(values)
    return [read_quantity(value, letters=letters) for value in values]


def find_mixed_units(values: Sequence[str]) -> dict[str, int]:
    """The values in each unit, where a column of quantities has several; else nothing.

    An empty key stands for the numbers without a mark such as 万, k or %.
    """
    read = [quantity for quantity in read_column(values) if quantity]
    if len(read) < MIN_QUANTITY_SHARE * len(values):
        return {}
    marks: dict[float, str] = {}  # 万 and w are one unit
    for quantity in read:
        marks.setdefault(SCALES.get(quantity.scale, 1), quantity.scale)
    if len(marks) > 1:
        return Counter(marks[SCALES.get(quantity.scale, 1)] for quantity in read)
    units = Counter(quantity.unit for quantity in read if quantity.unit)
    return units if len(units) > 1 else {}
