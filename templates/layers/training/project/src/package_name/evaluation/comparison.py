"""The result of an evaluation: metrics, paired tests and a conclusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import Config
from ..metrics import PRIMARY_METRICS, compare_predictions, compute_metrics, score_rows
from ..runtime.messages import fill
from .label_metrics import LabelMetrics, compute_label_metrics, label_metrics_to_dicts
from .predictions import Predictions
from .statistics import Comparison, Metric, proportion

MODELS = ("base", "tuned", "baseline")  # that are compared
BETTER, WORSE, NO_EVIDENCE = "better", "worse", "no evidence"  # verdicts
# by the verdicts on generation and on ranking, of the tuned model against the base model
CHANGE_TEXTS = {
    (BETTER, BETTER): fill("Fine-tuning is better than prompting"),
    (BETTER, NO_EVIDENCE): fill(
        "Fine-tuning improves generation; there is no evidence that it improves ranking"
    ),
    (BETTER, WORSE): fill("Fine-tuning improves generation but makes ranking worse"),
    (NO_EVIDENCE, BETTER): fill(
        "Fine-tuning improves ranking; there is no evidence that it improves generation"
    ),
    (NO_EVIDENCE, NO_EVIDENCE): fill(
        "There is no evidence that fine-tuning is better than prompting"
    ),
    (NO_EVIDENCE, WORSE): fill(
        "Fine-tuning makes ranking worse; there is no evidence that it improves generation"
    ),
    (WORSE, BETTER): fill("Fine-tuning improves ranking but makes generation worse"),
    (WORSE, NO_EVIDENCE): fill(
        "Fine-tuning makes generation worse; there is no evidence that it improves ranking"
    ),
    (WORSE, WORSE): fill("Fine-tuning is worse than prompting"),
}
# by the models that none of the three beats
CONCLUSION_TEXTS = {
    ("base",): fill("the base model is the best of the three: use it"),
    ("tuned",): fill("the tuned model is the best of the three: use it"),
    ("baseline",): fill("the classical baseline is the best of the three: use it"),
    ("base", "tuned"): fill(
        "the classical baseline is worse than both: use the tuned model where it is better, "
        "otherwise the base model"
    ),
    ("base", "baseline"): fill(
        "there is no evidence that the classical baseline is worse than prompting, and it costs "
        "almost nothing: use it"
    ),
    ("tuned", "baseline"): fill(
        "there is no evidence that the classical baseline is worse, and it costs almost nothing: "
        "fine-tune only if it does not suffice, or if there are few rows"
    ),
    ("base", "tuned", "baseline"): fill(
        "there is no evidence that the classical baseline is worse, and it costs almost "
        "nothing: use it"
    ),
}


@dataclass(frozen=True)
class EvaluationResult:
    """The metrics, tests and label figures of predictions for the same rows."""

    metrics: Mapping[str, dict[str, Metric]]  # by model
    against_base: dict[str, Comparison]
    against_baseline: dict[str, Comparison]
    base_against_baseline: dict[str, Comparison]
    by_label: Mapping[str, LabelMetrics]  # by model, of the generated text

    @property
    def conclusion(self) -> str:
        """One sentence: what tuning changed, and which of the three to use."""
        if missing := [name for name in PRIMARY_METRICS if name not in self.against_base]:
            return fill(
                "{metric} is not defined on these test rows, so there is no conclusion.",
                metric=missing[0],
            )
        written, ranked = get_verdicts(self.against_base)
        # three tests may contradict each other in a circle: then no model is best
        best = tuple(name for name in MODELS if name not in self._beaten()) or tuple(MODELS)
        return fill(
            "{change}; {advice}.",
            change=CHANGE_TEXTS[written, ranked],
            advice=CONCLUSION_TEXTS[best],
        )

    def _beaten(self) -> set[str]:
        """The models that another model beats."""
        beaten = set()
        over_base = get_verdicts(self.against_base)
        if set(over_base) == {BETTER}:
            beaten.add("base")
        elif WORSE in over_base and BETTER not in over_base:
            beaten.add("tuned")
        for name, tests in (("tuned", self.against_baseline), ("base", self.base_against_baseline)):
            verdicts = get_verdicts(tests)
            if BETTER in verdicts:  # the better one of generation and ranking counts
                beaten.add("baseline")
            elif set(verdicts) == {WORSE}:
                beaten.add(name)
        return beaten


def compare_models(
    config: Config,
    gold: Sequence[str],
    base: Predictions,
    tuned: Predictions,
    classical: Predictions,
) -> EvaluationResult:
    """Metrics with intervals, and the paired tests of each pair of models."""
    task, seed = config.task, config.run.seed

    def compute_model_metrics(answers: Predictions) -> dict[str, Metric]:
        readable = proportion(np.array([given is not None for given in answers.parsed]))
        return {"readable": readable, **compute_metrics(gold, answers, task, seed)}

    return EvaluationResult(
        metrics={
            "base": compute_model_metrics(base),
            "tuned": compute_model_metrics(tuned),
            "baseline": compute_metrics(gold, classical, task, seed),
        },
        against_base=compare_predictions(gold, tuned, base, task, against="base", seed=seed),
        against_baseline=compare_predictions(
            gold, tuned, classical, task, against="baseline", seed=seed
        ),
        base_against_baseline=compare_predictions(
            gold, base, classical, task, against="baseline", seed=seed
        ),
        by_label={
            name: compute_label_metrics(gold, answers.parsed, task)
            for name, answers in (("base", base), ("tuned", tuned), ("baseline", classical))
        },
    )


def list_predictions_by_row(
    config: Config,
    rows: Sequence[int],
    gold: Sequence[str],
    base: Predictions,
    tuned: Predictions,
    classical: Predictions,
) -> list[dict[str, object]]:
    """Every prediction with its score, to compare runs and to choose thresholds."""
    columns: dict[str, Sequence[object]] = {"test_row": rows, "gold": gold}
    for name, answers in (("base", base), ("tuned", tuned), ("baseline", classical)):
        columns[name] = answers.parsed if answers.raw is None else answers.raw
        if answers.raw is not None:
            columns[f"{name}_ranked"] = answers.ranked
        if (of_rows := score_rows(answers, config.task)) is not None:
            columns[f"{name}_score"] = of_rows.tolist()
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def summarize_result(result: EvaluationResult) -> dict[str, Any]:
    """The figures, the tests and the conclusion, for evaluation.json."""
    return {
        **to_dicts(result.metrics),
        "comparison": to_dicts(result.against_base),
        "comparison_with_baseline": to_dicts(result.against_baseline),
        "comparison_of_base_with_baseline": to_dicts(result.base_against_baseline),
        "conclusion": result.conclusion,
        "by_label": {name: label_metrics_to_dicts(each) for name, each in result.by_label.items()},
        "labels_without_test_rows": result.by_label["tuned"].list_labels_without_rows(),
        "confusion_matrix": {
            # a row per target, a column per predicted label, and a last column for no label
            "labels": list(result.by_label["tuned"].labels),
            **{name: each.confusion.tolist() for name, each in result.by_label.items()},
        },
    }


def get_verdicts(tests: Mapping[str, Comparison]) -> tuple[str, str]:
    """The verdicts on generation and on ranking, equal if one metric decides on both."""
    verdicts = [tests[name].verdict for name in PRIMARY_METRICS]
    return verdicts[0], verdicts[-1]


def to_dicts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics and comparisons with their names, for JSON."""
    return {
        name: to_dicts(value) if isinstance(value, Mapping) else value._asdict()
        for name, value in values.items()
    }
