"""Values with a reason and a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from newft.text import Text, to_bilingual_text

T = TypeVar("T")


def as_citation(source: str | Text) -> Text:
    """Return a citation in both languages; a plain string is the same in either."""
    return to_bilingual_text(source)


@dataclass(frozen=True)
class Sourced(Generic[T]):
    """A value of the catalogue with its reason and source."""

    value: T
    why: Text
    source: str | Text  # a citation; in both languages if it is a sentence


@dataclass(frozen=True)
class Reasoned(Generic[T]):
    """A value with its reason and its source."""

    value: T
    why: Text
    source: Text
