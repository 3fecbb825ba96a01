"""The classical baseline is measured on the test rows, and its figures are kept."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

import pytest

from package_name import baseline, evaluate
from package_name.config import Config
from package_name.data.jsonl import read_jsonl
from package_name.data.splits import PROCESSED_DIR
from package_name.metrics import PRIMARY_METRICS, compute_metrics
from package_name.prompts import get_target
from package_name.runtime.errors import ProjectError


def test_the_figures_are_those_of_the_predictions(
    formatted: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate.main(formatted, Namespace())
    path = Path("runs") / formatted.run.name / "evaluation.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    rows = [line["messages"] for line in read_jsonl(PROCESSED_DIR / "test.jsonl")]
    assert [row["gold"] for row in kept["predictions"]] == [get_target(row) for row in rows]
    texts, labels = evaluate.read_texts_and_labels("train", formatted.task)
    questions, gold = evaluate.read_texts_and_labels("test", formatted.task)
    predicted = baseline.fit_predict(texts, labels, questions, formatted.task)
    metrics = compute_metrics(gold, predicted, formatted.task, formatted.run.seed)
    assert kept["rows"] == len(rows)
    assert kept["baseline"] == {name: each._asdict() for name, each in metrics.items()}
    said = capsys.readouterr().out
    assert PRIMARY_METRICS[0] in said and str(baseline.TITLE) in said


def test_rows_of_other_settings_are_not_measured(formatted: Config) -> None:
    data = formatted.data.model_copy(update={"test_fraction": 0.3})
    with pytest.raises(ProjectError, match=r"data\.test_fraction"):
        evaluate.main(formatted.model_copy(update={"data": data}), Namespace())
