"""The rollout of a project: phases with gates, roles, hypotheses, risks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from newft.schema.reasoned import Reasoned
from newft.text import Text

Duty = Literal["responsible", "approves", "consulted"]


@dataclass(frozen=True)
class Role:
    """Who does what; whoever builds never approves."""

    title: Text
    duties: Text
    builds: bool


@dataclass(frozen=True)
class Phase:
    """A part of the rollout that ends at gates which can be measured."""

    title: Text
    goal: Text
    months: tuple[float, float]
    gates: tuple[Text, ...]
    artefacts: tuple[Text, ...]
    staff: Mapping[str, tuple[float, float]]  # role -> full-time equivalents, lowest and highest
    duties: Mapping[str, Duty]  # role -> duty at the gates
    source: str | Text


@dataclass(frozen=True)
class Hypothesis:
    """What the project claims, as a figure that the test rows or the pilot can refute."""

    id: str
    claim: Text
    metric: str | None  # of evaluation.json; None: measured in the pilot
    baseline: Reasoned[float] | None  # a share; None: measured first
    target: Reasoned[float] | None
    sample_size: Reasoned[int] | None  # rows needed to tell them apart


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


@dataclass(frozen=True)
class Rollout:
    """Everything of PLAN.md that is neither advice nor money."""

    phases: tuple[Phase, ...]
    roles: Mapping[str, Role]
    hypotheses: tuple[Hypothesis, ...]
    compliance: tuple[DatedRule, ...]
    risks: tuple[Risk, ...]
    triggers: tuple[Risk, ...]  # of retraining, monitored
    kill_switch: Text
    as_of: str | None  # the newest date of the user's data or of the rules cited
