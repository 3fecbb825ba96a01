"""Text in both languages, and helpers for strings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, NamedTuple


def fold_name(name: str) -> str:
    """A name as it is compared: width, case, spaces and punctuation do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def pluralize(many: int, one: str) -> str:
    """A number and its noun, which takes an `s` unless there is one."""
    return f"{many:,} {one}" if many == 1 else f"{many:,} {one}s"


def find_nearest_names(name: str, known: Iterable[str], *, most: int = 1) -> list[str]:
    """The known names that look most like a name, best first; none if nothing is near."""
    folded = {fold_name(candidate): candidate for candidate in known}
    return [
        folded[match] for match in get_close_matches(fold_name(name), folded, n=most, cutoff=0.51)
    ]


Language = Literal["en", "zh"]


class Text(NamedTuple):
    """The same words in both languages."""

    en: str
    zh: str

    def to(self, language: Language) -> str:
        """The words in one language."""
        return self.zh if language == "zh" else self.en


def to_bilingual_text(words: str | Text) -> Text:
    """Words in both languages; a plain string is code or a name, which reads the same in either."""
    return words if isinstance(words, Text) else Text(words, words)


def join_texts(texts: Iterable[Text], between: Text) -> Text:
    """Texts in a row, with what stands between them in each language."""
    listed = list(texts)
    return Text(
        between.en.join(text.en for text in listed), between.zh.join(text.zh for text in listed)
    )
