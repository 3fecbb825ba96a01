"""A kit whose files are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from newft.schema.starter_kit import KitPin
from newft.text import Text


class LocatedKit(NamedTuple):
    """The files of a kit in a folder of their own, and where they come from."""

    folder: Path  # its name is the id of the kit
    pin: KitPin
    origin: Literal["built_in", "folder", "package", "repository", "stored"]
    shown: str  # the source and its revision, in messages
    notes: tuple[Text, ...] = ()  # what the user should know, such as that a tag has moved
