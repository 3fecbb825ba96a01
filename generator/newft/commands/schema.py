"""`newft schema`: print the JSON Schema of a file of answers."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from newft.answers.unknown_names import make_unknown_name_error
from newft.catalog.answers_schema import build_answers_schema
from newft.catalog.loader import load_catalog
from newft.console.console import print_json
from newft.i18n import Messages
from newft.kits.locate import KitLocator
from newft.kits.resolve import resolve_kit


def print_schema(domain: str | None, kit: str | None, messages: Messages) -> None:
    """Print the schema of all answers, or of the projects of one domain or starter kit."""
    catalog = load_catalog()
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        if kit is not None:
            catalog = resolve_kit(kit, catalog, KitLocator(Path(scratch)))
        if domain is not None:
            if domain not in catalog.kits:
                raise make_unknown_name_error(domain, catalog.kits, where="--domain")
            catalog = replace(catalog, kits={domain: catalog.kits[domain]})
        schema = build_answers_schema(catalog, messages)
    print_json(schema)
