"""Advice: which approach suits a team, by factors whose weights and sources are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from newft.schema.reasoned import Reasoned
from newft.text import Text

# in the order of effort, which decides between equal scores
Approach = Literal["prompt", "classical", "rag", "finetune", "hybrid"]
PLANNED: Approach = "finetune"  # what a project does, and what its budget is of
TUNED: tuple[Approach, ...] = ("finetune", "hybrid")  # those that train a language model
RETRIEVING: tuple[Approach, ...] = ("rag", "hybrid")  # those that search documents
# `first`: what to begin with while nothing is known that tells the approaches apart
Standing = Literal["recommended", "first", "runner_up", "ruled_out", "other"]
FactorType = Literal["choice", "yes_no", "count", "share"]
FactorValue = str | int | float | bool
# by the id of the factor; one that is missing is unknown, and counts for nothing
FactorValues = Mapping[str, Reasoned[FactorValue]]


@dataclass(frozen=True)
class Factor:
    """One fact about a team, its task or its data that an approach depends on."""

    title: Text
    question: Text  # as the conversation asks it
    type: FactorType
    choices: Mapping[str, Text] = field(default_factory=dict)  # of `choice`: value -> title
    unit: Text | None = None  # of `count`
    help: Text | None = None
    defines_task: bool = False  # it is part of what the task is, and nothing that a team changes


@dataclass(frozen=True)
class FactorCondition:
    """What a factor has to be for a rule to hold; all that is stated has to hold."""

    values: tuple[str, ...] = ()  # `yes` and `no` for a factor of that type
    minimum: float | None = None  # inclusive
    below: float | None = None  # exclusive
    at_least_factor: str | None = None  # the value is that of another factor, or more


@dataclass(frozen=True)
class AdviceRule:
    """Points that approaches get where all conditions hold, with the reason and its source."""

    when: Mapping[str, FactorCondition]
    points: Mapping[Approach, int]
    why: Text
    source: str | Text


@dataclass(frozen=True)
class VetoRule:
    """What rules an approach out, however many points it has, and what to do first."""

    when: Mapping[str, FactorCondition]
    approaches: tuple[Approach, ...]
    why: Text
    first: Text
    source: str | Text


@dataclass(frozen=True)
class AdviceRules:
    """`templates/advice.yaml`: the factors, the points and the vetoes, each by id."""

    approaches: Mapping[Approach, Text]  # titles
    factors: Mapping[str, Factor]
    rules: Mapping[str, AdviceRule]
    vetoes: Mapping[str, VetoRule]


@dataclass(frozen=True)
class Contribution:
    """What one rule adds to the score of one approach."""

    rule: str
    factors: tuple[str, ...]  # that the rule asks for
    value: Text  # theirs, as shown
    approach: Approach
    points: int
    why: Text
    source: Text


@dataclass(frozen=True)
class Veto:
    """An approach that is ruled out, why, and what to do first."""

    rule: str
    approach: Approach
    why: Text
    first: Text
    source: Text


@dataclass(frozen=True)
class Flip:
    """A change of one factor that changes the recommendation."""

    factor: str
    value: Text  # the changed one, as shown: daily; at least 1,000 rows
    recommendation: Approach


@dataclass(frozen=True)
class Advice:
    """The recommended approach, what speaks for it, and what would change it."""

    recommendation: Approach
    runner_up: Approach | None  # None: all others are ruled out
    titles: Mapping[Approach, Text]
    factor_titles: Mapping[str, Text]
    scores: Mapping[Approach, int]
    contributions: tuple[Contribution, ...]
    vetoes: tuple[Veto, ...]
    flips: tuple[Flip, ...]
    known: FactorValues
    unknown: tuple[str, ...]  # factors, those that can change the recommendation first
    # what the first matching rule of the article would say, which depends on the order of its rules
    first_match_rule: Approach
    first_match_why: Text
    why: Text  # the recommendation in one sentence

    @property
    def nothing_known(self) -> bool:
        """Whether no fact tells the approaches apart, so that the least effort is recommended."""
        return not (self.contributions or self.vetoes)

    @property
    def own_machines(self) -> bool:
        """Whether everything must run on machines of the team, so that no API is called."""
        offline = self.known.get("offline")
        return offline is not None and offline.value is True

    def get_standing(self, approach: Approach) -> Standing:
        """Return what the advice says of an approach."""
        if approach == self.recommendation:
            return "first" if self.nothing_known else "recommended"
        if any(veto.approach == approach for veto in self.vetoes):
            return "ruled_out"
        return "runner_up" if approach == self.runner_up and not self.nothing_known else "other"

    def rank_scores(self) -> list[tuple[Approach, int]]:
        """Return the approaches with their points, the best first, the ruled out last."""
        order = [*self.titles]

        def place(approach: Approach) -> tuple[int, int, int]:
            standings = ("recommended", "first", "runner_up", "other", "ruled_out")
            standing = standings.index(self.get_standing(approach))
            return standing, -self.scores[approach], order.index(approach)

        return [(one, self.scores[one]) for one in sorted(self.scores, key=place)]

    def group_contributions(self) -> list[tuple[Contribution, ...]]:
        """Return the contributions of each rule that holds, in the order of the rules."""
        by_rule: dict[str, list[Contribution]] = {}
        for one in self.contributions:
            by_rule.setdefault(one.rule, []).append(one)
        return [tuple(given) for given in by_rule.values()]
