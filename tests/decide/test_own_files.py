"""A model by its own files: its family, its dimensions, and what rules it out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import transformers
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from transformers import CONFIG_MAPPING, AutoConfig
from transformers.models.auto import modeling_auto
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
)

from newft.catalog.loader import load_catalog
from newft.decide.estimate.memory import estimate_activation_bytes
from newft.decide.model.architecture import identify_family, list_possible_families
from newft.decide.model.generic_family import (
    MAMBA_TYPES,
    PLAIN_ATTENTION,
    RECURRENT_CLASSES,
    SOUND_CLASSES,
    WRITING_CLASSES,
    make_generic_family,
)
from newft.decide.model.model_size import make_model_spec
from newft.decide.plan import make_plan
from newft.errors import IncompatibleError
from newft.schema.family import GENERIC_FAMILY, Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.model_facts import ChatFacts, ModelFacts
from newft.schema.plan import Plan
from newft.system.model_config import MAX_NUMBER, NUMBERS, find_impossible_values, read_numbers
from newft.system.model_folder import read_model_folder
from support.decide_examples import ANSWERS, facts
from support.model_configs import build_on_meta
from support.model_folder import (
    OLMO2_7B,
    QWEN2_7B,
    list_shapes,
    write_model_folder,
    write_weights,
)

CATALOG = load_catalog()
SIZES = [(family, size) for family in CATALOG.families.values() for size in family.sizes]
LLAMA: Mapping[str, Any] = {**OLMO2_7B, "architectures": ["LlamaForCausalLM"]}
QWEN3_8B: Mapping[str, Any] = {
    "architectures": ["Qwen3ForCausalLM"],
    "model_type": "qwen3",
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "tie_word_embeddings": False,
}


def read(folder: Path) -> ModelFacts:
    found = read_model_folder(str(folder))
    assert found is not None
    return found


MINISTRAL3_8B: Mapping[str, Any] = {
    "architectures": ["Mistral3ForConditionalGeneration"],
    "model_type": "mistral3",
    "text_config": {
        **QWEN3_8B,
        "model_type": "ministral3",
        "intermediate_size": 14336,
        "num_hidden_layers": 34,
        "vocab_size": 131072,
        "max_position_embeddings": 262144,
    },
    "vision_config": {"model_type": "pixtral"},
}


def write_mistral_folder(folder: Path, config: Mapping[str, Any]) -> Path:
    template = "{% for m in messages %}{{ m.content }}</s>{% endfor %}"
    return write_model_folder(folder, config, template=template, tokens=("</s>",), eos="</s>")


def plan_listed(family: str, model: str, method: str) -> Plan:
    answers = replace(ANSWERS, family=family, model=model, method=method)
    return make_plan(answers, facts(), CATALOG, Hardware(CATALOG.accelerators["A100-80GB"]))


def plan(folder: Path, family: str | None = None, gpu: str = "A100-80GB", **more: Any) -> Plan:
    model = read(folder)
    answers = replace(
        ANSWERS,
        family=family or identify_family(model, CATALOG) or GENERIC_FAMILY,
        model=str(folder),
        **more,
    )
    known = replace(facts(), model=model)
    return make_plan(answers, known, CATALOG, Hardware(CATALOG.accelerators[gpu]))


def refusal(folder: Path, family: str | None = None) -> IncompatibleError:
    with pytest.raises(IncompatibleError) as caught:
        plan(folder, family)
    return caught.value


# --- the family ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "size"), SIZES, ids=[size.hub_id for _, size in SIZES])
def test_every_listed_model_is_told_by_class_vocabulary_and_template(
    family: Family, size: ModelSpec
) -> None:
    chat = ChatFacts(
        has_template=True,
        end_of_turn=family.chat.end_of_turn,
        control_tokens=family.chat.marks,
    )
    architecture = size.architecture or family.architectures[0]
    model = ModelFacts((architecture,), None, size.vocabulary, chat=chat)
    assert [one.id for one in list_possible_families(model, CATALOG)] == [family.id]


def test_another_template_is_another_family(tmp_path: Path) -> None:
    config = {**LLAMA, "vocab_size": 128256}
    ours = write_model_folder(tmp_path / "a", config, tokens=("<|eot_id|>",), eos="<|eot_id|>",
        template="{% for m in messages %}{{ m.content }}<|eot_id|>{% endfor %}")  # fmt: skip
    assert identify_family(read(ours), CATALOG) == "llama3"
    other = write_model_folder(tmp_path / "b", config)  # ChatML, as of a fine-tuned model
    assert identify_family(read(other), CATALOG) is None
    error = refusal(other, "llama3")
    assert error.message == (
        "the chat template in this folder ends an answer with <|im_end|>, but that of LLaMA 3.x "
        "with <|eot_id|>"
    )
    assert error.hint == (
        "leave out the family, or give --family generic: the values then come from the model's own "
        "files"
    )


def test_a_vocabulary_of_another_size_is_another_family(tmp_path: Path) -> None:
    yi = write_model_folder(tmp_path, {**LLAMA, "vocab_size": 90000})
    assert identify_family(read(yi), CATALOG) is None


# --- dimensions ----------------------------------------------------------------------------------


def test_a_listed_size_in_a_folder_is_planned_as_on_the_hub(tmp_path: Path) -> None:
    ours = plan(write_model_folder(tmp_path, QWEN3_8B))
    answers = replace(ANSWERS, family="qwen3", model="Qwen/Qwen3-8B")
    listed = make_plan(answers, facts(), CATALOG, Hardware(CATALOG.accelerators["A100-80GB"]))
    assert ours.family.id == "qwen3"
    assert ours.estimate.memory_gb == listed.estimate.memory_gb
    assert ours.recipe.batch_size.value == listed.recipe.batch_size.value
    assert ours.recipe.learning_rate.value == listed.recipe.learning_rate.value


def test_packed_weights_in_a_folder_are_planned_as_on_the_hub(tmp_path: Path) -> None:
    packed = {**MINISTRAL3_8B, "quantization_config": {"quant_method": "fp8"}}
    ours = plan(write_mistral_folder(tmp_path / "fp8", packed))
    listed = plan_listed("ministral3", "mistralai/Ministral-3-8B-Instruct-2512", "lora")
    assert ours.family.id == "ministral3"
    assert ours.estimate.memory_gb == listed.estimate.memory_gb


@pytest.mark.parametrize("name", ["", "-BF16"])
def test_qlora_is_refused_on_packed_weights_alone(name: str, tmp_path: Path) -> None:
    packed = {} if name else {"quantization_config": {"quant_method": "fp8"}}
    folder = write_mistral_folder(tmp_path, {**MINISTRAL3_8B, **packed})
    hub_id = f"mistralai/Ministral-3-8B-Instruct-2512{name}"
    makers = (
        lambda: plan(folder, method="qlora"),
        lambda: plan_listed("ministral3", hub_id, "qlora"),
    )
    for make in makers:
        if name:
            assert make().family.id == "ministral3"
            continue
        with pytest.raises(IncompatibleError, match="are FP8") as caught:
            make()
        assert "take `mistralai/Ministral-3-8B-Instruct-2512-BF16`" in caught.value.message


def test_another_language_model_in_the_same_class_is_another_family(tmp_path: Path) -> None:
    text = {**MINISTRAL3_8B["text_config"], "model_type": "mistral"}  # Mistral Small 3.1 and 3.2
    small = write_mistral_folder(tmp_path, {**MINISTRAL3_8B, "text_config": text})
    made = plan(small)
    assert made.family.id == GENERIC_FAMILY
    targets = made.recipe.method["target_modules"].value
    assert targets == CATALOG.families["ministral3"].methods["lora"].values["target_modules"].value
    assert refusal(small, "ministral3").message == (
        "config.json in this folder declares Mistral3ForConditionalGeneration / mistral (131,072 "
        "tokens), but Ministral 3 needs Mistral3ForConditionalGeneration / ministral3"
    )


def test_rows_longer_than_the_context_of_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IncompatibleError, match=r"50,000 tokens are more than the context of"):
        plan(write_model_folder(tmp_path, QWEN3_8B), recipe={"max_length": "50000"})


def test_a_size_that_no_family_lists_gets_its_memory_and_time(tmp_path: Path) -> None:
    made = plan(write_model_folder(tmp_path, {**QWEN3_8B, "num_hidden_layers": 18}))
    whole = plan(write_model_folder(tmp_path / "whole", QWEN3_8B))
    assert made.estimate.memory_gb is not None
    assert whole.estimate.memory_gb is not None
    assert made.estimate.memory_gb[1] < 0.7 * whole.estimate.memory_gb[1]
    assert made.estimate.hours is not None


TINY: Mapping[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "vocab_size": 512,
}
GROUPED: Mapping[str, int] = {"n_group": 1, "topk_group": 1}
# two of eight experts of width 32, as configurations of several makers write that
SPARSE: Mapping[str, Mapping[str, Any]] = {
    "Qwen2MoeConfig": {
        **{"num_experts": 8, "shared_expert_intermediate_size": 80},
        **{"decoder_sparse_step": 2, "mlp_only_layers": [1]},
    },
    "Gemma4TextConfig": {
        **{"num_experts": 8, "top_k_experts": 2, "enable_moe_block": True, "head_dim": 16},
        **{"hidden_size_per_layer_input": 0, "global_head_dim": 16},
    },
    "GraniteMoeSharedConfig": {
        **{"num_local_experts": 8, "intermediate_size": 32, "shared_intermediate_size": 80},
    },
    "Glm4MoeConfig": {**GROUPED, "n_routed_experts": 8, "first_k_dense_replace": 1},
    "DeepseekV3Config": {
        **{**GROUPED, "n_routed_experts": 8, "q_lora_rank": 24, "kv_lora_rank": 16},
        **{"qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16},
    },
}


@pytest.mark.parametrize("name", SPARSE)
def test_experts_and_what_is_beside_them_are_counted_as_transformers_builds_them(
    name: str, tmp_path: Path
) -> None:
    usual = {"num_experts_per_tok": 2, "moe_intermediate_size": 32}
    config = getattr(transformers, name)(**{**TINY, **usual, **SPARSE[name]})
    write_model_folder(tmp_path, {})
    config.save_pretrained(tmp_path)
    model = read(tmp_path)
    size = make_model_spec("ours", model, make_generic_family(model, CATALOG))
    assert size and size.active_parameters
    weights = {key: one.numel() for key, one in build_on_meta(config).named_parameters()}
    total = sum(weights.values())
    resting = 3 / 4 * sum(one for key, one in weights.items() if ".experts." in key)
    assert size.parameters == pytest.approx(total, rel=0.02)  # without norms and routers
    assert size.active_parameters == pytest.approx(total - resting, rel=0.02)


def test_an_mlp_beside_the_experts_takes_memory(tmp_path: Path) -> None:
    config = {**QWEN3_8B, "num_experts": 8, "moe_intermediate_size": 768, "top_k_experts": 8}
    saved = []
    for width in (0, 8 * 768):
        write_model_folder(tmp_path, {**config, "shared_expert_intermediate_size": width})
        size = make_model_spec("ours", read(tmp_path), CATALOG.families["qwen3"])
        assert size
        saved.append(estimate_activation_bytes(size, "bf16")[0])
    assert saved[1] == saved[0] + 2 * 4 * 8 * 768  # gate, its SiLU, up and their product


def test_where_the_experts_of_a_token_are_not_told_nothing_is_estimated(tmp_path: Path) -> None:
    made = plan(write_model_folder(tmp_path, {**OLMO2_7B, "num_experts": 8}))
    assert made.estimate.memory_gb is None
    assert any("does not tell its dimensions" in one.en for one in made.warnings)


def test_an_argument_that_the_template_does_not_read_is_not_given(tmp_path: Path) -> None:
    assert plan(write_model_folder(tmp_path, QWEN3_8B)).model.template_arguments == {}


def test_a_stop_token_that_the_tokenizer_lacks_is_not_named(tmp_path: Path) -> None:
    family = CATALOG.families["smollm2"]
    ours = write_model_folder(tmp_path, {**LLAMA, "vocab_size": 49152}, tokens=("<|im_end|>",))
    assert plan(ours).model.stop_tokens == ()
    whole = write_model_folder(
        tmp_path / "whole", {**LLAMA, "vocab_size": 49152},
        tokens=("<|im_end|>", *family.chat.stop_tokens),
    )  # fmt: skip
    assert plan(whole).model.stop_tokens == family.chat.stop_tokens


# --- of no family --------------------------------------------------------------------------------


def test_a_model_of_no_family_is_planned_from_its_files(tmp_path: Path) -> None:
    made = plan(write_model_folder(tmp_path, OLMO2_7B))
    assert (made.family.id, made.family.title) == (GENERIC_FAMILY, "Olmo2ForCausalLM")
    assert (made.model.end_of_turn, made.model.pad) == ("<|im_end|>", "<|im_end|>")
    assert made.model.architecture == "Olmo2ForCausalLM"
    assert made.recipe.precision.value == "bf16"
    assert made.estimate.memory_gb is not None
    assert 14.5 < made.estimate.memory_gb[0] < made.estimate.memory_gb[1] < 40
    assert any(
        one.en.startswith("newft lists no family with the class of this model, Olmo2ForCausalLM")
        for one in made.warnings
    )
    assumed = [one.value.en for one in made.family.caveats]
    assert "an answer ends with <|im_end|>" in assumed
    assert "<|im_end|> is the padding token" in assumed


@pytest.mark.parametrize(
    ("config", "family", "why"),
    [
        (
            {**QWEN2_7B, "vocab_size": 90000},
            None,
            "Qwen2ForCausalLM (90,000 tokens) has the class of DeepSeek-R1-Distill, Qwen2.5, but a "
            "vocabulary of another size",
        ),
        (
            {**LLAMA, "vocab_size": 128256},
            None,
            "LlamaForCausalLM (128,256 tokens) has the class and vocabulary of "
            "DeepSeek-R1-Distill, LLaMA 3.x, but another chat template",
        ),
        (QWEN3_8B, GENERIC_FAMILY, "goes by its own files, not as Qwen3"),
    ],
)
def test_what_keeps_a_model_from_a_family_of_its_class_is_said(
    config: Mapping[str, Any], family: str | None, why: str, tmp_path: Path
) -> None:
    made = plan(write_model_folder(tmp_path, config), family)
    assert made.family.id == GENERIC_FAMILY
    assert why in made.family.caveats[0].value.en
    assert any(why in one.en for one in made.warnings)


def test_of_a_wrapper_only_the_language_model_is_trained(tmp_path: Path) -> None:
    config = {"architectures": ["XForConditionalGeneration"], "text_config": OLMO2_7B}
    made = plan(write_model_folder(tmp_path, {**config, "vision_config": {"hidden_size": 8}}))
    targets = made.recipe.method["target_modules"].value
    assert isinstance(targets, str)
    assert "vision" in targets
    assert made.model.architecture is None


def test_routers_of_experts_are_not_trained(tmp_path: Path) -> None:
    config = {**OLMO2_7B, "num_experts": 8, "num_experts_per_tok": 2}
    made = plan(write_model_folder(tmp_path, config))
    targets = made.recipe.method["target_modules"].value
    assert targets == r"^.*\.(?:q_proj|k_proj|v_proj|o_proj)$"
    assert any(one.value.en == "the experts get no adapter" for one in made.family.caveats)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")  # by peft
@pytest.mark.parametrize("kind", sorted(MAMBA_TYPES))
def test_a_model_with_mamba_blocks_gets_the_adapter_that_peft_makes(
    kind: str, tmp_path: Path
) -> None:
    config = AutoConfig.for_model(kind, num_hidden_layers=2, vocab_size=512)
    model = build_on_meta(config)
    write_model_folder(tmp_path, {**config.to_dict(), "architectures": [type(model).__name__]})
    targets = plan(tmp_path).recipe.method["target_modules"].value
    assert isinstance(targets, str)
    adapted = get_peft_model(model, LoraConfig(target_modules=targets))
    assert any(".in_proj.lora_B" in name for name, _ in adapted.named_parameters())


def test_without_files_the_generic_family_says_what_to_give() -> None:
    answers = replace(ANSWERS, family=GENERIC_FAMILY, model="acme/olmo")
    with pytest.raises(IncompatibleError, match="there are none on this machine"):
        make_plan(answers, facts(), CATALOG, Hardware(CATALOG.accelerators["A100-80GB"]))


# --- what rules a model out ----------------------------------------------------------------------


def test_weights_that_config_contradicts_are_refused(tmp_path: Path) -> None:
    write_model_folder(tmp_path, QWEN3_8B)
    write_weights(tmp_path, list_shapes({**QWEN3_8B, "vocab_size": 151000}, layers=30))
    error = refusal(tmp_path)
    assert error.message == (
        "config.json contradicts the weights of this folder: layers: 36 in config.json, 30 in the "
        "weights; tokens in the vocabulary: 151,936 in config.json, 151,000 in the weights"
    )
    assert error.hint == "copy config.json and the weights again from the same source"


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"hidden_size": -5}, "hidden_size: -5"),
        ({"hidden_size": 1e30}, "hidden_size: 1e+30"),
        ({"num_hidden_layers": 0}, "num_hidden_layers: 0"),
        ({"vocab_size": "151936"}, 'vocab_size: "151936"'),
        ({"num_attention_heads": True}, "num_attention_heads: true"),
        ({"text_config": {"head_dim": math.nan}}, "text_config.head_dim: NaN"),
        ({"hidden_size": -5, "num_hidden_layers": 0}, "num_hidden_layers: 0, hidden_size: -5"),
    ],
)
@pytest.mark.parametrize("family", ["qwen3", GENERIC_FAMILY])
def test_values_that_no_model_has_are_refused_with_their_keys(
    change: Mapping[str, Any], shown: str, family: str, tmp_path: Path
) -> None:
    write_model_folder(tmp_path, {**QWEN3_8B, **change})
    error = refusal(tmp_path, family)
    assert f"config.json of the model has values that no model can have: {shown}" == error.message


@given(
    st.dictionaries(
        st.sampled_from(sorted(set(chain.from_iterable(NUMBERS.values())))),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=3)
        | st.lists(st.integers(), max_size=2),
    )
)
def test_a_number_is_read_or_unknown_or_refused(config: dict[str, Any]) -> None:
    impossible = {key for key, _ in find_impossible_values(config)}
    good = {key: value for key, value in config.items() if key not in impossible}
    assert not find_impossible_values(good)
    for value in read_numbers(good).values():
        assert isinstance(value, int) and 0 <= value <= MAX_NUMBER


def test_what_real_configs_leave_open_is_no_fault() -> None:
    open_values = {"sliding_window": None, "num_key_value_heads": None, "q_lora_rank": None}
    per_layer = {"intermediate_size": [16384, 8192], "max_position_embeddings": -1}
    assert find_impossible_values({**open_values, **per_layer, "num_local_experts": 0}) == []


@pytest.mark.parametrize("family", ["qwen3", "llama3", GENERIC_FAMILY])
def test_a_class_and_a_type_of_two_models_are_refused(family: str, tmp_path: Path) -> None:
    write_model_folder(tmp_path, {**QWEN3_8B, "model_type": "llama"})
    error = refusal(tmp_path, family)
    assert error.message == (
        "config.json of the model contradicts itself: architectures is Qwen3ForCausalLM, but "
        "model_type is llama"
    )


@pytest.mark.parametrize(
    ("name", "kernel"), [("BloomForCausalLM", "eager"), ("Olmo2ForCausalLM", "sdpa")]
)
def test_a_class_without_fused_attention_is_given_the_plain_one(
    name: str, kernel: str, tmp_path: Path
) -> None:
    write_model_folder(tmp_path, {**OLMO2_7B, "architectures": [name], "model_type": "other"})
    assert plan(tmp_path, GENERIC_FAMILY).recipe.attention.value == kernel


@pytest.mark.slow
def test_the_classes_without_fused_attention_are_those_of_transformers() -> None:
    listed = {*MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()}
    listed |= {*MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.values()}
    plain = {
        name
        for name in listed
        if name.endswith(WRITING_CLASSES) and not getattr(transformers, name)._supports_sdpa
    }
    assert plain == {*PLAIN_ATTENTION, *RECURRENT_CLASSES}


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    write_model_folder(tmp_path, {**QWEN3_8B, "intermediate_size": 24576})
    write_weights(tmp_path, list_shapes(QWEN3_8B))
    assert "parameters: 13.63 B by config.json, 8.19 B in the weights" in refusal(tmp_path).message


def test_weights_that_agree_are_planned(tmp_path: Path) -> None:
    write_model_folder(tmp_path, QWEN3_8B)
    write_weights(tmp_path, list_shapes(QWEN3_8B))
    made = plan(tmp_path)
    assert made.model.parameters == 8_190_427_136  # the matrices; norms have 0.3 million more
    assert not [one for one in made.warnings if "weights" in one.en]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised (gptq)"),
        ({"quantization": {"group_size": 64, "bits": 4}}, "quantised (mlx)"),
        ({}, "no chat template"),
    ],
)
def test_files_that_cannot_be_trained_are_refused_with_a_way_out(
    change: Mapping[str, Any], message: str, tmp_path: Path
) -> None:
    template = {} if change else {"template": None}
    write_model_folder(tmp_path, {**QWEN2_7B, **change}, **template)  # type: ignore[arg-type]
    error = refusal(tmp_path, GENERIC_FAMILY)
    assert message in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("name", "more", "fault"),
    [
        ("T5GemmaForConditionalGeneration", {"is_encoder_decoder": True}, "whose encoder reads"),
        ("BartForCausalLM", {"is_encoder_decoder": True}, "whose encoder reads"),
        ("Mamba2ForCausalLM", {}, "which has no attention"),
        ("Qwen2AudioForConditionalGeneration", {}, "a model for sound"),
        ("Qwen3ForSequenceClassification", {}, "which does not write answers"),
    ],
)
def test_a_class_that_no_project_trains_is_refused(
    name: str, more: Mapping[str, Any], fault: str, tmp_path: Path
) -> None:
    config = {**OLMO2_7B, "model_type": "other", "architectures": [name], **more}
    error = refusal(write_model_folder(tmp_path, config))
    assert error.message.startswith(f"the model is a {name}, {fault}")
    assert str(error.hint).startswith("give a chat model that is a decoder with attention")


@pytest.mark.slow
def test_the_models_for_sound_are_those_that_transformers_loads_as_no_model_of_text() -> None:
    mappings = {
        name: mapping
        for name, mapping in vars(modeling_auto).items()
        if name.startswith("MODEL_FOR_") and name.endswith("_MAPPING_NAMES")
    }
    text = {**MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, **MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES}
    others = {
        name
        for mapping in mappings.values()
        for kind, name in mapping.items()
        if kind not in text
        and isinstance(name, str)
        and name.endswith(WRITING_CLASSES)
        and not CONFIG_MAPPING[kind]().is_encoder_decoder
    }
    assert others - {"FlaubertWithLMHeadModel"} == {*SOUND_CLASSES}  # an encoder of text


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    write_model_folder(tmp_path, QWEN3_8B)
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80")
    assert "can run code" in refusal(tmp_path).message


def test_what_is_missing_in_a_folder_is_said(tmp_path: Path) -> None:
    write_model_folder(tmp_path, QWEN3_8B)
    said = [one.en for one in plan(tmp_path).warnings]
    assert any("has no weights yet" in one for one in said)
    assert any("has no vocabulary yet" in one for one in said)
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    assert not any("vocabulary" in one.en for one in plan(tmp_path).warnings)
