"""What others use: published values of a recipe, to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newft.schema.method import MethodValue


@dataclass(frozen=True)
class Practice:
    """The values of one example or of the defaults of a tool, by their names in run.yaml."""

    id: str
    title: str
    methods: tuple[str, ...]
    source: str
    values: Mapping[str, MethodValue]
