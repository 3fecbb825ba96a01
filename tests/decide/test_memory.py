"""Ranges against what others publish for LoRA in 16 bit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newft.catalog.loader import load_catalog
from newft.decide.estimate.duration import UTILISATION, estimate_row_flops
from newft.decide.estimate.memory import (
    SAVED_MARGIN,
    MemoryParts,
    StateEstimator,
    TrainingState,
    Workload,
    estimate_activation_bytes,
    estimate_memory_parts,
    estimate_memory_range,
    list_memory_parts,
)
from newft.decide.estimate.parameter_count import (
    count_adapter_parameters,
    count_computing_parameters,
)
from newft.decide.estimate.run_estimate import estimate_run
from newft.decide.inputs import Inputs
from newft.decide.methods import freeze, full, lora, qlora
from newft.decide.recipe import build_recipe
from newft.schema.family import Experts, ModelSpec
from newft.schema.hardware import Hardware
from support.decide_examples import (
    ANSWERS,
    CPU,
    EIGHT,
    LORA,
    QWEN,
    SMOL,
    SMOLLM,
    TASK,
    card,
    facts,
)


def with_rank(rank: int) -> StateEstimator:
    return lora.make_state_estimator(QWEN, {"rank": rank})


def shape(billions: float, layers: int, hidden: int, intermediate: int, kv_heads: int) -> ModelSpec:
    return replace(
        EIGHT,
        parameters=int(billions * 1e9),
        layers=layers,
        hidden=hidden,
        intermediate=intermediate,
        heads=hidden // 128,
        kv_heads=kv_heads,
    )


LLAMA_2_7B = replace(shape(6.74, 32, 4096, 11_008, 32), vocabulary=32_000)
QWEN_2_5_7B = shape(7.62, 28, 3584, 18_944, 4)
LLAMA_3_8B = replace(shape(8.03, 32, 4096, 14_336, 8), vocabulary=128_256)
QWEN_14B = shape(14.77, 48, 5120, 13_824, 8)
# LLaMA-Factory's figures are for a nominal 30B, Unsloth's for 32B
NOMINAL_30B = replace(shape(30.0, 60, 6656, 17_920, 52), vocabulary=32_000)
QWEN_32B = shape(32.76, 64, 5120, 27_648, 8)
LLAMA_3_70B = replace(shape(70.55, 80, 8192, 28_672, 8), vocabulary=128_256)
LOAD = Workload(with_rank(8), "bf16", 1, 1024, checkpointing=True, logits_per_row=8)
QWEN_7B = shape(7.72, 32, 4096, 11_008, 32)


@pytest.mark.parametrize(
    ("size", "published"),
    [
        (LLAMA_2_7B, 16),  # https://github.com/hiyouga/LLaMA-Factory#hardware-requirement
        (QWEN_14B, 32),
        (NOMINAL_30B, 64),
        (LLAMA_3_70B, 160),
        (QWEN_2_5_7B, 19),  # Unsloth requirements, https://unsloth.ai/docs
        (LLAMA_3_8B, 22),
        (QWEN_14B, 33),
        (QWEN_32B, 76),
        (LLAMA_3_70B, 164),
    ],
)
def test_no_short_row_needs_more_than_others_state_as_the_minimum(
    size: ModelSpec, published: float
) -> None:
    # they state what a card should have: a rounded figure with room to spare
    load = Workload(with_rank(8), "bf16", 1, 512, checkpointing=True, logits_per_row=64)
    low, high = estimate_memory_range(size, load)
    assert low <= published
    assert published <= high * 1.2


@pytest.mark.parametrize(
    ("size", "published"),
    [(LLAMA_2_7B, 120), (QWEN_14B, 240), (NOMINAL_30B, 600), (LLAMA_3_70B, 1200)],
)
def test_the_range_of_full_fine_tuning_holds_what_is_published(
    size: ModelSpec, published: float
) -> None:
    # https://github.com/hiyouga/LLaMA-Factory#hardware-requirement, full in bf16
    state = full.make_state_estimator(QWEN, {})
    load = Workload(state, "bf16", 1, 1024, checkpointing=True, logits_per_row=1024)
    low, high = estimate_memory_range(size, load)
    assert low <= published <= high


@pytest.mark.parametrize(
    ("length", "published"),
    [(256, 20.1), (512, 20.4), (1024, 21.5), (2048, 23.8), (4096, 29.7), (8192, 36.6)],
)
def test_the_range_holds_the_profile_of_qwen_7b_on_an_a100(length: int, published: float) -> None:
    # https://github.com/QwenLM/Qwen#profiling-of-memory-and-speed: rank 64, batch 1
    load = Workload(with_rank(64), "bf16", 1, length, checkpointing=True, logits_per_row=length)
    low, high = estimate_memory_range(QWEN_7B, load)
    assert low <= published <= high


def test_the_range_is_never_wider_than_half_the_weights_and_ten_gigabytes() -> None:
    for size in (LLAMA_2_7B, LLAMA_3_8B, QWEN_14B, QWEN_32B, LLAMA_3_70B):
        low, high = estimate_memory_range(size, LOAD)
        assert high - low < size.parameters * 2 / 1e9 * 0.5 + 10


def test_what_autograd_keeps_is_what_was_counted() -> None:
    # saved_tensors_hooks of torch, SmolLM2 with LoRA on every matrix, bytes a token and layer: in
    # fp32 40.2 thousand, with padding and its mask 45.3 to 47.4; in bf16, autocast, 26.7 and 28.8
    least, most = estimate_activation_bytes(SMOL, "fp32")
    assert least == pytest.approx(40_200, rel=0.01)
    assert most * SAVED_MARGIN[1] > 47_400
    least, most = estimate_activation_bytes(SMOL, "bf16")
    assert least < 26_700 < 28_800 < most * SAVED_MARGIN[1]


def test_adapter_parameters_are_counted_as_peft_counts_them() -> None:
    # print_trainable_parameters of SmolLM2-135M-Instruct with rank 8, all-linear
    assert count_adapter_parameters(SMOL, SMOLLM, rank=8) == 2_442_240


@pytest.mark.parametrize(
    ("model", "parameters"),
    [("zai-org/GLM-4-9B-0414", 47_595_520), ("zai-org/GLM-4-32B-0414", 115_933_184)],
)
def test_a_fused_module_has_one_adapter(model: str, parameters: int) -> None:
    # get_nb_trainable_parameters of peft, rank 16, all-linear, on Glm4ForCausalLM
    family = load_catalog().families["glm4"]
    size = next(size for size in family.sizes if size.hub_id == model)
    assert count_adapter_parameters(size, family, rank=16) == parameters


def test_the_embedded_model_needs_what_was_measured() -> None:
    # peak of 1.0 GB when it is loaded from safetensors in fp32
    low, high = estimate_memory_range(
        SMOL, Workload(with_rank(8), "fp32", 1, 64, False, 8, on_cpu=True)
    )
    assert low <= 1.0 <= high


@pytest.mark.parametrize(
    ("precision", "length", "checkpointing", "peaks"),
    [
        ("fp32", 512, False, (3.38, 3.50)),
        ("fp32", 1024, False, (5.68, 6.28)),
        ("fp32", 1024, True, (2.87, 2.87)),
        ("bf16", 512, False, (2.03, 2.56)),
        ("bf16", 1024, False, (4.02, 4.02)),
        ("bf16", 1024, True, (1.79, 1.79)),
    ],
)
def test_the_range_holds_the_peaks_measured_on_a_cpu(
    precision: str, length: int, checkpointing: bool, peaks: tuple[float, float]
) -> None:
    # two rows, one forward and backward pass of SmolLM2, alone and with padding
    load = Workload(with_rank(8), precision, 2, length, checkpointing, 4, on_cpu=True)
    low, high = estimate_memory_range(SMOL, load)
    assert low <= peaks[0] <= peaks[1] <= high


@pytest.mark.parametrize(
    ("precision", "rows", "peak"),
    [("bf16", 2, 3.79), ("fp32", 8, 5.19)],
)
def test_the_range_of_full_fine_tuning_holds_the_peaks_measured_on_a_cpu(
    precision: str, rows: int, peak: float
) -> None:
    # whole runs of SmolLM2 on the sample of customer service, whose longest row has 143 tokens
    state = full.make_state_estimator(SMOLLM, {})
    load = Workload(state, precision, rows, 143, checkpointing=False, logits_per_row=8, on_cpu=True)
    low, high = estimate_memory_range(SMOL, load)
    assert low <= peak <= high


def test_hours_on_a_cpu_are_at_most_the_time_budget_of_training() -> None:
    inputs = Inputs(ANSWERS, facts(), SMOLLM, SMOL, CPU, TASK, LORA)
    assert estimate_run(inputs, build_recipe(inputs)).hours == (0.0, 10 / 60)


@pytest.mark.parametrize(
    ("length", "seconds"),
    [(256, 1.2), (512, 1.5), (1024, 2.8), (2048, 5.2), (4096, 10.1), (8192, 21.3)],
)
def test_hours_hold_the_published_speed_of_qwen_7b_on_an_a100(length: int, seconds: float) -> None:
    # eight rows an iteration on a card of 312 TFLOPS, gradient checkpointing on
    inputs = Inputs(ANSWERS, facts(lengths=(length * 4,) * 3), QWEN, QWEN_7B, CPU, TASK, LORA)
    work = 8 * estimate_row_flops(inputs, QWEN_7B, checkpointing=True)
    least, most = (work / 312e12 / share for share in reversed(UTILISATION))
    assert least <= seconds <= most


def test_what_is_unknown_is_not_estimated() -> None:
    folder = Inputs(ANSWERS, facts(), QWEN, None, Hardware(card(24.0)), TASK, LORA)
    assert estimate_run(folder, build_recipe(folder)).memory_gb is None
    assert estimate_run(folder, build_recipe(folder)).hours is None
    slow = Inputs(ANSWERS, facts(), QWEN, EIGHT, Hardware(card(24.0, peak=None)), TASK, LORA)
    assert estimate_run(slow, build_recipe(slow)).hours is None
    assert estimate_run(slow, build_recipe(slow)).memory_gb is not None


def estimate_parts(
    state: StateEstimator, size: ModelSpec = LLAMA_3_8B, **changes: object
) -> MemoryParts:
    load = Workload(state, "bf16", 2, 1024, checkpointing=False, logits_per_row=64)
    return estimate_memory_parts(size, replace(load, **changes))  # type: ignore[arg-type]


def test_the_parts_make_up_the_whole() -> None:
    parts = estimate_parts(with_rank(8))
    assert sum(part[1] for part in parts) / 1e9 == pytest.approx(parts.total[1])
    listed = {part.name: part.gb for part in list_memory_parts(LLAMA_3_8B, LOAD)}
    assert listed["weights"][0] == pytest.approx(16.06)
    assert "logits" not in listed  # fewer bytes than the layer that is computed again


def test_checkpointing_and_a_fused_loss_take_less() -> None:
    usual = estimate_parts(with_rank(8), logits_per_row=1024)
    assert estimate_parts(with_rank(8), checkpointing=True).activations < usual.activations
    fused = estimate_parts(with_rank(8), batch_size=16, logits_per_row=1024, fused_loss=True)
    plain = estimate_parts(with_rank(8), batch_size=16, logits_per_row=1024)
    assert fused.logits < plain.logits


def test_eager_attention_keeps_scores_that_grow_with_the_square_of_the_length() -> None:
    short, long = (
        estimate_parts(with_rank(8), length=length, attention="eager").activations[1]
        - estimate_parts(with_rank(8), length=length).activations[1]
        for length in (1024, 2048)
    )
    assert long == pytest.approx(4 * short)


def test_a_packed_sequence_has_a_mask_that_every_layer_keeps_a_copy_of() -> None:
    """As many bytes as torch's saved_tensors_hooks count: two for each pair of tokens in 16 bit."""
    plain = estimate_parts(with_rank(8), length=1024, checkpointing=False).activations[0]
    packed = estimate_parts(with_rank(8), length=1024, checkpointing=False, packed=True)
    assert packed.activations[0] - plain == 1024**2 * (1 + 2 * LLAMA_3_8B.layers)


