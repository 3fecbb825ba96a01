"""Text in both languages of newft."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]


class Text(NamedTuple):
    """The same words in both languages."""

    en: str
    zh: str

    def to(self, language: Language) -> str:
        """The words in one language."""
        return self.zh if language == "zh" else self.en


def as_text(words: str | Text) -> Text:
    """Words in both languages; a plain string is code or a name, which reads the same in either."""
    return words if isinstance(words, Text) else Text(words, words)


def join_texts(texts: Iterable[Text], between: Text) -> Text:
    """Texts in a row, with what stands between them in each language."""
    listed = list(texts)
    return Text(
        between.en.join(text.en for text in listed), between.zh.join(text.zh for text in listed)
    )
