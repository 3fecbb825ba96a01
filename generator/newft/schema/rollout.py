"""The rollout of a project: phases with gates, roles, hypotheses, risks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from newft.schema.advice import Approach
from newft.schema.reasoned import Reasoned, Sourced
from newft.text import Text

Duty = Literal["responsible", "approves", "consulted"]
Direction = Literal["at_least", "at_most"]
HypothesisUnit = Literal["share", "score", "seconds", "minutes"]
# the model whose predictions of the same test rows the tuned model has to beat
ComparedModel = Literal["base", "baseline"]
Severity = Literal["must", "should"]
PRIMARY_METRIC = "primary"  # the metric by which a task is judged, as its metrics.py says


@dataclass(frozen=True)
class Role:
    """Who does what; whoever builds never approves."""

    title: Text
    duties: Text
    builds: bool


@dataclass(frozen=True)
class Gate:
    """What must hold at the end of a phase."""

    title: Text
    approaches: tuple[Approach, ...] = ()  # that it holds for; none: every one


@dataclass(frozen=True)
class Phase:
    """A part of the rollout that ends at gates which can be measured."""

    title: Text
    goal: Text
    months: tuple[float, float]
    gates: tuple[Gate, ...]
    artefacts: tuple[Text, ...]
    staff: Mapping[str, tuple[float, float]]  # role -> full-time equivalents, lowest and highest
    duties: Mapping[str, Duty]  # role -> duty at the gates
    source: str | Text


@dataclass(frozen=True)
class HypothesisRule:
    """What is claimed of the projects of some tasks; a claim has a target or a model to beat."""

    claim: Text
    tasks: tuple[str, ...] = ()  # none: every task
    metric: str | None = None  # of evaluation.json, or `primary`; None: measured in the pilot
    against: ComparedModel | None = None
    unit: HypothesisUnit = "share"
    direction: Direction = "at_least"
    today: Sourced[float] | None = None
    target: Sourced[float] | None = None


@dataclass(frozen=True)
class Hypothesis:
    """What the project claims, as a figure that the test rows or the pilot can refute."""

    id: str
    claim: Text
    metric: str | None  # of evaluation.json; None: measured in the pilot
    against: ComparedModel | None
    unit: HypothesisUnit
    direction: Direction
    today: Reasoned[float] | None  # None: measured first
    target: Reasoned[float] | None  # of a comparison: the smallest gain that is worth it
    sample_size: Reasoned[int] | None  # rows needed to decide it


@dataclass(frozen=True)
class Risk:
    """What can go wrong, how it is noticed, and what stops it."""

    title: Text
    signal: Text
    response: Text


@dataclass(frozen=True)
class DatedRule:
    """A legal duty that may concern the domain, as it stood on a date."""

    title: Text
    duty: Text
    as_of: str  # ISO date of the source
    source: str | Text
    jurisdiction: Text
    severity: Severity = "must"
    applies_from: str | None = None  # ISO date; None: in force
    evidence: Text | None = None  # what of the project shows it
    tasks: tuple[str, ...] = ()  # none: every task


@dataclass(frozen=True)
class PairedTest:
    """What the sample size of a comparison of two models on the same rows assumes."""

    difference: Sourced[float]  # the smallest one worth finding, a share of the rows
    discordant: Sourced[float]  # share of the rows that only one of the two predicts


@dataclass(frozen=True)
class RolloutRules:
    """`templates/rollout.yaml`: what holds for the projects of every domain."""

    roles: Mapping[str, Role]
    small_team: Mapping[str, Role]  # the same duties for one or two people
    phases: Mapping[str, Phase]
    hypotheses: Mapping[str, HypothesisRule]
    paired_test: PairedTest
    risks: tuple[Risk, ...]
    triggers: tuple[Risk, ...]  # of retraining, monitored
    kill_switch: Text


@dataclass(frozen=True)
class Rollout:
    """Everything of PLAN.md that is neither advice nor money."""

    phases: tuple[Phase, ...]
    roles: Mapping[str, Role]
    small_team: tuple[Role, ...]
    hypotheses: tuple[Hypothesis, ...]
    compliance: tuple[DatedRule, ...]  # what must be done first
    risks: tuple[Risk, ...]
    triggers: tuple[Risk, ...]
    kill_switch: Text
    test_rows: int  # that the hypotheses can be measured on
    as_of: str | None  # the newest date of the rules cited
