"""The recipe as configurations of LLaMA-Factory, axolotl and ms-swift."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import released_tools
import yaml
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from newft.decide.exports.llama_factory_prompts import OTHER_PROMPTS, REASONING_TEMPLATES
from newft.decide.exports.registry import TOOLS
from newft.errors import IncompatibleError
from newft.project.serialize import format_export_comment
from newft.schema.family import Family
from newft.schema.hardware import Hardware
from newft.schema.plan import Plan
from support.exported_plans import (
    ALL_TOOLS,
    CATALOG,
    LARGE,
    WITHOUT_BF16,
    list_tools,
    plan_for,
    read_export,
)
from support.llama_factory_prompts import load_templates, write_conversation
from support.real_chats import CHATS, LLAMA_2, PHI_3, RealChat, read_template
from support.tool_keys import (
    list_template_names,
    read_llama_factory_keys,
    read_model_templates,
    read_ms_swift_keys,
    validate_axolotl,
)

needs_tools = pytest.mark.skipif(not released_tools.are_here(), reason=released_tools.ABSENT)
each_family = pytest.mark.parametrize("family", CATALOG.families.values(), ids=lambda one: one.id)


# of the recipe, by the names of each tool
_SHARED = {
    name: name
    for name in (
        *("learning_rate", "gradient_accumulation_steps", "warmup_ratio", "weight_decay"),
        *("max_grad_norm", "seed"),
    )
}
_TRAINER = _SHARED | {
    "batch_size": "per_device_train_batch_size",
    "epochs": "num_train_epochs",
    "lr_scheduler": "lr_scheduler_type",
}
NAMES: Mapping[str, Mapping[str, str]] = {
    "llama_factory": _TRAINER | {"max_length": "cutoff_len"},
    "ms_swift": _TRAINER | {"max_length": "max_length"},
    "axolotl": _SHARED
    | {
        "batch_size": "micro_batch_size",
        "epochs": "num_epochs",
        "lr_scheduler": "lr_scheduler",
        "max_length": "sequence_len",
    },
}


def iterate_exports(family: Family) -> Iterator[tuple[Plan, str, dict[str, Any]]]:
    """The smallest model of a family with each method that a tool has."""
    size = min(family.sizes, key=lambda one: one.parameters)
    for method in CATALOG.methods:
        tools = list_tools(family, method)
        try:
            plan = plan_for(family, size, method, exports=tools)
        except IncompatibleError:
            continue  # the family does not have the method
        for tool in tools:
            yield plan, tool, read_export(plan, tool)


@needs_tools
@each_family
def test_released_tools_know_every_key_and_value(family: Family) -> None:
    release = released_tools.OLD_LLAMA_FACTORY if family.successor else released_tools.LLAMA_FACTORY
    known = {
        "llama_factory": read_llama_factory_keys(release),
        "ms_swift": read_ms_swift_keys(),
    }
    for _, tool, values in iterate_exports(family):
        if tool == "axolotl":
            assert_axolotl_reads(values)
            continue
        for key, value in values.items():
            assert key in known[tool], f"{tool} has no {key}"
            allowed = known[tool][key]
            assert allowed is None or value in allowed, (tool, key, value)


def assert_axolotl_reads(values: Mapping[str, Any]) -> None:
    """axolotl keeps every key and value; of data sets, it adds some."""
    read = validate_axolotl(yaml.safe_load(yaml.safe_dump(dict(values))))
    for key, value in values.items():
        if isinstance(value, list) and isinstance(value[0], dict):
            assert all(one.items() <= read[key][n].items() for n, one in enumerate(value))
        else:
            assert read.get(key) == value, f"axolotl reads {key} as {read.get(key)}"


@needs_tools
@each_family
def test_llama_factory_takes_the_same_template_for_the_model(family: Family) -> None:
    release = released_tools.OLD_LLAMA_FACTORY if family.successor else released_tools.LLAMA_FACTORY
    templates, names = read_model_templates(release), list_template_names(release)
    for size in family.sizes:
        own = size.llama_factory_template or family.chat.llama_factory_template
        assert own is None or own in names
        if size.hub_id in templates:
            assert own == templates[size.hub_id], size.hub_id


@each_family
def test_every_value_is_that_of_the_recipe(family: Family) -> None:
    for plan, tool, values in iterate_exports(family):
        recipe, taken = plan.recipe, NAMES[tool]
        for name, key in taken.items():
            assert values[key] == getattr(recipe, name).value, (tool, key)
        own = {key: one.value for key, one in recipe.method.items()}
        rank = values.get("lora_rank", values.get("lora_r"))
        alpha, dropout = values.get("lora_alpha"), values.get("lora_dropout")
        assert (rank, alpha, dropout) == tuple(map(own.get, ("rank", "alpha", "dropout")))
        off = values.get("disable_gradient_checkpointing")
        checkpointing = values["gradient_checkpointing"] if off is None else not off
        assert checkpointing == recipe.gradient_checkpointing.value
        targets = own.get("target_modules")
        named = tool == "llama_factory" and isinstance(targets, str) and targets != "all-linear"
        assert named or read_targets(tool, values) == targets, tool  # it has no patterns
        assert is_quantized(values) == (plan.method.id == "qlora"), tool


@pytest.mark.parametrize(
    ("model", "unpacking", "said"),
    [
        ("openai/gpt-oss-20b", "Mxfp4Config", "name a copy in 16 bit as model"),
        (
            "mistralai/Ministral-3-3B-Instruct-2512",
            "FineGrainedFP8Config",
            "name mistralai/Ministral-3-3B-Instruct-2512-BF16 as model",
        ),
        ("mistralai/Ministral-3-3B-Instruct-2512-BF16", None, None),
    ],
)
def test_weights_that_are_stored_packed_are_unpacked_or_it_is_said(
    model: str, unpacking: str | None, said: str | None
) -> None:
    found = ((one, size) for one in CATALOG.families.values() for size in one.sizes)
    family, size = next((one, size) for one, size in found if size.hub_id == model)
    plan = plan_for(family, size)
    values = read_export(plan, "axolotl")
    assert values.get("model_quantization_config") == unpacking
    assert values.get("model_quantization_config_kwargs") == (unpacking and {"dequantize": True})
    notes = [one for one in plan.exports["ms_swift"].differences if "no key to unpack" in one.en]
    assert [said in one.en and "16 位" in one.zh for one in notes if said] == [True] * bool(said)
    assert bool(notes) == bool(said)


def read_targets(tool: str, values: Mapping[str, Any]) -> object:
    """The modules as newft writes them."""
    if tool == "llama_factory":
        targets = values.get("lora_target")
        return split_targets(targets)
    if values.get("lora_target_linear") or values.get("target_modules") == ["all-linear"]:
        return "all-linear"
    named = next((values[key] for key in TARGET_KEYS if key in values), None)
    return tuple(named) if isinstance(named, list) else named


def split_targets(targets: str | None) -> object:
    return {None: None, "all": "all-linear"}.get(targets, tuple((targets or "").split(",")))


TARGET_KEYS = ("lora_target_modules", "target_modules", "target_regex")


def is_quantized(values: Mapping[str, Any]) -> bool:
    return 4 in (values.get("quantization_bit"), values.get("quant_bits")) or bool(
        values.get("load_in_4bit")
    )


@pytest.mark.parametrize("method", ["lora", "full", "freeze"])
@pytest.mark.parametrize(
    ("family", "hardware", "precision"),
    [
        ("qwen3", LARGE, "bf16"),
        ("smollm2", WITHOUT_BF16, "fp16"),
        ("gemma3", WITHOUT_BF16, "fp32"),  # fp16 overflows
    ],
)
def test_weights_are_trained_in_the_format_that_the_project_trains_them_in(
    family: str, hardware: Hardware, precision: str, method: str
) -> None:
    """The weights of the model are trained in fp32, whatever the tool computes in."""
    chosen = CATALOG.families[family]
    size = min(chosen.sizes, key=lambda one: one.parameters)
    plan = plan_for(chosen, size, method, hardware)
    assert plan.recipe.precision.value == precision
    flags = {"bf16": precision == "bf16", "fp16": precision == "fp16"}
    assert read_export(plan, "llama_factory").items() >= flags.items()
    loaded = DTYPES[precision if method == "lora" else "fp32"]
    assert read_export(plan, "ms_swift").items() >= {**flags, "torch_dtype": loaded}.items()
    # axolotl loads all weights in the format that these say
    taken = flags if method == "lora" else dict.fromkeys(flags, False)
    assert read_export(plan, "axolotl").items() >= taken.items()
    slower = [one for one in plan.exports["axolotl"].differences if "fp32 throughout" in one.en]
    assert len(slower) == (taken != flags)


DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


@each_family
def test_thinking_is_turned_off_where_the_template_has_it(family: Family) -> None:
    for plan, tool, values in iterate_exports(family):
        has_it = "enable_thinking" in plan.model.template_arguments
        if tool == "llama_factory":
            reasons = values["template"] in REASONING_TEMPLATES
            assert ("enable_thinking" in values) == (has_it or reasons)
        elif tool == "ms_swift":
            assert ("enable_thinking" in values) == has_it


@each_family
def test_a_prompt_that_is_another_one_is_said_in_both_languages(family: Family) -> None:
    lost = family.chat.template_arguments.keys() - {"enable_thinking"}
    for plan, tool, values in iterate_exports(family):
        said = " ".join(f"{one.en} {one.zh}" for one in plan.exports[tool].differences)
        if tool != "axolotl":  # which is given all arguments
            assert all(f"{name}: " in said for name in lost), tool
        if tool == "llama_factory" and values["template"] in OTHER_PROMPTS:
            other = OTHER_PROMPTS[values["template"]]
            assert other.en in said and other.zh in said


@needs_tools
def test_the_prompts_that_differ_are_those_that_llama_factory_writes_otherwise() -> None:
    """Its own templates and the models' are rendered; one of a family's models is the same."""
    same: dict[str, bool] = {}
    for chat in CHATS.values():
        family = CATALOG.families[chat.family]
        if family.successor or family.chat.template_arguments.keys() - {"enable_thinking"}:
            continue
        if chat.template is None:
            continue  # the template is in a tokenizer, which is slow to read
        tokenizer = make_writer(read_template(chat.template), chat)
        for name in list_llama_factory_templates(family):
            written = is_written_alike(family, chat.arguments, tokenizer, name)
            same[name] = same.get(name, False) or written
    assert {name for name, alike in same.items() if not alike} == {*OTHER_PROMPTS} - {"gpt_oss"}


@needs_tools
def test_the_templates_with_a_thinking_part_are_those_of_llama_factory() -> None:
    templates = load_templates(released_tools.LLAMA_FACTORY)
    named = {
        name for one in CATALOG.families.values() for name in list_llama_factory_templates(one)
    }
    reasoning = {
        name
        for name in named & templates.keys()
        if any(one.__name__ == "ReasoningTemplate" for one in type(templates[name]).__mro__)
    }
    assert reasoning == REASONING_TEMPLATES


def make_writer(template: str, chat: RealChat) -> PreTrainedTokenizerFast:
    """A tokenizer without words, which writes what a template does."""
    begin, end = ENDS.get(chat.tokenizer, (None, None))
    special = {"bos_token": begin, "eos_token": end, **chat.special}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"?": 0}, unk_token="?")),
        chat_template=template,
        **{name: token for name, token in special.items() if token},
    )


ENDS = {  # of the tokenizers that templates ask for them
    "llama3": ("<|begin_of_text|>", "<|eot_id|>"),
    "gemma3": ("<bos>", "<end_of_turn>"),
    LLAMA_2: ("<s>", "</s>"),
    PHI_3: ("<s>", "<|endoftext|>"),
}


def list_llama_factory_templates(family: Family) -> set[str]:
    named = (one.llama_factory_template for one in (family.chat, *family.sizes))
    return {name for name in named if name}


def is_written_alike(
    family: Family, arguments: Mapping[str, Any] | None, tokenizer: Any, name: str
) -> bool:
    """Whether LLaMA-Factory writes what the model's template does, up to the end of the answer."""
    instruction, question, answer = "Name the intent.", "Where is my card?", "card_arrival"
    given = dict(family.chat.template_arguments if arguments is None else arguments)
    turns = [{"role": "system", "content": instruction}, {"role": "user", "content": question}]
    if family.chat.system_turn == "user":
        turns = [{"role": "user", "content": f"{instruction}\n\n{question}"}]

    def render(messages: list[dict[str, str]], *, asks: bool) -> str:
        return str(
            tokenizer.apply_chat_template(
                messages, add_generation_prompt=asks, tokenize=False, **given
            )
        )

    written = write_conversation(
        released_tools.LLAMA_FACTORY,
        name,
        tokenizer=tokenizer,
        texts=(instruction, question, answer),
        enable_thinking=given.get("enable_thinking", False),
    )
    whole = render([*turns, {"role": "assistant", "content": answer}], asks=False)
    upto = whole[: whole.rindex(answer)]
    ends = [f"{head}{answer}{family.chat.end_of_turn}" for head in (upto, render(turns, asks=True))]
    return any(written.startswith(end) for end in ends)


