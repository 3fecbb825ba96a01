"""Estimates of memory against what others publish: memory_points.yaml.

Every published run on one device is estimated under its own conditions. The constants of
`newft.decide.estimate.memory` are fitted on two thirds of the points and judged on the rest. Runs
of one source, model and method are always on the same side, as they differ by little: the side
follows from the hash of these three names. Points that are held out were collected after the
constants were set, from other sources, and are on neither side: the estimate was improved on the
first of them, and on the second it was not.

    python benchmarks/memory.py [--all]
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from newft.decide.estimate.memory import (
    BYTES_PER_WEIGHT,
    Range,
    StateEstimator,
    TrainingState,
    Workload,
    estimate_memory_parts,
)
from newft.schema.family import Experts, ModelSpec

POINTS = Path(__file__).with_name("memory_points.yaml")
BYTES_PER_UNIT = {"B": 1.0, "MiB": 2**20, "GB": 1e9, "GiB": 2**30}
KEPT = "kept"  # held by the allocator although free: an upper bound of what a run needs

# Bytes of one weight in the linear modules of the blocks: 4 bits and, for every 64 weights, a
# 32-bit scale, which double quantisation reduces to 0.127 bits a weight (QLoRA, arXiv:2305.14314);
# GPTQ has a 16-bit scale and a zero point for every 128 weights, or for whole rows.
QUANTIZED_WIDTHS: Mapping[str, Range] = {
    "nf4": (0.5625, 0.5625),
    "nf4 double": (0.516, 0.516),
    "int4": (0.5, 0.57),
    "int8": (1.02, 1.06),
}
# adapters and their states: all in 16 bit, or weights, gradients and moments in 32 bit
ADAPTER_WIDTHS: tuple[Range, Range, Range] = ((2, 4), (2, 4), (4, 8))
# full tuning: all in 16 bit, and a copy of the weights in the optimizer's step (foreach); or with
# weights, gradients and moments in 32 bit beside the 16-bit ones (DeepSpeed)
FULL_WIDTHS: Mapping[str, tuple[Range, Range, Range, Range]] = {
    "16 bit": ((2, 2), (2, 2), (4, 4), (0, 2.3)),
    "mixed": ((2, 2), (2, 6), (12, 16), (0, 0)),
}
HIDDEN_WIDTHS: Mapping[object, Range | None] = {16: (2, 2), 32: (4, 4), "unknown": (2, 4)}


@dataclass(frozen=True)
class Point:
    """One published run."""

    id: str
    group: str
    source: str
    figure: str
    gb: float
    model: ModelSpec
    values: Mapping[str, Any]
    held_out: int = 0  # 1: the first hold-out, since seen; 2: the second

    @property
    def method(self) -> str:
        """The method of the run."""
        return str(self.values["method"])

    @property
    def is_judged(self) -> bool:
        """Return whether the point judges the constants, and was not used to fit them."""
        if self.held_out:
            return False
        name = f"{self.group.removesuffix('-smi')}|{self.model.hub_id}|{self.method}"
        return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 3 == 0


@dataclass(frozen=True)
class Comparison:
    """An estimate beside what was published."""

    point: Point
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Return whether the range contains the published value."""
        return self.low <= self.point.gb <= self.high

    @property
    def width(self) -> float:
        """The factor between both ends of the range."""
        return self.high / self.low


def read_points() -> list[Point]:
    """Read all published runs."""
    document = yaml.safe_load(POINTS.read_text(encoding="utf-8"))
    models = {hub_id: _make_model(hub_id, values) for hub_id, values in document["models"].items()}
    return [
        Point(
            id=values["id"],
            group=group["name"],
            source=group["source"],
            figure=group["figure"],
            gb=values["value"] * BYTES_PER_UNIT[group["unit"]] / 1e9,
            model=models[values["model"]],
            values=values,
            held_out=group.get("held_out", 0),
        )
        for group in document["groups"]
        for values in group["points"]
    ]


def compare(point: Point) -> Comparison:
    """Estimate a run under its published conditions."""
    values = point.values
    loss = values.get("loss", "plain")
    load = Workload(
        state=_make_state_estimator(point),
        precision=values.get("precision", "bf16"),
        batch_size=values["batch"],
        length=values["length"],
        checkpointing=values["checkpointing"],
        logits_per_row=values["length"],  # others compute the logits of all tokens
        attention=values.get("attention", "sdpa"),
        fused_loss=loss == "fused",
        few_copies=loss in ("kernel", "pieces"),
    )
    parts = estimate_memory_parts(point.model, load)
    low, high = parts.allocated if point.figure == "allocated" else parts.total
    return Comparison(point, low, high)


def _make_model(hub_id: str, values: Mapping[str, Any]) -> ModelSpec:
    experts = values.get("experts")
    rest = {name: value for name, value in values.items() if name != "experts"}
    return ModelSpec(
        hub_id=hub_id,
        context=0,
        source="",
        experts=Experts(**experts) if experts else None,
        **rest,
    )