def test_each_of_several_cards_holds_a_second_copy_of_the_gradients() -> None:
    state = full.make_state_estimator(QWEN, {})
    one, two = estimate_parts(state), estimate_parts(state, processes=2)
    assert two.gradients[1] == 2 * one.gradients[1]
    assert two.weights == one.weights


def test_frozen_blocks_save_no_activations() -> None:
    values = {"trained_blocks": 2}
    few = estimate_parts(freeze.make_state_estimator(QWEN, values))
    assert few.activations[1] < estimate_parts(with_rank(8)).activations[1] / 10


def test_modules_in_4_bit_take_less_and_keep_their_inputs() -> None:
    values = {"rank": 8, "dropout": 0.0}
    four = estimate_parts(qlora.make_state_estimator(QWEN, values))
    sixteen = estimate_parts(lora.make_state_estimator(QWEN, values))
    assert four.weights[1] < sixteen.weights[0] / 2
    assert four.activations > sixteen.activations
    assert (
        estimate_parts(lora.make_state_estimator(QWEN, {**values, "dora": True})).activations[1]
        > sixteen.activations[1]
    )


def test_all_experts_are_kept_and_those_of_a_token_compute() -> None:
    experts = replace(LLAMA_3_8B, experts=Experts(count=64, per_token=2, intermediate=7168))
    assert estimate_parts(with_rank(8), experts).activations[0] == pytest.approx(
        estimate_parts(with_rank(8)).activations[0]
    )


