"""Read a short configuration with the names of transformers and peft, in groups.

Articles and notes write `training_args` and `lora_config` so:

    model_name: chatglm3-6b
    dataset: own_rows
    training_args: {learning_rate: 5.0e-5, num_train_epochs: 3}
    lora_config: {r: 16, alpha: 32, target_modules: [query_key_value, dense]}
"""

from __future__ import annotations

from newft.answers.imports.carried import LISTS, RECIPE_PREFIX, Carrier, ImportedAnswers
from newft.answers.imports.recipe_names import SKETCH as GROUPS
from newft.errors import UsageError
from newft.text import Text, join_names

TITLE = "transformers / peft"
MODEL_KEYS = ("model_name", "model", "base_model_name", "model_id")


def import_sketch(carrier: Carrier) -> ImportedAnswers:
    """Return the answers that the groups give."""
    for key in MODEL_KEYS:
        if "model" not in carrier.answers:
            carrier.carry(key, "model")
    carrier.answers["method"] = "lora" if "lora_config" in carrier.values else "full"
    for group, names in GROUPS.items():
        _carry_group(carrier, group, names)
    if carrier.take("dataset") is not None:
        why = Text("the file has its name, not where it is", "文件只写了名称，没有写位置")
        carrier.report_missing_data("dataset", why)
    return carrier.finish(TITLE, {}, known=MODEL_KEYS)


def _carry_group(carrier: Carrier, group: str, names: dict[str, str]) -> None:
    values = carrier.take(group)
    if values is None:
        return
    if not isinstance(values, dict):
        raise carrier.refuse(
            group,
            Text(f"`{group}` should be values by their names", f"`{group}` 应为“名称: 值”的形式"),
            Text(f"it may have: {join_names(names).en}", f"可写：{join_names(names).zh}"),
        )
    for key, value in values.items():
        if key in names:
            _carry_value(carrier, f"{group}.{key}", names[key], value)
        else:
            place = f"{carrier.path}:{carrier.document.entries[group, key].line}"
            carrier.report_unknown(
                f"{group}.{key}", TITLE, place=place, known=names, recipe_keys=names
            )


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
    carrier.places[name] = f"{place}: {path}"
