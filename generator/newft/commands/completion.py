"""The completion script of a shell, with the names of the catalogue in it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from newft.answers.keys import AUTO_GPU
from newft.catalog.loader import load_catalog
from newft.catalog.lookup import list_methods


def generate_script(
    parser: argparse.ArgumentParser, commands: Mapping[str, argparse.ArgumentParser], *, shell: str
) -> str:
    """The script, to be kept where the shell looks for completions."""
    import shtab

    catalog = load_catalog()
    names = {
        "domain": list(catalog.kits),
        "task": [task for kit in catalog.kits.values() for task in kit.tasks],
        "family": list(catalog.families),
        "method": list(list_methods(catalog)),
        "gpu": [AUTO_GPU, *catalog.accelerators],
    }
    for action in commands["new"]._actions:
        action.choices = names.get(action.dest, action.choices)
        if action.dest in ("path", "data", "answers"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell=shell))
