"""What each method trains, counted against the library that trains it; what it does not go with."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import torch
from peft import PeftModelForCausalLM, PrefixTuningConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from newft.catalog.loader import load_catalog
from newft.decide.estimate.memory import estimate_memory_range
from newft.decide.inputs import Inputs
from newft.decide.method_rules import check_method, check_values
from newft.decide.methods.adapter_size import select_modules
from newft.decide.methods.catalog_values import get_learning_rate
from newft.decide.methods.freeze import choose_trained_blocks
from newft.decide.methods.prefix import (
    choose_virtual_tokens,
    count_prefix_parameters,
    estimate_prefix_activations,
)
from newft.decide.methods.registry import METHODS, make_default_state_estimator
from newft.decide.model.model_fits import make_reference_step
from newft.decide.plan import make_plan
from newft.errors import IncompatibleError
from newft.schema.family import (
    Experts,
    Family,
    LatentAttention,
    LinearAttention,
    MixedLayers,
    ModelSpec,
)
from newft.schema.hardware import Hardware
from newft.schema.method import MethodValue, TrainingMethod
from newft.schema.plan import Plan
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text
from support.decide_examples import ANSWERS, TASK, card, facts
from support.model_configs import build_config, build_on_meta

CATALOG = load_catalog()
QWEN = CATALOG.families["qwen3"]
EXPERTS = replace(
    QWEN,
    title="Qwen3-MoE",
    linear_modules=("q_proj", "k_proj", "v_proj", "o_proj"),
    expert_parameters=("mlp.experts.gate_up_proj", "mlp.experts.down_proj"),
)


def find_size(family: Family, name: str) -> ModelSpec:
    return next(size for size in family.sizes if size.hub_id.endswith(name))


@pytest.mark.parametrize("method", CATALOG.methods.values(), ids=lambda method: method.id)
def test_a_schedule_is_cited_from_the_examples_that_have_it(method: TrainingMethod) -> None:
    """LLaMA-Factory's examples have cosine, 10 % of warm-up and 3 epochs, of its own methods."""
    source = as_citation(method.examples)
    assert "LLaMA-Factory" in source.en and "LLaMA-Factory" in source.zh
    own = method.id in ("full", "lora", "qlora")
    assert own != source.en.startswith("rule of newft:")
    assert own != source.zh.startswith("newft 自定规则：")


SMALL = find_size(QWEN, "Qwen3-0.6B")
SPARSE = replace(SMALL, experts=Experts(count=128, per_token=8, intermediate=768))


def choose(
    method: str, family: Family = QWEN, size: ModelSpec | None = SMALL, int4: bool | None = True
) -> Inputs:
    hardware = Hardware(replace(card(80.0), int4=int4))
    answers = replace(ANSWERS, method=method)
    entry = CATALOG.methods[method]
    return Inputs(answers, facts(), family, size, hardware, TASK, entry, CATALOG)


def refuse(inputs: Inputs) -> IncompatibleError:
    with pytest.raises(IncompatibleError) as caught:
        check_method(inputs)
    assert caught.value.where == "method"
    return caught.value


def reason(**values: MethodValue) -> dict[str, Reasoned[MethodValue]]:
    text = Text("given", "给定")
    return {name: Reasoned(value, text, text) for name, value in values.items()}


def test_the_catalogue_and_the_registry_know_the_same_methods() -> None:
    assert {*CATALOG.methods} == {*METHODS}


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
@pytest.mark.parametrize(
    ("family", "name"), [("qwen3", "Qwen3-0.6B"), ("llama3", "3.2-1B-Instruct")]
)
def test_a_prefix_has_the_weights_that_peft_makes(family: str, name: str) -> None:
    of = CATALOG.families[family]
    size = find_size(of, name)
    prefix = PrefixTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=128,
        prefix_projection=True,
        encoder_hidden_size=512,
    )
    with torch.device("meta"):
        model = get_peft_model(build_on_meta(build_config(of, size)), prefix)
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    values = {"num_virtual_tokens": 128, "projection_size": 512}
    assert count_prefix_parameters(size, values) == trained


def test_the_last_blocks_hold_the_share_that_is_said() -> None:
    model = build_on_meta(build_config(QWEN, SMALL))
    blocks = model.get_decoder().layers[-4:]
    share = sum(weight.numel() for weight in blocks.parameters()) / SMALL.parameters
    chosen = choose_trained_blocks(choose("freeze"))
    assert chosen.value == 4
    assert f"the model has 28, and these hold {share:.0%} of its weights" in chosen.why.en


