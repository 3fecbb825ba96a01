"""What the columns of a table are for, where no single one holds the text that is asked."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newft.columns import Column, is_id, is_kept_out
from newft.entries import Task, Text
from newft.keys import NO_FACT, is_missing, normal_label
from newft.mapping import Source
from newft.quantities import mixed_units, read_quantity

SURE = 0.98  # of a label, from one column alone: no honest input says that much
NEARLY_ALL = 0.9  # of the values: the others are marks and slips
FEWEST_SHOWN = 30  # rows in which a value must come back, before it can give a label away

_DATE = re.compile(
    r"(\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))([ T]\d.*)?"
)


@dataclass(frozen=True)
class Uses:
    """What the columns that no field took are for, in the order of the files."""

    inputs: tuple[str, ...]
    protected: tuple[str, ...]
    excluded: tuple[str, ...]
    revealing: tuple[str, ...]  # each of them gives the label away


def uses(sources: Sequence[Source], task: Task, mapping: Mapping[str, Sequence[str]]) -> Uses:
    """How the other columns of the files are used; a task with a text shows none of them."""
    taken = {column for among in mapping.values() for column in among}
    labels = next(mapping[name] for name, field in task.fields.items() if field.role == "label")
    found: dict[str, dict[str, None]] = {"input": {}, "protected": {}, "excluded": {}}
    revealing: dict[str, None] = {}
    for source in sources:
        label = next(name for name in labels if name in source.layout.columns)
        for column in source.columns:
            if column.name in taken:
                continue
            values = [(row[column.name].strip(), normal_label(row[label])) for row in source.first]
            use = _use(column, [value for value, _ in values], task)
            found[use][column.name] = None
            if use == "input" and gives_away(values):
                revealing[column.name] = None
    inputs = tuple(name for name in found["input"] if name not in revealing)
    return Uses(
        inputs=inputs if task.tabular else (),
        protected=tuple(found["protected"]) if task.tabular else (),
        excluded=tuple(found["excluded"]) if task.tabular else (),
        revealing=tuple(revealing),
    )


def _counts(values: Sequence[str]) -> bool:
    """Whether the values are the numbers of the rows."""
    if len(values) < 2 or not all(value.isdecimal() for value in values):
        return False
    return [int(value) - int(values[0]) for value in values] == list(range(len(values)))


def _use(column: Column, values: Sequence[str], task: Task) -> str:
    filled = [value for value in values if not is_missing(value, NO_FACT)]
    for role in ("protected", "excluded"):
        fields = [field for field in task.fields.values() if field.role == role]
        if any(is_kept_out(column.name, field) for field in fields):
            return role
        if any(_nearly_all(filled, map(normal_label, field.typical)) for field in fields):
            return role
    dated = sum(bool(_DATE.fullmatch(value)) for value in filled) >= NEARLY_ALL * len(filled)
    odd = column.name in task.fields or dated  # a field's own name; or nothing in it
    return "excluded" if odd or is_id(column) or _counts(values) else "input"


def _nearly_all(values: Sequence[str], known: Iterable[str]) -> bool:
    """Whether the values, of which there are several, are known ones."""
    among, met = {*known}, Counter(map(normal_label, values))
    return len(among & met.keys()) > 1 and (
        sum(met[value] for value in among) >= NEARLY_ALL * len(values)
    )


def gives_away(values: Sequence[tuple[str, str]]) -> bool:
    """Whether the values of one column name the label of nearly every row by themselves.

    Counted over values that come back, and only where the labels are not one-sided anyway; numbers
    are also tried as a threshold between two labels.
    """
    pairs = [(value, label) for value, label in values if value and label]
    return _named_by_values(pairs) or _named_by_threshold(pairs)


def _named_by_values(pairs: Sequence[tuple[str, str]]) -> bool:
    by_value: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for value, label in pairs:
        by_value[value][label] += 1
    repeated = [counts for counts in by_value.values() if counts.total() > 1]
    shown = sum(counts.total() for counts in repeated)
    if shown < max(FEWEST_SHOWN, len(pairs) / 2):
        return False
    every: Counter[str] = sum(repeated, Counter())
    right = sum(max(counts.values()) for counts in repeated)
    return right / shown >= SURE > max(every.values()) / shown


def _named_by_threshold(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether a number separates two labels: the area under its ROC curve is near 0 or 1."""
    labels = sorted({label for _, label in pairs})
    read = [(read_quantity(value), label) for value, label in pairs]
    known = [(quantity.value, label) for quantity, label in read if quantity]
    if len(labels) != 2 or len(known) < max(FEWEST_SHOWN, len(pairs) / 2):
        return False
    ranks = _mean_ranks([number for number, _ in known])
    ups = [rank for rank, (_, label) in zip(ranks, known, strict=True) if label == labels[1]]
    many, others = len(ups), len(known) - len(ups)
    if not many or not others:
        return False
    area = (sum(ups) - many * (many + 1) / 2) / (many * others)
    return max(area, 1 - area) >= SURE


def _mean_ranks(numbers: Sequence[float]) -> list[float]:
    """The rank of each number from 1; equal ones share the mean of theirs."""
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    ranks = [0.0] * len(numbers)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or numbers[order[end]] != numbers[order[start]]:
            for place in order[start:end]:
                ranks[place] = (start + 1 + end) / 2
            start = end
    return ranks


def remarks(found: Uses, task: Task) -> list[Text]:
    """What the user should know about columns that no prompt will show."""
    said = []
    for names, en, zh in (
        (
            found.inputs,
            "shown to the model: is each known before the decision, and may it be used?",
            "提供给模型：请确认各列在决定之前已知，且可以使用",
        ),
        (
            found.protected,
            "protected, kept out of the prompt and beside the rows for measuring",
            "属受保护字段，不进入提示，另存以便度量",
        ),
        (
            found.revealing,
            "give the label away, kept out: are they known before it is?",
            "单凭该列即可得知标签，已排除：请确认它在标签产生之前是否已知",
        ),
        (
            found.excluded,
            "not shown to the model: ids, dates, what is known later or nowhere filled",
            "不提供给模型：编号、日期、事后才知或全为空",
        ),
    ):
        if names:
            listed = ", ".join(f"`{name}`" for name in names)
            said.append(Text(f"{listed}: {en}", f"{listed}：{zh}"))
    if task.tabular:
        said.append(
            Text(
                "to show the model one more or one less: task.inputs, data.columns and data.slices "
                "of run.yaml",
                "要增减提供给模型的列：修改 run.yaml 的 task.inputs、data.columns 与 data.slices",
            )
        )
    return said


def warn_of_mixed_units(sources: Sequence[Source], inputs: Sequence[str]) -> Iterator[Text]:
    """A warning for each column whose quantities are written in several units."""
    for name in inputs:
        columns = (
            row[name] for file in sources if name in file.layout.columns for row in file.first
        )
        counts = mixed_units([value for value in columns if not is_missing(value, NO_FACT)])
        if counts:
            en = ", ".join(f"{rows} in {unit or 'ones'}" for unit, rows in counts.items())
            zh = "，".join(f"{unit or '无单位'} {rows} 个" for unit, rows in counts.items())
            yield Text(
                f"`{name}` mixes units ({en}): write it in one; the classical baseline converts "
                "万, k, m and %, the model is shown each value as it is written",
                f"`{name}` 单位不一（{zh}）：请统一；"
                "经典基线会换算万、k、m 与 %，模型看到的仍是原文",
            )