def test_parts_that_are_drawn_in_make_up_the_total() -> None:
    # a small model and many logits: the sums of the ends are more than a factor of 2 apart
    state = lora.make_state_estimator(SMOLLM, {"rank": 8})
    load = Workload(state, "bf16", 2, 512, checkpointing=True, logits_per_row=512)
    parts = estimate_memory_parts(SMOL, load)
    assert sum(part[1] for part in parts) > 2 * sum(part[0] for part in parts)
    low, high = estimate_memory_range(SMOL, load)
    assert high == pytest.approx(2 * low)
    listed = [part.gb for part in list_memory_parts(SMOL, load)]
    assert sum(part[0] for part in listed) == pytest.approx(low)
    assert sum(part[1] for part in listed) == pytest.approx(high)


def test_a_plan_that_times_the_batch_shows_the_largest_step_and_its_parts() -> None:
    inputs = Inputs(ANSWERS, facts(), SMOLLM, SMOL, CPU, TASK, LORA)
    estimate = estimate_run(inputs, build_recipe(inputs))
    assert estimate.memory_gb is not None
    low, high = estimate.memory_gb
    assert high <= 2 * low + 0.1
    assert sum(part.gb[1] for part in estimate.parts) == pytest.approx(high, abs=0.1)
    assert "for the largest step that `auto` may choose (8 rows in fp32)" in estimate.why.en


