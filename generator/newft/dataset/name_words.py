"""The words of a column's name, in one case and width."""

from __future__ import annotations

import re
import unicodedata

CJK_PATTERN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
BRACKETED_PATTERN = re.compile(r"[(（\[].*?[)）\]]")  # a unit or a remark in a column name


def to_snake_case(name: str) -> str:
    """Convert a name to snake case, without what is in brackets."""
    plain = BRACKETED_PATTERN.sub("", unicodedata.normalize("NFKC", name))
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", "_", plain)
    return apart.strip("_").casefold()
