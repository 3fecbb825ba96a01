"""Catalogues with the kits that projects have stored, for a command that looks at many projects."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from newft.errors import NewftError
from newft.kits.locate import KitLocator
from newft.kits.remote_git import Repository
from newft.kits.remote_refs import choose_ref, describe_newer_version, list_refs
from newft.kits.resolve import resolve_kit
from newft.kits.sources import KitSource, is_relative_source, parse_source
from newft.kits.vendor import load_stored_kits
from newft.project.snapshot import KIT_FILE
from newft.schema.catalog import Catalog
from newft.schema.starter_kit import KitPin, LocatedKit
from newft.text import Text


class KitNews(NamedTuple):
    """What the repositories of the kits of a project have today."""

    behind: bool  # another commit than the project, under the same revision
    notes: tuple[Text, ...]  # such as that there is a version above the one that is pinned


class StoredCatalogs:
    """Resolves each stored kit once, however many projects have it.

    No network is used, but by `fetch_news`.

    Args:
        catalog: What ships with newft.
        scratch: A folder of the caller for the files of the kits.
    """

    def __init__(self, catalog: Catalog, scratch: Path) -> None:
        self._catalog, self._scratch = catalog, scratch
        self._resolved: dict[tuple[str, KitPin], Catalog] = {}
        self._trees: dict[str, str | None] = {}  # by folder
        self._refs: dict[Repository, dict[str, str]] = {}

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

    def fetch_news(self, project: Path, kits: Sequence[LocatedKit]) -> KitNews:
        """Ask the repositories of the kits of a project whether they have another commit.

        What a kit extends by a folder is in the repository of the kit, or of this machine alone.

        Raises:
            KitSourceError: If a repository cannot be asked.
        """
        behind, notes = False, []
        for kit in kits:
            hidden = kit is not kits[-1] and is_relative_source(kit.pin.source)
            source = None if hidden else _find_repository(kit.pin, project)
            if source is None:
                continue
            repository = Repository(source.location, source.recorded)
            if repository not in self._refs:
                self._refs[repository] = list_refs(repository)
            refs = self._refs[repository]
            ref = choose_ref(refs, source.revision, repository)
            behind = behind or (ref is not None and ref.commit != kit.pin.commit)
            if newer := describe_newer_version(refs, source.revision, repository):
                notes.append(newer)
        return KitNews(behind, tuple(notes))

    def _compute_tree(self, folder: str) -> str | None:
        """Return the tree id of the kit that lies in a folder of this machine now."""
        locate = KitLocator(self._scratch / f"now-{len(self._trees)}")
        try:
            return locate(folder).pin.tree
        except NewftError:  # the folder is on another machine
            return None


def _find_repository(pin: KitPin, project: Path) -> KitSource | None:
    """Return the repository of a pin; None if it is a folder or comes with a package."""
    if pin.commit is None:
        return None
    shown = f"{pin.source}@{pin.revision}" if pin.revision else pin.source
    try:
        source = parse_source(shown, base=project)
    except NewftError:
        return None
    return source if source.kind == "repository" else None
