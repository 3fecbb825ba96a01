"""What an evaluation says: measured values, paired tests, a conclusion, the worst answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from . import baselines
from .config import Config
from .metrics import compare_all, encode, measure
from .stats import Comparison, Metric, rate

T = TypeVar("T")
Given = Sequence[str | None]
TITLES = {"base": "base, prompted", "tuned": "tuned", "baseline": baselines.TITLE}


@dataclass(frozen=True)
class Answers:
    """One language model's answers, row by row."""

    written: list[str]  # as it came
    read: list[str | None]  # the label it names; None where it names none
    ranked: list[str]  # the most likely label


@dataclass(frozen=True)
class Result:
    """What the answers to the same rows amount to."""

    metrics: Mapping[str, dict[str, Metric]]  # of base, tuned and baseline
    against_base: dict[str, Comparison]
    against_baseline: dict[str, Comparison]

    @property
    def conclusion(self) -> str:
        """One sentence: whether tuning pays here."""
        wins = [self.against_base[name].verdict for name in ("accuracy", "ranked_accuracy")]
        if wins != ["better", "better"]:
            return "Tuning is not shown to beat prompting here: look at rows, labels and budget."
        match self.against_baseline["accuracy"].verdict:
            case "better":
                return "Tuning pays here: it beats prompting and the classical baseline."
            case "worse":
                return "Tuning beats prompting, but the classical baseline is better: use that."
            case _:
                return (
                    "Tuning beats prompting, but is not shown to beat the classical baseline, "
                    "which costs next to nothing: tune when that falls short, or rows are few."
                )


def judge(
    config: Config, gold: Sequence[str], base: Answers, tuned: Answers, classical: Sequence[str]
) -> Result:
    """Metrics with intervals, and the paired tests of tuned against the other two."""
    right, seed = encode(gold, config.task), config.run.seed

    def measured(given: Given) -> dict[str, Metric]:
        return measure(right, encode(given, config.task), config.task, seed)

    def of_model(answers: Answers) -> dict[str, Metric]:
        readable = rate(np.array([label is not None for label in answers.read]))
        return {
            **measured(answers.read),
            "readable": readable,
            **_ranked(measured(answers.ranked)),
        }

    def compared(ours: Given, theirs: Given, against: str) -> dict[str, Comparison]:
        pair = encode(ours, config.task), encode(theirs, config.task)
        return compare_all(right, *pair, against=against, seed=seed)

    return Result(
        metrics={
            "base": of_model(base),
            "tuned": of_model(tuned),
            "baseline": measured(classical),
        },
        against_base={
            **compared(tuned.read, base.read, "base"),
            **_ranked(compared(tuned.ranked, base.ranked, "base")),
        },
        against_baseline=compared(tuned.read, classical, "baseline"),
    )


def mistakes(
    questions: Sequence[str], gold: Sequence[str], tuned: Answers, base: Answers
) -> list[dict[str, str]]:
    """What the tuned model got wrong, unreadable answers first."""
    columns = zip(questions, gold, tuned.written, tuned.read, base.ranked, strict=True)
    wrong = [row for row in columns if row[3] != row[1]]
    wrong.sort(key=lambda row: row[3] is not None)
    return [
        {"input": question, "gold": label, "tuned": written, "base": other}
        for question, label, written, _, other in wrong
    ]


def table(result: Result) -> str:
    """The result for people: a column each for base, tuned and baseline."""
    names = list(result.metrics["tuned"])
    width = max(map(len, names)) + 2
    lines = [" " * width + "".join(f"{title:<30}" for title in TITLES.values())]
    for name in names:
        cells = (_interval(result.metrics[column].get(name)) for column in TITLES)
        lines.append(f"{name:<{width}}" + "".join(f"{cell:<30}" for cell in cells))
    lines += ["", "tuned against"]
    for name, each in [*result.against_base.items(), *result.against_baseline.items()]:
        lines.append(
            f"  {each.against:<10}{name:<{width}}{each.difference:+.3f} "
            f"[{each.low:+.3f}, {each.high:+.3f}]  p {_probability(each.p)}  {each.verdict}"
        )
    return "\n".join(line.rstrip() for line in lines)


def as_dicts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics and comparisons with their names, for JSON."""
    return {
        name: as_dicts(value) if isinstance(value, Mapping) else value._asdict()
        for name, value in values.items()
    }


def _ranked(values: Mapping[str, T]) -> dict[str, T]:
    return {f"ranked_{name}": value for name, value in values.items()}


def _interval(metric: Metric | None) -> str:
    if metric is None or not metric.n:
        return "-"
    return f"{metric.value:.3f} [{metric.low:.3f}, {metric.high:.3f}]"


def _probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
