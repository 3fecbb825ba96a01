"""The figures of each label are those of scikit-learn, and are shown in 80 columns."""

from __future__ import annotations

import math

import numpy as np
import pytest
from example import with_labels
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import classification_report
from wcwidth import width

from package_name.config import Config
from package_name.evaluation.label_metrics import (
    INDENT,
    compute_label_metrics,
    format_confusion_matrix,
    format_coverage,
    format_label_table,
    label_metrics_to_dicts,
)
from package_name.runtime.text_layout import (
    LINE_WIDTH,
    align_columns,
    truncate,
    wrap,
)

LABELS = [
    "short",
    "\u5f88\u957f\u7684\u6807\u7b7e\u540d\u79f0\u5728\u5c4f\u5e55\u4e0a\u53ea\u663e\u793a\u5f00\u5934",
    "a_label_of_some_length",
    "other",
]
rows = st.lists(
    st.tuples(st.sampled_from(LABELS[:3]), st.sampled_from([*LABELS, None])), min_size=1
)


@given(rows)
def test_the_figures_of_a_label_are_those_of_scikit_learn(
    run_yaml: Config, drawn: list[tuple[str, str | None]]
) -> None:
    task = with_labels(run_yaml.task, LABELS)
    gold, named = zip(*drawn, strict=True)
    metrics = compute_label_metrics(gold, named, task)
    known = classification_report(
        gold,
        [label or "" for label in named],
        labels=LABELS,
        output_dict=True,
        zero_division=np.nan,
    )
    for label, figures in label_metrics_to_dicts(metrics).items():
        expected = known[label]
        pairs = {"precision": "precision", "recall": "recall", "f1": "f1-score"}
        for ours, theirs in pairs.items():
            value = math.nan if figures[ours] is None else figures[ours]
            assert value == pytest.approx(expected[theirs], nan_ok=True)
        assert figures["support"] == expected["support"]
    assert metrics.confusion.sum() == len(drawn)
    assert metrics.confusion[:, -1].sum() == sum(label is None for label in named)
    assert "other" in metrics.list_labels_without_rows()


def test_the_worst_labels_come_first_with_what_they_were_taken_for(config: Config) -> None:
    labels = [f"label {number:02}" for number in range(12)]
    task = with_labels(config.task, [*labels, "unseen"])
    gold = labels * 4
    given_labels = [*labels * 3, *[labels[1]] * 11, None]
    metrics = compute_label_metrics(gold, given_labels, task)
    _, *lines = format_label_table(metrics)
    assert len(lines) == 10
    assert lines[0].split()[:2] == ["1", "label"] and lines[0].split()[2] == "01"
    assert all(line.endswith("1 label 01") for line in lines[1:-1])
    assert "unseen" in format_coverage(metrics)[0]
    head, *matrix = format_confusion_matrix(metrics)
    assert len(matrix) == 10 and head.split()[:3] == ["1", "2", "3"]
    assert matrix[1].split()[:3] == ["2", "1", "3"]


def test_the_tables_stay_aligned_in_80_columns_with_wide_and_hostile_labels(
    config: Config,
) -> None:
    labels = [*LABELS, "red\x1b[31m", *(f"\u6807\u7b7e{number}" * 9 for number in range(9))]
    task = with_labels(config.task, labels)
    metrics = compute_label_metrics(labels * 1_200, labels[::-1] * 1_200, task)
    lines = [*format_label_table(metrics), *format_confusion_matrix(metrics)]
    assert max(map(width, lines)) <= 80 - len(INDENT)
    assert not any("\x1b" in line or line != line.rstrip() for line in lines)
    heads = format_label_table(metrics)
    assert len({width(line[: line.index("1,200")]) for line in heads[1:]}) == 1


@given(st.lists(st.text(), min_size=1, max_size=5), st.integers(1, 30))
def test_a_cell_fits_and_columns_are_aligned(cells: list[str], room: int) -> None:
    fitting = [truncate(cell, room) for cell in cells]
    assert all(width(cell) <= room for cell in fitting)
    lines = align_columns([[cell, "|"] for cell in fitting])
    assert len({width(line) for line in lines}) == 1


words = st.text(alphabet="abc \u6807\u7b7e\uff0c", max_size=300)


@given(words)
def test_a_wrapped_text_loses_nothing_but_blanks(text: str) -> None:
    lines = wrap(text, indent="   ").split("\n")
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= LINE_WIDTH or " " not in line.strip() for line in lines)


def test_a_line_does_not_begin_with_a_mark() -> None:
    assert wrap("\u6807" * 40 + "\uff0c\u7b7e").split("\n")[1] == "\u6807\uff0c\u7b7e"
