"""The recipe as a configuration of axolotl.

Its keys: https://github.com/axolotl-ai-cloud/axolotl/tree/main/src/axolotl/utils/schemas
"""

from __future__ import annotations

from newft.decide.exports.export_inputs import (
    ALL_LINEAR,
    FREEZE_METHOD,
    FROZEN_IN_FP32,
    PROCESSED_FOLDER,
    ExportInputs,
    choose_batch,
    describe_use,
    find_flags,
    find_rate_ratio,
    list_layer_modules,
    list_optimizer_values,
    list_output_values,
    list_shared_differences,
)
from newft.schema.plan import ExportedRecipe, ExportValue
from newft.text import Text

TITLE = "axolotl"
FILE = "config/axolotl.yaml"
RELEASE = "0.19.0"
METHODS = {"lora": "lora", "qlora": "qlora", "full": None, "freeze": None}
FLAGS = {"dora": "peft_use_dora", "rslora": "peft_use_rslora"}
UNPACKING = {"mxfp4": "Mxfp4Config", "fp8": "FineGrainedFP8Config"}  # classes of transformers
# turns of these families end where the next role begins: their templates write no end of turn
ROLE_TOKENS = ("<|user|>", "<|observation|>")


def export_recipe(inputs: ExportInputs) -> ExportedRecipe:
    """Write every value of the recipe under the names of axolotl."""
    sections = (
        _list_model_values(inputs),
        _list_method_values(inputs),
        _list_data_values(inputs),
        _list_training_values(inputs),
        list_output_values(inputs, "axolotl"),
    )
    use = describe_use(inputs, TITLE, RELEASE, f"axolotl train {FILE}")
    return ExportedRecipe(TITLE, sections, (use,), tuple(_list_differences(inputs)))


def _list_model_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    values: dict[str, ExportValue] = {"base_model": inputs.model.id}
    if inputs.model.revision and inputs.model.source == "huggingface":
        values["revision_of_model"] = inputs.model.revision
    if inputs.stored_format:
        values |= {
            "model_quantization_config": UNPACKING[inputs.stored_format],
            "model_quantization_config_kwargs": {"dequantize": True},
        }
    return values | {
        "trust_remote_code": False,
        "attn_implementation": inputs.attention,
        "special_tokens": {"pad_token": inputs.model.pad},
    }


def _list_method_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    if inputs.method == FREEZE_METHOD:
        names = (name.replace(".", r"\.") for name in list_layer_modules(inputs))
        return {"unfrozen_parameters": tuple(rf"^{name}\." for name in names)}
    if not inputs.uses_lora:
        return {}
    values: dict[str, ExportValue] = {"adapter": METHODS[inputs.method]}
    if inputs.method == "qlora":
        values["load_in_4bit"] = True
    values |= {
        "lora_r": inputs.get_method_value("rank"),
        "lora_alpha": inputs.get_method_value("alpha"),
        "lora_dropout": inputs.get_method_value("dropout"),
    }
    targets = inputs.get_method_value("target_modules")
    if targets == ALL_LINEAR:
        values["lora_target_linear"] = True
    else:
        values["lora_target_modules"] = targets
    if parameters := inputs.get_method_value("target_parameters"):
        values["lora_target_parameters"] = parameters
    values |= find_flags(inputs, FLAGS) | find_rate_ratio(inputs, "loraplus_lr_ratio")
    if inputs.get_method_value("pissa"):
        values["peft_init_lora_weights"] = "pissa"
    return values


def _list_data_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    def describe(split: str) -> ExportValue:
        return {
            "path": f"{PROCESSED_FOLDER}/{split}.jsonl",
            "ds_type": "json",
            "split": "train",
            "type": "chat_template",
            "field_messages": "messages",
            "roles_to_train": ("assistant",),
            "train_on_eos": "turn",
            "train_on_eot": "turn",
        }

    values: dict[str, ExportValue] = {
        "chat_template": "tokenizer_default",
        "eot_tokens": (inputs.model.end_of_turn,),
    }
    if inputs.model.template_arguments:
        values["chat_template_kwargs"] = dict(inputs.model.template_arguments)
    return values | {
        "datasets": (describe("train"),),
        "test_datasets": (describe("validation"),),
        "dataset_prepared_path": "runs/axolotl/prepared",
        "sequence_len": inputs.recipe.max_length.value,
        "excess_length_strategy": "drop",
        "sample_packing": False,
        "eval_sample_packing": False,
    }


def _list_training_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    recipe, rows = inputs.recipe, choose_batch(inputs).rows
    values: dict[str, ExportValue] = {
        "num_epochs": recipe.epochs.value,
        "micro_batch_size": rows,
        "eval_batch_size": rows,
        "lr_scheduler": recipe.lr_scheduler.value,
        "optimizer": "adamw_torch",
        **list_optimizer_values(inputs),
        # it loads all weights in this format, so that those of the model must be trained in fp32
        "bf16": inputs.precision == "bf16" and inputs.uses_lora,
        "fp16": inputs.precision == "fp16" and inputs.uses_lora,
        "tf32": False,
        "gradient_checkpointing": recipe.gradient_checkpointing.value,
    }
    if recipe.gradient_checkpointing.value:
        values["gradient_checkpointing_kwargs"] = {"use_reentrant": False}
    return values


def _list_differences(inputs: ExportInputs) -> list[Text]:
    differences = list_shared_differences(inputs)
    differences.append(
        Text(
            "a row of more than sequence_len tokens is left out; this project shortens the middle "
            "of its input",
            "超过 sequence_len 的行会被丢弃；本项目则截短其输入的中间部分",
        )
    )
    if not inputs.uses_lora and inputs.precision != "fp32":
        differences.append(
            Text(
                f"axolotl has no {inputs.precision} beside trained weights in fp32: it computes in "
                "fp32 throughout, which takes more time, and more memory for activations",
                f"axolotl 无法在训练 fp32 权重的同时用 {inputs.precision} 计算："
                "此处全程使用 fp32，更慢，激活值占用的显存也更多",
            )
        )
        if inputs.method == FREEZE_METHOD:
            differences.append(FROZEN_IN_FP32)
    if inputs.model.source == "modelscope":
        differences.append(
            Text(
                "axolotl does not download from ModelScope: download the model, and write its "
                "folder as base_model",
                "axolotl 不从魔搭下载模型：请先下载，再把 base_model 改为模型文件夹",
            )
        )
    if inputs.model.end_of_turn in ROLE_TOKENS:
        differences.append(
            Text(
                f"the chat template writes no {inputs.model.end_of_turn} after an answer, which "
                "this project adds: a model that axolotl trains may not stop",
                f"对话模板不在答案后写 {inputs.model.end_of_turn}，本项目会补上；"
                "用 axolotl 训练的模型可能不会停止",
            )
        )
    if inputs.family.chat.system_turn == "user":
        differences.append(
            Text(
                "the chat template has no system turn, or drops it in training; this project "
                "writes the system text at the head of the first user turn, which axolotl does not",
                "对话模板没有 system 轮次，或在训练时将其丢弃；"
                "本项目把系统提示写在首个用户轮次开头，axolotl 不会这样做",
            )
        )
    return differences
