"""Measure the classical baseline on the test rows: `make eval`.

It is trained on all training rows. A model that is trained elsewhere has to be better on the same
rows to be worth its cost.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from wcwidth import ljust

from . import baseline
from .config import Config
from .data.jsonl import read_jsonl
from .data.processed_rows import verify_and_hash_rows
from .data.splits import PROCESSED_DIR, Split
from .evaluation.label_metrics import (
    LabelMetrics,
    compute_label_metrics,
    format_confusion_matrix,
    format_coverage,
    format_label_table,
    label_metrics_to_dicts,
)
from .evaluation.slices import format_slices, measure_slices, read_slice_values
from .evaluation.statistics import Metric, format_metric
from .formatting import parse_prediction
from .metrics import LEGEND, compute_metrics, score_rows
from .prompts import get_question, get_target
from .runtime.atomic_files import write_json
from .runtime.main import run_command
from .runtime.messages import fill
from .runtime.output import say
from .task import TaskConfig

RUNS_DIR = Path("runs")
NAME_WIDTH = 29  # cells of a metric's name
HELP = """\
Measure the classical baseline on the test rows: make eval

It is trained on all training rows. A model that is trained elsewhere has to be
better on the same rows to be worth its cost."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Train the baseline, predict the test rows, print and save what they show."""
    digest, task = verify_and_hash_rows(config), config.task
    texts, labels = read_texts_and_labels("train", task)
    questions, gold = read_texts_and_labels("test", task)
    predictions = baseline.fit_predict(texts, labels, questions, task)
    metrics = compute_metrics(gold, predictions, task, config.run.seed)
    by_label = compute_label_metrics(gold, predictions.parsed, task)
    slices = measure_slices(gold, predictions, read_slice_values(config), config)
    say("\n".join(format_metrics(metrics, by_label)))
    if lines := format_slices(slices):
        say("\n".join(["", fill("results by data.slice_fields:"), *lines]))
    columns = {"gold": gold, "baseline": predictions.parsed}
    if (scores := score_rows(predictions, task)) is not None:
        columns["baseline_score"] = scores.tolist()
    path = RUNS_DIR / config.run.name / "evaluation.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    evaluation = {
        "run": config.run.name,
        "data_sha256": digest,
        "rows": len(gold),
        "baseline": to_dicts(metrics),
        "by_label": {"baseline": label_metrics_to_dicts(by_label)},
        "labels_without_test_rows": by_label.list_labels_without_rows(),
        "confusion_matrix": {
            # a row per target, a column per predicted label, and a last column for no label
            "labels": [*by_label.labels],
            "baseline": by_label.confusion.tolist(),
        },
        "baseline_by_slice": {name: to_dicts(of) for name, of in slices.measured.items()},
        "rows_of_slices_without": {
            "both_kinds": slices.single_label,
            "enough_rows": slices.rows_in_small_slices,
        },
        "predictions": [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ],
    }
    write_json(path, evaluation)
    say("details in {path}; next: train as the head of config/llama_factory.yaml says", path=path)


def read_texts_and_labels(split: Split, task: TaskConfig) -> tuple[list[str], list[str]]:
    """The inputs of a split, and its targets as task.labels writes them."""
    rows = [line["messages"] for line in read_jsonl(PROCESSED_DIR / f"{split}.jsonl")]
    targets = [get_target(row) for row in rows]
    return [get_question(row) for row in rows], [
        parse_prediction(target, task) or target for target in targets
    ]


def format_metrics(metrics: dict[str, Metric], by_label: LabelMetrics) -> list[str]:
    """The metrics with their intervals, and the labels with the lowest F1."""
    return [
        fill("baseline: {title}", title=baseline.TITLE),
        *(f"  {ljust(name, NAME_WIDTH)}{format_metric(each)}" for name, each in metrics.items()),
        "",
        LEGEND,
        fill("after each value: its 95 % confidence interval, assuming independent rows"),
        *format_coverage(by_label),
        "",
        fill("labels with the lowest F1, and what they are confused with:"),
        *format_label_table(by_label),
        "",
        fill("confusion matrix: rows are targets, columns are predictions, ? is no label"),
        *format_confusion_matrix(by_label),
    ]


def to_dicts(metrics: dict[str, Metric]) -> dict[str, dict[str, float | None]]:
    """Metrics with their names, for JSON."""
    return {name: metric._asdict() for name, metric in metrics.items()}


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
