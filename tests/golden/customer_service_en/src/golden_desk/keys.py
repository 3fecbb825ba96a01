"""How labels and texts are compared: by what stays when they are written another way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

NOT_WORDS, DIGIT = re.compile(r"[\W_]+"), re.compile(r"\d")
# what skeleton() makes of ASCII, which most text is
LEVELLED: dict[int, str | None] = dict.fromkeys(range(128))
LEVELLED |= {n: "0" if chr(n).isdigit() else chr(n).lower() for n in range(128) if chr(n).isalnum()}
NO_LABEL = re.compile("[-–—/.?]*|#?n/?a|<na>|nan|null|nil|空|缺失|暂无")  # `none` may be a label
NO_GROUP = re.compile(f"{NO_LABEL.pattern}|none|unknown|anonymous|无|未知|不详|匿名")
# in a table `none`, 无 and 暂无 may be facts, such as of debts; spreadsheets put #REF! for a fault
NO_FACT = re.compile(
    r"[-–—]*|[/.?]|\\n?|#?n/?a|<na>|nan|null|nil|unknown|not (given|provided|available|known)"
    r"|空|缺失|未知|不详|未填写?|未提供|#(value|ref|name|num|null|div/0)[!?]"
)
COMMA = re.compile("_*[、,]_*")  # in a label as normal_label gives it


@lru_cache(maxsize=10_000)  # a file has few labels, and many rows of each
def normal_label(text: str) -> str:
    """A label as its id: one width and case, `_` for each run of spaces and hyphens."""
    return re.sub(r"[\s\-\u2010]+", "_", unicodedata.normalize("NFKC", text).strip().casefold())


def several_labels(text: str, separator: str, prefix: str, suffix: str) -> list[tuple[str, ...]]:
    """The labels between separators and line ends, each as its parts between commas.

    A comma may stand within a label (走私、贩卖、运输、制造毒品) or between two: named_by tells.
    """
    lines = unicodedata.normalize("NFKC", text).replace(separator, "\n").splitlines()
    return [parts for line in lines if (parts := parts_of(line, prefix, suffix))]


def parts_of(label: str, prefix: str, suffix: str) -> tuple[str, ...]:
    """What stands between the commas of a label, without what some files write around each."""
    parts = (part.strip("_").removeprefix(prefix) for part in COMMA.split(normal_label(label)))
    return tuple(name for part in parts if (name := part.strip("_").removesuffix(suffix)))


def joined(parts: Sequence[str]) -> str:
    """The label of these parts, as parts_of reads it."""
    return (",_" if all(map(str.isascii, parts)) else "、").join(parts)


def named_by(parts: Sequence[str], listed: Mapping[Sequence[str], str]) -> set[str] | None:
    """The labels that parts make up without a rest; the longest label first, if there is one."""
    rests: list[set[str] | None] = [set()]  # what the last 0, 1, 2, ... parts name
    for start in reversed(range(len(parts))):
        ways = (
            {label} | rest
            for end in range(len(parts), start, -1)
            if (label := listed.get(parts[start:end]))
            if (rest := rests[len(parts) - end]) is not None
        )
        rests.append(next(ways, None))
    return rests[-1]


def skeleton(text: str) -> str:
    """The text without case, width, punctuation and digits: what stays when it is sent again."""
    if text.isascii() and (levelled := text.translate(LEVELLED)):
        return levelled
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    return DIGIT.sub("0", "".join(NOT_WORDS.split(folded))) or folded  # a text may be one emoji


def is_missing(cell: str, marks: re.Pattern[str]) -> bool:
    """Whether a cell is empty, or one of the marks that are written where nothing is known."""
    return marks.fullmatch(unicodedata.normalize("NFKC", cell).strip().casefold()) is not None
