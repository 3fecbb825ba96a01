"""The lines of the budget of each approach, and the benefit of a month."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from newft.decide.roi.cash_flow import MONTHS_A_YEAR, Amounts
from newft.schema.advice import Approach
from newft.schema.roi import BenefitKind, Spread
from newft.text import Text

Values = Mapping[str, float]  # of the figures, in one scenario
MINUTES_AN_HOUR = 60
TOKENS_PRICED = 1_000_000
VOLUME = "requests_per_month"
CONTAINED = "contained_share"
CONTACT_COST = "contact_cost"


@dataclass(frozen=True)
class Line:
    """One cost: what it depends on, and which approaches have it."""

    id: str
    title: Text
    flows: Literal["once", "month", "use"]  # use: a month at full use, and less before
    approaches: tuple[Approach, ...]
    figures: tuple[str, ...]
    compute: Callable[[Values], float]
    benefits: tuple[BenefitKind, ...] = ("contacts", "hours", "losses")
    own_machines: bool | None = None  # only where all must run on own machines, or only elsewhere


@dataclass(frozen=True)
class ApproachCosts:
    """The lines of the budget of one approach, for one kind of benefit."""

    approach: Approach
    benefit: BenefitKind
    lines: tuple[Line, ...]

    @property
    def needed(self) -> set[str]:
        """The figures without which nothing can be said of the outcome."""
        return {
            *TIMING_FIGURES,
            *BENEFIT_FIGURES[self.benefit],
            BENEFIT_SHARES[self.approach],
            *(name for line in self.lines for name in line.figures),
        }

    def compute_amounts(self, values: Values) -> Amounts:
        """Return the money that flows with these values of all figures."""
        sums = {"once": 0.0, "month": 0.0, "use": 0.0}
        for line in self.lines:
            sums[line.flows] += line.compute(values)
        benefit = compute_benefit(self.benefit, values) * values[BENEFIT_SHARES[self.approach]]
        return Amounts(sums["once"], sums["month"], sums["use"], benefit)


TUNED: tuple[Approach, ...] = ("finetune", "hybrid")
BY_API: tuple[Approach, ...] = ("prompt", "rag")
LEARNED: tuple[Approach, ...] = (*TUNED, "classical")
ALL: tuple[Approach, ...] = (*BY_API, *LEARNED)
EFFORTS: Mapping[Approach, str] = {  # figures: shares of the people of fine-tuning
    "prompt": "prompt_effort",
    "classical": "classical_effort",
    "rag": "rag_effort",
    "hybrid": "rag_effort",  # besides all of fine-tuning's
}
# figures: the share of the full benefit that each approach reaches
BENEFIT_SHARES: Mapping[Approach, str] = {one: f"{one}_benefit" for one in ALL}
PERSON = ("salary", "salary_loading")
DEVICE = ("gpu_price", "gpu_overhead")
PEOPLE_LINE = "people"
PEOPLE_TITLE = Text("people who build it", "建设人力")
API_TITLE = Text("API", "API 调用")
SERVING_TITLE = Text("devices for serving", "推理算力")
SERVING_FIGURES = ("serving_hours", *DEVICE)
LABELS_TITLE = Text("labels", "标注")


def _price_person(v: Values) -> float:
    return v["salary"] * v["salary_loading"]


def _price_device_hour(v: Values) -> float:
    return v["gpu_price"] * (1 + v["gpu_overhead"])


def _price_serving(v: Values) -> float:
    return v["serving_hours"] * _price_device_hour(v)


def _price_request(v: Values, further_tokens: float = 0.0) -> float:
    """Return what an API takes for one request."""
    read = (v["input_tokens"] + further_tokens) * v["api_input_price"]
    return (read + v["output_tokens"] * v["api_output_price"]) / TOKENS_PRICED


def compute_person_months(approach: Approach, v: Values) -> float:
    """Return the people who build an approach; another one takes a share of fine-tuning's."""
    own = 1.0 if approach in TUNED else 0.0
    further = v[EFFORTS[approach]] if approach in EFFORTS else 0.0
    return v["person_months"] * (own + further)


def _make_people_line(approach: Approach) -> Line:
    further = (EFFORTS[approach],) if approach in EFFORTS else ()
    return Line(
        PEOPLE_LINE,
        PEOPLE_TITLE,
        "once",
        (approach,),
        ("person_months", *further, *PERSON),
        lambda v: compute_person_months(approach, v) * _price_person(v),
    )


