"""What the project claims, and whether the measured figures support it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, ValidationError

from ..data.normalize import escape_controls
from ..metrics import PRIMARY_METRICS
from ..runtime.config_errors import describe_errors
from ..runtime.config_file import describe_fault, read_document
from ..runtime.errors import ProjectError
from ..task_base import ConfigSection, NonEmptyStr, PositiveCount
from .statistics import Metric

HYPOTHESES_FILE = Path("config/hypotheses.yaml")
RESTORE_HINT = "the file as it was generated: tar -xOf .newft/snapshot.tar config/hypotheses.yaml"
PRIMARY_METRIC = "primary"  # in the file: the first of PRIMARY_METRICS
COMPARISONS = {"base": "comparison", "baseline": "comparison_with_baseline"}  # of evaluation.json
Number = Annotated[float, Field(strict=False)]  # 30 is a number too
AssumedBenefit = Literal["same", "less", "more"]
Agreement = Literal["agrees", "contradicts", "no difference"]
Verdict = Literal["supported", "refuted", "too few rows", "not measured"]


class Measurement(ConfigSection):
    """A figure of the pilot, with its 95 % interval and the number of cases."""

    value: Number
    low: Number
    high: Number
    n: PositiveCount


class Hypothesis(ConfigSection):
    """One claim of hypotheses.yaml."""

    claim: NonEmptyStr
    metric: NonEmptyStr | None  # None: measured in the pilot
    against: Literal["base", "baseline"] | None
    unit: Literal["share", "score", "seconds", "minutes"]
    direction: Literal["at_least", "at_most"]
    today: Number | None
    target: Number | None
    rows_needed: PositiveCount | None
    measured: Measurement | None = None  # in the pilot
    # that section 8 of PLAN.md counts for the other model, beside fine-tuning
    assumed_benefit: AssumedBenefit | None = None


class HypothesisResult(NamedTuple):
    """A claim with what was measured, and what follows."""

    hypothesis: Hypothesis
    measured: Metric | None
    verdict: Verdict


def load_hypotheses(path: Path = HYPOTHESES_FILE) -> dict[str, Hypothesis]:
    """The claims of the file; all faults at once, with their places."""
    document = read_document(path)
    faults = [describe_fault(path, fault) for fault in document.faults]
    found = {}
    for name, values in document.value.items():
        try:
            found[name] = Hypothesis.model_validate(values)
        except ValidationError as error:
            places = {
                keys[1:]: f"{path}:{entry.line}"
                for keys, entry in document.entries.items()
                if keys[:1] == (name,)
            }
            details = [dict(detail) for detail in error.errors()]
            faults += describe_errors(details, places, Hypothesis)
    if faults:
        raise ProjectError("\n".join(map(escape_controls, faults)), RESTORE_HINT)
    return found


def judge_hypothesis(hypothesis: Hypothesis, evaluation: Mapping[str, Any]) -> HypothesisResult:
    """Compare a claim with the figures of an evaluation, or of the pilot."""
    measured = _find_measured(hypothesis, evaluation)
    return HypothesisResult(hypothesis, measured, _choose_verdict(hypothesis, measured))


def judge_assumed_benefit(judged: HypothesisResult) -> Agreement | None:
    """Compare the benefit that PLAN.md counts for another model with the paired difference.

    None: nothing is counted, or nothing was measured.
    """
    measured, assumed = judged.measured, judged.hypothesis.assumed_benefit
    if measured is None or assumed is None:
        return None
    sign = 1 if judged.hypothesis.direction == "at_least" else -1
    ends = (measured.value if end is None else end for end in (measured.low, measured.high))
    worst, best = sorted(sign * end for end in ends)  # of the tuned model
    if worst <= 0 <= best:
        return "no difference"
    found = "less" if worst > 0 else "more"
    return "agrees" if found == assumed else "contradicts"


def _find_measured(hypothesis: Hypothesis, evaluation: Mapping[str, Any]) -> Metric | None:
    if hypothesis.metric is None:
        if (pilot := hypothesis.measured) is None:
            return None
        return Metric(pilot.value, pilot.low, pilot.high, pilot.n)
    primary = hypothesis.metric == PRIMARY_METRIC
    name = PRIMARY_METRICS[0] if primary else hypothesis.metric
    if hypothesis.against:
        test = evaluation[COMPARISONS[hypothesis.against]].get(name)
        return test and Metric(test["difference"], test["low"], test["high"], evaluation["rows"])
    metric = evaluation["tuned"].get(name)
    return metric and Metric(metric["value"], metric["low"], metric["high"], metric["n"])


def _choose_verdict(hypothesis: Hypothesis, measured: Metric | None) -> Verdict:
    if measured is None or hypothesis.target is None:
        return "not measured"
    # of a figure that should be low, the negative should be high
    sign = 1 if hypothesis.direction == "at_least" else -1
    low, high = (measured.value if end is None else end for end in (measured.low, measured.high))
    worst, best = sorted((sign * low, sign * high))
    value, target = sign * measured.value, sign * hypothesis.target
    today = 0.0 if hypothesis.against else hypothesis.today
    needed = hypothesis.rows_needed
    if hypothesis.against and worst == best and needed and measured.n < needed:
        return "too few rows"  # no row told the models apart, so nothing is known of the spread
    if best < target:
        return "refuted"
    if today is None:
        return "supported" if worst >= target else "too few rows"
    return "supported" if value >= target and worst > sign * today else "too few rows"