def test_a_vision_tower_takes_memory_but_no_gradients_and_no_optimizer_states() -> None:
    family = CATALOG.families["gemma3"]
    size = find_size(family, "gemma-3-4b-it")
    assert size.vision_parameters == size.parameters - size.text_parameters > 4e8
    state = make_default_state_estimator(CATALOG.methods["full"], family)(size, "bf16")
    assert state.gradients[1] == 4 * size.text_parameters
    assert state.optimizer[1] == 8 * size.text_parameters
    assert state.weights[0] == 4 * size.parameters


def test_weights_in_4_bit_take_a_quarter_and_embeddings_none_the_less() -> None:
    size = find_size(QWEN, "Qwen3-8B")
    whole, packed = (
        make_default_state_estimator(CATALOG.methods[name], QWEN)(size, "bf16").weights[0] / 1e9
        for name in ("lora", "qlora")
    )
    embeddings = 2 * size.vocabulary * size.hidden * 2 / 1e9  # and lm_head, 2 bytes each
    assert packed == pytest.approx((whole - embeddings) / 4 + embeddings, rel=0.05)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("all-linear", QWEN.linear_modules),
        (("q_proj", "v_proj"), ("q_proj", "v_proj")),
        (r".*layers.*\.(q_proj|down_proj)", ("q_proj", "down_proj")),
        (r".*vision.*\.q_proj", ()),
    ],
)
def test_target_modules_are_read_as_peft_reads_them(
    targets: MethodValue, expected: tuple[str, ...]
) -> None:
    assert select_modules(targets, QWEN) == expected


def test_4_bit_is_refused_where_the_card_has_none_and_left_to_a_try_where_it_is_unknown() -> None:
    error = refuse(choose("qlora", int4=False))
    assert error.message == "QLoRA does not work here: bitsandbytes has no 4-bit kernels for Card"
    assert error.hint == "use --method lora (LoRA)"
    for int4 in (True, None):
        check_method(choose("qlora", int4=int4))


@pytest.mark.parametrize("family", [QWEN, EXPERTS])
def test_4_bit_is_refused_for_experts_which_it_would_leave_in_16(family: Family) -> None:
    error = refuse(choose("qlora", family, SPARSE if family is QWEN else None))
    assert "which bitsandbytes leaves in 16 bit" in error.message


@pytest.mark.parametrize(
    "attention",
    [
        {"linear_attention": LinearAttention(21, 16, 128, 32, 128)},
        {"latent_attention": LatentAttention(512, 128, 64, 128)},
        {"mixed_layers": MixedLayers(7, 512, 1)},
    ],
)
def test_a_prefix_is_refused_where_layers_keep_other_keys_and_values(
    attention: dict[str, object],
) -> None:
    size = replace(SMALL, **attention)  # type: ignore[arg-type]
    assert refuse(choose("prefix", size=size)).hint == "use --method lora (LoRA)"


def test_packed_weights_refuse_qlora_alone() -> None:
    packed = replace(SMALL, quantization="fp8")
    refused = refuse(choose("qlora", size=packed))
    assert f"the weights of `{SMALL.hub_id}` are FP8" in refused.message
    assert refused.hint == "use --method lora (LoRA)"
    check_method(choose("lora", size=packed))


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"dropout": 0.05}, "recipe.dropout"),
        ({"dora": True}, "recipe.dora"),
        ({"pissa": True}, "recipe.pissa"),
    ],
)
def test_experts_exclude_what_peft_lacks_for_them(
    values: dict[str, MethodValue], where: str
) -> None:
    experts = EXPERTS.expert_parameters
    inputs = choose("lora", EXPERTS)
    check_values(inputs, reason(target_parameters=experts, dropout=0.0))
    with pytest.raises(IncompatibleError) as caught:
        check_values(inputs, reason(target_parameters=experts, **values))
    assert caught.value.where == where


def test_values_that_exclude_each_other_or_name_nothing_are_refused() -> None:
    with pytest.raises(IncompatibleError, match="pissa and dora"):
        check_values(choose("lora"), reason(dora=True, pissa=True))
    with pytest.raises(IncompatibleError, match=r"has no expert weights `mlp\.experts`"):
        check_values(choose("lora", EXPERTS), reason(target_parameters=("mlp.experts",)))


