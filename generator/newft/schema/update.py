"""What an update says about versions and values."""

from __future__ import annotations

from typing import Any, NamedTuple

from newft.schema.starter_kit import KitPin
from newft.text import Text


class RenderedBy(NamedTuple):
    """What a tree was rendered with."""

    newft: str  # its version
    templates: str  # digest of the layers and modules that the tree is made of
    kit: KitPin | None


class ValueChange(NamedTuple):
    """One value of config/run.yaml in the snapshot and in the new render; None: no such key."""

    key: str
    old: Any
    new: Any
    why: Text | None  # None: a value that follows from an answer
    source: Text | None


class AnswerChange(NamedTuple):
    """One answer of the last update and today; None: there is none."""

    key: str
    old: str | tuple[str, ...] | None
    new: str | tuple[str, ...] | None
