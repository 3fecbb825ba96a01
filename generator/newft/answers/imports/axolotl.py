"""Read a training configuration of axolotl."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from newft.answers.imports.carried import (
    ADAM,
    PACKING,
    RECIPE_PREFIX,
    Carrier,
    ImportedAnswers,
    choose_precision,
    name_model,
)
from newft.answers.imports.data_files import carry_files
from newft.answers.imports.recipe_names import AXOLOTL as RECIPE_KEYS
from newft.text import Text

TITLE = "axolotl"
MODEL_KEY = "base_model"
OF_LORA = (
    *("lora_r", "lora_alpha", "lora_dropout", "lora_target_linear", "lora_target_modules"),
    *("lora_target_parameters", "peft_use_dora", "peft_use_rslora", "peft_init_lora_weights"),
    *("loraplus_lr_ratio", "lora_modules_to_save"),
)
# of its utils/schemas, and of core/builders/base.py for the warm-up: the name in the recipe, and
# the value where the file is silent; sequence_len only leaves rows out, which newft measures
DEFAULTS = {
    "num_epochs": ("epochs", "1"),
    "micro_batch_size": ("batch_size", "1"),
    "gradient_accumulation_steps": ("gradient_accumulation_steps", "1"),
    "lr_scheduler": ("lr_scheduler", "cosine"),
    "warmup_ratio": ("warmup_ratio", "0.03"),
    "weight_decay": ("weight_decay", "0.0"),
}
LORA_DEFAULTS = {"lora_dropout": ("dropout", "0.0")}
STAND_INS = {"num_epochs": "max_steps", "warmup_ratio": "warmup_steps"}
BLOCK = re.compile(
    r"\^?[\w\\.]*\blayers\\?\.(\d+)(\\?\.(\*|\.\*)?)?\$?"
)  # as unfrozen_parameters names it
OWN_WAY = """
    model_type tokenizer_type tokenizer_config trust_remote_code eot_tokens
    val_set_size dataset_prepared_path output_dir logging_steps save_steps eval_steps
    saves_per_epoch evals_per_epoch save_strategy eval_strategy save_total_limit
    load_best_model_at_end metric_for_best_model greater_is_better early_stopping_patience tf32
    attn_implementation flash_attention sdp_attention xformers_attention eager_attention strict
    excess_length_strategy group_by_length wandb_project wandb_entity wandb_watch
    wandb_name wandb_log_model use_tensorboard use_mlflow resume_from_checkpoint
    auto_resume_from_checkpoints gradient_checkpointing_kwargs pad_to_sequence_len debug
    eval_sample_packing eval_batch_size shuffle_merged_datasets dataset_processes
    dataloader_num_workers local_rank hub_model_id lora_fan_in_fan_out
    is_llama_derived_model model_quantization_config model_quantization_config_kwargs
    sage_attention adam_beta3 adam_epsilon2
