"""Values with a reason and a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from newft.text import Text, to_bilingual_text

T = TypeVar("T")


def as_citation(source: str | Text) -> Text:
    """Who says so, in both languages: a citation reads the same in either."""
    return to_bilingual_text(source)


@dataclass(frozen=True)
class Sourced(Generic[T]):
    """A catalogue value with its reason and source."""

    value: T
    why: Text
    source: str | Text  # a citation; a sentence is there in both languages


@dataclass(frozen=True)
class Reasoned(Generic[T]):
    """A value that says why it is what it is, and who says so."""

    value: T
    why: Text
    source: Text
