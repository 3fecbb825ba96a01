"""The recipe as a configuration of ms-swift.

Its keys: https://swift.readthedocs.io/en/latest/Instruction/Command-line-parameters.html
"""

from __future__ import annotations

from newft.decide.exports.export_inputs import (
    ALL_LINEAR,
    FREEZE_METHOD,
    FROZEN_IN_FP32,
    PROCESSED_FOLDER,
    ExportInputs,
    describe_use,
    find_flags,
    find_rate_ratio,
    list_layer_modules,
    list_lora_values,
    list_lost_arguments,
    list_output_values,
    list_shared_differences,
    list_trainer_values,
)
from newft.decide.model.model_size import find_unpacked_copy
from newft.schema.family import Family, ModelSpec
from newft.schema.plan import ExportedRecipe, ExportValue
from newft.text import Text

TITLE = "ms-swift"
FILE = "config/ms_swift.yaml"
RELEASE = "4.6.0"
METHODS = {"lora": "lora", "qlora": "lora", "full": "full", "freeze": "full"}
FLAGS = {"dora": "use_dora", "rslora": "use_rslora"}
THINKING = "enable_thinking"  # the argument of chat templates that it has a key for
DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def export_recipe(inputs: ExportInputs) -> ExportedRecipe:
    """Write every value of the recipe under the names of ms-swift."""
    sections = (
        _list_model_values(inputs),
        _list_method_values(inputs),
        _list_data_values(inputs),
        _list_training_values(inputs),
        list_output_values(inputs, "ms_swift") | {"add_version": False, "report_to": ("none",)},
    )
    processes = inputs.recipe.processes.value
    several = f"NPROC_PER_NODE={processes} " if processes > 1 else ""
    use = describe_use(inputs, TITLE, RELEASE, f"{several}swift sft {FILE}")
    return ExportedRecipe(TITLE, sections, (use,), tuple(_list_differences(inputs)))


def _list_model_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    values: dict[str, ExportValue] = {"model": inputs.model.id}
    if inputs.model.revision:
        values["model_revision"] = inputs.model.revision
    return values | {
        "use_hf": inputs.model.source in ("embedded", "huggingface"),
        # of the weights as they are loaded: those that are trained must be fp32
        "torch_dtype": DTYPES[inputs.precision if inputs.uses_lora else "fp32"],
        "attn_impl": inputs.attention,
    }


def _list_method_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    values: dict[str, ExportValue] = {"tuner_type": METHODS[inputs.method]}
    if inputs.method == FREEZE_METHOD:
        layers = (f"{name}." for name in list_layer_modules(inputs))
        values |= {"freeze_parameters_ratio": 1.0, "trainable_parameters": tuple(layers)}
    if inputs.method == "qlora":
        values |= {
            "quant_method": "bnb",
            "quant_bits": 4,
            "bnb_4bit_compute_dtype": DTYPES[inputs.precision],
            "bnb_4bit_quant_type": "nf4",
            "bnb_4bit_use_double_quant": True,
        }
    if not inputs.uses_lora:
        return values
    values |= list_lora_values(inputs) | {"lora_bias": "none"}
    targets = inputs.get_method_value("target_modules")
    if targets == ALL_LINEAR:
        values["target_modules"] = (ALL_LINEAR,)
    else:
        values["target_regex" if isinstance(targets, str) else "target_modules"] = targets
    if parameters := inputs.get_method_value("target_parameters"):
        values["target_parameters"] = parameters
    values["init_weights"] = "pissa" if inputs.get_method_value("pissa") else "true"
    return values | find_flags(inputs, FLAGS) | find_rate_ratio(inputs, "lorap_lr_ratio")


def _list_data_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    values: dict[str, ExportValue] = {
        "dataset": (f"{PROCESSED_FOLDER}/train.jsonl",),
        "val_dataset": (f"{PROCESSED_FOLDER}/validation.jsonl",),
        "load_from_cache_file": False,
    }
    if THINKING in inputs.model.template_arguments:
        values[THINKING] = inputs.model.template_arguments[THINKING]
    return values | {
        "max_length": inputs.recipe.max_length.value,
        "truncation_strategy": "delete",
        "loss_scale": "default",
        "packing": False,
    }


def _list_training_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    return list_trainer_values(inputs) | {
        "gradient_checkpointing": inputs.recipe.gradient_checkpointing.value,
        "data_seed": inputs.recipe.seed.value,
    }


def _list_differences(inputs: ExportInputs) -> list[Text]:
    differences = list_shared_differences(inputs)
    differences.append(
        Text(
            "a row of more than max_length tokens is left out; this project shortens the middle of "
            "its input",
            "超过 max_length 的行会被丢弃；本项目则截短其输入的中间部分",
        )
    )
    differences += list_lost_arguments(inputs, TITLE, (THINKING,)) or [
        Text(
            "ms-swift writes prompts with a template of its own: compare the example that it "
            "prints first with `make check`",
            "ms-swift 使用自己的模板生成提示词：请将其启动时打印的样例与 `make check` 对照",
        )
    ]
    if inputs.size and inputs.stored_format:
        differences.append(_explain_packed_weights(inputs.size, inputs.family))
    if inputs.method == FREEZE_METHOD and inputs.precision != "fp32":
        differences.append(FROZEN_IN_FP32)
    if inputs.model.source == "folder":
        differences.append(
            Text(
                "ms-swift tells the model's type by its folder; if it finds several, add "
                "model_type: NAME",
                "ms-swift 根据模型文件夹判断模型类型；若判断出多种，请加上 model_type: 名称",
            )
        )
    return differences


def _explain_packed_weights(size: ModelSpec, family: Family) -> Text:
    """Say that it has no key to unpack weights, and what does it."""
    packed, copy = str(size.quantization).upper(), find_unpacked_copy(size, family)
    en, zh = (f"{copy}", f" {copy}") if copy else ("a copy in 16 bit", " 16 位的副本")
    own = Text("", "")
    if size.quantization == "mxfp4":
        own = Text(
            "transformers unpacks them where the package `kernels` is not installed; else ",
            "未安装 kernels 时由 transformers 还原为 16 位；否则",
        )
    return Text(
        f"the weights are stored in {packed}, which ms-swift has no key to unpack, as this project "
        f"does: {own.en}name {en} as model",
        f"权重以 {packed} 存储，本项目会还原为 16 位后训练，而 ms-swift 没有对应的配置项："
        f"{own.zh}请把 model 改为{zh}",
    )
