"""Read a short configuration with the names of transformers and peft, in groups.

Articles and notes write `training_args` and `lora_config` so:

    model_name: chatglm3-6b
    dataset: own_rows
    training_args: {learning_rate: 5.0e-5, num_train_epochs: 3}
    lora_config: {r: 16, alpha: 32, target_modules: [query_key_value, dense]}
"""

from __future__ import annotations

from newft.answers.imports.carried import LISTS, RECIPE_PREFIX, Carrier, ImportedAnswers
from newft.errors import UsageError
from newft.text import Text, find_nearest_names, to_bilingual_text

TITLE = "transformers / peft"
MODEL_KEYS = ("model_name", "model", "base_model_name", "model_id")
GROUPS = {
    "training_args": {
        "learning_rate": "learning_rate",
        "num_train_epochs": "epochs",
        "per_device_train_batch_size": "batch_size",
        "gradient_accumulation_steps": "gradient_accumulation_steps",
        "lr_scheduler_type": "lr_scheduler",
        "warmup_ratio": "warmup_ratio",
        "weight_decay": "weight_decay",
        "max_grad_norm": "max_grad_norm",
        "max_length": "max_length",
        "seed": "seed",
        "gradient_checkpointing": "gradient_checkpointing",
    },
    "lora_config": {
        "r": "rank",
        "rank": "rank",
        "lora_rank": "rank",
        "alpha": "alpha",
        "lora_alpha": "alpha",
        "dropout": "dropout",
        "lora_dropout": "dropout",
        "target_modules": "target_modules",
        "use_dora": "dora",
        "use_rslora": "rslora",
    },
}


def import_sketch(carrier: Carrier) -> ImportedAnswers:
    """Return the answers that the groups give."""
    for key in MODEL_KEYS:
        if "model" not in carrier.answers:
            carrier.carry(key, "model")
    carrier.answers["method"] = "lora" if "lora_config" in carrier.values else "full"
    for group, names in GROUPS.items():
        _carry_group(carrier, group, names)
    if carrier.take("dataset") is not None:
        carrier.lose(
            "dataset",
            Text("give the files with --data", "请用 --data 给出数据文件"),
        )
    return carrier.finish(TITLE, [*MODEL_KEYS, *GROUPS, "dataset"])


def _carry_group(carrier: Carrier, group: str, names: dict[str, str]) -> None:
    values = carrier.take(group)
    if values is None:
        return
    if not isinstance(values, dict):
        raise carrier.refuse(
            group,
            Text(f"`{group}` should be values by their names", f"`{group}` 应为“名称: 值”的形式"),
            Text(f"it may have: {', '.join(names)}", f"可写：{'、'.join(names)}"),
        )
    for key, value in values.items():
        if key in names:
            _carry_value(carrier, f"{group}.{key}", names[key], value)
        else:
            _note_unknown_key(carrier, group, str(key), names)


def _carry_value(carrier: Carrier, path: str, setting: str, value: object) -> None:
    group, _, key = path.partition(".")
    entry = carrier.document.entries[group, key]
    place, name = f"{carrier.path}:{entry.line}", f"{RECIPE_PREFIX}{setting}"
    if isinstance(value, dict) or (isinstance(value, list) and setting not in LISTS):
        raise UsageError(Text(f"`{path}` should be one value", f"`{path}` 应为一个值"), where=place)
    if isinstance(value, list):
        carrier.answers[name] = tuple(map(str, value))
    elif value is not None:
        carrier.answers[name] = str(value).lower() if isinstance(value, bool) else entry.text
    carrier.places[name] = place


def _note_unknown_key(carrier: Carrier, group: str, key: str, names: dict[str, str]) -> None:
    near = find_nearest_names(key, [*names])
    meant = (
        Text(f"; did you mean `{near[0]}`?", f"，是否想写 `{near[0]}`？")
        if near
        else to_bilingual_text("")
    )
    place = f"{carrier.path}:{carrier.document.entries[group, key].line}"
    carrier.notes.append(
        Text(
            f"{place}: `{group}.{key}` is not carried over{meant.en}",
            f"{place}：`{group}.{key}` 未带入{meant.zh}",
        )
    )