def plan(family: str, model: str, method: str, gpu: str) -> Plan:
    answers = replace(ANSWERS, family=family, model=model, method=method, gpu=gpu)
    return make_plan(answers, facts(), CATALOG, Hardware(CATALOG.accelerators[gpu]))


@pytest.mark.parametrize("gpu", ["RTX4090", "A100-80GB"])
@pytest.mark.parametrize(
    ("family", "model"),
    [
        ("qwen3_moe", "Qwen/Qwen3-30B-A3B"),
        ("gpt_oss", "openai/gpt-oss-20b"),
        ("gpt_oss", "openai/gpt-oss-120b"),
    ],
)
def test_what_is_offered_instead_of_a_method_fits(family: str, model: str, gpu: str) -> None:
    with pytest.raises(IncompatibleError) as caught:
        plan(family, model, "qlora", gpu)
    hint = caught.value.hint or ""
    methods, models = re.findall(r"--method (\w+)", hint), re.findall(r"`([^`]+/[^`]+)`", hint)
    assert methods or models, hint
    owners = {size.hub_id: one.id for one in CATALOG.families.values() for size in one.sizes}
    for method in methods:
        assert plan(family, model, method, gpu).estimate.memory_gb
    for other in models:
        assert plan(owners[other], other, "qlora", gpu).estimate.memory_gb


@pytest.mark.parametrize(
    ("name", "rate"), [("7B-Instruct", 2e-4), ("14B-Instruct", 1e-4), ("72B-Instruct", 1e-4)]
)
def test_qlora_learns_more_slowly_above_13_billion(name: str, rate: float) -> None:
    family = CATALOG.families["qwen2_5"]
    size = find_size(family, name)
    assert get_learning_rate(choose("qlora", family, size), 1000)[0].value == rate
    assert get_learning_rate(choose("lora", family, size), 1000)[0].value == 2e-4


def test_a_method_has_the_values_of_the_one_that_it_is_based_on() -> None:
    lora, qlora = CATALOG.methods["lora"], CATALOG.methods["qlora"]
    assert {*lora.values} - {*qlora.values} == {"pissa"}
    assert qlora.weight_decay == lora.weight_decay
    assert qlora.values["dora"] == lora.values["dora"]
    assert qlora.values["rank"] != lora.values["rank"]  # with a reason of its own


def count_saved_bytes(tokens: int, rows: int, **attention: Any) -> int:
    """The bytes that a training step of a small model with a prefix saves for its backward pass."""
    config = LlamaConfig(
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        vocab_size=200,
        **attention,
    )
    base = LlamaForCausalLM(config)
    prefix = PrefixTuningConfig(
        task_type="CAUSAL_LM",
        num_virtual_tokens=tokens,
        prefix_projection=True,
        encoder_hidden_size=96,
    )
    model = PeftModelForCausalLM(base, prefix)
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    saved: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.ones(rows, 32, dtype=torch.long)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(input_ids=ids, labels=ids)
    return sum(saved.values())


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_a_token_of_the_prefix_saves_is_what_autograd_saves() -> None:
    rows = 2
    long, short = count_saved_bytes(128, rows), count_saved_bytes(16, rows)
    measured = (long - short) / (128 - 16) / rows
    size = replace(SMALL, hidden=64, layers=4, heads=4, kv_heads=2, head_dim=16)
    low, high = estimate_prefix_activations(size, "fp32", {"projection_size": 96})
    assert low < measured < high


def test_a_longer_prefix_takes_more_memory_in_every_row() -> None:
    method = CATALOG.methods["prefix"]
    usual = make_reference_step(method, QWEN, "bf16")
    added = {}
    for rows in (1, 8):
        peaks = [
            estimate_memory_range(
                SMALL,
                replace(
                    usual,
                    batch_size=rows,
                    state=METHODS["prefix"].make_state_estimator(
                        QWEN, {"num_virtual_tokens": tokens, "projection_size": 512}
                    ),
                ),
            )
            for tokens in (16, 512)
        ]
        assert peaks[0][0] < peaks[1][0] and peaks[0][1] < peaks[1][1]
        added[rows] = peaks[1][1] - peaks[0][1]
    assert added[8] > 4 * added[1]


def test_a_choice_among_few_labels_takes_a_short_prefix() -> None:
    many = choose("prefix")
    few = replace(many, facts=facts(labels=4))
    assert choose_virtual_tokens(few).value == 16
    assert choose_virtual_tokens(few).why.en.startswith("one of 4 labels")
    assert choose_virtual_tokens(many).value == 128
