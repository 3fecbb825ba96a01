"""Results by the values of fields that no model sees: data.slice_fields of run.yaml."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..config import Config
from ..data.jsonl import read_jsonl
from ..data.normalize import MISSING_VALUE_PATTERN, is_missing
from ..data.splits import PROCESSED_DIR
from ..metrics import PRIMARY_METRICS, compute_metrics
from ..runtime.messages import fill
from .predictions import Predictions
from .statistics import Metric, format_metric

MIN_SLICE_ROWS = 10  # fewer show nothing, and may identify a person
MIN_NUMBER_SHARE = 0.9  # of the values of a numeric field
NUMBER_PATTERN = re.compile(r"\s*([-+]?\d[\d,]*(?:\.\d+)?)\s*([^\d\s]*)\s*")  # and its unit
MAX_SLICE_VALUES = 8  # of a field; a numeric field with more is split at its median


@dataclass
class SliceResults:
    """The metrics by field and value, and the number of rows that were not measured."""

    measured: dict[str, dict[str, Metric]] = field(default_factory=dict)
    # with one label only: the metric is undefined
    single_label: dict[str, dict[str, int]] = field(default_factory=dict)
    # by field, in all such slices together
    rows_in_small_slices: dict[str, int] = field(default_factory=dict)


def read_slice_values(config: Config) -> dict[str, list[str]]:
    """The values of each slice field, in the order of the test rows."""
    if not config.data.slice_fields:
        return {}
    kept = {
        (line["file"], line["row"]): line["slices"]
        for line in read_jsonl(PROCESSED_DIR / "slices.jsonl")
    }
    rows = [kept[line["file"], line["row"]] for line in read_jsonl(PROCESSED_DIR / "test.jsonl")]
    return {name: [row[name].strip() for row in rows] for name in config.data.slice_fields}


def measure_slices(
    gold: Sequence[str], answers: Predictions, values: Mapping[str, Sequence[str]], config: Config
) -> SliceResults:
    """The primary metric of the tuned model in every slice with enough rows."""
    found = SliceResults()
    for name, column in values.items():
        named = bucket_values(column)
        for value, many in sorted(Counter(named).items()):
            if many < MIN_SLICE_ROWS:
                found.rows_in_small_slices[name] = found.rows_in_small_slices.get(name, 0) + many
                continue
            rows = [row for row, each in enumerate(named) if each == value]
            metrics = compute_metrics(
                [gold[row] for row in rows], answers.subset(rows), config.task, config.run.seed
            )
            if PRIMARY_METRICS[0] in metrics:
                found.measured.setdefault(name, {})[value] = metrics[PRIMARY_METRICS[0]]
            else:
                found.single_label.setdefault(name, {})[value] = many
    return found


def bucket_values(column: Sequence[str]) -> list[str]:
    """The values themselves if they are few; many numbers as the halves around their median.

    Numbers in several units have no common order and stay as they are.
    """
    values = ["" if is_missing(value, MISSING_VALUE_PATTERN) else value for value in column]
    found = [NUMBER_PATTERN.fullmatch(value) for value in values]
    units = {match[2] for match in found if match}
    is_numeric = sum(map(bool, found)) >= MIN_NUMBER_SHARE * sum(map(bool, values))
    if len({*values}) <= MAX_SLICE_VALUES or not is_numeric or len(units) != 1:
        return [value or "-" for value in values]
    numbers = [float(match[1].replace(",", "")) if match else None for match in found]
    median = statistics.median(number for number in numbers if number is not None)
    halves = {True: f"<= {median:g}", False: f"> {median:g}"}
    return ["-" if number is None else halves[number <= median] for number in numbers]


def format_slices(slices: SliceResults) -> list[str]:
    """The slices as lines of text."""
    lines = [
        fill(
            "  {field} {value}: {metric} {figure}, {rows} rows",
            field=name,
            value=value,
            metric=PRIMARY_METRICS[0],
            figure=format_metric(metric),
            rows=metric.n,
        )
        for name, of in slices.measured.items()
        for value, metric in of.items()
    ]
    lines += [
        fill(
            "  {field} {value}: {metric} n/a, {rows} rows",
            field=name,
            value=value,
            metric=PRIMARY_METRICS[0],
            rows=rows,
        )
        for name, of in slices.single_label.items()
        for value, rows in of.items()
    ]
    return lines + [
        fill(
            "  {field}: {rows} rows are in slices of fewer than {least} rows, for which "
            "there is no metric",
            field=name,
            rows=rows,
            least=MIN_SLICE_ROWS,
        )
        for name, rows in slices.rows_in_small_slices.items()
    ]
