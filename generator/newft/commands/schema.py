"""`newft schema`: print the JSON Schema of a file of answers."""

from __future__ import annotations

from dataclasses import replace

from newft.answers.keys import make_unknown_name_error
from newft.catalog.answers_schema import build_answers_schema
from newft.catalog.loader import load_catalog
from newft.console.console import print_json
from newft.i18n import Messages


def print_schema(domain: str | None, messages: Messages) -> None:
    """Print the schema of all answers, or of the projects of one domain."""
    catalog = load_catalog()
    if domain is not None:
        if domain not in catalog.kits:
            raise make_unknown_name_error(domain, catalog.kits, where="--domain")
        catalog = replace(catalog, kits={domain: catalog.kits[domain]})
    print_json(build_answers_schema(catalog, messages))
