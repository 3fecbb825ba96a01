"""Results told apart by fields that no model saw: data.slices of run.yaml."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .answers import Answers
from .config import Config
from .keys import NO_FACT, is_missing
from .messages import fill
from .metrics import DECISIVE, measure
from .quantities import QUANTITY_SHARE, read_column
from .report import with_interval
from .row_files import read_lines
from .splits import PROCESSED
from .stats import Metric

FEWEST_ROWS = 10  # of a slice: fewer say nothing, and may point at a person
MOST_VALUES = 8  # of a field; numbers with more are told apart at their median


@dataclass
class Slices:
    """What was measured in slices, and the rows of those in which nothing was."""

    measured: dict[str, dict[str, Metric]] = field(default_factory=dict)
    one_sided: dict[str, dict[str, int]] = field(default_factory=dict)  # the metric is not defined
    too_small: dict[str, int] = field(default_factory=dict)  # of a field, all such slices together


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
    found = Slices()
    for name, column in values.items():
        named = in_few(column)
        for value, many in sorted(Counter(named).items()):
            if many < FEWEST_ROWS:
                found.too_small[name] = found.too_small.get(name, 0) + many
                continue
            rows = [row for row, each in enumerate(named) if each == value]
            metrics = measure(
                [gold[row] for row in rows], answers.only(rows), config.task, config.run.seed
            )
            if DECISIVE[0] in metrics:
                found.measured.setdefault(name, {})[value] = metrics[DECISIVE[0]]
            else:
                found.one_sided.setdefault(name, {})[value] = many
    return found


def in_few(column: Sequence[str]) -> list[str]:
    """The values themselves where they are few; many numbers as the halves around their median."""
    said = ["" if is_missing(value, NO_FACT) else value for value in column]
    found = read_column(said)
    numeric = sum(map(bool, found)) >= QUANTITY_SHARE * sum(map(bool, said))
    if len({*said}) <= MOST_VALUES or not numeric:
        return [value or "-" for value in said]
    numbers = [quantity.value if quantity else None for quantity in found]
    middle = statistics.median(number for number in numbers if number is not None)
    halves = {True: f"<= {middle:g}", False: f"> {middle:g}"}
    return ["-" if number is None else halves[number <= middle] for number in numbers]


def slice_lines(slices: Slices) -> list[str]:
    """The slices for people."""
    lines = [
        fill(
            "  {field} {value}: {metric} {figure}, {rows} rows",
            field=name,
            value=value,
            metric=DECISIVE[0],
            figure=with_interval(metric),
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
            metric=DECISIVE[0],
            rows=rows,
        )
        for name, of in slices.one_sided.items()
        for value, rows in of.items()
    ]
    return lines + [
        fill(
            "  {field}: {rows} rows in slices of fewer than {least}, which are not measured",
            field=name,
            rows=rows,
            least=FEWEST_ROWS,
        )
        for name, rows in slices.too_small.items()
    ]
