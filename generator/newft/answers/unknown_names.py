"""Errors for unknown names: of keys, methods, and entries of the catalogue.

`newft --help` imports this module, so it is plain Python: no dataclasses, no YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from newft.answers.imports.recipe_names import find_recipe_name
from newft.answers.keys import (
    OPEN_PREFIXES,
    RECIPE_PREFIX,
    RECIPE_SETTINGS,
    list_answer_keys,
)
from newft.emitted.normalize import escape_controls
from newft.errors import UsageError
from newft.text import Text, find_nearest_names, join_names, to_bilingual_text

MOST_NEAR = 4  # names that begin like an unknown one and are shown
# Methods of the field, written without spaces, hyphens and underscores: those that the catalogue
# does not have are refused as not supported rather than as unknown.
FIELD_METHODS = frozenset(
    """
    adalora loftq longlora lokr loha oft boft vera ia3 galore lisa bitfit adapter adapters
    prompttuning dpo orpo kto ppo grpo simpo rlhf
    """.split()  # noqa: SIM905 - fifty quotes would hide the words
)
# Other names of methods that the catalogue has, and variants of LoRA, which are values of it.
METHOD_SYNONYMS = {  # name: the method, and the setting of a variant
    "prefixtuning": ("prefix", ""),
    "ptuningv2": ("prefix", ""),
    "ptuning": ("prefix", ""),
    "pt": ("prefix", ""),
    "dora": ("lora", "--set recipe.dora=true"),
    "qdora": ("qlora", "--set recipe.dora=true"),
    "rslora": ("lora", "--set recipe.rslora=true"),
    "pissa": ("lora", "--set recipe.pissa=true"),
    "lora+": ("lora", "--set recipe.loraplus_lr_ratio=16"),
    "loraplus": ("lora", "--set recipe.loraplus_lr_ratio=16"),
}


def make_unknown_key_error(key: str, *, where: str) -> UsageError:
    """Make the error for an unknown key, which may be a misspelled one of a column or a kit."""
    name = key.rpartition(".")[2]
    groups = [prefix for prefix in OPEN_PREFIXES if prefix.rstrip(".") == key.rstrip(".")]
    if groups:  # a value for the group itself, as in `--set advice=rag`
        shown = escape_controls(key)
        how = f"--set {groups[0]}NAME=VALUE"
        message = Text(f"`{shown}` holds several values", f"`{shown}` 之下有多个值")
        return UsageError(message, where=where, hint=to_bilingual_text(how))
    if name in RECIPE_SETTINGS:
        return make_unknown_name_error(key, [f"{RECIPE_PREFIX}{name}"], where=where)
    if own := find_recipe_name(name):
        return make_other_name_error(key, f"{RECIPE_PREFIX}{own}", where=where)
    meant = [f"{prefix}{name}" for prefix in OPEN_PREFIXES if key.startswith(prefix.rstrip("s."))]
    return make_unknown_name_error(key, meant or list_answer_keys(), where=where)


def make_other_name_error(word: str, name: str, *, where: str) -> UsageError:
    """Make the error for a name that only other tools have."""
    word = escape_controls(word)
    return UsageError(
        Text(f"`{word}` is called `{name}` here", f"`{word}` 在这里叫 `{name}`"),
        where=where,
        hint=Text(f"write `{name}`", f"请写 `{name}`"),
    )


def make_unknown_name_error(word: str, known: Iterable[str], *, where: str | None) -> UsageError:
    """Make the error for an unknown name; its hint is the nearest known name, or all names."""
    names = sorted(known)
    spelled = re.sub(r"[\s_-]+", "", word.casefold())
    if where in ("method", "show methods"):
        if spelled in METHOD_SYNONYMS:
            return _make_other_method_error(word, *METHOD_SYNONYMS[spelled], where=where)
        if spelled in FIELD_METHODS.difference(names):
            return _make_unsupported_method_error(word, names, where=where)
    begun = [name for name in names if name.casefold().startswith(word.casefold())]
    near = begun[:MOST_NEAR] if word else []
    near = near or find_nearest_names(word, names)
    meant = join_names(f"`{name}`" for name in near)
    known = join_names(names)
    hint = (
        Text(f"did you mean {meant.en}?", f"是否想写 {meant.zh}？")
        if near
        else Text(f"known: {known.en}", f"可选：{known.zh}")
    )
    word = escape_controls(word)
    return UsageError(Text(f"`{word}` is not known", f"无法识别 `{word}`"), where=where, hint=hint)


def _make_other_method_error(word: str, name: str, setting: str, *, where: str) -> UsageError:
    """Make the error for a method that goes by another name, or is a setting of another."""
    if not setting:
        hint = Text(f"write `--method {name}`", f"请写 `--method {name}`")
        return UsageError(
            Text(f"`{word}` is called `{name}` here", f"`{word}` 在这里叫 `{name}`"),
            where=where,
            hint=hint,
        )
    return UsageError(
        Text(
            f"`{word}` is a setting of the method `{name}`, not a method of its own",
            f"`{word}` 是方法 `{name}` 的一项设置，不是单独的方法",
        ),
        where=where,
        hint=Text(
            f"write `--method {name} {setting}`; run.yaml has it in the section method",
            f"请写 `--method {name} {setting}`；它在 run.yaml 的 method 一节",
        ),
    )


def _make_unsupported_method_error(method: str, known: Sequence[str], *, where: str) -> UsageError:
    """Make the error for a training method that newft does not offer."""
    names = join_names(f"`{name}`" for name in known)
    return UsageError(
        Text(
            f"`{method}` is not supported yet, only {names.en}",
            f"暂不支持 `{method}`，目前只有 {names.zh}",
        ),
        where=where,
        hint=Text(
            "use one of these, or omit the option",
            "请改用其中之一，或不写此项",
        ),
    )
