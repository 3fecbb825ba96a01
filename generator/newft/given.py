"""Answers by key, as they come from options, files and the conversation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from newft.errors import UsageError
from newft.keys import escape_controls
from newft.names import fold, nearest
from newft.text import Text

Value = str | tuple[str, ...]
Given = Mapping[str, Value]

FILES = "data.files"
COLUMNS = "data.columns."
POSITIVE = "data.positive"  # the label whose probability is scored
AUTO = "auto"  # the machine that generates
# Methods of the field that newft does not offer, as they are spelled without spaces and hyphens.
OTHER_METHODS = frozenset(
    """
    qlora dora qdora rslora pissa lora+ loraplus adalora loftq longlora lokr loha oft boft vera ia3
    galore lisa full fullfinetuning fullft freeze bitfit adapter adapters prefix prefixtuning
    prompttuning ptuning ptuningv2 pt
    """.split()  # noqa: SIM905 - fifty quotes would hide the words
)


def files(given: Given) -> tuple[str, ...]:
    """The data files that were named; none is the sample."""
    value = given.get(FILES, ())
    return value if isinstance(value, tuple) else (value,)


def hardware(text: str) -> str:
    """Hardware as it is kept: `auto` in any spelling is the machine that generates."""
    return AUTO if fold(text) == AUTO else text


def columns(given: Given) -> dict[str, str]:
    """The columns that were named, by field."""
    return {
        key.removeprefix(COLUMNS): str(value)
        for key, value in given.items()
        if key.startswith(COLUMNS)
    }


def unknown(word: str, known: Iterable[str], *, where: str | None) -> UsageError:
    """The error for a word that names nothing: the nearest name, or all of them."""
    names = sorted(known)
    spelled = re.sub(r"[\s_-]+", "", word.casefold())
    if where in ("method", "show methods") and spelled in OTHER_METHODS:
        return _not_yet(word, names, where=where)
    near = nearest(word, names)
    hint = (
        Text(f"did you mean `{near[0]}`?", f"是否想写 `{near[0]}`？")
        if near
        else Text(f"known: {', '.join(names)}", f"可选：{'、'.join(names)}")
    )
    word = escape_controls(word)
    return UsageError(Text(f"`{word}` is not known", f"无法识别 `{word}`"), where=where, hint=hint)


def _not_yet(method: str, known: Sequence[str], *, where: str) -> UsageError:
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
