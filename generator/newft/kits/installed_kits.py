"""Kits that have a name: the domains of newft, and kits that installed Python packages offer.

A package offers a kit by an entry point of the group `newft.kits` whose value is the folder with
dots, such as `bank = "bank_tools.kit"`. The package is found and not imported: no code of a kit
runs in newft.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from newft.errors import KitSourceError
from newft.paths import get_domains_folder
from newft.text import Text

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

ENTRY_POINT_GROUP = "newft.kits"
_DOTTED_NAME = re.compile(r"[A-Za-z_]\w*(\.[\w-]+)*")


def list_domain_names() -> set[str]:
    """Return the names of the built-in domains."""
    return {file.parent.name for file in get_domains_folder().glob("*/kit.yaml")}


def list_kit_names() -> set[str]:
    """Return every name that stands for a kit; a domain comes before a package of its name."""
    return {*list_domain_names(), *_load_entry_points().names}


@cache  # reads the metadata of every installed package
def _load_entry_points() -> EntryPoints:
    from importlib import metadata

    return metadata.entry_points(group=ENTRY_POINT_GROUP)


def find_package_folder(name: str) -> Path:
    """Return the folder of the kit that an installed package offers by this name."""
    entry = _load_entry_points()[name]
    top, *inner = entry.value.split(".")
    # for a name without dots, `find_spec` only looks: it runs nothing of the package
    spec = find_spec(top) if _DOTTED_NAME.fullmatch(entry.value) else None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place, *inner)
        if folder.is_dir():
            return folder
    raise KitSourceError(
        Text(
            f"an installed package offers the kit `{name}` in `{entry.value}`,"
            " which is no folder of it",
            f"已安装的包声明套件 `{name}` 位于 `{entry.value}`，但那里不是文件夹",
        ),
        where=name,
        hint=Text("tell the owner of the package", "请告知该包的维护者"),
    )
