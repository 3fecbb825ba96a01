"""The words of a column's name, in one case and width."""

from __future__ import annotations

import re
import unicodedata

BRACKETED_PATTERN = re.compile(r"[(（\[].*?[)）\]]")  # a unit or a remark in a column name


_STROKES = str.maketrans("łŁøØđĐ", "lLoOdD")  # letters that have no accent to take off


def to_snake_case(name: str) -> str:
    """Convert a name to snake case, without what is in brackets."""
    plain = BRACKETED_PATTERN.sub("", unicodedata.normalize("NFKC", name))
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", "_", plain)
    return apart.strip("_").casefold()


def fold_accents(name: str) -> str:
    """Remove the accents of Latin letters: `etat` for `état`."""
    apart = unicodedata.normalize("NFD", name.translate(_STROKES))
    return unicodedata.normalize(
        "NFC", "".join(mark for mark in apart if unicodedata.category(mark) != "Mn")
    )
