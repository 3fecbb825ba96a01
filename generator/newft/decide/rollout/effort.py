"""The months and the people that the phases take until the model is in use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from newft.schema.roi import Spread
from newft.schema.rollout import Phase


@dataclass(frozen=True)
class Effort:
    """What the phases take until the model serves all traffic."""

    months: Spread  # whole ones
    person_months: Spread


def sum_effort(phases: Sequence[Phase]) -> Effort:
    """Add up the phases before the last, one after the other, which serves all traffic."""
    before = phases[:-1]
    months = [sum(phase.months[end] for phase in before) for end in (0, 1)]
    people = [
        sum(
            phase.months[end] * sum(staff[end] for staff in phase.staff.values())
            for phase in before
        )
        for end in (0, 1)
    ]
    return Effort(
        Spread(math.ceil(months[0]), math.ceil(sum(months) / 2), math.ceil(months[1])),
        Spread(*(round(each, 1) for each in (people[0], sum(people) / 2, people[1]))),
    )
