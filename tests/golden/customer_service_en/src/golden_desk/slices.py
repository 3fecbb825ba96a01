"""Results told apart by fields that no model saw: data.slices of run.yaml."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from .answers import Answers
from .config import Config
from .metrics import DECISIVE, measure
from .row_files import read_lines
from .splits import PROCESSED
from .stats import Metric

FEWEST_ROWS = 10  # of a slice: fewer say nothing, and may point at a person
MOST_VALUES = 8  # of a field; numbers with more are told apart at their median

Slices = dict[str, dict[str, Metric]]


def slices_of_test_rows(config: Config) -> dict[str, list[str]]:
    """The value of each slice field for each test row, in the order of the rows."""
    if not config.data.slices:
        return {}
    kept = {
        (line["file"], line["row"]): line["slices"]
        for line in read_lines(PROCESSED / "slices.jsonl")
    }
    rows = [kept[line["file"], line["row"]] for line in read_lines(PROCESSED / "test.jsonl")]
    return {name: [row[name].strip() for row in rows] for name in config.data.slices}


def by_slice(
    gold: Sequence[str], answers: Answers, values: Mapping[str, Sequence[str]], config: Config
) -> Slices:
    """The decisive metric of the tuned model in every slice with enough rows."""
    found: Slices = {}
    for name, column in values.items():
        named = in_few(column)
        for value, many in sorted(Counter(named).items()):
            if many < FEWEST_ROWS:
                continue
            rows = [row for row, each in enumerate(named) if each == value]
            metrics = measure(
                [gold[row] for row in rows], answers.only(rows), config.task, config.run.seed
            )
            found.setdefault(name, {})[value] = metrics[DECISIVE[0]]
    return found


def in_few(column: Sequence[str]) -> list[str]:
    """The values themselves where they are few; many numbers as the halves around their median."""
    if len(set(column)) <= MOST_VALUES:
        return [value or "-" for value in column]
    try:
        numbers = [float(value) if value else None for value in column]
    except ValueError:
        return [value or "-" for value in column]
    middle = statistics.median(number for number in numbers if number is not None)
    halves = {True: f"<= {middle:g}", False: f"> {middle:g}"}
    return ["-" if number is None else halves[number <= middle] for number in numbers]


def slice_lines(slices: Slices) -> list[str]:
    """The slices for people."""
    return [
        f"  {name} {value}: {DECISIVE[0]} {metric.value:.3f} {metric.low:.2f}-{metric.high:.2f}, "
        f"{metric.n} rows"
        for name, of in slices.items()
        for value, metric in of.items()
    ]
