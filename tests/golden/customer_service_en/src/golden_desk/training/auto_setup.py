"""What `auto` in run.yaml stands for on this machine, found by timing training steps.

Which precision, attention kernel and batch are fastest on a CPU cannot be told from its name.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch

from ..config import Config, ModelConfig, TrainingConfig
from ..model.adapter import TunedModel, keep_input_precision
from ..model.load import DTYPES, count_weights
from ..model.memory import get_machine_memory_gb
from ..model.method import compute_memory
from ..runtime.output import say
from .collator import TargetCollator
from .examples import Example
from .steps import TrainingInputs

TIMED_TOKENS = 128  # in a timed batch: at 100 tokens/s, on a slow CPU, a step takes 1.3 seconds
MAX_TIMED_LENGTH = 256  # tokens of a timed row; the beginning of a longer one is cut off
MAX_TIMING_SECONDS = 20.0  # in total: a busy machine chooses among what was timed until then
TIMED_REPEATS = 2  # steps per setup after one warm-up step; the fastest step counts
MAX_BATCH_TOKENS = 1_024  # a larger batch does not use a CPU any better
MAX_EAGER_LENGTH = 512  # eager attention keeps length x length values per head
MEMORY_SHARE = 0.75  # of the machine's memory; the rest is for the system and other programs
# Peak memory of a training step divided by the size of the tensors that autograd saves: on a CPU,
# freed memory stays with the process. Measured on SmolLM2 with LoRA, in KB per token and layer:
# 76 to 86 for 40 to 47 in fp32, 53 to 56 for 27 to 29 in bf16.
MEMORY_MARGIN = 2.0
TIMED_MATRIX_SHAPE = (256, 1_024)  # rows and width of the products that are timed in fp32 and bf16


class Setup(NamedTuple):
    """Settings to train with, and the speed that was measured with them."""

    precision: str
    attention: str
    batch_size: int
    tokens_per_second: float = 0.0


def has_auto(config: Config) -> bool:
    """Whether run.yaml leaves a setting to this machine."""
    return "auto" in (config.model.precision, config.model.attention, config.training.batch_size)


def read_recorded_setups(record: Mapping[str, Any]) -> list[Setup]:
    """The setups that were timed when the run began, the chosen one first."""
    return [Setup(**each) for each in record.get("timed", [])]


def apply_setup(config: Config, timed: Sequence[Setup]) -> Config:
    """The configuration with the first setup in place of every `auto`."""
    if not timed:
        return config
    model, training, setup = config.model, config.training, timed[0]
    found = {"precision": setup.precision, "attention": setup.attention}
    found = {key: value for key, value in found.items() if getattr(model, key) == "auto"}
    sizes = {}
    if training.batch_size == "auto":
        sizes["batch_size"] = setup.batch_size
        sizes["gradient_accumulation_steps"] = (
            count_process_rows_per_update(training) // setup.batch_size
        )
    return config.model_copy(
        update={
            "model": model.model_copy(update=found),
            "training": training.model_copy(update=sizes),
        }
    )


def count_process_rows_per_update(training: TrainingConfig) -> int:
    """The rows that a process contributes to an update; a batch of `auto` counts as one row."""
    return training.gradient_accumulation_steps * (
        1 if training.batch_size == "auto" else training.batch_size
    )


def find_setups(inputs: TrainingInputs) -> list[Setup]:
    """The setup to train with, first, and the others that were timed to find it.

    Nothing is timed where run.yaml leaves nothing open and sets no time budget.
    """
    config, model = inputs.config, inputs.config.model
    if has_auto(config):
        return _choose_setup(inputs)
    if config.training.time_budget_minutes is None:
        return []
    assert isinstance(config.training.batch_size, int)
    setup = Setup(model.precision, model.attention, config.training.batch_size)
    say("measuring the speed of this machine ...")
    rows = sorted(inputs.train, key=lambda example: len(example.ids))
    until = time.perf_counter() + MAX_TIMING_SECONDS
    return _load_and_time(inputs, [setup], rows, until=until)


def _choose_setup(inputs: TrainingInputs) -> list[Setup]:
    """All setups that were timed, the fastest first: precision and attention, then the batch.

    One model at a time is in memory.
    """
    say("timing precision, attention and batch size on this CPU ...")
    config, until = inputs.config, time.perf_counter() + MAX_TIMING_SECONDS
    rows = sorted(inputs.train, key=lambda example: len(example.ids))
    median = len(rows[len(rows) // 2].ids)
    most = config.training.batch_size
    if most == "auto":
        most = count_process_rows_per_update(config.training)
    few = _choose_batch_sizes(most, TIMED_TOKENS // median)[0]
    attentions = [config.model.attention]
    if config.model.attention == "auto":
        attentions = ["sdpa", "eager"] if len(rows[-1].ids) <= MAX_EAGER_LENGTH else ["sdpa"]
    timed: list[Setup] = []
    for precision in list_precisions(config.model):
        setups = [Setup(precision, attention, few) for attention in attentions]
        if not timed or time.perf_counter() < until:
            timed += _load_and_time(inputs, setups, rows, until=until)
    best = _pick_fastest(timed)
    if config.training.batch_size == "auto" and time.perf_counter() < until:
        model = inputs.load(_apply_setup_to_model(config.model, best))
        held = _count_rows_in_memory(model, rows[-1], inputs.collate, best.precision)
        fitting = min(held, MAX_BATCH_TOKENS // median)
        batches = [best._replace(batch_size=size) for size in _choose_batch_sizes(most, fitting)]
        batches = time_setups(model, batches, rows, inputs.collate, until=until)
        best = _pick_fastest(batches)
        timed += batches
    say(
        "chosen: {precision}, {attention} attention, batch size {rows}",
        precision=best.precision,
        attention=best.attention,
        rows=best.batch_size,
    )
    return [best, *(setup for setup in timed if setup != best)]


def _load_and_time(
    inputs: TrainingInputs, setups: Sequence[Setup], rows: Sequence[Example], *, until: float
) -> list[Setup]:
    """Time setups of one precision on a model that is released afterwards."""
    model = inputs.load(_apply_setup_to_model(inputs.config.model, setups[0]))
    return time_setups(model, setups, rows, inputs.collate, until=until)


def restore_settings(config: Config, record: Mapping[str, Any]) -> Config:
    """The settings that a run was trained with, from what it recorded."""
    return apply_setup(config, read_recorded_setups(record))


def resolve_for_inference(model: ModelConfig, record: Mapping[str, Any]) -> ModelConfig:
    """The model with what it answers with in place of `auto`.

    The precision is that of training where this machine is fast in it. Fused attention needs the
    least memory for long prompts; what made it slow in training is its backward pass.
    """
    precision, timed = model.precision, read_recorded_setups(record)
    if precision == "auto":
        is_exact = timed and timed[0].precision == "fp32"
        precision = "fp32" if is_exact or not is_bf16_faster() else "bf16"
    attention = "sdpa" if model.attention == "auto" else model.attention
    return model.model_copy(update={"precision": precision, "attention": attention})


def list_precisions(model: ModelConfig) -> list[str]:
    """The precisions to try on this CPU: bf16 only, and first, where its products are faster."""
    if model.precision != "auto":
        return [model.precision]
    return ["bf16", "fp32"] if is_bf16_faster() else ["fp32"]


def is_bf16_faster() -> bool:
    """Whether this CPU multiplies matrices faster in bf16 than in fp32, timed here.

    Without instructions for bf16, a training step takes 14 times as long.
    """
    rows, width = TIMED_MATRIX_SHAPE
    seconds = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    for _ in range(5):
        for dtype in seconds:
            left, right = (
                torch.ones(rows, width, dtype=dtype),
                torch.ones(width, width, dtype=dtype),
            )
            started = time.perf_counter()
            left @ right
            seconds[dtype] = min(seconds[dtype], time.perf_counter() - started)
    return seconds[torch.bfloat16] < seconds[torch.float32]


def time_setups(
    model: TunedModel,
    setups: Sequence[Setup],
    rows: Sequence[Example],
    collate: TargetCollator,
    *,
    until: float,
) -> list[Setup]:
    """The setups with their speeds, each timed in turn on the rows around the median length.

    Where the time is over, no further step begins, but for the first setup's first.
    """
    seconds: dict[Setup, float] = {}
    batches = [_pick_median_rows(rows, setup.batch_size) for setup in setups]
    for turn in range(1 + TIMED_REPEATS):
        for setup, batch in zip(setups, batches, strict=True):
            if seconds and time.perf_counter() > until:
                break
            model.set_attn_implementation(setup.attention)
            took = _time_step(model, collate(batch), setup.precision)
            # the first step warms up, and counts only where no other follows
            seconds[setup] = took if turn < 2 else min(took, seconds[setup])
    timed = []
    for setup, batch in zip(setups, batches, strict=True):
        if setup in seconds:
            speed = sum(len(example.ids) for example in batch) / seconds[setup]
            timed.append(setup._replace(tokens_per_second=round(speed, 1)))
    for setup in timed:
        say(
            "  {precision}, {attention} attention, batch size {rows}: {speed:,.0f} tokens/s",
            precision=setup.precision,
            attention=setup.attention,
            rows=setup.batch_size,
            speed=setup.tokens_per_second,
        )
    return timed


def _time_step(model: TunedModel, batch: dict[str, torch.Tensor], precision: str) -> float:
    """Seconds of one forward and backward pass, as the Trainer makes it."""
    model.train()
    started = time.perf_counter()
    with (
        keep_input_precision(model),
        torch.autocast("cpu", DTYPES[precision], enabled=precision != "fp32"),
    ):
        loss = model(**batch).loss
    loss.backward()
    took = time.perf_counter() - started
    model.zero_grad()
    return took


def _pick_median_rows(rows: Sequence[Example], count: int) -> list[Example]:
    """So many rows of about the median length, none longer than is timed."""
    first = max(0, (len(rows) - count) // 2)
    cut = []
    for row in rows[first : first + count]:
        lost = max(0, min(len(row.ids) - MAX_TIMED_LENGTH, row.answer_start - 1))
        cut.append(Example(row.ids[lost:], row.answer_start - lost))
    return cut


def _choose_batch_sizes(most: int, fitting: int) -> list[int]:
    """The two largest equal parts of an update that fit; one row where none does."""
    fitting = max(1, min(most, fitting))
    return [size for size in range(fitting, 0, -1) if most % size == 0][:2]


def _count_rows_in_memory(
    model: TunedModel, longest: Example, collate: TargetCollator, precision: str
) -> int:
    """How many of the longest rows this machine's memory holds beside what training keeps."""
    saved = measure_saved_bytes(model, longest, collate, precision)
    taken = compute_memory(count_weights(model), precision)
    room = get_machine_memory_gb() * 1e9 * MEMORY_SHARE - taken
    return int(room / (saved * MEMORY_MARGIN))


