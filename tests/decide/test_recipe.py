"""What the recipe says for the situations that matter."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.loader import load_catalog
from newft.console.json_output import list_recipe_values
from newft.decide.estimate.duration import estimate_row_flops
from newft.decide.estimate.run_estimate import estimate_run
from newft.decide.inputs import Inputs
from newft.decide.method_rules import check_method
from newft.decide.methods.catalog_values import get_updates_to_learn
from newft.decide.methods.registry import get_method
from newft.decide.plan import make_plan
from newft.decide.recipe import build_recipe
from newft.decide.split_reasons import compute_wilson_half_width
from newft.errors import IncompatibleError
from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware, MachineFacts
from newft.schema.method import MethodOverrides, TrainingMethod
from newft.schema.plan import Recipe
from newft.schema.reasoned import Sourced
from newft.split_fractions import choose_split_fractions
from newft.text import Text
from support.decide_examples import (
    ANSWERS,
    CATALOG,
    CPU,
    EIGHT,
    FOURTEEN,
    FRAGILE,
    FULL,
    LORA,
    QWEN,
    SMALL,
    SMOL,
    SMOLLM,
    TASK,
    card,
    facts,
)


def recipe(
    size: ModelSpec | None, hardware: Hardware, family: Family = QWEN, **data: object
) -> Recipe:
    return build_recipe(Inputs(ANSWERS, facts(**data), family, size, hardware, TASK, LORA))  # type: ignore[arg-type]


def values(chosen: Recipe) -> dict[str, object]:
    return {name: reasoned.value for name, reasoned in list_recipe_values(chosen).items()}


def test_the_embedded_model_on_a_cpu_trains_as_it_was_measured() -> None:
    chosen = recipe(SMOL, CPU, SMOLLM)
    assert values(chosen) == {
        "rank": 8,
        "alpha": 16,
        "dropout": 0.0,
        "target_modules": "all-linear",
        "rslora": False,
        "dora": False,
        "pissa": False,
        "loraplus_lr_ratio": 1.0,
        "learning_rate": 2.0e-3,
        "lr_scheduler": "linear",
        "warmup_ratio": 0.1,
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "epochs": 3,
        "batch_size": "auto",
        "gradient_accumulation_steps": 8,
        "max_length": 64,
        "max_packed_tokens": 0,
        "max_truncated_fraction": 0.01,
        "precision": "auto",
        "attention": "auto",
        "gradient_checkpointing": False,
        "num_evaluations": 5,
        "seed": 42,
        "training_minutes": 10,
        "device": "cpu",
        "processes": 1,
        "evaluation_minutes": 5,
        "evaluation_batch_size": 8,
        "validation_fraction": 0.1,
        "test_fraction": 0.219,
        "few_shot_examples": 8,
    }


def test_rank_scale_and_rate_have_the_source_that_they_were_tried_in() -> None:
    chosen = recipe(SMALL, Hardware(card(24.0)))
    assert (chosen.method["rank"].value, chosen.method["alpha"].value) == (16, 16)
    assert {value.source.en for value in (chosen.method["alpha"], chosen.learning_rate)} == {
        "its authors"
    }
    assert chosen.method["rank"].source.en.startswith("its authors; ")


SHIPPED = load_catalog()
ADAPTER_KEYS = ["rank", "alpha", "dropout", "target_modules", "rslora", "dora"]
METHOD_KEYS = {
    "lora": [*ADAPTER_KEYS, "pissa", "loraplus_lr_ratio"],
    "qlora": [*ADAPTER_KEYS, "loraplus_lr_ratio"],
    "prefix": ["num_virtual_tokens", "projection_size"],
    "freeze": ["trained_blocks"],
    "full": [],
}


def shipped(model: str, gpu: str = "H200", **data: object) -> Recipe:
    family, size = next(
        (family, size)
        for family in SHIPPED.families.values()
        for size in family.sizes
        if size.hub_id == model
    )
    return recipe(size, Hardware(SHIPPED.accelerators[gpu]), family, **data)


def test_the_learning_rate_falls_with_the_width_of_a_llama() -> None:
    models = ("Llama-3.2-1B", "Llama-3.2-3B", "Llama-3.1-8B")
    rates = [shipped(f"meta-llama/{name}-Instruct", rows=5000).learning_rate for name in models]
    assert [rate.value for rate in rates] == [3.4e-4, 2.5e-4, 2.0e-4]
    for width, rate in zip((2048, 3072, 4096), rates, strict=True):
        assert rate.value == pytest.approx(2.0e-4 * (4096 / width) ** 0.781, rel=0.02)
    assert "Unsloth's default for this model is far lower" in rates[0].why.en


def test_a_run_of_few_updates_gets_half_again_the_rate() -> None:
    few, many = (shipped("Qwen/Qwen3-4B", rows=rows).learning_rate for rows in (36, 17_500))
    assert (few.value, many.value) == (1.5e-4, 1.0e-4)
    assert few.why.en.startswith("27 updates are few: 1.5 times the usual 1.0e-4 (as")
    assert "Unsloth uses 2.0e-4" in many.why.en


@pytest.mark.parametrize(
    ("gpu", "rows", "rate"),
    [
        ("H200", 400, 2.0e-3),
        ("H200", 17_500, 1.0e-3),
        ("cpu", 400, 2.0e-3),
        ("cpu", 17_500, 1.0e-3),
    ],
)
def test_the_embedded_model_has_a_rate_that_was_tried_for_that_many_updates(
    gpu: str, rows: int, rate: float
) -> None:
    chosen = shipped("HuggingFaceTB/SmolLM2-135M-Instruct", gpu, rows=rows).learning_rate
    assert chosen.value == rate
    assert ("more than 133" in chosen.why.en) == (rate == 1.0e-3)


def test_the_rank_grows_where_the_answers_say_more_than_it_holds() -> None:
    short = recipe(SMOL, CPU, SMOLLM, rows=200_000)
    known = facts(2_000_000)
    long = replace(known, data=replace(known.data, longest_target="word " * 200))
    grown = build_recipe(Inputs(ANSWERS, long, SMOLLM, SMOL, CPU, TASK, LORA))
    assert short.method["rank"].value == 8
    assert grown.method["rank"].value == 256
    assert grown.method["alpha"].value == short.method["alpha"].value
    assert "million bits" in grown.method["rank"].why.en


def test_an_accelerator_trains_on_everything_without_a_budget() -> None:
    chosen = recipe(EIGHT, Hardware(card(80.0)), rows=20_000)
    assert chosen.training_minutes.value is None
    assert chosen.evaluation_minutes.value is None
    assert chosen.method["dropout"].value == 0.0
    assert (chosen.lr_scheduler.value, chosen.epochs.value) == ("cosine", 3)
    assert chosen.batch_size.value * chosen.gradient_accumulation_steps.value == 16


def test_few_rows_for_a_large_model_get_dropout() -> None:
    assert recipe(EIGHT, Hardware(card(80.0)), rows=640).method["dropout"].value == 0.05


def test_a_size_may_want_another_learning_rate_than_its_family() -> None:
    rate = Sourced(5.0e-5, Text("a rate", "学习率"), "its authors")
    size = replace(SMALL, methods={"lora": MethodOverrides(learning_rate=rate)})
    assert recipe(size, Hardware(card(24.0))).learning_rate.value == 5.0e-5
    assert recipe(SMALL, Hardware(card(24.0))).learning_rate.value == 2.0e-4


def test_a_cpu_sees_new_rows_rather_than_the_same_again() -> None:
    assert recipe(SMOL, CPU, SMOLLM, rows=13_083, labels=77).epochs.value == 1


def test_the_passes_of_a_cpu_follow_from_the_rows_whatever_the_model() -> None:
    chosen = recipe(SMALL, CPU).epochs
    assert chosen.value == recipe(SMOL, CPU, SMOLLM).epochs.value == 3
    assert chosen.why.en.endswith("the time budget may end the run earlier")


@pytest.mark.parametrize(
    ("hardware", "family", "expected"),
    [
        (Hardware(card(80.0, bf16=True)), QWEN, "bf16"),
        (Hardware(card(80.0, bf16=None)), QWEN, "bf16"),
        (Hardware(card(80.0, bf16=False)), QWEN, "fp16"),
        (Hardware(card(80.0, bf16=False)), FRAGILE, "fp32"),
        (Hardware(card(80.0, bf16=False, fp16=None)), QWEN, "fp32"),
        (Hardware(card(None, bf16=None, kind="mps")), QWEN, "fp32"),
        (Hardware(card(64.0, bf16=True, kind="npu")), QWEN, "bf16"),
        (CPU, QWEN, "auto"),
    ],
)
def test_precision_is_what_hardware_and_family_both_bear(
    hardware: Hardware, family: Family, expected: str
) -> None:
    assert recipe(SMALL, hardware, family).precision.value == expected


@pytest.mark.parametrize(
    ("gpu", "memory", "bf16", "expected"),
    [
        ("auto", 16.0, True, "auto"),
        ("auto", 16.0, False, "auto"),
        ("cpu", 16.0, True, "auto"),
        ("auto", 3.8, True, "bf16"),  # what fp32 needs, this machine does not have
    ],
)
def test_a_processor_times_its_precisions_unless_only_one_fits(
    gpu: str, memory: float, bf16: bool, expected: str
) -> None:
    known = facts(machine=MachineFacts("cpu", 1, 2, memory, bf16))
    inputs = Inputs(replace(ANSWERS, gpu=gpu), known, QWEN, SMALL, CPU, TASK, LORA)
    chosen = build_recipe(inputs)
    assert chosen.precision.value == expected
    low, high = estimate_run(inputs, chosen).memory_gb or (0, 0)
    assert low < high and (gpu == "cpu" or high <= memory)


def test_a_model_that_fits_in_no_precision_of_this_processor_is_refused() -> None:
    known = facts(machine=MachineFacts("cpu", 1, 2, 3.8, bf16=False))
    inputs = Inputs(replace(ANSWERS, gpu="auto"), known, QWEN, SMALL, CPU, TASK, LORA)
    with pytest.raises(IncompatibleError, match=r"in fp32 needs up to"):
        build_recipe(inputs)


def test_a_family_that_overflows_in_fp16_names_the_size_that_fits_in_fp32() -> None:
    with pytest.raises(IncompatibleError) as caught:
        recipe(EIGHT, Hardware(card(16.0, bf16=False)), FRAGILE)
    assert str(caught.value) == (
        "gpu: `Qwen/Qwen3-8B` with LoRA in fp32 needs up to 36 GB, more than Card (16 GB) has "
        "(Card does not support bf16, and Gemma is not trained in fp16: values grow large)"
    )
    assert caught.value.hint == (
        "choose `Qwen/Qwen3-0.6B` (up to 6.2 GB); or choose a card with bf16 and 19 GB or more"
    )


def test_a_model_without_a_smaller_sister_asks_for_memory() -> None:
    with pytest.raises(IncompatibleError) as caught:
        recipe(SMALL, Hardware(card(1.5)))
    assert caught.value.hint == "choose a card with bf16 and 3 GB or more"


def test_memory_first_takes_from_the_batch_then_recomputes_activations() -> None:
    lengths = (2000, 4000, 6200)
    wide = recipe(EIGHT, Hardware(card(80.0)), lengths=lengths)
    narrow = recipe(EIGHT, Hardware(card(48.0)), lengths=lengths)
    tight = recipe(EIGHT, Hardware(card(24.0)), lengths=lengths)
    assert (wide.batch_size.value, wide.gradient_checkpointing.value) == (2, False)
    assert (narrow.batch_size.value, narrow.gradient_checkpointing.value) == (1, False)
    assert tight.gradient_checkpointing.value is True
    assert {chosen.max_length.value for chosen in (wide, narrow, tight)} == {1600}


def test_rows_beyond_the_context_are_set_aside_and_said() -> None:
    chosen = recipe(SMOL, Hardware(card(80.0)), SMOLLM, lengths=(200, 900, 90_000))
    assert chosen.max_length.value == 8192
    assert "the model's context is no longer" in chosen.max_length.why.en


def test_rows_that_are_mostly_too_long_are_refused() -> None:
    with pytest.raises(IncompatibleError) as caught:
        recipe(SMOL, Hardware(card(80.0)), SMOLLM, lengths=(90_000, 90_000, 90_000))
    assert caught.value.where == "data"
    assert re.fullmatch(
        r"shorten the inputs to [\d,]+ characters \(up to \d+ GB\)", caught.value.hint or ""
    )


@pytest.mark.parametrize("lengths", [(60, 110, 20_000), (1_500, 6_000, 20_000)])
def test_long_rows_do_not_eat_the_time_of_a_cpu(lengths: tuple[int, int, int]) -> None:
    chosen = recipe(SMOL, CPU, SMOLLM, lengths=lengths)
    assert chosen.max_length.value == 2048


def test_on_a_cpu_too_half_of_the_rows_stay_whole() -> None:
    chosen = recipe(SMOL, CPU, SMOLLM, lengths=(12_000, 15_000, 20_000))
    assert chosen.max_length.value > 2048


def test_the_share_of_rows_that_a_limit_cuts_is_said_with_its_reason() -> None:
    whole = recipe(SMOL, CPU, SMOLLM, lengths=(60, 110, 200)).max_truncated_fraction
    cut = recipe(SMOL, CPU, SMOLLM, lengths=(12_000, 15_000, 20_000)).max_truncated_fraction
    assert (whole.value, cut.value) == (0.01, 0.4)
    assert "holds the longest row" not in cut.why.en
    assert cut.why.en.startswith("up to 40% of the rows may be longer than max_length, as longer")


def test_several_devices_share_the_rows_of_an_update() -> None:
    chosen = recipe(EIGHT, Hardware(card(80.0), 4), rows=20_000)
    assert (chosen.batch_size.value, chosen.gradient_accumulation_steps.value) == (4, 1)


@pytest.mark.parametrize(("rows", "kept"), [(640, 120), (1000, 120), (5000, 500), (20_000, 2000)])
def test_the_test_rows_are_at_least_what_a_comparison_needs(rows: int, kept: int) -> None:
    assert rows * choose_split_fractions(rows).test_fraction >= kept


def test_a_hundred_and_twenty_rows_know_a_rate_to_nine_points() -> None:
    assert round(100 * compute_wilson_half_width(120)) == 9


@st.composite
def cases(draw: st.DrawFn) -> Inputs:
    rows = draw(st.integers(20, 2_000_000))
    lengths = sorted(draw(st.lists(st.integers(1, 50_000), min_size=3, max_size=3)))
    machine = draw(
        st.none() | st.builds(MachineFacts, st.just("cpu"), st.just(1), st.integers(1, 64),
                              st.floats(1, 512), st.booleans())
    )  # fmt: skip
    accelerator = card(
        draw(st.none() | st.floats(0.5, 200)),
        bf16=draw(st.none() | st.booleans()),
        fp16=draw(st.none() | st.booleans()),
        kind=draw(st.sampled_from(["cuda", "npu", "mps", "cpu"])),
        peak=draw(st.none() | st.floats(1, 1000)),
    )
    family = draw(st.sampled_from(list(CATALOG.families.values())))
    known = facts(
        rows,
        labels=draw(st.integers(2, min(300, rows))),
        lengths=(lengths[0], lengths[1], lengths[2]),
        language=draw(st.sampled_from(["en", "zh"])),
        machine=machine,
    )
    answers = replace(
        ANSWERS,
        gpu=draw(st.sampled_from(["auto", "cpu"])),
        language=draw(st.sampled_from(["en", "zh"])),
    )
    hardware = Hardware(accelerator, draw(st.integers(1, 8)))
    size = draw(st.sampled_from([None, *family.sizes]))
    method = draw(st.sampled_from([LORA, FULL]))
    return Inputs(answers, known, family, size, hardware, TASK, method)


@given(cases())
@pytest.mark.slow
def test_any_case_gives_a_reasoned_recipe_or_a_named_incompatibility(inputs: Inputs) -> None:
    try:
        chosen = build_recipe(inputs)
    except IncompatibleError as error:
        assert error.where in ("gpu", "data")
        assert error.hint
        return
    for reasoned in list_recipe_values(chosen).values():
        words = (*reasoned.why, *reasoned.source)
        assert all(text.strip() and "\n" not in text for text in words)
    assert_within_bounds(inputs, chosen)


def assert_within_bounds(inputs: Inputs, chosen: Recipe) -> None:
    on_cpu, batch_size = inputs.hardware.accelerator.kind == "cpu", chosen.batch_size.value
    assert (batch_size == "auto") == (chosen.attention.value == "auto") == on_cpu
    at_once = 1 if isinstance(batch_size, str) else batch_size
    effective = at_once * chosen.gradient_accumulation_steps.value * inputs.hardware.count
    assert 1 <= effective < 32
    assert chosen.max_length.value % 32 == 0
    assert 32 <= chosen.max_length.value <= (inputs.size.context if inputs.size else 4096)
    assert 1 <= chosen.epochs.value <= 10
    assert 5 <= chosen.num_evaluations.value <= 10
    assert 0 <= chosen.few_shot_examples.value <= 8
    assert 0 < chosen.validation_fraction.value <= max(0.15, 6 / inputs.rows + 0.001)  # rounded up
    assert 0 < chosen.test_fraction.value <= 0.25
    assert chosen.evaluation_batch_size.value in (1, 2, 4, 8, 16, 32)
    assert chosen.precision.value in (("auto", "bf16") if on_cpu else ("fp32", "bf16", "fp16"))
    assert (chosen.training_minutes.value is None) == (not on_cpu)


def test_the_next_smaller_model_is_the_one_that_is_offered() -> None:
    with pytest.raises(IncompatibleError) as caught:
        recipe(FOURTEEN, Hardware(card(24.0)))
    assert caught.value.hint == (
        "choose `Qwen/Qwen3-8B` (up to 23 GB); or choose a card with bf16 and 33 GB or more"
    )


def test_a_method_that_may_not_work_on_the_card_is_offered_last_and_says_so() -> None:
    answers = replace(ANSWERS, gpu="8x910B", family="qwen2_5", model="Qwen/Qwen2.5-32B-Instruct")
    with pytest.raises(IncompatibleError) as caught:
        make_plan(answers, facts(), SHIPPED, Hardware(SHIPPED.accelerators["910B"], 8))
    ways = (caught.value.hint or "").split("; or ")
    assert ways[0].startswith("choose `Qwen/Qwen2.5-14B-Instruct`")
    assert re.fullmatch(
        r"use --method qlora \(up to \d+ GB; not known to work on Huawei Ascend 910B: `make check` "
        r"tries it\)",
        ways[-1],
    )


def test_no_family_that_another_tool_trains_is_offered() -> None:
    answers = replace(ANSWERS, gpu="A100-80GB", family="glm4", model="zai-org/GLM-4-32B-0414")
    answers = replace(answers, method="full")
    with pytest.raises(IncompatibleError) as caught:
        make_plan(answers, facts(), SHIPPED, Hardware(SHIPPED.accelerators["A100-80GB"]))
    others = [
        size.hub_id for one in SHIPPED.families.values() if one.successor for size in one.sizes
    ]
    assert not [name for name in others if name in (caught.value.hint or "")]


@pytest.mark.parametrize("method", SHIPPED.methods.values(), ids=SHIPPED.methods)
@pytest.mark.parametrize("family", SHIPPED.families.values(), ids=SHIPPED.families)
def test_every_family_can_be_trained_with_every_method(
    family: Family, method: TrainingMethod
) -> None:
    size = min(family.sizes, key=lambda size: size.parameters)
    hardware = parse_gpu("H200", SHIPPED.accelerators, machine=None)
    answers = replace(ANSWERS, method=method.id, family=family.id, model=size.hub_id)
    inputs = Inputs(answers, facts(), family, size, hardware, TASK, method, SHIPPED)
    try:
        check_method(inputs)
    except IncompatibleError as refused:
        assert refused.hint and re.search(r"--method (\w+)", refused.hint)
        return
    if method.id == "full" and size.parameters > 6.5e9:
        with pytest.raises(IncompatibleError, match="full fine-tuning") as caught:
            build_recipe(inputs)
        assert "use --method lora (up to" in caught.value.hint
    else:
        keys = [key for key in build_recipe(inputs).method if key != "target_parameters"]
        assert keys == METHOD_KEYS[method.id]


def test_full_fine_tuning_computes_more_than_lora_and_holds_the_base_beside_it() -> None:
    hardware = Hardware(card(80.0))
    lora, full = (
        build_recipe(Inputs(ANSWERS, facts(rows=9000), QWEN, SMALL, hardware, TASK, method))
        for method in (LORA, FULL)
    )
    assert full.learning_rate.value < lora.learning_rate.value / 5
    assert full.evaluation_batch_size.value <= lora.evaluation_batch_size.value
    inputs = Inputs(ANSWERS, facts(rows=9000), QWEN, SMALL, hardware, TASK, FULL)
    assert estimate_row_flops(inputs, SMALL, checkpointing=False) == pytest.approx(
        1.5 * estimate_row_flops(replace(inputs, method=LORA), SMALL, checkpointing=False), rel=0.05
    )


def test_a_few_long_rows_take_time_and_rows_are_cut_at_their_limit() -> None:
    hardware = Hardware(card(80.0))
    even, skewed = (
        Inputs(ANSWERS, facts(lengths=lengths), QWEN, SMALL, hardware, TASK, LORA)
        for lengths in ((200, 200, 200), (200, 200, 20000))
    )
    short = estimate_row_flops(even, SMALL, checkpointing=False)
    long = estimate_row_flops(skewed, SMALL, checkpointing=False)
    cut = estimate_row_flops(skewed, SMALL, checkpointing=False, max_length=256)
    assert short < cut < long


def test_the_estimate_is_that_of_the_rows_where_none_is_as_long_as_may_be() -> None:
    hardware = Hardware(card(80.0))
    inputs = Inputs(ANSWERS, facts(), QWEN, SMALL, hardware, TASK, LORA)
    assert "no row is expected" not in estimate_run(inputs, build_recipe(inputs)).why.en
    answers = replace(ANSWERS, recipe={"max_length": "4096"})
    given = replace(inputs, answers=answers)
    told = estimate_run(given, build_recipe(given))
    assert "no row is expected to have more than" in told.why.en
    assert told.memory_gb == estimate_run(inputs, build_recipe(inputs)).memory_gb


@pytest.mark.parametrize(("method", "added"), [(LORA, "50"), (FULL, "33")])
def test_gradient_checkpointing_costs_a_share_of_what_the_method_computes(
    method: TrainingMethod, added: str
) -> None:
    for memory in (80.0, 16.0, None):
        inputs = Inputs(
            ANSWERS, facts(rows=9000), QWEN, SMALL, Hardware(card(memory)), TASK, method
        )
        value = build_recipe(inputs).gradient_checkpointing
        assert f"{added} % more computation" in value.why.en
        assert f"{added}% 的计算量" in value.why.zh
        assert f"added to {get_method(inputs).FLOPS_PER_PARAMETER}" in value.source.en


MEASURED = re.compile("measured by newft.* (?:tokens|steps)")


def test_the_run_yaml_of_full_fine_tuning_cites_no_lora_run_as_its_own() -> None:
    for hardware in (Hardware(card(80.0)), CPU):
        inputs = Inputs(ANSWERS, facts(rows=9000), QWEN, SMALL, hardware, TASK, FULL)
        made = list_recipe_values(build_recipe(inputs))
        sources = [value.source.en for value in made.values()]
        assert not any("train_lora" in source for source in sources)
        # there the head of run.yaml says that LoRA was measured
        assert any(MEASURED.search(source) for source in sources) == (hardware is CPU)
        assert hardware is CPU or "train_full" in made["warmup_ratio"].source.en


@pytest.mark.parametrize("method", SHIPPED.methods.values(), ids=SHIPPED.methods)
def test_the_updates_to_learn_are_a_measurement_for_the_measured_model_alone(
    method: TrainingMethod,
) -> None:
    hardware = parse_gpu("cpu", SHIPPED.accelerators, machine=None)
    family = SHIPPED.families["smollm2"]
    for size in family.sizes:
        inputs = Inputs(ANSWERS, facts(), family, size, hardware, TASK, method, SHIPPED)
        if method.id not in size.methods and method.based_on not in size.methods:
            assert get_updates_to_learn(inputs).source.en.startswith("rule of newft")
            continue
        source = get_updates_to_learn(inputs).source.en
        is_measured = size.hub_id.endswith("135M-Instruct")
        assert source.startswith("measured by newft" if is_measured else "rule of newft")
