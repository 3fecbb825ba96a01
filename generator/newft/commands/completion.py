"""`newft completion`: the completion script of a shell, with the names of the catalogue in it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from newft.answers.keys import ANSWER_KEYS
from newft.catalog.loader import load_catalog
from newft.catalog.lookup import list_names


def generate_script(
    parser: argparse.ArgumentParser, commands: Mapping[str, argparse.ArgumentParser], *, shell: str
) -> str:
    """Return the script, for the folder in which the shell looks for completions."""
    import shtab

    catalog = load_catalog()
    names = {entry.key: list_names(entry.names, catalog) for entry in ANSWER_KEYS if entry.names}
    for command, one in commands.items():
        for action in one._actions:
            if command in ("new", "advise"):
                action.choices = names.get(action.dest, action.choices)
            if action.metavar in ("PATH", "FILE"):
                action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell=shell))
