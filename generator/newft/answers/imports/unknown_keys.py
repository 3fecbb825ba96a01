"""Tell a misspelled key of a configuration from one that newft does not know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from newft.answers.imports.recipe_names import find_recipe_name, list_foreign_names
from newft.text import find_nearest_names

# above what keys of the tools themselves have in common: a test compares all that are released
MIN_LIKENESS = 0.85


def find_meant_key(key: str, known: Iterable[str], recipe_keys: Mapping[str, str]) -> str | None:
    """Return the known key that is probably meant, also by its name in another tool; else None.

    `recipe_keys`: the keys of the tool, and the value of the recipe that each of them gives.
    """
    known = [*known]
    near = find_nearest_names(key, [*list_foreign_names(), *known], likeness=MIN_LIKENESS)
    if not near:
        return None
    own = find_recipe_name(near[0])
    if own is None or near[0] in (*recipe_keys, *known):
        return near[0]
    return next((one for one, name in recipe_keys.items() if name == own), None)
