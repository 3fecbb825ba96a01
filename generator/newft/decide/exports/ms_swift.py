"""The recipe as a configuration of ms-swift.

Its keys: https://swift.readthedocs.io/en/latest/Instruction/Command-line-parameters.html
"""

from __future__ import annotations

from newft.decide.exports.export_inputs import (
    ALL_LINEAR,
    FREEZE_METHOD,
    PROCESSED_FOLDER,
    ExportInputs,
    choose_batch,
    find_flag_values,
    list_layer_modules,
    list_shared_differences,
)
from newft.schema.plan import ExportedRecipe, ExportValue
from newft.text import Text

TITLE = "ms-swift"
FILE = "config/ms_swift.yaml"
RELEASE = "4.6.0"
METHODS = {"lora": "lora", "qlora": "lora", "full": "full", "freeze": "full"}
FLAGS = {"dora": "use_dora", "rslora": "use_rslora", "loraplus_lr_ratio": "lorap_lr_ratio"}
DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}


def export_recipe(inputs: ExportInputs) -> ExportedRecipe:
    """Write every value of the recipe under the names of ms-swift."""
    sections = (
        _list_model_values(inputs),
        _list_method_values(inputs),
        _list_data_values(inputs),
        _list_training_values(inputs),
        _list_output_values(inputs),
    )
    processes = inputs.recipe.processes.value
    several = f"NPROC_PER_NODE={processes} " if processes > 1 else ""
    command = f"{several}swift sft {FILE}"
    head = Text(
        f"The recipe of run.yaml for ms-swift {RELEASE}, after `make data`: {command}",
        f"run.yaml 中的方案，供 ms-swift {RELEASE} 使用（先运行 `make data`）：{command}",
    )
    return ExportedRecipe(TITLE, sections, (head,), tuple(_list_differences(inputs)))


def _list_model_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    values: dict[str, ExportValue] = {"model": inputs.model.id}
    if inputs.model.revision:
        values["model_revision"] = inputs.model.revision
    return values | {
        "use_hf": inputs.model.source in ("embedded", "huggingface"),
        "torch_dtype": DTYPES[inputs.precision],
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
    values |= {
        "lora_rank": inputs.get_method_value("rank"),
        "lora_alpha": inputs.get_method_value("alpha"),
        "lora_dropout": inputs.get_method_value("dropout"),
        "lora_bias": "none",
    }
    targets = inputs.get_method_value("target_modules")
    if targets == ALL_LINEAR:
        values["target_modules"] = (ALL_LINEAR,)
    else:
        values["target_regex" if isinstance(targets, str) else "target_modules"] = targets
    if parameters := inputs.get_method_value("target_parameters"):
        values["target_parameters"] = parameters
    values["init_weights"] = "pissa" if inputs.get_method_value("pissa") else "true"
    return values | find_flag_values(inputs, FLAGS)


def _list_data_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    values: dict[str, ExportValue] = {
        "dataset": (f"{PROCESSED_FOLDER}/train.jsonl",),
        "val_dataset": (f"{PROCESSED_FOLDER}/validation.jsonl",),
        "load_from_cache_file": False,
    }
    if "enable_thinking" in inputs.model.template_arguments:
        values["enable_thinking"] = inputs.model.template_arguments["enable_thinking"]
    return values | {
        "max_length": inputs.recipe.max_length.value,
        "truncation_strategy": "delete",
        "loss_scale": "default",
        "packing": False,
    }


def _list_training_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    recipe, batch = inputs.recipe, choose_batch(inputs)
    return {
        "num_train_epochs": float(recipe.epochs.value),
        "per_device_train_batch_size": batch.rows,
        "per_device_eval_batch_size": batch.rows,
        "gradient_accumulation_steps": batch.steps,
        "learning_rate": recipe.learning_rate.value,
        "lr_scheduler_type": recipe.lr_scheduler.value,
        "warmup_ratio": recipe.warmup_ratio.value,
        "optim": "adamw_torch",
        "adam_beta2": 0.999,
        "weight_decay": recipe.weight_decay.value,
        "max_grad_norm": recipe.max_grad_norm.value,
        "gradient_checkpointing": recipe.gradient_checkpointing.value,
        "seed": recipe.seed.value,
        "data_seed": recipe.seed.value,
    }


def _list_output_values(inputs: ExportInputs) -> dict[str, ExportValue]:
    interval = inputs.evaluation_interval
    return {
        "output_dir": "runs/ms_swift",
        "add_version": False,
        "logging_steps": 1,
        "eval_strategy": "steps",
        "eval_steps": interval,
        "save_strategy": "steps",
        "save_steps": interval,
        "save_total_limit": 2,
        "load_best_model_at_end": True,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
        "report_to": ("none",),
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
    if inputs.model.source == "folder":
        differences.append(
            Text(
                "ms-swift tells the model's type by its folder; if it finds several, add "
                "model_type: NAME",
                "ms-swift 根据模型文件夹判断模型类型；若判断出多种，请加上 model_type: 名称",
            )
        )
    return differences