def measure_saved_bytes(
    model: TunedModel, row: Example, collate: TargetCollator, precision: str
) -> int:
    """The bytes of activations that autograd saves for one row.

    Weights, and the copies that autocast makes of them, do not grow with the rows.
    """
    weights = {weight.data_ptr() for weight in model.parameters()}
    matrices = defaultdict(list)  # by shape; a linear module saves its weight transposed
    for weight in (each.detach() for each in model.parameters() if each.dim() == 2):
        matrices[weight.shape].append(weight)
        matrices[weight.mT.shape].append(weight.mT)
    kept: dict[int, int] = {}  # bytes by address: autograd keeps some tensors several times

    def is_weight(tensor: torch.Tensor) -> bool:
        return tensor.data_ptr() in weights or any(
            torch.equal(tensor[0], weight[0].to(tensor.dtype))
            for weight in matrices.get(tensor.shape, ())
        )

    def count(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in kept and not is_weight(tensor):
            kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with (
        keep_input_precision(model),
        torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor),
        torch.autocast("cpu", DTYPES[precision], enabled=precision != "fp32"),
    ):
        model(**collate([row]))
    return sum(kept.values())


def _apply_setup_to_model(model: ModelConfig, setup: Setup) -> ModelConfig:
    return model.model_copy(update={"precision": setup.precision, "attention": setup.attention})


def _pick_fastest(setups: Sequence[Setup]) -> Setup:
    return max(setups, key=lambda setup: setup.tokens_per_second)
