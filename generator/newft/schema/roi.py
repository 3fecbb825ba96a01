"""Return on investment: figures with a low, a base and a high value, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from newft.schema.advice import Approach
from newft.schema.reasoned import Reasoned, Sourced
from newft.text import Text

Scenario = Literal["low", "base", "high"]  # low: every figure at the end that earns less
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
FigureUnit = Literal["money", "count", "share", "hours", "minutes", "months", "multiple", "tokens"]
# the answers of the team, the data and the estimate of the project, or a default to be edited
FigureOrigin = Literal["team", "project", "default"]
# where the benefit comes from: contacts that no person handles, hours of experts, avoided losses
BenefitKind = Literal["contacts", "hours", "losses"]


ROI_SETTINGS = ("currency", "exchange_rate")  # answers about the cash flow that are no figures


@dataclass(frozen=True)
class Spread:
    """A figure in the three scenarios; `low` is the smallest number, not the worst one."""

    low: float
    base: float
    high: float


@dataclass(frozen=True)
class Figure:
    """One figure of the cash flow in `templates/roi.yaml`: the default of a team that knows none.

    A figure in money has a default by currency; one without a default has to be given.
    """

    id: str
    title: Text
    unit: FigureUnit
    why: Text
    source: str | Text
    better: Literal["low", "high"] | None = None  # which end earns more; None: the others decide
    positive: bool = False  # 0 makes no sense
    default: Spread | None = None
    money: Mapping[str, Spread] | None = None  # by currency; other currencies need a rate
    # of a price that depends on the accelerator: by its id, in USD
    accelerators: Mapping[str, Sourced[Spread]] = field(default_factory=dict)
    benefits: tuple[BenefitKind, ...] = ()  # the kinds that need it; none: all


@dataclass(frozen=True)
class UsedFigure:
    """A figure as it is used: with its reason, and where it comes from."""

    title: Text
    unit: FigureUnit
    spread: Reasoned[Spread]
    origin: FigureOrigin


@dataclass(frozen=True)
class CostLine:
    """One line of the budget in the three scenarios, and its share of the base total."""

    id: str
    title: Text
    amount: Spread  # of money: once, or a month
    share: float  # 0 to 1


@dataclass(frozen=True)
class Outcome:
    """What one scenario earns until the horizon, discounted."""

    npv: float
    roi: float  # 0.744 is 74.4 %
    payback_month: int | None  # not discounted, as is usual; None: not within the horizon
    cumulative: tuple[float, ...]  # discounted, from month 0; its last is the NPV


@dataclass(frozen=True)
class Sensitivity:
    """The NPV where one figure alone is at its low and at its high value."""

    figure: str
    title: Text
    npv_at_low: float
    npv_at_high: float


@dataclass(frozen=True)
class Alternative:
    """Another approach, or doing nothing, by the same model."""

    id: Approach | Literal["nothing"]
    title: Text
    one_off: tuple[CostLine, ...]  # lines that are known
    monthly: tuple[CostLine, ...]
    one_off_total: float | None  # base; None, as below: a figure that it needs is missing
    missing: tuple[str, ...]  # figures that it needs, and that have no default
    person_months: Spread | None  # of those who build it; None: of nobody
    benefit_share: float  # base, of the full benefit
    break_even_volume: float | None  # requests a month at which its base NPV is 0
    outcomes: Mapping[Scenario, Outcome] | None
    # the share of the full benefit with which it earns as much as fine-tuning; None: it is unknown;
    # below 0: it costs less than fine-tuning loses
    equal_at: float | None
    why: Text


@dataclass(frozen=True)
class SimpleFormula:
    """The article's formula: one year of full benefit against the one-off cost alone."""

    roi: float
    payback_months: float | None


@dataclass(frozen=True)
class Roi:
    """The cash flow of fine-tuning by month, in one currency, and that of other approaches."""

    currency: str
    horizon_months: int
    benefit: BenefitKind
    figures: Mapping[str, UsedFigure]
    missing: tuple[str, ...]  # figures that have no default and were not given
    one_off: tuple[CostLine, ...]
    monthly: tuple[CostLine, ...]  # running cost of one month
    one_off_total: float | None  # base; None: a figure that it needs is missing
    outcomes: Mapping[Scenario, Outcome] | None  # None: figures are missing
    simple_formula: SimpleFormula | None
    simple_formula_why: Text  # why it misleads
    break_even_volume: float | None  # requests a month at which the base NPV is 0
    break_even_containment: float | None  # share, of `contacts`
    benefit_share: float  # base, of the full benefit
    sensitivity: tuple[Sensitivity, ...]  # the widest first
    alternatives: tuple[Alternative, ...]