API_FIGURES = (VOLUME, "input_tokens", "output_tokens", "api_input_price", "api_output_price")
LINES = (
    *map(_make_people_line, ALL),
    Line(
        "training",
        Text("devices for training", "训练算力"),
        "once",
        TUNED,
        ("training_hours", "experiments", *DEVICE),
        lambda v: v["training_hours"] * v["experiments"] * _price_device_hour(v),
    ),
    Line(
        "labels",
        LABELS_TITLE,
        "once",
        LEARNED,
        ("labels", "label_price", "label_overhead"),
        lambda v: v["labels"] * v["label_price"] * (1 + v["label_overhead"]),
        benefits=("contacts",),
    ),
    Line(
        "labels",
        LABELS_TITLE,
        "once",
        LEARNED,
        ("labels", "expert_price", "label_overhead"),
        lambda v: v["labels"] * v["expert_price"] * (1 + v["label_overhead"]),
        benefits=("hours",),
    ),
    Line(
        "evaluation",
        Text("evaluation set", "评估集"),
        "once",
        ALL,
        ("evaluation_labels", "expert_price"),
        lambda v: v["evaluation_labels"] * v["expert_price"],
        benefits=("contacts", "hours"),
    ),
    Line(
        "setup",
        Text("other one-off cost", "其他一次性成本"),
        "once",
        ALL,
        ("setup_cost",),
        lambda v: v["setup_cost"],
    ),
    Line(
        "serving",
        SERVING_TITLE,
        "month",
        TUNED,
        SERVING_FIGURES,
        _price_serving,
    ),
    Line(
        "serving",
        SERVING_TITLE,
        "month",
        BY_API,
        SERVING_FIGURES,
        _price_serving,
        own_machines=True,
    ),
    Line(
        "operations",
        Text("people who run it", "运维人力"),
        "month",
        ALL,
        ("operations_staff", *PERSON),
        lambda v: v["operations_staff"] * _price_person(v),
    ),
    Line(
        "retraining",
        Text("devices for retraining", "再训练算力"),
        "month",
        TUNED,
        ("retrainings_per_year", "training_hours", *DEVICE),
        lambda v: (
            v["retrainings_per_year"] / MONTHS_A_YEAR * v["training_hours"] * _price_device_hour(v)
        ),
    ),
    Line(
        "other",
        Text("other cost a month", "其他每月成本"),
        "month",
        ALL,
        ("other_monthly_cost",),
        lambda v: v["other_monthly_cost"],
    ),
    Line(
        "review",
        Text("review by people", "人工复核"),
        "use",
        ALL,
        (VOLUME, "review_share", "review_minutes", "agent_wage", "salary_loading"),
        lambda v: (
            v[VOLUME]
            * v["review_share"]
            * v["review_minutes"]
            / MINUTES_AN_HOUR
            * v["agent_wage"]
            * v["salary_loading"]
        ),
        benefits=("contacts",),
    ),
    Line(
        "api",
        API_TITLE,
        "use",
        ("prompt",),
        API_FIGURES,
        lambda v: v[VOLUME] * _price_request(v),
        own_machines=False,
    ),
    Line(
        "api",
        API_TITLE,
        "use",
        ("rag",),
        (*API_FIGURES, "retrieved_tokens"),
        lambda v: v[VOLUME] * _price_request(v, v["retrieved_tokens"]),
        own_machines=False,
    ),
)
# of the benefit of a month at full use
BENEFIT_FIGURES: Mapping[BenefitKind, tuple[str, ...]] = {
    "contacts": (
        VOLUME,
        CONTAINED,
        CONTACT_COST,
        "realisable_share",
        "error_share",
        "requests_per_error",
    ),
    "hours": (VOLUME, "handling_minutes", "saved_share", "expert_wage", "realisable_share"),
    "losses": (VOLUME, "bad_share", "avoided_share", "loss_per_case", "lost_margin"),
}
TIMING_FIGURES = ("horizon_months", "build_months", "adoption_months", "discount_rate")


def compute_benefit(benefit: BenefitKind, v: Values) -> float:
    """Return the benefit of a month at full use."""
    if benefit == "contacts":
        saved = v["realisable_share"] - v["error_share"] * v["requests_per_error"]
        return v[VOLUME] * v[CONTAINED] * v[CONTACT_COST] * saved
    if benefit == "hours":
        hours = v[VOLUME] * v["handling_minutes"] / MINUTES_AN_HOUR * v["saved_share"]
        return hours * v["expert_wage"] * v["realisable_share"]
    avoided = v["bad_share"] * v["avoided_share"] * v["loss_per_case"]
    return v[VOLUME] * (avoided - v["lost_margin"])


def select_costs(
    approach: Approach, benefit: BenefitKind, *, own_machines: bool = False
) -> ApproachCosts:
    """Return what an approach costs: calls of an API, or devices where all must run on one's own.

    A model that is trained runs on devices in either case.
    """
    lines = (
        line
        for line in LINES
        if approach in line.approaches
        and benefit in line.benefits
        and line.own_machines in (None, own_machines)
    )
    return ApproachCosts(approach, benefit, tuple(lines))


def compute_line(line: Line, figures: Mapping[str, Spread]) -> Spread:
    """Return a line with all of its figures low, base and high: a cost grows with each of them."""
    return compute_spread(line.compute, line.figures, figures)


def compute_spread(
    compute: Callable[[Values], float], names: tuple[str, ...], figures: Mapping[str, Spread]
) -> Spread:
    """Return what follows from the low, the base and the high values of some figures."""
    low = compute({name: figures[name].low for name in names})
    base = compute({name: figures[name].base for name in names})
    high = compute({name: figures[name].high for name in names})
    return Spread(low, base, high)