def test_scores_and_logits_in_32_bit_take_more() -> None:
    def find_peak(precision: str) -> float:
        values = {"attention": "eager", "checkpointing": True, "length": 4096, "batch_size": 1}
        with_scores = estimate_parts(with_rank(8), precision=precision, **values)
        without = estimate_parts(
            with_rank(8), precision=precision, **{**values, "attention": "sdpa"}
        )
        return with_scores.activations[1] - without.activations[1]

    scores = LLAMA_3_8B.heads * 4096**2
    assert find_peak("bf16") == pytest.approx(12 * scores)
    assert find_peak("fp32") == pytest.approx(16 * scores)


def test_a_step_of_the_optimizer_counts_where_activations_take_less() -> None:
    def keep(_size: ModelSpec, _precision: str) -> TrainingState:
        return TrainingState(weights=(1e9, 1e9), optimizer=(2e9, 2e9), step=(0, 5e9))

    short, long = (estimate_parts(keep, length=length).total[1] for length in (32, 8192))
    assert (
        short > 8
        and long
        == estimate_parts(
            lambda *_: TrainingState(weights=(1e9, 1e9), optimizer=(2e9, 2e9)), length=8192
        ).total[1]
    )


def test_a_token_is_multiplied_with_what_openai_publishes_as_active() -> None:
    # arXiv:2508.10925, table 1: 3.61 B and 5.13 B, the embedding left out
    family = load_catalog().families["gpt_oss"]
    for size, published in zip(family.sizes, (3.61e9, 5.13e9), strict=True):
        assert size.active_parameters == pytest.approx(published, rel=0.002)
        assert count_computing_parameters(size) == pytest.approx(published, rel=0.01)  # biases
    assert count_computing_parameters(SMOL) == SMOL.parameters  # its embedding is its head
