"""The recipe as a configuration of LLaMA-Factory.

Its keys: https://github.com/hiyouga/LLaMA-Factory/tree/main/src/llamafactory/hparams
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from newft.answers.imports.recipe_names import find_recipe_name
from newft.decide.exports.export_inputs import (
    ALL_LINEAR,
    FREEZE_METHOD,
    PROCESSED_FOLDER,
    TRAINED_BLOCKS,
    ExportInputs,
    describe_use,
    find_flags,
    find_rate_ratio,
    list_lora_values,
    list_lost_arguments,
    list_output_values,
    list_shared_differences,
    list_trainer_values,
)
from newft.decide.exports.llama_factory_prompts import OTHER_PROMPTS, REASONING_TEMPLATES
from newft.decide.exports.llama_factory_release import (
    RELEASE_OF_OWN_CODE,
    list_release_notes,
    list_release_steps,
    locate_edited_model,
)
from newft.decide.methods.adapter_size import select_modules
from newft.schema.plan import ExportedRecipe, ExportStep, ExportValue
from newft.schema.reasoned import Reasoned
from newft.text import Text

TITLE = "LLaMA-Factory"
FILE = "config/llama_factory.yaml"
RELEASE = "0.9.5"
METHODS = {"lora": "lora", "qlora": "lora", "full": "full", "freeze": "freeze"}
FLAGS = {
    "dora": "use_dora",
    "rslora": "use_rslora",
    "pissa": "pissa_init",
}
# Keys that only an export has, and the value of the recipe that each of them comes from.
EXPORTED_NAMES = {
    "flash_attn": "attention",
    "disable_gradient_checkpointing": "gradient_checkpointing",
    "eval_steps": "num_evaluations",
}
THINKING = "enable_thinking"  # the argument of chat templates that it has a key for


def export_recipe(inputs: ExportInputs) -> ExportedRecipe:
    """Write every value of the recipe under the names of LLaMA-Factory."""
    sections = (
        _list_model_values(inputs),
        _list_method_values(inputs),
        _list_data_values(inputs),
        _list_training_values(inputs),
        list_output_values(inputs, "llama_factory") | {"report_to": "none"},
    )
    keys = [key for section in sections for key in section]
    reasons = {} if inputs.model.trained_here else dict(_collect_reasons(keys, inputs))
    differences = tuple(_list_differences(inputs))
    return ExportedRecipe(TITLE, sections, _list_steps(inputs), differences, reasons)


def _collect_reasons(
    keys: Iterable[str], inputs: ExportInputs
) -> Iterator[tuple[str, Reasoned[Any]]]:
    """Yield why the values of the file are what they are, by their keys."""
    recipe = inputs.recipe
    for key in keys:
        name = find_recipe_name(key) or EXPORTED_NAMES.get(key, "")
        if reasoned := recipe.method.get(name) or getattr(recipe, name, None):
            yield key, reasoned


def find_template(inputs: ExportInputs) -> str | None:
    """Return the name that LLaMA-Factory has for the chat template of the model."""
    own = inputs.size.llama_factory_template if inputs.size else None
    return own or inputs.family.chat.llama_factory_template


def _list_steps(inputs: ExportInputs) -> tuple[ExportStep, ...]:
    loads = locate_edited_model(inputs) is None
    hub = "USE_MODELSCOPE_HUB=1 " if inputs.model.source == "modelscope" and loads else ""
    several = "FORCE_TORCHRUN=1 " if inputs.recipe.processes.value > 1 else ""
    command = f"{hub}{several}llamafactory-cli train {FILE}"
    if inputs.model.trained_here:
        return (describe_use(inputs, TITLE, RELEASE, command),)
    use = describe_use(inputs, TITLE, RELEASE_OF_OWN_CODE, command)
    return (*list_release_steps(inputs), use)


def _list_model_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    edited = locate_edited_model(inputs)
    values: dict[str, ExportValue] = {"model_name_or_path": edited or inputs.model.id}
    if inputs.model.revision and edited is None:
        values["model_revision"] = inputs.model.revision
    if inputs.model.trained_here:  # the old release lacks the key, and trusts all code
        values["trust_remote_code"] = False
    values["flash_attn"] = _choose_attention(inputs)
    return values


def _choose_attention(inputs: ExportInputs) -> str:
    """Name the kernels; code that lies on a hub takes its own, and refuses others."""
    if inputs.model.successor:
        return "auto"
    return "disabled" if inputs.attention == "eager" else inputs.attention


def _list_method_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    values: dict[str, ExportValue] = {
        "stage": "sft",
        "do_train": True,
        "finetuning_type": METHODS[inputs.method],
    }
    if inputs.method == "qlora":
        values |= {
            "quantization_bit": 4,
            # the same under its name of that release
            "quantization_method": "bitsandbytes" if inputs.model.successor else "bnb",
            "quantization_type": "nf4",
            "double_quantization": True,
        }
    if inputs.method == FREEZE_METHOD:
        values["freeze_trainable_layers"] = inputs.get_method_value(TRAINED_BLOCKS)
    if inputs.uses_lora:
        values |= list_lora_values(inputs) | {"lora_target": _format_targets(inputs)}
        values |= find_flags(inputs, FLAGS) | find_rate_ratio(inputs, "loraplus_lr_ratio")
    if inputs.has_vision_tower:
        values |= {"freeze_vision_tower": True, "freeze_multi_modal_projector": True}
    return values


def _format_targets(inputs: ExportInputs) -> str:
    """Name the modules with commas between them; a regular expression as the modules it is for."""
    targets = inputs.get_method_value("target_modules")
    if targets == ALL_LINEAR:
        return "all"
    if isinstance(targets, tuple):
        return ",".join(targets)
    return ",".join(select_modules(str(targets), inputs.family))


def _list_data_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    values: dict[str, ExportValue] = {
        "dataset_dir": f"{PROCESSED_FOLDER}/exports",
        "dataset": "sharegpt_train",
        "eval_dataset": "sharegpt_validation",
        "template": find_template(inputs),
    }
    arguments = inputs.model.template_arguments
    if THINKING in arguments or find_template(inputs) in REASONING_TEMPLATES:
        values[THINKING] = bool(arguments.get(THINKING, False))  # it thinks where this is absent
    return values | {
        "cutoff_len": inputs.recipe.max_length.value,
        "train_on_prompt": False,
        "mask_history": False,
        "packing": False,
    }


def _list_training_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    checkpointing = inputs.recipe.gradient_checkpointing.value
    return list_trainer_values(inputs) | {"disable_gradient_checkpointing": not checkpointing}


def _list_differences(inputs: ExportInputs) -> list[Text]:
    differences = list_shared_differences(inputs)
    lost = Text(
        "a row of more than cutoff_len tokens loses the end of its prompt and of its answer",
        "超过 cutoff_len 的行，提示词和答案的末尾都会被截断",
    )
    if not inputs.model.trained_here:
        return [*differences, lost, *list_release_notes(inputs)]
    differences.append(
        Text(
            f"{lost.en}; this project shortens the middle of the input, and never the answer",
            f"{lost.zh}；本项目只截短输入的中间部分，不截答案",
        )
    )
    template = find_template(inputs)
    differences += list_lost_arguments(inputs, TITLE, (THINKING,))
    if other := OTHER_PROMPTS.get(template or ""):
        differences.append(other)
    if template is None:
        differences.append(
            Text(
                f"LLaMA-Factory has no template of its own for {inputs.family.title}, and reads "
                "the tokenizer's: compare the example that it prints first with `make check`",
                f"LLaMA-Factory 没有 {inputs.family.title} 的对话模板，会解析分词器自带的模板："
                "请将其启动时打印的样例与 `make check` 对照",
            )
        )
    targets = inputs.get_method_value("target_modules")
    if isinstance(targets, str) and targets != ALL_LINEAR:
        differences.append(
            Text(
                "modules cannot be chosen by a pattern: they are named, and the vision tower is "
                "frozen",
                "无法用正则表达式选择模块：此处列出模块名，并冻结视觉塔",
            )
        )
    if inputs.get_method_value("target_parameters"):
        differences.append(
            Text(
                "the weights of the experts cannot be named: they get no adapter",
                "无法指定专家权重，专家不会加适配器",
            )
        )
    return differences
