"""How names are compared and found, and numbers put before their nouns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches


def fold(name: str) -> str:
    """A name as it is compared: width, case, spaces and punctuation do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def counted(many: int, one: str) -> str:
    """A number and its noun, which takes an `s` unless there is one."""
    return f"{many:,} {one}" if many == 1 else f"{many:,} {one}s"


def nearest(name: str, known: Iterable[str], *, most: int = 1) -> list[str]:
    """The known names that look most like a name, best first; none if nothing is near."""
    folded = {fold(candidate): candidate for candidate in known}
    return [folded[match] for match in get_close_matches(fold(name), folded, n=most, cutoff=0.51)]
