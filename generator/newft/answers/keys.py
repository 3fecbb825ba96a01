"""Answers by key, as they come from options, files and the conversation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from newft.emitted.normalize import escape_controls
from newft.errors import UsageError
from newft.schema.family import EMBEDDED
from newft.text import Text, find_nearest_names, fold_name

AnswerValue = str | tuple[str, ...]
RawAnswers = Mapping[str, AnswerValue]

FILES_KEY = "data.files"
COLUMNS_PREFIX = "data.columns."
POSITIVE_KEY = "data.positive"  # the label whose probability is scored
AUTO_GPU = "auto"  # the machine that generates
# Methods of the field that newft does not offer, as they are spelled without spaces and hyphens.
UNSUPPORTED_METHODS = frozenset(
    """
    qlora dora qdora rslora pissa lora+ loraplus adalora loftq longlora lokr loha oft boft vera ia3
    galore lisa full fullfinetuning fullft freeze bitfit adapter adapters prefix prefixtuning
    prompttuning ptuning ptuningv2 pt
    """.split()  # noqa: SIM905 - fifty quotes would hide the words
)


def data_files_of(given: RawAnswers) -> tuple[str, ...]:
    """The data files that were named; none is the sample."""
    value = given.get(FILES_KEY, ())
    return value if isinstance(value, tuple) else (value,)


def normalize_gpu(text: str) -> str:
    """Hardware as it is kept: `auto` in any spelling is the machine that generates."""
    return AUTO_GPU if fold_name(text) == AUTO_GPU else text


def columns_of(given: RawAnswers) -> dict[str, str]:
    """The columns that were named, by field."""
    return {
        key.removeprefix(COLUMNS_PREFIX): str(value)
        for key, value in given.items()
        if key.startswith(COLUMNS_PREFIX)
    }


def make_unknown_name_error(word: str, known: Iterable[str], *, where: str | None) -> UsageError:
    """The error for a word that names nothing: the nearest name, or all of them."""
    names = sorted(known)
    spelled = re.sub(r"[\s_-]+", "", word.casefold())
    if where in ("method", "show methods") and spelled in UNSUPPORTED_METHODS:
        return _make_unsupported_method_error(word, names, where=where)
    near = find_nearest_names(word, names)
    hint = (
        Text(f"did you mean `{near[0]}`?", f"是否想写 `{near[0]}`？")
        if near
        else Text(f"known: {', '.join(names)}", f"可选：{'、'.join(names)}")
    )
    word = escape_controls(word)
    return UsageError(Text(f"`{word}` is not known", f"无法识别 `{word}`"), where=where, hint=hint)


def _make_unsupported_method_error(method: str, known: Sequence[str], *, where: str) -> UsageError:
    """The error for a method that exists, but not in newft."""
    names = ", ".join(f"`{name}`" for name in known)
    return UsageError(
        Text(
            f"`{method}` is not supported yet, only {names}",
            f"暂不支持 `{method}`，目前只有 {names}",
        ),
        where=where,
        hint=Text(
            f"use --method {known[0]}, or omit the option",
            f"请写 --method {known[0]}，或不写此项",
        ),
    )


def is_hub_model(model: str) -> bool:
    """Whether a completed answer names a model of a hub: folders are absolute."""
    return model != EMBEDDED and not model.startswith("/")
