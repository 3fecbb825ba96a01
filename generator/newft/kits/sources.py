"""Where a kit comes from: read `SOURCE[@REVISION]`, and bring its files into a folder.

| source | example |
| --- | --- |
| a built-in domain | `legal` |
| an installed Python package that offers a kit | `bank` |
| a folder | `./bank-kit`, `/srv/kits/bank` |
| a git repository | `https://git.example/bank-kit.git`, `git+ssh://git@git.example/bank-kit` |
| the same, as git and copier write it | `git@git.example:bank-kit.git`, `gh:owner/name` |
| a git repository on this machine | `file:///srv/git/bank.git`, `./bank-kit@v1` |

A name without a slash is a domain or a package before it is a folder; `./legal` is the folder.
A package offers a kit by an entry point of the group `newft.kits` whose value is the folder with
dots, such as `bank = "bank_tools.kit"`. The package is found and not imported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from newft.answers.keys import KIT_KEY, KIT_REVISION_KEY, RawAnswers
from newft.emitted.normalize import escape_controls
from newft.errors import GitError, KitSourceError, UsageError
from newft.kits.fetch import (
    REVISION_PATTERN,
    RemoteRef,
    Repository,
    choose_ref,
    fetch_files,
    list_refs,
)
from newft.kits.kit_files import compute_tree_id, read_kit_folder, write_kit_files
from newft.kits.located_kit import LocatedKit
from newft.os_errors import explain_os_error
from newft.paths import get_domains_folder
from newft.schema.starter_kit import KitPin
from newft.schema.tree import FileTree
from newft.system.git import run_git
from newft.text import Text, find_nearest_names

KIT_VARIABLE = "NEWFT_KIT"  # the source of the kit where none is given
NO_KIT = "none"  # switches a kit of the environment off
ENTRY_POINT_GROUP = "newft.kits"
KIT_FILES = ("kit.yaml", "copier.yml", "copier.yaml")
SHORTHANDS = {"gh": "https://github.com/", "gl": "https://gitlab.com/"}
_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
_SCP_ADDRESS = re.compile(r"[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]+:(?P<path>[^:]+)")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|::1")
_SCHEME = re.compile(r"(?P<git>git\+)?(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_TRANSPORT = re.compile(r"[A-Za-z0-9+-]+::")
_SHORTHAND = re.compile(r"(gh|gl):(?P<path>[\w.-]+(/[\w.-]+)+)")
_DOTTED_NAME = re.compile(r"[A-Za-z_]\w*(\.[\w-]+)*")


class KitSource(NamedTuple):
    """A source as it was read; nothing has been looked up."""

    kind: Literal["name", "folder", "repository"]
    location: str  # a name, a folder, or the address for git
    recorded: str  # the source as answers and messages have it: without login details
    revision: str | None = None

    @property
    def shown(self) -> str:
        """The source with its revision."""
        return f"{self.recorded}@{self.revision}" if self.revision else self.recorded


def choose_source(given: RawAnswers, environment: Mapping[str, str]) -> str | None:
    """Return the source of the kit: as answered, else of the environment; None without a kit."""
    text = str(given.get(KIT_KEY) or environment.get(KIT_VARIABLE, "")).strip()
    revision = given.get(KIT_REVISION_KEY)
    if text in ("", NO_KIT):
        return None
    return f"{text}@{revision}" if revision else text


def parse_source(text: str, *, base: Path | None = None) -> KitSource:
    """Read `SOURCE[@REVISION]`; relative folders begin at `base`, or at the current folder."""
    if not text or text.startswith("-") or escape_controls(text) != text:
        raise _make_source_error(text, Text("is no source of a kit", "不是套件来源"))
    if _TRANSPORT.match(text):
        raise _make_protocol_error(text)
    if found := _SCHEME.match(text):
        return _parse_url(text.removeprefix(found["git"] or ""), found["scheme"].lower())
    if found := _SHORTHAND.match(text):
        host, _, rest = text.partition(":")
        path, revision = _split_revision(rest)
        address = f"{SHORTHANDS[host]}{path.removesuffix('.git')}.git"
        return KitSource("repository", address, f"{host}:{path}", revision)
    head, colon, rest = text.partition(":")
    path, revision = _split_revision(rest)
    if _SCP_ADDRESS.fullmatch(f"{head}{colon}{path}") and not path.startswith("-"):
        address = f"{head}:{path}"
        return KitSource("repository", address, address, revision)
    return _parse_path(text, base or Path.cwd())


def _parse_path(text: str, base: Path) -> KitSource:
    """Read a name or a folder; with a revision, the folder is a repository on this machine."""
    path, revision = (text, None) if (base / text).is_dir() else _split_revision(text)
    if re.fullmatch(r"[\w.-]+", path) and path not in (".", ".."):
        if path in _list_names():
            if revision:
                raise _make_source_error(
                    text, Text("has no revisions, being installed", "已随安装固定，没有版本可选")
                )
            return KitSource("name", path, path)
        if not (base / path).is_dir():
            raise _make_unknown_kit_error(path)
    folder = (base / Path(path).expanduser()).absolute()
    if not folder.is_dir():
        raise KitSourceError(
            Text("there is no such folder", "没有这个文件夹"),
            where=str(folder),
            hint=Text("check the path", "请检查路径"),
        )
    folder = Path(os.path.normpath(folder))
    bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    if revision or bare:
        return KitSource("repository", folder.as_uri(), str(folder), revision)
    return KitSource("folder", str(folder), str(folder))


def _parse_url(text: str, scheme: str) -> KitSource:
    address, revision = text, None
    authority = text.partition("://")[2].partition("/")[0]
    start = text.index("://") + 3 + len(authority)
    path, revision = _split_revision(text[start:])
    address = text[:start] + path
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise _make_source_error(address, Text("is no valid URL", "不是有效的网址")) from error
    local = scheme == "http" and host in _LOOPBACK_HOSTS
    if not (scheme in ("https", "ssh", "file") or local):
        raise _make_protocol_error(address)
    user = parts.username or ""
    bad_host = host != "" if scheme == "file" else not _HOST.fullmatch(host)
    if bad_host or user.startswith("-") or parts.query or parts.fragment or not path.strip("/"):
        raise _make_source_error(
            _hide_login(address, scheme), Text("is no address of a repository", "不是仓库地址")
        )
    return KitSource("repository", address, _hide_login(address, scheme), revision)


def _hide_login(address: str, scheme: str) -> str:
    """Remove the password from an address; of https the user as well, who may be a token."""
    parts = urlsplit(address)
    login, mark, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0] if scheme == "ssh" else ""
    return urlunsplit(parts._replace(netloc=f"{user}{mark if user else ''}{host}"))


def _split_revision(path: str) -> tuple[str, str | None]:
    """Split the end of a source at its last @."""
    head, mark, revision = path.rpartition("@")
    if not mark or head in ("", "/") or head.endswith("/"):
        return path, None
    if not REVISION_PATTERN.fullmatch(revision) or ".." in revision:
        raise _make_source_error(
            f"@{revision}", Text("is no name of a revision", "不是有效的版本名")
        )
    return head, revision


def locate_kit(text: str, *, scratch: Path, base: Path | None = None) -> LocatedKit:
    """Bring the files of a kit into a folder of its own below `scratch`, checked.

    Without a revision, a repository gives its newest version tag, or its default branch if no
    tag is a version. `base` is the folder at which a relative path begins.
    """
    source = parse_source(text, base=base)
    if source.kind == "repository":
        return fetch_kit(source, scratch=scratch)
    if source.kind == "name" and source.location not in _list_entry_points():
        folder = get_domains_folder() / source.location
        return _place(read_kit_folder(folder), source, origin="built_in", scratch=scratch)
    if source.kind == "name":
        folder = _find_package_folder(_list_entry_points()[source.location])
        return _place(read_kit_folder(folder), source, origin="package", scratch=scratch)
    return _locate_folder(source, scratch)


def fetch_kit(source: KitSource, *, scratch: Path, commit: str | None = None) -> LocatedKit:
    """Fetch a kit from its repository: the given commit, or that of its revision."""
    repository = Repository(source.location, source.recorded)
    refs = list_refs(repository)
    if commit is None:
        ref = choose_ref(refs, source.revision, repository)
        commit = ref.commit if ref else str(source.revision).lower()
    files = fetch_files(repository, commit, refs=refs)
    return _place(files, source, origin="repository", scratch=scratch, commit=commit)


def find_remote_ref(source: KitSource) -> RemoteRef | None:
    """Return the tag or branch that the revision of a repository stands for today."""
    repository = Repository(source.location, source.recorded)
    return choose_ref(list_refs(repository), source.revision, repository)


def _locate_folder(source: KitSource, scratch: Path) -> LocatedKit:
    folder = Path(source.location)
    try:
        files = read_kit_folder(folder, _list_repository_files(folder))
    except OSError as error:
        raise explain_os_error(error) from error
    commit = _find_clean_commit(folder, compute_tree_id(files))
    return _place(files, source, origin="folder", scratch=scratch, commit=commit)


def _place(
    files: FileTree,
    source: KitSource,
    *,
    origin: Literal["built_in", "folder", "package", "repository"],
    scratch: Path,
    commit: str | None = None,
) -> LocatedKit:
    """Write the files of a kit into a folder that has the name of the kit."""
    if not any(name in files for name in KIT_FILES):
        raise KitSourceError(
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
    folder = place_kit(files, source.recorded, scratch)
    pin = KitPin(source.recorded, source.revision, commit, compute_tree_id(files))
    return LocatedKit(folder, pin, origin, source.shown)


def place_kit(files: FileTree, source: str, scratch: Path) -> Path:
    """Write checked files into a new folder below `scratch`, named after the source."""
    last = re.split(r"[/\\:]", source.rstrip("/\\").removesuffix(".git"))[-1]
    name = re.sub(r"[^\w.-]+", "-", last).strip(".-") or "kit"
    scratch.mkdir(parents=True, exist_ok=True)
    number = sum(1 for _ in scratch.iterdir())
    folder = scratch / str(number) / name
    write_kit_files(files, folder)
    return folder


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


def _list_names() -> set[str]:
    domains = {file.parent.name for file in get_domains_folder().glob("*/kit.yaml")}
    return domains | set(_list_entry_points())


def _list_entry_points() -> dict[str, metadata.EntryPoint]:
    domains = {file.parent.name for file in get_domains_folder().glob("*/kit.yaml")}
    found = metadata.entry_points(group=ENTRY_POINT_GROUP)
    return {entry.name: entry for entry in found if entry.name not in domains}


def _find_package_folder(entry: metadata.EntryPoint) -> Path:
    """Return the folder of a kit in an installed package; the package is not imported."""
    top, *inner = entry.value.split(".")
    # for a name without dots, `find_spec` only looks: it runs nothing of the package
    spec = find_spec(top) if _DOTTED_NAME.fullmatch(entry.value) else None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place, *inner)
        if folder.is_dir():
            return folder
    raise KitSourceError(
        Text(
            f"the installed package offers the kit `{entry.name}` in `{entry.value}`,"
            " which is no folder",
            f"已安装的包声明套件 `{entry.name}` 位于 `{entry.value}`，但那里不是文件夹",
        ),
        where=entry.name,
        hint=Text("tell the owner of the package", "请告知该包的维护者"),
    )


def _make_source_error(text: str, what: Text) -> UsageError:
    shown = escape_controls(text)
    return UsageError(
        Text(f"`{shown}` {what.en}", f"`{shown}` {what.zh}"),
        where="--kit",
        hint=Text(
            "give a name, a folder, https://..., git+ssh://... or git@host:path, with @REVISION",
            "请给出名称、文件夹、https://…、git+ssh://… 或 git@主机:路径，可加 @版本",
        ),
    )


def _make_protocol_error(text: str) -> UsageError:
    scheme = escape_controls(text.partition(":")[0])
    return UsageError(
        Text(f"kits are not fetched by `{scheme}`", f"不支持用 `{scheme}` 获取套件"),
        where="--kit",
        hint=Text("use https, ssh or file", "请使用 https、ssh 或 file"),
    )


def _make_unknown_kit_error(name: str) -> UsageError:
    known = sorted(_list_names())
    near = find_nearest_names(name, known)
    hint = (
        Text(f"did you mean `{near[0]}`?", f"是否想写 `{near[0]}`？")
        if near
        else Text(
            f"known: {', '.join(known)}; a folder is written with a slash, such as `./{name}`",
            f"可选：{'、'.join(known)}；文件夹要带斜杠，例如 `./{name}`",
        )
    )
    return UsageError(
        Text(f"there is no kit `{name}`", f"没有套件 `{name}`"), where="--kit", hint=hint
    )
