"""The geometry of the charts of PLAN.md: every position in pixels, every text as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from newft.schema.roi import Scenario
from newft.text import Text

BarKind = Literal["recommended", "other", "ruled_out"]


@dataclass(frozen=True)
class Tick:
    """A line of the grid, at a distance from the left or from the top, and its label."""

    at: float
    label: str


@dataclass(frozen=True)
class ScoreBar:
    """The points of one approach."""

    label: Text
    kind: BarKind
    top: float
    left: float
    width: float
    points: str
    points_at: float  # where the figure begins, or ends left of zero
    anchor: Literal["start", "end"]


@dataclass(frozen=True)
class ScoresChart:
    """The points of all approaches, as bars from a common zero."""

    title: Text
    description: Text
    width: float
    height: float
    bar_height: float
    label_width: float
    zero: float
    bars: tuple[ScoreBar, ...]


@dataclass(frozen=True)
class CashLine:
    """The cumulative cash flow of one scenario."""

    scenario: Scenario
    label: Text  # at the end of the line: the scenario and its last value
    points: str  # of a polyline
    label_top: float


@dataclass(frozen=True)
class CashFlowChart:
    """Cumulative discounted cash flow by month, in the three scenarios."""

    title: Text
    description: Text
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    zero: float
    months: tuple[Tick, ...]
    amounts: tuple[Tick, ...]
    month_title: Text
    lines: tuple[CashLine, ...]


@dataclass(frozen=True)
class SensitivityBar:
    """The NPV with one figure at its low and at its high value."""

    label: Text
    top: float
    low_left: float
    low_width: float
    high_left: float
    high_width: float


@dataclass(frozen=True)
class SensitivityChart:
    """How far the NPV moves with each figure alone, the widest first."""

    title: Text
    description: Text
    width: float
    height: float
    bar_height: float
    label_width: float
    base: float
    bottom: float
    amounts: tuple[Tick, ...]
    legend: Mapping[Literal["low", "high"], Text]
    bars: tuple[SensitivityBar, ...]


@dataclass(frozen=True)
class Charts:
    """The charts whose data are known."""

    scores: ScoresChart
    cash_flow: CashFlowChart | None
    sensitivity: SensitivityChart | None
