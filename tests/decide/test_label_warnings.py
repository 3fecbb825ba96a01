"""What few rows of a label tell, and what always answering the most frequent one scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.decide.label_warnings import (
    warn_of_dominant_label,
    warn_of_rare_labels,
    warn_of_scored_label,
)
from newft.decide.split_reasons import compute_wilson_interval
from newft.schema.dataset import DataFacts
from support.decide_examples import facts


def data(
    labels: Mapping[str, int], *, positive: tuple[str, ...] = (), **changes: object
) -> DataFacts:
    rows = sum(labels.values())
    known = replace(facts(rows).data, labels=labels, positive=positive)
    return replace(known, **changes)  # type: ignore[arg-type]


def test_a_rare_scored_label_is_told_with_its_rows_and_the_interval() -> None:
    warning = warn_of_scored_label(data({"0": 1485, "1": 15}, positive=("1",)))
    assert warning is not None
    assert warning.en.startswith("label `1` has 15 rows, about 2 in validation and 2 in test: ")
    assert "if 1 of 2 is found, the recall is anything from 9% to 91%" in warning.en
    assert "about 75 rows of it would put 10 into each" in warning.en
    assert "15 行" in warning.zh
    assert "9% 到 91%" in warning.zh


def test_rows_that_were_counted_are_told_before_expected_ones() -> None:
    counted = data({"0": 985, "1": 15}, positive=("1",), held_out_labels={"1": (1, 0)})
    warning = warn_of_scored_label(counted)
    assert warning is not None
    assert "about 1 in validation and 0 in test: its recall cannot be measured" in warning.en


def test_several_scored_labels_count_together() -> None:
    labels = {"Charged Off": 60, "Default": 60, "Paid": 900}
    assert warn_of_scored_label(data(labels, positive=("Charged Off", "Default"))) is None
    warning = warn_of_scored_label(data(labels, positive=("Default",)))
    assert warning is not None
    assert warning.en.startswith("label `Default` has 60 rows, about 6 in validation")


@pytest.mark.parametrize("labels", [{"no": 800, "yes": 200}, {"a": 900, "b": 9, "c": 91}])
def test_enough_rows_or_no_scored_label_give_no_warning(labels: dict[str, int]) -> None:
    assert warn_of_scored_label(data(labels)) is None


def test_of_two_labels_the_rarer_one_counts_where_none_is_scored() -> None:
    warning = warn_of_scored_label(data({"no": 900, "yes": 20}))
    assert warning is not None
    assert warning.en.startswith("label `yes` has 20 rows")


def test_always_answering_the_most_frequent_label_scores_its_share() -> None:
    warning = warn_of_dominant_label(data({"0": 1485, "1": 15}))
    assert warning is not None
    assert "99% of the rows have the label `0`: always answering it scores 99%" in warning.en
    assert warn_of_dominant_label(data({"0": 899, "1": 101})) is None
    several = data({"theft": 95, "fraud": 20})
    assert warn_of_dominant_label(replace(several, accepted=100)) is None


def test_labels_that_are_rare_in_all_splits_are_listed() -> None:
    warning = warn_of_rare_labels(data({"a": 600, "b": 9, "c": 3}))
    assert warning is not None
    assert warning.en.startswith("2 of 3 labels have fewer than 10 rows: b, c; at most about 2")
    assert warn_of_rare_labels(data({"a": 600, "b": 10})) is None


@given(st.integers(1, 500).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))))
def test_an_interval_holds_the_share_that_was_found(counted: tuple[int, int]) -> None:
    found, rows = counted
    low, high = compute_wilson_interval(found, rows)
    assert 0 <= low <= found / rows + 1e-9
    assert found / rows - 1e-9 <= high <= 1
