"""The comparison as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from wcwidth import clip, ljust, width

from .. import baseline
from ..data.splits import PROCESSED_DIR
from ..metrics import LEGEND, PRIMARY_METRICS
from ..runtime.messages import fill
from ..runtime.output import say
from ..runtime.text_layout import wrap
from .comparison import BETTER, NO_EVIDENCE, WORSE, EvaluationResult
from .label_metrics import (
    INDENT,
    MAX_SHOWN_LABELS,
    LabelMetrics,
    format_confusion_matrix,
    format_coverage,
    format_label_table,
)
from .predictions import RANKED_PREFIX, Predictions
from .slices import SliceResults, format_slices
from .statistics import format_metric

MAX_SHOWN_MISTAKES = 5
MAX_EXCERPT_WIDTH = 70  # cells of an input
EXCERPT_GAP = " ... "
NAME_WIDTH = 29  # cells of a metric's name
VALUE_WIDTH = 17  # cells of a value with its interval
VERDICT_TEXTS = {BETTER: fill("better"), WORSE: fill("worse"), NO_EVIDENCE: fill("no evidence")}
# what metrics.py does not measure itself
READABLE_LEGEND = fill("readable: share of the outputs that consist of labels of the list")
RANKED_LEGEND = fill(
    "ranked: the candidate with the highest probability, whatever the model generates"
)
MODEL_TITLES = {
    "base": fill("base model"),
    "tuned": fill("tuned"),
    "baseline": fill("baseline"),
}


def print_result(
    result: EvaluationResult,
    slices: SliceResults,
    base: Predictions,
    tuned: Predictions,
    mistakes: Sequence[str],
) -> None:
    """Print the comparison, the labels and the mistakes of the tuned model."""
    say(
        "\n".join(
            [
                "",
                format_comparison(result),
                "",
                wrap(result.conclusion),
                *format_unreadable_example(base),
            ]
        )
    )
    if len({*tuned.parsed}) == 1:
        same = fill("no label") if tuned.parsed[0] is None else repr(tuned.parsed[0])
        say(
            "the tuned model predicts {same} for every row: it has not learned to "
            "distinguish the labels",
            same=same,
        )
        say("more training steps may help: see training.epochs")
    say("\n".join(format_label_report(result.by_label["tuned"])))
    if lines := format_slices(slices):
        title = fill("results of the tuned model by data.slice_fields:")
        say("\n".join(["", title, *lines]))
    if mistakes:
        say(
            "\n{shown:,} of {all:,} wrong predictions, with the line in {path}:",
            shown=min(MAX_SHOWN_MISTAKES, len(mistakes)),
            all=len(mistakes),
            path=PROCESSED_DIR / "test.jsonl",
        )
        say("\n".join(mistakes[:MAX_SHOWN_MISTAKES]))


def format_label_report(metrics: LabelMetrics) -> list[str]:
    """The labels with the lowest F1 of the tuned model, and their confusion matrix."""
    worst = metrics.worst_first()
    lines = [
        "",
        fill(
            "tuned model by label, lowest F1 first ({shown} of {all}):",
            shown=min(MAX_SHOWN_LABELS, len(worst)),
            all=len(worst),
        ),
        *(f"{INDENT}{line}" for line in format_label_table(metrics)),
    ]
    if np.trace(metrics.confusion) < metrics.confusion.sum():
        lines += [
            "",
            fill("confusion matrix: rows are targets, columns are predictions, ? is no label"),
            *(f"{INDENT}{line}" for line in format_confusion_matrix(metrics)),
        ]
    return lines


def format_mistakes(
    rows: Sequence[int], questions: Sequence[str], gold: Sequence[str], tuned: Predictions
) -> list[str]:
    """The wrong predictions of the tuned model, two lines each, unreadable ones first."""
    columns = zip(rows, questions, gold, tuned.raw or (), tuned.parsed, strict=True)
    wrong = sorted((row for row in columns if row[4] != row[2]), key=lambda row: row[4] is not None)
    return [
        f"{row + 1:>5}  {make_excerpt(question)!r}\n"
        + wrap(
            fill(
                "       predicted {written}, target {label}",
                written=repr(written),
                label=repr(label),
            ),
            indent=" " * 7,
        )
        for row, question, label, written, _ in wrong
    ]


def format_unreadable_example(base: Predictions) -> Sequence[str]:
    """A line with an example, if most predictions of the base model name no label."""
    lost = [text for text, read in zip(base.raw or (), base.parsed, strict=True) if read is None]
    if len(lost) <= len(base.parsed) / 2:
        return ()
    example = repr(make_excerpt(lost[0]))
    return [
        fill(
            "most outputs of the base model are none of the labels, such as {example}",
            example=example,
        )
    ]


def make_excerpt(text: str) -> str:
    """The text on one line; a long one loses its middle, as its end may hold the question."""
    line = " | ".join(part.strip() for part in text.splitlines() if part.strip())
    if width(line) <= MAX_EXCERPT_WIDTH:
        return line
    half = (MAX_EXCERPT_WIDTH - len(EXCERPT_GAP)) // 2
    return f"{clip(line, 0, half).rstrip()}{EXCERPT_GAP}{clip(line[::-1], 0, half)[::-1].lstrip()}"


def format_comparison(result: EvaluationResult) -> str:
    """The metrics of base, tuned and baseline in 80 columns, then the paired tests."""
    # also one not defined here
    names = list(dict.fromkeys([*result.metrics["tuned"], *PRIMARY_METRICS]))
    lines = [_format_line("", MODEL_TITLES.values())]
    for way, ranked in ((fill("generated"), False), (fill("ranked"), True)):
        among = [name for name in names if name.startswith(RANKED_PREFIX) == ranked]
        lines += [way] if among and ranked else []
        for name in among:
            cells = [format_metric(result.metrics[column].get(name)) for column in MODEL_TITLES]
            lines.append(_format_line(f"  {name.removeprefix(RANKED_PREFIX)}", cells))
    lines += [
        "",
        READABLE_LEGEND,
        LEGEND,
        *([RANKED_LEGEND] if any(name.startswith(RANKED_PREFIX) for name in names) else []),
        fill("baseline: {title}", title=baseline.TITLE),
        fill("after each value: its 95 % confidence interval, assuming independent rows"),
        *format_coverage(result.by_label["tuned"]),
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
                f"p {_format_p_value(each.p)}  {VERDICT_TEXTS[each.verdict]}"
            )
    return "\n".join(lines)


def _format_line(name: str, cells: Iterable[str]) -> str:
    padded = (ljust(cell, VALUE_WIDTH) for cell in cells)
    return f"{ljust(name, NAME_WIDTH)}{''.join(padded)}".rstrip()


def _format_p_value(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