""".split()  # noqa: SIM905 - sixty quotes would hide the words
LOST = {
    "train_on_inputs": Text("newft trains on answers alone", "newft 只训练答案部分"),
    "lora_model_dir": Text(
        "newft trains a new adapter; merge this one into the model, and name that folder",
        "newft 会训练新的适配器；请先合并该适配器，再填合并后的文件夹",
    ),
    "load_in_8bit": Text(
        "newft has no 8 bit: with lora the weights stay in 16 bit, which takes twice the memory; "
        "--method qlora has 4 bit",
        "newft 没有 8 比特：lora 的权重为 16 比特，占用的显存为两倍；4 比特请用 --method qlora",
    ),
    "bnb_config_kwargs": Text(
        "qlora has 4 bit, nf4, with double quantisation",
        "qlora 固定为 4 比特 nf4 加双重量化",
    ),
    "sample_packing": PACKING,
    "max_steps": Text("give epochs: the steps follow from them", "请给出轮数，步数由此得出"),
    "warmup_steps": Text("give warmup_ratio instead", "请改用 warmup_ratio"),
    "neftune_noise_alpha": Text("newft does not have NEFTune", "newft 没有 NEFTune"),
    "default_system_message": Text(
        "the prompts of a project are in config/run.yaml, task.system",
        "项目的提示词在 config/run.yaml 的 task.system",
    ),
    "s2_attention": Text("newft has attention over all tokens", "newft 使用完整注意力"),
    "lora_modules_to_save": Text(
        "newft trains no whole modules beside an adapter", "newft 不在适配器之外训练完整模块"
    ),
    "chat_template_jinja": Text(
        "a project uses the template of the tokenizer", "项目使用分词器自带的模板"
    ),
    "plugins": Text("newft has no plugins of axolotl", "newft 没有 axolotl 的插件"),
}


def import_axolotl(carrier: Carrier) -> ImportedAnswers:
    """Return the answers that a training configuration gives."""
    if carrier.take("rl") is not None:
        raise carrier.refuse(
            "rl",
            Text(
                f"this file trains on preferences ({carrier.values['rl']}), and newft on answers",
                f"此文件做偏好训练（{carrier.values['rl']}），而 newft 只做指令微调",
            ),
            Text("give a configuration without `rl`", "请给出没有 `rl` 的配置"),
        )
    name_model(carrier, MODEL_KEY)
    carrier.carry("revision_of_model", "revision")
    _carry_method(carrier)
    _compare_chat(carrier)
    carrier.carry_all({key: name for key, name in RECIPE_KEYS.items() if key not in carrier.taken})
    if carrier.take("gradient_checkpointing"):
        carrier.answers[f"{RECIPE_PREFIX}gradient_checkpointing"] = "true"
    elif carrier.values.get("gradient_checkpointing") is False:
        carrier.answers[f"{RECIPE_PREFIX}gradient_checkpointing"] = "false"
    carrier.carry_schedule("lr_scheduler")
    of_method = LORA_DEFAULTS if carrier.values.get("adapter") else {}
    carrier.take_defaults(TITLE, DEFAULTS | of_method, STAND_INS)
    choose_precision(carrier, ("bf16", "bfloat16"), ("fp16", "float16"))
    carrier.check_optimizer("optimizer")
    _carry_data_sets(carrier)
    carrier.lose_unless_usual(ADAM)
    carrier.lose_if_set(LOST)
    carrier.lose_sharding()
    carrier.skip(OWN_WAY)
    return carrier.finish(TITLE, RECIPE_KEYS)


def _carry_method(carrier: Carrier) -> None:
    adapter, four_bits = carrier.take("adapter"), carrier.take("load_in_4bit")
    if adapter not in (None, "", "lora", "qlora"):
        raise carrier.refuse(
            "adapter",
            Text(f"newft does not have the adapter {adapter}", f"newft 没有 {adapter} 这种适配器"),
            Text("it has: lora, qlora", "可用的有：lora、qlora"),
        )
    method = "qlora" if adapter and four_bits else str(adapter or "full")
    if carrier.take("unfrozen_parameters"):
        if adapter:
            why = Text(
                "newft trains no other weights beside an adapter",
                "newft 不在适配器之外训练其他权重",
            )
            carrier.lose("unfrozen_parameters", why)
        else:
            method = "freeze"
            _carry_blocks(carrier)
    carrier.put("adapter", "method", method)
    if not adapter:
        carrier.ignore(OF_LORA, TITLE, method)
    else:
        _carry_adapter(carrier)


def _carry_adapter(carrier: Carrier) -> None:
    linear, modules = carrier.take("lora_target_linear"), carrier.take("lora_target_modules")
    initial = carrier.take("peft_init_lora_weights")
    if linear:
        carrier.put("lora_target_linear", f"{RECIPE_PREFIX}target_modules", "all-linear")
    elif modules:
        carrier.carry("lora_target_modules", f"{RECIPE_PREFIX}target_modules")
    carrier.carry("lora_target_parameters", f"{RECIPE_PREFIX}target_parameters")
    if str(initial).startswith("pissa"):
        carrier.answers[f"{RECIPE_PREFIX}pissa"] = "true"
    elif initial not in (None, True):
        carrier.lose("peft_init_lora_weights", Text("newft has pissa only", "newft 只有 pissa"))


def _carry_blocks(carrier: Carrier) -> None:
    """Read the blocks that are trained, if they are a range of whole ones; else refuse."""
    given = carrier.take("unfrozen_parameters")
    patterns = given if isinstance(given, list) else [given]
    found = [BLOCK.fullmatch(str(one)) for one in patterns]
    numbers = sorted(int(one[1]) for one in found if one)
    if len(numbers) < len(patterns) or numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        raise carrier.refuse(
            "unfrozen_parameters",
            Text(
                "newft trains the last blocks of a model, whole, and nothing else",
                "newft 只训练模型最后几层的全部权重",
            ),
            Text(
                "name whole blocks, such as ^model\\.layers\\.27\\., or give --method lora",
                "请只写完整的层，如 ^model\\.layers\\.27\\.，或改用 --method lora",
            ),
        )
    carrier.put("unfrozen_parameters", f"{RECIPE_PREFIX}trained_blocks", str(len(numbers)))
    carrier.last_block = numbers[-1]


def _compare_chat(carrier: Carrier) -> None:
    """Note what changes the prompts: a project uses the template of the tokenizer as it is."""
    own = Text("a project uses the template of the tokenizer", "项目使用分词器自带的模板")
    if carrier.take("chat_template") not in (None, "tokenizer_default"):
        carrier.lose("chat_template", own)
    tokens = carrier.take("special_tokens")
    if isinstance(tokens, Mapping) and tokens.keys() - {"pad_token"}:
        carrier.lose(
            "special_tokens",
            Text("a project has the tokens of the tokenizer", "项目使用分词器自带的特殊 token"),
        )
    arguments = carrier.take("chat_template_kwargs")
    if isinstance(arguments, Mapping) and arguments.get("enable_thinking"):
        carrier.lose(
            "chat_template_kwargs",
            Text("newft trains on answers without thinking", "newft 训练不含思考过程的回答"),
        )


def _carry_data_sets(carrier: Carrier) -> None:
    files: dict[str, str] = {}
    for key in ("datasets", "test_datasets"):
        for entry in _list_data_sets(carrier, key):
            for named in _list_files(entry):
                if found := _find_file(carrier, named):
                    files.setdefault(found, key)
                else:
                    why = Text(
                        f"{named} is no file or folder here", f"此处没有文件或文件夹 {named}"
                    )
                    carrier.report_missing_data(key, why)
    carry_files(carrier, files)


def _list_data_sets(carrier: Carrier, key: str) -> list[Mapping[str, Any]]:
    """Return the data sets of a key; a text is the path of one."""
    given = carrier.take(key) or []
    entries = given if isinstance(given, list) else [given]
    named = [{"path": entry} if isinstance(entry, str) else entry for entry in entries]
    if not all(isinstance(entry, Mapping) for entry in named):
        raise carrier.refuse(
            key,
            Text(f"`{key}` should be a list of data sets", f"`{key}` 应为数据集列表"),
            Text("write - {path: FILE}", "请写 - {path: 文件}"),
        )
    return named


def _list_files(entry: Mapping[str, Any]) -> list[object]:
    """List what a data set names: one file, or all of a list."""
    named = entry.get("data_files") or entry.get("path")
    return named if isinstance(named, list) else [named]


def _find_file(carrier: Carrier, named: object) -> str | None:
    """Return the path of a file or folder, if it is there."""
    places = (folder / str(named) for folder in (Path(), carrier.path.parent))
    return next((str(place) for place in places if named and place.exists()), None)