def _make_state_estimator(point: Point) -> StateEstimator:
    values = point.values

    def estimate(size: ModelSpec, precision: str) -> TrainingState:
        if point.method == "full":
            weights, gradients, moments, step = FULL_WIDTHS[values["state"]]
            return TrainingState(
                weights=_times(size.parameters, weights),
                gradients=_times(size.parameters, gradients),
                optimizer=_times(size.parameters, moments),
                step=_times(size.parameters, step),
            )
        adapter = _count_adapter(size, values["rank"], values["modules"])
        weights = (float(size.parameters * BYTES_PER_WEIGHT[precision]),) * 2
        if point.method == "qlora":
            weights = _estimate_quantized(size, values["weights"], values["hidden"])
        own, gradients, moments = (_times(adapter, width) for width in ADAPTER_WIDTHS)
        return TrainingState(
            weights=weights,
            adapter=own,
            gradients=gradients,
            optimizer=moments,
            hidden_bytes=HIDDEN_WIDTHS[values["hidden"]] if point.method == "qlora" else None,
            quantized=point.method == "qlora",
            dropout=values.get("dropout", False),
        )

    return estimate


def _estimate_quantized(size: ModelSpec, kind: str, hidden: object) -> Range:
    embeddings = size.vocabulary * size.hidden * (1 if size.tied else 2)
    rest = HIDDEN_WIDTHS[hidden]  # where hidden states are in 32 bit, so are the embeddings
    assert rest is not None
    low, high = _times(size.parameters - embeddings, QUANTIZED_WIDTHS[kind])
    return low + embeddings * rest[0], high + embeddings * rest[1]


def _count_adapter(size: ModelSpec, rank: int, modules: str) -> int:
    hidden, inner = size.hidden, size.intermediate
    query, key = size.heads * size.head_dim, size.kv_heads * size.head_dim
    mlp = 3 * (hidden + inner)
    attention = 2 * (hidden + query) + 2 * (hidden + key)
    widths = {
        "q": hidden + query,
        "k": hidden + key,
        "v": hidden + key,
        "qkv": hidden + query + 2 * key,
        "attention": attention,
        "mlp": mlp,
        "all": attention + mlp,
        "head": 0,
        "embeddings in full": 0,
    }
    names = modules.split(", ")
    count = rank * size.layers * sum(widths[name] for name in names)
    if "head" in names:
        count += rank * (hidden + size.vocabulary)
    if "embeddings in full" in names:
        count += 2 * size.vocabulary * hidden
    return count


def _times(count: int, width: Range) -> Range:
    return count * width[0], count * width[1]


def summarize(comparisons: Sequence[Comparison]) -> str:
    """Say how many points a group of ranges holds, and how wide the ranges are."""
    widths = [each.width for each in comparisons]
    held = sum(each.holds for each in comparisons)
    return (
        f"{held:3} of {len(comparisons):3} ({held / len(comparisons):5.1%})   "
        f"{statistics.median(widths):.2f}   {max(widths):.2f}"
    )


def _split_by_method(name: str, comparisons: Sequence[Comparison]) -> dict[str, list[Comparison]]:
    return {
        f"{name} {method}{' checkpointed' if on else ''}": chosen
        for method in ("lora", "qlora", "full")
        for on in (False, True)
        if (
            chosen := [
                each
                for each in comparisons
                if each.point.method == method and each.point.values["checkpointing"] is on
            ]
        )
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="every point, not only those missed")
    options = parser.parse_args()
    comparisons = [compare(point) for point in read_points()]
    needed = [each for each in comparisons if each.point.figure != KEPT]
    first, second = ([each for each in needed if each.point.held_out == n] for n in (1, 2))
    known = [each for each in needed if not each.point.held_out]
    judged = [each for each in known if each.point.is_judged]
    sets = {
        "fitted": [each for each in known if not each.point.is_judged],
        "judged": judged,
        **_split_by_method("judged", judged),
        "first hold-out": first,
        **_split_by_method("first", first),
        "second hold-out": second,
        **_split_by_method("second", second),
        **{
            f"held out, {group}": [each for each in needed if each.point.group == group]
            for group in dict.fromkeys(each.point.group for each in (*first, *second))
        },
        "kept by the allocator": [each for each in comparisons if each.point.figure == KEPT],
    }
    print(f"{'':29}{'in range':>22}   median width   widest")
    for name, chosen in sets.items():
        print(f"{name:29}{summarize(chosen)}")
    print(f"\n{'GB published':>60} {'estimated':>14}")
    for each in comparisons:
        if options.all or not each.holds:
            point, values = each.point, each.point.values
            print(
                f"{point.id:16} {point.model.hub_id[:32]:32} {point.method:5}"
                f"{values['length']:6} x {values['batch']:<3}"
                f"{'ckpt' if values['checkpointing'] else '':5}{point.gb:7.1f}"
                f"   {each.low:6.1f} to {each.high:6.1f}{'' if each.holds else '  missed'}"
            )


if __name__ == "__main__":
    main()
