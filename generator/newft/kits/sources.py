"""Where a kit comes from: read `SOURCE[@REVISION]`.

| source | example |
| --- | --- |
| an installed Python package that offers a kit | `bank` |
| a folder | `./bank-kit`, `/srv/kits/bank` |
| a git repository | `https://git.example/bank-kit.git`, `git+ssh://git@git.example/bank-kit` |
| the same, as git and copier write it | `git@git.example:bank-kit.git`, `gh:owner/name` |
| a git repository on this machine | `file:///srv/git/bank.git`, `./bank-kit@v1` |

A name without a slash is an installed kit before it is a folder; `./bank` is the folder. The names
of the domains of newft are no kits.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from newft.answers.keys import KIT_KEY, KIT_REVISION_KEY, RawAnswers
from newft.data_errors import translate_record_errors
from newft.emitted.file_access import expand_home
from newft.emitted.normalize import escape_controls
from newft.errors import UsageError
from newft.kits.installed_kits import list_kit_names
from newft.kits.other_things import explain_other_thing
from newft.kits.remote_refs import REVISION_PATTERN
from newft.text import Text, find_nearest_names

KIT_VARIABLE = "NEWFT_KIT"  # the source of the kit where none is given
NO_KIT = "none"  # switches a kit of the environment off
COPIER_FILES = ("copier.yml", "copier.yaml")
KIT_FILES = ("kit.yaml", *COPIER_FILES)
SHORTHANDS = {"gh": "https://github.com/", "gl": "https://gitlab.com/"}
_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
_SCP_ADDRESS = re.compile(r"[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]+:(?P<path>[^:]+)")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*|::1")
_SCHEME = re.compile(r"(?P<git>git\+)?(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_TRANSPORT = re.compile(r"[A-Za-z0-9+-]+::")
_LOGIN = re.compile(r"(?<=://)[^/]*@|(?<=/)[^/:@]*:[^/]*@")  # of an address within one as well
_SHORTHAND = re.compile(r"(gh|gl):(?P<path>[\w.-]+(/[\w.-]+)+)")


class KitSource(NamedTuple):
    """A source as it was read; nothing has been looked up."""

    kind: Literal["name", "folder", "repository"]
    location: str  # a name, a folder, or the address for git
    recorded: str  # the source as answers and messages have it: without login details
    revision: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of this machine that the source names, if it is one."""
        if self.location.startswith("file://"):
            from urllib.request import url2pathname  # loads the modules of HTTP

            return Path(url2pathname(urlsplit(self.location).path))
        return Path(self.location) if self.kind == "folder" else None

    @property
    def shown(self) -> str:
        """The source with its revision."""
        return f"{self.recorded}@{self.revision}" if self.revision else self.recorded


def choose_source(
    given: RawAnswers, environment: Mapping[str, str]
) -> tuple[str, str | None] | None:
    """Return source and revision of the kit of the answers, else of the environment, if any."""
    source = str(given.get(KIT_KEY) or environment.get(KIT_VARIABLE, "")).strip()
    if source in ("", NO_KIT):
        return None
    revision = given.get(KIT_REVISION_KEY)
    if revision is None or KIT_KEY not in given or _names_revision(source):
        return source, None
    return source, str(revision)


def _names_revision(source: str) -> bool:
    try:
        return parse_source(source).revision is not None
    except UsageError:  # whoever looks for it says what is wrong
        return False


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
    if fault := explain_other_thing(text, base or Path.cwd()):
        raise fault
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
        if path in list_kit_names():
            if revision:
                raise _make_source_error(
                    text, Text("has no revisions, being installed", "已随安装固定，没有版本可选")
                )
            return KitSource("name", path, path)
        if not (base / path).is_dir():
            raise _make_unknown_kit_error(path)
    with translate_record_errors():
        named = expand_home(Path(path))
    folder = Path(os.path.normpath((base / named).absolute()))
    recorded = str(folder) if named.is_absolute() else format_relative_source(folder, base)
    bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    if revision or bare:
        return KitSource("repository", folder.as_uri(), recorded, revision)
    return KitSource("folder", str(folder), recorded)


def format_relative_source(folder: Path, base: Path) -> str:
    """Return the path of a folder from another, with a slash that tells it from a name."""
    path = Path(os.path.relpath(folder, base.absolute())).as_posix()
    return path if path.startswith(".") or ":" in path else f"./{path}"


def is_relative_source(source: str) -> bool:
    """Return whether a recorded source is the path of a folder from another."""
    return source in (".", "..") or source.startswith(("./", "../"))


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
        raise _make_source_error(text, Text("is no valid URL", "不是有效的网址")) from error
    local = scheme == "http" and host in _LOOPBACK_HOSTS
    if not (scheme in ("https", "ssh", "file") or local):
        raise _make_protocol_error(address)
    user = parts.username or ""
    bad_host = host != "" if scheme == "file" else not _HOST.fullmatch(host)
    if bad_host or user.startswith("-") or parts.query or parts.fragment or not path.strip("/"):
        raise _make_source_error(text, Text("is no address of a repository", "不是仓库地址"))
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


def _make_source_error(text: str, what: Text) -> UsageError:
    shown = escape_controls(_LOGIN.sub("", text))
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
    known = sorted(list_kit_names())
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
