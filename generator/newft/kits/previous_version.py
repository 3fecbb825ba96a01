"""The version of a kit before the one at hand: an earlier version tag of its repository."""

from __future__ import annotations

from pathlib import Path

from newft.errors import GitError, NewftError
from newft.kits.remote_git import Repository
from newft.kits.remote_refs import TAGS_PREFIX, list_refs
from newft.kits.sources import KitSource
from newft.schema.kit import Kit
from newft.schema.starter_kit import KitPin
from newft.system.git import run_git


def find_previous_tag(source: KitSource, pin: KitPin, kit: Kit) -> str | None:
    """Return the newest version tag below the version of a kit, or None.

    A kit that does not say its version is compared with the newest tag of another commit.
    """
    repository = _find_repository(source)
    if repository is None:
        return None
    try:
        refs = list_refs(repository)
    except NewftError:
        return None
    from packaging.version import InvalidVersion, Version

    found = []
    for name, commit in refs.items():
        tag = name.removeprefix(TAGS_PREFIX)
        try:
            version = Version(tag) if tag != name else None
            is_lower = version and (not kit.version or version < Version(kit.version))
        except InvalidVersion:
            continue
        if version and is_lower and commit != pin.commit:
            found.append((version, tag))
    return max(found)[1] if found else None


def _find_repository(source: KitSource) -> Repository | None:
    """Return the repository of a source: of a folder, the one whose top it is."""
    if source.kind == "repository":
        return Repository(source.location, source.recorded)
    folder = Path(source.location)
    if source.kind != "folder":
        return None
    try:
        prefix = run_git(["rev-parse", "--show-prefix"], folder=folder).output.strip()
    except GitError:
        return None
    return None if prefix else Repository(folder.as_uri(), source.recorded)