@each_family
def test_the_comment_fits_its_lines_in_both_languages(family: Family) -> None:
    for plan, tool, _ in iterate_exports(family):
        for language in ("en", "zh"):
            comment = format_export_comment(
                plan.exports[tool],
                language,  # type: ignore[arg-type]
                trains_here=plan.model.trained_here,
            )
            assert isinstance(comment, list)
            assert all(str(line).startswith("#") and len(str(line)) <= 100 for line in comment)
            for step in plan.exports[tool].steps:
                assert {f"#     {line}" for line in step.lines} <= {*comment}  # to be copied


def test_a_method_that_a_tool_lacks_is_refused() -> None:
    family = CATALOG.families["qwen3"]
    lacking = [(m, t) for m in CATALOG.methods for t in ALL_TOOLS if m not in TOOLS[t].methods]
    for method, tool in lacking:
        with pytest.raises(IncompatibleError) as refused:
            plan_for(family, family.sizes[0], method, exports=(tool,))
        assert method in refused.value.to("en")[0]
        plan = plan_for(family, family.sizes[0], method, exports=None)
        assert plan.exports == {}


OTHERS = [each for each in CATALOG.families.values() if each.successor]  # trained by another tool


@pytest.mark.parametrize("family", OTHERS, ids=lambda each: each.id)
def test_a_model_that_llama_factory_alone_trains_has_no_other_method_or_tool(
    family: Family,
) -> None:
    for tool in ("axolotl", "ms_swift", "none"):
        with pytest.raises(IncompatibleError) as refused:
            plan_for(family, family.sizes[0], exports=(tool,))
        assert tool in refused.value.to("en")[0] and "llama_factory" in str(refused.value.hint)
    with pytest.raises(IncompatibleError) as refused:
        plan_for(family, family.sizes[0], "prefix", exports=None)
    assert "use --method lora" in str(refused.value.hint)
    card = Hardware(CATALOG.accelerators["RTX4090"])
    with pytest.raises(IncompatibleError) as refused:
        plan_for(family, family.sizes[0], "full", card, exports=None)
    hint = str(refused.value.hint)
    assert "--method lora" in hint and "prefix" not in hint
    for method in re.findall(r"--method (\w+)", hint):  # what is offered can be had
        assert plan_for(family, family.sizes[0], method, card, exports=None).exports


