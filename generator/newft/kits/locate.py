"""Bring the files of kits into folders of their own, checked: for one command.

Whatever the source, newft works with a copy in a scratch folder. What was checked is then what is
used, and nothing that a kit leaves out, such as files that git ignores, can get into a project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from newft.errors import GitError, KitSourceError, UsageError
from newft.kits.copier_yaml import COOKIECUTTER_FILE, make_cookiecutter_error
from newft.kits.fetch import fetch_files
from newft.kits.installed_kits import find_package_folder, list_domain_names
from newft.kits.kit_files import compute_tree_id, read_kit_folder, write_kit_files
from newft.kits.remote_git import Repository, UnreachableSourceError
from newft.kits.remote_refs import TAGS_PREFIX, choose_ref, describe_newer_version, list_refs
from newft.kits.sources import KIT_FILES, KitSource, parse_source
from newft.os_errors import explain_os_error
from newft.schema.starter_kit import KitOrigin, KitPin, LocatedKit
from newft.schema.tree import FileTree
from newft.system.git import run_git
from newft.text import Text


class KitLocator:
    """Finds kits for one command; `notes` says what the user should know about them.

    Args:
        scratch: A folder of the caller, in which each kit gets a folder.
        base: Where relative folders begin; the current folder if it is not given.
        stored: The kits that a project has stored. One of them takes the place of a source that
            cannot be reached, and tells whether the tag of a source has moved.
        only_stored: Look at no source, so that no network is needed.
    """

    def __init__(
        self,
        scratch: Path,
        *,
        base: Path | None = None,
        stored: Sequence[LocatedKit] = (),
        only_stored: bool = False,
    ) -> None:
        self.notes: list[Text] = []
        self.sources: dict[str, str] = {}  # of the folders below `scratch`
        self._folders: dict[str, Path] = {}  # of this machine, from which kits were copied
        self._scratch, self._base, self._stored = scratch, base, stored
        self._only_stored = only_stored

    def __call__(
        self, source: str, *, revision: str | None = None, parent: LocatedKit | None = None
    ) -> LocatedKit:
        """Return the kit of a source; `parent` is the kit whose `extends` names it."""
        folder = self._folders.get(parent.folder) if parent else None
        text = f"{source}@{revision}" if revision else source
        try:
            found = parse_source(text, base=folder or self._base)
        except UsageError as error:  # such as a package that is not installed here
            return self._use_stored(source, revision, error)
        try:
            if parent and folder is None and found.folder:
                raise _make_stranger_error(found, parent)
            return self._locate(found)
        except UnreachableSourceError as error:
            return self._use_stored(found.recorded, found.revision, error)

    def _use_stored(
        self, source: str, revision: str | None, error: KitSourceError | UsageError
    ) -> LocatedKit:
        """Return the stored kit of a source; raise the error if the project has none."""
        stored = self._find_stored(source, revision)
        if stored is None:
            raise error
        self.notes.append(_describe_stored(stored, error))
        self.sources[stored.folder] = source
        return stored

    def _find_stored(self, source: str, revision: str | None) -> LocatedKit | None:
        wanted = (source, revision)
        return next(
            (one for one in self._stored if (one.pin.source, one.pin.revision) == wanted), None
        )

    def _locate(self, source: KitSource) -> LocatedKit:
        if self._only_stored:
            raise UnreachableSourceError(
                Text("the project has not stored this kit", "项目中没有保存这个套件"),
                where=source.shown,
                hint=Text("`newft update` stores it", "可用 `newft update` 保存"),
            )
        if source.kind == "repository":
            return self._fetch(source)
        if source.kind == "folder":
            return self._copy_folder(source)
        if source.location in list_domain_names():
            raise _make_domain_error(source.location)
        package = read_kit_folder(find_package_folder(source.location))
        return self._place(package, source, "package")

    def _fetch(self, source: KitSource) -> LocatedKit:
        repository = Repository(source.location, source.recorded)
        refs = list_refs(repository)
        ref = choose_ref(refs, source.revision, repository)
        commit = ref.commit if ref else str(source.revision).lower()
        self._note_moved_tag(source, refs)
        newer = describe_newer_version(refs, source.revision, repository)
        if newer and self._find_stored(source.recorded, source.revision):
            self.notes.append(newer)
        files = fetch_files(repository, commit, refs=refs)
        tag = ref.name.removeprefix(TAGS_PREFIX) if ref and ref.is_tag else None
        return self._place(files, source, "repository", commit)._replace(tag=tag)

    def _note_moved_tag(self, source: KitSource, refs: Mapping[str, str]) -> None:
        """Say that the tag of the stored kit names another commit, whether or not it is used."""
        stored = self._find_stored(source.recorded, source.revision)
        tag = stored and (stored.tag or source.revision)
        old, commit = stored and stored.pin.commit, refs.get(f"{TAGS_PREFIX}{tag}")
        if old and commit and old != commit:
            self.notes.append(
                Text(
                    f"the tag {tag} of {source.recorded} has moved:"
                    f" it was commit {old}, and is now {commit}",
                    f"{source.recorded} 的标签 {tag} 已移动：原为提交 {old}，现为 {commit}",
                )
            )

    def _copy_folder(self, source: KitSource) -> LocatedKit:
        folder = Path(source.location)
        if not folder.is_dir():
            raise _make_missing_folder_error(folder)
        try:
            files = read_kit_folder(folder, _list_repository_files(folder))
        except OSError as error:
            raise explain_os_error(error) from error
        commit = _find_clean_commit(folder, compute_tree_id(files))
        return self._place(files, source, "folder", commit)

    def _place(
        self, files: FileTree, source: KitSource, origin: KitOrigin, commit: str | None = None
    ) -> LocatedKit:
        """Write the files of a kit into a folder that has the name of the kit."""
        if not any(name in files for name in KIT_FILES):
            if COOKIECUTTER_FILE in files:
                raise make_cookiecutter_error(source.shown)
            raise _make_no_kit_error(source)
        folder = make_kit_folder(self._scratch, source.location)
        write_kit_files(files, folder)
        if source.folder:
            self._folders[str(folder)] = source.folder
        self.sources[str(folder)] = source.shown
        pin = KitPin(source.recorded, source.revision, commit, compute_tree_id(files))
        return LocatedKit(str(folder), pin, origin)


def make_kit_folder(scratch: Path, source: str) -> Path:
    """Return the path of a new folder below `scratch`, which is named after the source."""
    last = re.split(r"[/\\:]", source.rstrip("/\\").removesuffix(".git"))[-1]
    name = re.sub(r"[^\w.-]+", "-", last).strip(".-") or "kit"
    scratch.mkdir(parents=True, exist_ok=True)
    return scratch / str(sum(1 for _ in scratch.iterdir())) / name


def _make_stranger_error(source: KitSource, parent: LocatedKit) -> UnreachableSourceError:
    """Make the error for a kit from elsewhere that extends a folder of whoever uses it.

    It would bring files of this machine into a project.
    """
    return UnreachableSourceError(
        Text(
            f"the kit extends the folder `{source.recorded}` of this machine",
            f"套件要扩展本机的文件夹 `{source.recorded}`",
        ),
        where=parent.pin.source,
        hint=Text(
            "a kit from elsewhere extends a domain, an installed kit or a repository",
            "来自别处的套件只能扩展领域、已安装的套件或仓库",
        ),
    )


def _make_domain_error(name: str) -> UsageError:
    return UsageError(
        Text(f"`{name}` is a domain of newft, not a kit", f"`{name}` 是 newft 的领域，不是套件"),
        where="--kit",
        hint=Text(
            f"use --domain {name}; a folder of this name is ./{name}",
            f"请用 --domain {name}；同名文件夹请写 ./{name}",
        ),
    )


def _make_missing_folder_error(folder: Path) -> UnreachableSourceError:
    return UnreachableSourceError(
        Text("there is no such folder", "没有这个文件夹"),
        where=str(folder),
        hint=Text("check the path", "请检查路径"),
    )


def _describe_stored(stored: LocatedKit, error: KitSourceError | UsageError) -> Text:
    commit = stored.pin.commit or stored.pin.tree
    (en, zh), _ = error.texts
    return Text(
        f"{stored.pin.source}: {en}; the copy in .newft/kit.tar is used (commit {commit})",
        f"{stored.pin.source}：{zh}；改用 .newft/kit.tar 中的副本（提交 {commit}）",
    )


def _make_no_kit_error(source: KitSource) -> KitSourceError:
    return KitSourceError(
        Text(
            f"this is no kit: it has none of {', '.join(KIT_FILES)}",
            f"这不是套件：其中没有 {'、'.join(KIT_FILES)}",
        ),
        where=source.shown,
        hint=Text(
            "check the address; `newft kit new` begins a kit",
            "请检查地址；可用 `newft kit new` 新建套件",
        ),
    )


def _run_local_git(arguments: list[str], folder: Path) -> bytes | None:
    """Run a reading git command in a folder that may be a hostile repository; None if it fails.

    No protocol is allowed, as a repository can ask git to fetch what it lacks.
    """
    try:
        return run_git(arguments, folder=folder, environment={"GIT_ALLOW_PROTOCOL": "none"}).output
    except GitError:
        return None


def _list_repository_files(folder: Path) -> list[str] | None:
    """Return the files that git tracks or would track in a folder; None without a repository.

    What the repository ignores, such as `.env`, is no part of a kit.
    """
    listing = _run_local_git(
        ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], folder
    )
    if listing is None or _run_local_git(["check-ignore", "-q", "."], folder) is not None:
        return None
    return [name.decode("utf-8", "surrogateescape") for name in listing.split(b"\0")[:-1]]


def _find_clean_commit(folder: Path, tree_id: str) -> str | None:
    """Return the commit whose files a folder has, byte for byte; None if it has others."""
    place = _run_local_git(["rev-parse", "--show-prefix"], folder)
    if place is None:
        return None
    prefix = place.decode("utf-8", "replace").rstrip("\n")
    found = _run_local_git(["rev-parse", "HEAD^{commit}", f"HEAD:{prefix}"], folder)
    commit, tree = found.decode().split() if found else ("", "")
    return commit if tree == tree_id else None
