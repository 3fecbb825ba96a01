"""Answers by key, as they come from options, files and the conversation."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from newft.errors import UsageError

Value = str | tuple[str, ...]
Given = Mapping[str, Value]

FILES = "data.files"
COLUMNS = "data.columns."


def files(given: Given) -> tuple[str, ...]:
    """The data files that were named; none is the sample."""
    value = given.get(FILES, ())
    return value if isinstance(value, tuple) else (value,)


def columns(given: Given) -> dict[str, str]:
    """The columns that were named, by field."""
    return {
        key.removeprefix(COLUMNS): str(value)
        for key, value in given.items()
        if key.startswith(COLUMNS)
    }


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[found[0]] if found else None


def unknown(word: str, known: Iterable[str], *, where: str | None) -> UsageError:
    """The error for a word that names nothing: the nearest name, or all of them."""
    names = sorted(known)
    guess = nearest(word, names)
    hint = f"did you mean `{guess}`?" if guess else f"known: {', '.join(names)}"
    return UsageError(f"`{word}` is not known", where=where, hint=hint)