def test_the_steps_before_llama_factory_can_load_code_of_a_model_are_named() -> None:
    baichuan, chatglm = (CATALOG.families[name] for name in ("baichuan2", "chatglm3"))
    plan = plan_for(
        baichuan, baichuan.sizes[0], "qlora", WITHOUT_BF16, hub="modelscope", exports=None
    )
    steps = [line for step in plan.exports["llama_factory"].steps for line in step.lines]
    assert steps[0].startswith("pip install llamafactory==0.9.1 transformers==4.41.2 'pyarrow<19'")
    assert steps[1] == "'torch>=2.6,<2.11' bitsandbytes modelscope"
    assert steps[2].startswith("modelscope download --model baichuan-inc/Baichuan2-7B-Chat")
    assert steps[3:5] == [*baichuan.code_edit.lines]  # type: ignore[union-attr]
    assert steps[5] == "FORCE_TORCHRUN=1 llamafactory-cli train config/llama_factory.yaml"
    assert read_export(plan, "llama_factory")["model_name_or_path"] == "base-model"
    plan = plan_for(baichuan, baichuan.sizes[0], revision="v2.0", exports=None)
    steps = [line for step in plan.exports["llama_factory"].steps for line in step.lines]
    assert (
        "hf download baichuan-inc/Baichuan2-7B-Chat --revision v2.0 --local-dir base-model" in steps
    )
    assert "model_revision" not in read_export(plan, "llama_factory")
    plan = plan_for(chatglm, chatglm.sizes[0], exports=None)
    assert len(plan.exports["llama_factory"].steps) == 2  # install and train
    assert read_export(plan, "llama_factory")["model_name_or_path"] == "zai-org/chatglm3-6b"


def test_without_an_answer_an_accelerator_exports_for_llama_factory() -> None:
    family = CATALOG.families["qwen3"]
    assert [*plan_for(family, family.sizes[0], exports=None).exports] == ["llama_factory"]
    assert [*plan_for(family, family.sizes[0], exports=("none",)).exports] == []


def test_several_cards_are_started_together() -> None:
    family = CATALOG.families["qwen3"]
    plan = plan_for(family, family.sizes[0])
    assert "FORCE_TORCHRUN=1" in plan.exports["llama_factory"].steps[0].lines[0]
    assert "NPROC_PER_NODE=8" in plan.exports["ms_swift"].steps[0].lines[0]


def test_the_files_are_where_their_heads_say(tmp_path: Path) -> None:
    from support.generate_project import generate

    generate(
        {"gpu": "1xRTX4090", "model": "Qwen/Qwen3-0.6B", "exports": ALL_TOOLS, "name": "p"},
        tmp_path / "p",
    )
    for tool in ALL_TOOLS:
        path = f"config/{tool}.yaml"
        text = (tmp_path / "p" / path).read_text(encoding="utf-8")
        assert re.search(rf"^#     .*(train|sft) {re.escape(path)}$", text, re.MULTILINE)
        assert yaml.safe_load(text)
