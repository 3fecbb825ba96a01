"""Texts in two languages, and helpers for names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Literal, NamedTuple

MAX_LINES_LISTED = 10  # of an error
CJK_PATTERN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")  # a Chinese character


def fold_name(name: str) -> str:
    """Normalize a name for comparison: width, case, spaces and punctuation do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def pluralize(count: int, noun: str) -> str:
    """Format a count with its noun: '1 row', '2 rows'."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def find_nearest_names(
    name: str, known: Iterable[str], *, most: int = 1, likeness: float = 0.51
) -> list[str]:
    """Return the known names that are most similar to a name, best first; empty if none is."""
    folded = {fold_name(candidate): candidate for candidate in known}
    near = get_close_matches(fold_name(name), folded, n=most, cutoff=likeness)
    return [folded[match] for match in near]


Language = Literal["en", "zh"]


class Text(NamedTuple):
    """A text in English and in Chinese."""

    en: str
    zh: str

    def to(self, language: Language) -> str:
        """Return the text in one language."""
        return self.zh if language == "zh" else self.en


def to_bilingual_text(words: str | Text) -> Text:
    """Return a Text; a plain string is code or a name, which is the same in both languages."""
    return words if isinstance(words, Text) else Text(words, words)


def join_texts(texts: Iterable[Text], between: Text) -> Text:
    """Join texts with a separator in each language."""
    listed = list(texts)
    return Text(
        between.en.join(text.en for text in listed), between.zh.join(text.zh for text in listed)
    )


def join_names(names: Iterable[str]) -> Text:
    """Join names, which are the same in both languages, with the separator of each."""
    listed = list(names)
    return Text(", ".join(listed), "、".join(listed))


def list_lines(
    lines: Sequence[str | Text], *, most: int = MAX_LINES_LISTED, indent: str = "  "
) -> Text:
    """Return the first lines, indented, and how many more there are."""
    listed = [to_bilingual_text(line) for line in lines[:most]]
    if more := len(lines) - len(listed):
        listed.append(Text(f"... {more} more", f"…… 另有 {more} 个"))
    indented = [Text(f"{indent}{line.en}", f"{indent}{line.zh}") for line in listed]
    return join_texts(indented, Text("\n", "\n"))
