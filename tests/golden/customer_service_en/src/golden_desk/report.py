"""What an evaluation says: measured values, paired tests, a conclusion, wrong answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import baselines
from .answers import Answers
from .config import Config
from .label_metrics import LabelMetrics, coverage_lines, label_dicts, label_metrics
from .messages import fill
from .metrics import DECISIVE, MEANING, compare_all, measure, scores
from .stats import Comparison, Metric, rate
from .tables import beginning, display_width, pad, wrap

LONGEST_EXCERPT, GAP = 70, " ... "  # cells of an input
RANKED = "ranked_"  # before the names of what ranking gives
NAME_WIDTH, VALUE_WIDTH = 29, 17  # cells of a metric's name, and of its value with its interval
TITLES = {"base": fill("base, prompted"), "tuned": fill("tuned"), "baseline": fill("baseline")}
BETTER, WORSE, UNSHOWN = "better", "worse", "no evidence"  # verdicts
VERDICTS = {BETTER: fill("better"), WORSE: fill("worse"), UNSHOWN: fill("no evidence")}
# how the tuned model writes and ranks, as against the prompted one
CHANGES = {
    (BETTER, BETTER): fill("Tuning beats prompting"),
    (BETTER, UNSHOWN): fill("Tuned, the model writes better, and is not shown to rank better"),
    (BETTER, WORSE): fill("Tuned, the model writes better, but ranks worse"),
    (UNSHOWN, BETTER): fill("Tuned, the model ranks better, and is not shown to write better"),
    (UNSHOWN, UNSHOWN): fill("Tuning is not shown to beat prompting"),
    (UNSHOWN, WORSE): fill("Tuned, the model ranks worse, and is not shown to write better"),
    (WORSE, BETTER): fill("Tuned, the model ranks better, but writes worse"),
    (WORSE, UNSHOWN): fill("Tuned, the model writes worse, and is not shown to rank better"),
    (WORSE, WORSE): fill("Tuning made answers worse than prompting"),
}
# what to use, by what none of the three beats
ADVICE = {
    ("base",): fill("of the three, prompting is best: use that"),
    ("tuned",): fill("of the three, the tuned model is best: it pays here"),
    ("baseline",): fill("of the three, the classical baseline is best: use that"),
    ("base", "tuned"): fill(
        "the classical baseline is worse: use the tuned model where it is better, and prompting "
        "elsewhere"
    ),
    ("base", "baseline"): fill(
        "the classical baseline, which costs next to nothing, is not shown to be worse than "
        "prompting: use that"
    ),
    ("tuned", "baseline"): fill(
        "the classical baseline, which costs next to nothing, is not shown to be worse: tune when "
        "that falls short, or rows are few"
    ),
    ("base", "tuned", "baseline"): fill(
        "the classical baseline, which costs next to nothing, is not shown to be worse: use that"
    ),
}


@dataclass(frozen=True)
class Result:
    """What the answers to the same rows amount to."""

    metrics: Mapping[str, dict[str, Metric]]  # of base, tuned and baseline
    against_base: dict[str, Comparison]
    against_baseline: dict[str, Comparison]
    base_against_baseline: dict[str, Comparison]
    by_label: Mapping[str, LabelMetrics]  # of what base, tuned and baseline write

    @property
    def conclusion(self) -> str:
        """One sentence: what tuning changed, and which of the three to use."""
        if missing := [name for name in DECISIVE if name not in self.against_base]:
            return fill(
                "{metric} is not defined on these test rows: nothing may be concluded.",
                metric=missing[0],
            )
        written, ranked = _verdicts(self.against_base)
        # three tests could go round in a circle: then none stands out
        best = tuple(name for name in TITLES if name not in self._beaten()) or tuple(TITLES)
        return fill("{change}; {advice}.", change=CHANGES[written, ranked], advice=ADVICE[best])

    def _beaten(self) -> set[str]:
        """Which of the three another beats."""
        beaten = set()
        over_base = _verdicts(self.against_base)
        if set(over_base) == {BETTER}:
            beaten.add("base")
        elif WORSE in over_base and BETTER not in over_base:
            beaten.add("tuned")
        for name, tests in (("tuned", self.against_baseline), ("base", self.base_against_baseline)):
            verdicts = _verdicts(tests)
            if BETTER in verdicts:  # a model is as good as its better way of answering
                beaten.add("baseline")
            elif set(verdicts) == {WORSE}:
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
        by_label={
            name: label_metrics(gold, answers.read, task)
            for name, answers in (("base", base), ("tuned", tuned), ("baseline", classical))
        },
    )


def mistakes(
    rows: Sequence[int], questions: Sequence[str], gold: Sequence[str], tuned: Answers
) -> list[str]:
    """Where the tuned model is wrong, two lines each; unreadable answers first."""
    columns = zip(rows, questions, gold, tuned.written or (), tuned.read, strict=True)
    wrong = sorted((row for row in columns if row[4] != row[2]), key=lambda row: row[4] is not None)
    return [
        f"{row + 1:>5}  {excerpt(question)!r}\n"
        + wrap(
            fill("       {written}, right is {label}", written=repr(written), label=repr(label)),
            indent=" " * 7,
        )
        for row, question, label, written, _ in wrong
    ]


def unread(base: Answers) -> Sequence[str]:
    """A line with an example, where most of what the untuned model wrote names no label."""
    lost = [text for text, read in zip(base.written or (), base.read, strict=True) if read is None]
    if len(lost) <= len(base.read) / 2:
        return ()
    example = repr(excerpt(lost[0]))
    return [
        fill("most of what the base model wrote names no label, such as {example}", example=example)
    ]


def excerpt(text: str) -> str:
    """A text on one line, without its middle where it is long, for its end may ask something."""
    line = " | ".join(part.strip() for part in text.splitlines() if part.strip())
    if display_width(line) <= LONGEST_EXCERPT:
        return line
    half = (LONGEST_EXCERPT - len(GAP)) // 2
    return f"{beginning(line, half)}{GAP}{beginning(line[::-1], half)[::-1]}"


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
    for way, ranked in ((fill("written"), False), (fill("ranked"), True)):
        among = [name for name in names if name.startswith(RANKED) == ranked]
        lines += [way] if among and ranked else []
        for name in among:
            cells = [with_interval(result.metrics[column].get(name)) for column in TITLES]
            lines.append(_line(f"  {name.removeprefix(RANKED)}", cells))
    lines += [
        "",
        MEANING,
        fill("baseline: {title}", title=baselines.TITLE),
        fill("behind a value stands its 95 % interval, as if each row were independent"),
        *coverage_lines(result.by_label["tuned"]),
    ]
    for title, tests in (
        (fill("tuned against base"), result.against_base),
        (fill("tuned against baseline"), result.against_baseline),
        (fill("base against baseline"), result.base_against_baseline),
    ):
        lines += ["", title]
        for name, each in tests.items():
            lines.append(
                f"  {name:<26}{each.difference:+.3f} [{each.low:+.3f}, {each.high:+.3f}]  "
                f"p {_probability(each.p)}  {VERDICTS[each.verdict]}"
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
        "by_label": {name: label_dicts(each) for name, each in result.by_label.items()},
        "labels_without_test_rows": result.by_label["tuned"].without_rows(),
        "confusion_matrix": {
            # a row for each right label, a column for each given one and, last, for no label
            "labels": list(result.by_label["tuned"].labels),
            **{name: each.confusion.tolist() for name, each in result.by_label.items()},
        },
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
    padded = (pad(cell, VALUE_WIDTH) for cell in cells)
    return f"{pad(name, NAME_WIDTH)}{''.join(padded)}".rstrip()


def with_interval(metric: Metric | None) -> str:
    """A value for people, with its interval if it has one."""
    if metric is None:
        return "-"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} {metric.low:.2f}-{metric.high:.2f}"


def _probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
