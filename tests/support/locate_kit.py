"""Kits located as a command does it."""

from __future__ import annotations

from pathlib import Path

from newft.kits.locate import KitLocator
from newft.schema.starter_kit import LocatedKit


def locate_kit(source: str, *, scratch: Path, base: Path | None = None) -> LocatedKit:
    return KitLocator(scratch, base=base)(source)
