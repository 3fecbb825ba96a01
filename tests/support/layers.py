"""Layers of templates, written as they are before anything is rendered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newft.project.layer_files import Layer
from newft.project.template_layers import EMITTED_MODULES, choose_files


def compose_layers(
    layers: Sequence[Layer], package: str, into: Path, own: Sequence[str] = EMITTED_MODULES
) -> dict[str, str]:
    """Write the files that a project is made of to `into`; return the layer of each."""
    chosen = choose_files(layers, package, own=own)
    for file in chosen:
        file.write(into, file.path)
    return {file.path: file.layer for file in chosen}
