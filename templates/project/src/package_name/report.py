"""What an evaluation says: measured values, paired tests, a conclusion, wrong answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import baselines
from .answers import Answers
from .config import Config
from .metrics import DECISIVE, MEANING, compare_all, measure, scores
from .stats import Comparison, Metric, rate

LONGEST_EXCERPT, GAP = 70, " ... "  # characters of an input
RANKED = "ranked_"  # before the names of what ranking gives
TITLES = {"base": "base, prompted", "tuned": "tuned", "baseline": "baseline"}
# how the tuned model writes and ranks, as against the prompted one
CHANGES = {
    ("better", "better"): "Tuning beats prompting",
    ("better", "no evidence"): "Tuned, the model writes better, and is not shown to rank better",
    ("better", "worse"): "Tuned, the model writes better, but ranks worse",
    ("no evidence", "better"): "Tuned, the model ranks better, and is not shown to write better",
    ("no evidence", "no evidence"): "Tuning is not shown to beat prompting",
    ("no evidence", "worse"): "Tuned, the model ranks worse, and is not shown to write better",
    ("worse", "better"): "Tuned, the model ranks better, but writes worse",
    ("worse", "no evidence"): "Tuned, the model writes worse, and is not shown to rank better",
    ("worse", "worse"): "Tuning made answers worse than prompting",
}
CHEAP = "the classical baseline, which costs next to nothing, is not shown to be worse"
# what to use, by what none of the three beats
ADVICE = {
    ("base",): "of the three, prompting is best: use that",
    ("tuned",): "of the three, the tuned model is best: it pays here",
    ("baseline",): "of the three, the classical baseline is best: use that",
    ("base", "tuned"): "the classical baseline is worse: tune for what that does better, or prompt",
    ("base", "baseline"): f"{CHEAP} than prompting: use that",
    ("tuned", "baseline"): f"{CHEAP}: tune when that falls short, or rows are few",
    ("base", "tuned", "baseline"): f"{CHEAP}: use that",
}


@dataclass(frozen=True)
class Result:
    """What the answers to the same rows amount to."""

    metrics: Mapping[str, dict[str, Metric]]  # of base, tuned and baseline
    against_base: dict[str, Comparison]
    against_baseline: dict[str, Comparison]
    base_against_baseline: dict[str, Comparison]

    @property
    def conclusion(self) -> str:
        """One sentence: what tuning changed, and which of the three to use."""
        if missing := [name for name in DECISIVE if name not in self.against_base]:
            return f"{missing[0]} is not defined on these test rows: nothing may be concluded."
        written, ranked = _verdicts(self.against_base)
        # three tests could go round in a circle: then none stands out
        best = tuple(name for name in TITLES if name not in self._beaten()) or tuple(TITLES)
        return f"{CHANGES[written, ranked]}; {ADVICE[best]}."

    def _beaten(self) -> set[str]:
        """Which of the three another beats."""
        beaten = set()
        over_base = _verdicts(self.against_base)
        if set(over_base) == {"better"}:
            beaten.add("base")
        elif "worse" in over_base and "better" not in over_base:
            beaten.add("tuned")
        for name, tests in (("tuned", self.against_baseline), ("base", self.base_against_baseline)):
            verdicts = _verdicts(tests)
            if "better" in verdicts:  # a model is as good as its better way of answering
                beaten.add("baseline")
            elif set(verdicts) == {"worse"}:
                beaten.add(name)
        return beaten


def judge(
    config: Config, gold: Sequence[str], base: Answers, tuned: Answers, classical: Answers
) -> Result:
    """Metrics with intervals, and the paired tests of each against each."""
    task, seed = config.task, config.run.seed

    def of_model(answers: Answers) -> dict[str, Metric]:
        readable = rate(np.array([given is not None for given in answers.read]))
        return {"readable": readable, **measure(gold, answers, task, seed)}

    return Result(
        metrics={
            "base": of_model(base),
            "tuned": of_model(tuned),
            "baseline": measure(gold, classical, task, seed),
        },
        against_base=compare_all(gold, tuned, base, task, against="base", seed=seed),
        against_baseline=compare_all(gold, tuned, classical, task, against="baseline", seed=seed),
        base_against_baseline=compare_all(
            gold, base, classical, task, against="baseline", seed=seed
        ),
    )


def mistakes(
    rows: Sequence[int], questions: Sequence[str], gold: Sequence[str], tuned: Answers
) -> list[str]:
    """Where the tuned model is wrong, two lines each; unreadable answers first."""
    columns = zip(rows, questions, gold, tuned.written or (), tuned.read, strict=True)
    wrong = sorted((row for row in columns if row[4] != row[2]), key=lambda row: row[4] is not None)
    return [
        f"{row + 1:>5}  {excerpt(question)!r}\n       {written!r}, right is {label!r}"
        for row, question, label, written, _ in wrong
    ]


def unread(base: Answers) -> Sequence[str]:
    """A line with an example, where most of what the untuned model wrote names no label."""
    lost = [text for text, read in zip(base.written or (), base.read, strict=True) if read is None]
    if len(lost) <= len(base.read) / 2:
        return ()
    return [f"most of what the base model wrote names no label, such as {excerpt(lost[0])!r}"]


def excerpt(text: str) -> str:
    """A text on one line, without its middle where it is long, for its end may ask something."""
    line = " | ".join(part.strip() for part in text.splitlines() if part.strip())
    half = (LONGEST_EXCERPT - len(GAP)) // 2
    return line if len(line) <= LONGEST_EXCERPT else f"{line[:half]}{GAP}{line[-half:]}"


def by_row(
    config: Config,
    rows: Sequence[int],
    gold: Sequence[str],
    base: Answers,
    tuned: Answers,
    classical: Answers,
) -> list[dict[str, object]]:
    """Every answer with its score, for evaluation.json: to compare runs, and to set thresholds."""
    columns: dict[str, Sequence[object]] = {"test_row": rows, "gold": gold}
    for name, answers in (("base", base), ("tuned", tuned), ("baseline", classical)):
        columns[name] = answers.read if answers.written is None else answers.written
        if answers.written is not None:
            columns[f"{name}_ranked"] = answers.ranked
        if (of_rows := scores(answers, config.task)) is not None:
            columns[f"{name}_score"] = of_rows.tolist()
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def table(result: Result) -> str:
    """The result for people, in 80 columns: base, tuned and baseline, then the paired tests."""
    names = list(dict.fromkeys([*result.metrics["tuned"], *DECISIVE]))  # also one not defined here
    lines = [_line("", TITLES.values())]
    for way, ranked in (("written", False), ("ranked", True)):
        among = [name for name in names if name.startswith(RANKED) == ranked]
        lines += [way] if among and ranked else []
        for name in among:
            cells = [with_interval(result.metrics[column].get(name)) for column in TITLES]
            lines.append(_line(f"  {name.removeprefix(RANKED)}", cells))
    lines += [
        "",
        MEANING,
        f"baseline: {baselines.TITLE}",
        "behind a value stands its 95 % interval, as if each row were independent",
    ]
    for title, tests in (
        ("tuned against base", result.against_base),
        ("tuned against baseline", result.against_baseline),
        ("base against baseline", result.base_against_baseline),
    ):
        lines += ["", title]
        for name, each in tests.items():
            lines.append(
                f"  {name:<26}{each.difference:+.3f} [{each.low:+.3f}, {each.high:+.3f}]  "
                f"p {_probability(each.p)}  {each.verdict}"
            )
    return "\n".join(lines)


def summary_of(result: Result) -> dict[str, Any]:
    """The figures, the tests and the conclusion, for evaluation.json."""
    return {
        **as_dicts(result.metrics),
        "comparison": as_dicts(result.against_base),
        "comparison_with_baseline": as_dicts(result.against_baseline),
        "comparison_of_base_with_baseline": as_dicts(result.base_against_baseline),
        "conclusion": result.conclusion,
    }


def as_dicts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics and comparisons with their names, for JSON."""
    return {
        name: as_dicts(value) if isinstance(value, Mapping) else value._asdict()
        for name, value in values.items()
    }


def _verdicts(tests: Mapping[str, Comparison]) -> tuple[str, str]:
    """What the tests say of writing and of ranking; where one figure decides, of both."""
    verdicts = [tests[name].verdict for name in DECISIVE]
    return verdicts[0], verdicts[-1]


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:<29}{''.join(f'{cell:<17}' for cell in cells)}".rstrip()


def with_interval(metric: Metric | None) -> str:
    """A value for people, with its interval if it has one."""
    if metric is None:
        return "-"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} {metric.low:.2f}-{metric.high:.2f}"


def _probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
