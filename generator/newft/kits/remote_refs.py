"""The tags and branches of a git repository, and the one that a revision names."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from newft.emitted.normalize import escape_controls
from newft.errors import KitSourceError
from newft.kits.remote_git import LIST_TIMEOUT, Repository, explain_failure, run_remote
from newft.text import Text, find_nearest_names, join_names

COMMIT_PATTERN = re.compile(r"[0-9a-f]{40}")
REVISION_PATTERN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/+-]*")
MIN_COMMIT_DIGITS = 7
MAX_NAMES_COMPARED = 1_000  # to find the nearest
TAGS_PREFIX, BRANCHES_PREFIX = "refs/tags/", "refs/heads/"


class RemoteRef(NamedTuple):
    """A tag or branch of a repository and its commit."""

    name: str  # such as refs/tags/v1; HEAD for the default branch
    commit: str

    @property
    def is_tag(self) -> bool:
        """Whether it is a tag, which is not expected to move."""
        return self.name.startswith(TAGS_PREFIX)


def list_refs(repository: Repository) -> dict[str, str]:
    """Return the commit of each branch and tag of a repository, and of HEAD, by full name."""
    patterns = ["HEAD", f"{BRANCHES_PREFIX}*", f"{TAGS_PREFIX}*"]
    command = ["ls-remote", "--quiet", "--", repository.address, *patterns]
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        result = run_remote(command, repository, Path(scratch), timeout=LIST_TIMEOUT)
    if result.code:
        raise explain_failure(result.messages, repository)
    refs: dict[str, str] = {}
    for line in result.output.decode("utf-8", "replace").splitlines():
        commit, _, name = line.partition("\t")
        if COMMIT_PATTERN.fullmatch(commit):
            # a peeled line follows that of its tag, and names the commit instead of the tag object
            refs[name.removesuffix("^{}")] = commit
    return refs


def choose_ref(
    refs: Mapping[str, str], revision: str | None, repository: Repository
) -> RemoteRef | None:
    """Return the tag or branch of a revision; None for a commit that no tag or branch names.

    Without a revision it is the newest version tag, or the default branch if no tag is a version.
    """
    if revision is None:
        name = _find_newest_version(refs) or "HEAD"
        if name not in refs:
            raise _make_empty_error(repository)
        return RemoteRef(name, refs[name])
    if found := _find_ref_name(refs, revision):
        return RemoteRef(found, refs[found])
    if COMMIT_PATTERN.fullmatch(revision.lower()):
        return None
    raise _make_unknown_revision_error(refs, revision, repository)


def describe_newer_version(
    refs: Mapping[str, str], revision: str | None, repository: Repository
) -> Text | None:
    """Return that a project keeps to a version while the repository has a newer one; else None."""
    from packaging.version import InvalidVersion, Version

    newest = (_find_newest_version(refs) or "").removeprefix(TAGS_PREFIX)
    try:
        if not revision or not newest or Version(newest) <= Version(revision):
            return None
    except InvalidVersion:  # a branch, a commit
        return None
    return Text(
        f"{repository.shown} has the version {newest}, and the project keeps to {revision}:"
        f" `newft update --set kit.revision={newest}` changes to it",
        f"{repository.shown} 已有版本 {newest}，而项目固定在 {revision}："
        f"可用 `newft update --set kit.revision={newest}` 换用",
    )


def _find_ref_name(refs: Mapping[str, str], revision: str) -> str | None:
    """Return the tag or branch of this name, or one whose commit begins with it."""
    for name in (f"{TAGS_PREFIX}{revision}", f"{BRANCHES_PREFIX}{revision}"):
        if name in refs:
            return name
    if len(revision) < MIN_COMMIT_DIGITS:
        return None
    return next((name for name in refs if refs[name].startswith(revision.lower())), None)


def _find_newest_version(refs: Mapping[str, str]) -> str | None:
    """Return the tag with the highest version; a pre-release only where there is nothing else."""
    from packaging.version import InvalidVersion, Version

    versions = []
    for name in refs:
        if name.startswith(TAGS_PREFIX):
            try:
                version = Version(name.removeprefix(TAGS_PREFIX))
            except InvalidVersion:
                continue
            versions.append((not version.is_prerelease, version, name))
    return max(versions)[2] if versions else None


def _make_empty_error(repository: Repository) -> KitSourceError:
    return KitSourceError(
        Text("the repository has no commit on its default branch", "该仓库的默认分支上没有提交"),
        where=repository.shown,
        hint=Text("name a tag or a branch after @", "请在 @ 后写标签或分支"),
    )


def _make_unknown_revision_error(
    refs: Mapping[str, str], revision: str, repository: Repository
) -> KitSourceError:
    names = [
        name.removeprefix(TAGS_PREFIX).removeprefix(BRANCHES_PREFIX)
        for name in refs
        if name != "HEAD"
    ][:MAX_NAMES_COMPARED]
    near = find_nearest_names(revision, names) or sorted(names)[:5]
    listed = join_names(f"`{escape_controls(name)}`" for name in near)
    return KitSourceError(
        Text(
            f"the repository has no tag, branch or commit `{revision}`",
            f"该仓库没有标签、分支或提交 `{revision}`",
        ),
        where=repository.shown,
        hint=Text(
            f"it has {listed.en}; a commit needs all 40 digits" if near else "check its name",
            f"现有 {listed.zh}；提交要写全 40 位" if near else "请检查名称",
        ),
    )
