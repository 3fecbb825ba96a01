"""Catalogues with the kits that projects have stored, for a command that looks at many projects."""

from __future__ import annotations

import hashlib
from pathlib import Path

from newft.errors import NewftError
from newft.kits.locate import KitLocator
from newft.kits.resolve import resolve_kit
from newft.kits.sources import parse_source
from newft.kits.vendor import load_stored_kits
from newft.project.snapshot import KIT_FILE
from newft.schema.catalog import Catalog
from newft.schema.starter_kit import KitPin


class StoredCatalogs:
    """Resolves each stored kit once, however many projects have it; no network is used.

    Args:
        catalog: What ships with newft.
        scratch: A folder of the caller for the files of the kits.
    """

    def __init__(self, catalog: Catalog, scratch: Path) -> None:
        self._catalog, self._scratch = catalog, scratch
        self._resolved: dict[tuple[str, KitPin], Catalog] = {}
        self._trees: dict[str, str | None] = {}  # by folder

    def get(self, project: Path, pin: KitPin | None) -> Catalog:
        """Return the catalogue for a project that was rendered with a kit, or without one."""
        if pin is None:
            return self._catalog
        archive = project / KIT_FILE
        content = archive.read_bytes() if archive.is_file() else b""
        key = (hashlib.sha256(content).hexdigest(), pin)
        if key not in self._resolved:
            scratch = self._scratch / str(len(self._resolved))
            stored = load_stored_kits(project, scratch)
            locate = KitLocator(scratch, base=project, stored=stored, only_stored=True)
            self._resolved[key] = resolve_kit(
                pin.source, self._catalog, locate, revision=pin.revision
            )
        return self._resolved[key]

    def is_behind(self, project: Path, pin: KitPin | None) -> bool | None:
        """Tell whether a kit has changed in the folder that it comes from; None: not known."""
        if pin is None:
            return None
        shown = f"{pin.source}@{pin.revision}" if pin.revision else pin.source
        try:
            source = parse_source(shown, base=project)
        except NewftError:  # such as a package that is not installed here
            return None
        if source.kind != "folder":
            return None
        if source.location not in self._trees:
            self._trees[source.location] = self._compute_tree(source.location)
        tree = self._trees[source.location]
        return None if tree is None else tree != pin.tree

    def _compute_tree(self, folder: str) -> str | None:
        """Return the tree id of the kit that lies in a folder of this machine now."""
        locate = KitLocator(self._scratch / f"now-{len(self._trees)}")
        try:
            return locate(folder).pin.tree
        except NewftError:  # the folder is on another machine
            return None
