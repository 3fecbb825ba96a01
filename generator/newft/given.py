"""Answers by key, as they come from options, files and the conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from newft.errors import UsageError
from newft.names import fold, nearest

Value = str | tuple[str, ...]
Given = Mapping[str, Value]

FILES = "data.files"
COLUMNS = "data.columns."
POSITIVE = "data.positive"  # the label whose probability is scored
AUTO = "auto"  # the machine that generates


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
    near = nearest(word, names)
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(names)}"
    return UsageError(f"`{word}` is not known", where=where, hint=hint)
