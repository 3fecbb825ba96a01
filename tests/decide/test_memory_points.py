"""Estimates against the peaks that others publish: benchmarks/memory_points.yaml."""

from __future__ import annotations

import importlib.util
import statistics
import sys
from types import ModuleType
from typing import Any

import pytest

from support.checkout import REPOSITORY


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    path = REPOSITORY / "benchmarks" / "memory.py"
    spec = importlib.util.spec_from_file_location("benchmark_of_memory", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_ranges_hold_nine_tenths_of_the_points_that_did_not_fit_them(benchmark: ModuleType) -> None:
    comparisons = [
        benchmark.compare(point)
        for point in benchmark.read_points()
        if point.figure != "kept" and not point.held_out
    ]
    judged = [each for each in comparisons if each.point.is_judged]
    assert len(judged) > 100
    assert len(judged) < len(comparisons) / 2
    assert statistics.mean(each.holds for each in judged) >= 0.9
    assert statistics.median(each.width for each in judged) <= 1.5
    assert max(each.width for each in comparisons) <= 2.000001


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
@pytest.mark.parametrize("checkpointing", [True, False])
def test_every_method_is_judged_with_and_without_checkpointing(
    benchmark: ModuleType, method: str, checkpointing: bool
) -> None:
    chosen = [
        benchmark.compare(point)
        for point in benchmark.read_points()
        if point.figure != "kept"
        and not point.held_out
        and point.method == method
        and point.values["checkpointing"] is checkpointing
    ]
    assert statistics.mean(each.holds for each in chosen) >= 0.8


def list_held_out(benchmark: ModuleType, number: int) -> list[Any]:
    points = [each for each in benchmark.read_points() if each.held_out == number]
    assert not any(each.is_judged for each in points)
    return [benchmark.compare(each) for each in points]


def test_ranges_hold_nine_tenths_of_the_points_that_were_held_out_and_are_seen(
    benchmark: ModuleType,
) -> None:
    held_out = list_held_out(benchmark, 1)
    assert len(held_out) > 80
    assert statistics.mean(each.holds for each in held_out) >= 0.9
    assert max(each.width for each in held_out) <= 2.000001


def test_ranges_hold_four_fifths_of_the_fresh_points(benchmark: ModuleType) -> None:
    # 21 of 26: what is aimed at, nine tenths, holds on points that are seen alone
    held_out = list_held_out(benchmark, 2)
    assert len(held_out) >= 25
    assert statistics.mean(each.holds for each in held_out) >= 0.8
    assert statistics.median(each.width for each in held_out) <= 1.5


def test_held_out_points_are_from_sources_that_no_other_point_has(benchmark: ModuleType) -> None:
    points = benchmark.read_points()
    known, first, second = (
        {"/".join(point.source.split("/")[:5]) for point in points if point.held_out == number}
        for number in (0, 1, 2)
    )
    assert known and first and second
    assert not known & first
    assert not (known | first) & second


def test_a_run_needs_no_more_than_the_allocator_kept(benchmark: ModuleType) -> None:
    kept = [benchmark.compare(each) for each in benchmark.read_points() if each.figure == "kept"]
    assert all(each.low <= each.point.gb for each in kept)


def test_every_point_has_its_source_and_its_own_id(benchmark: ModuleType) -> None:
    points = benchmark.read_points()
    assert len({point.id for point in points}) == len(points)
    assert all(point.source.startswith("https://") for point in points)
