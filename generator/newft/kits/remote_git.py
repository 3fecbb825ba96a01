"""Talk to a git repository with the user's own logins, and say what is wrong with it.

git may use the user's configuration, so that their proxies, certificates and stored logins work. It
is never asked to prompt, it uses no other protocol than that of the address, and what it says is
quoted without login details.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from newft.emitted.normalize import escape_controls
from newft.errors import GitError, KitSourceError
from newft.system.git import GitResult, run_git
from newft.system.resource_limits import limit_file_size
from newft.text import Text

FETCH_TIMEOUT = 300.0  # seconds
LIST_TIMEOUT = 60.0  # seconds, to list tags and branches
MAX_DOWNLOAD_BYTES = 1 << 28  # of compressed objects: files that a kit may have, and history
MAX_QUOTED_CHARACTERS = 300
# How the user's own environment tells git to log in and to reach servers.
_LOGIN_VARIABLES = (
    "GIT_ASKPASS",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
)
_LOGIN_MESSAGES = re.compile(
    r"could not read (username|password)|authentication failed|permission denied"
    r"|host key verification failed|terminal prompts disabled|error: 40[13]",
    re.IGNORECASE,
)
_MISSING_MESSAGES = re.compile(
    r"not found|does not exist|not appear to be a git repository|no such", re.IGNORECASE
)


class UnreachableSourceError(KitSourceError):
    """The source is gone, needs a login, or cannot be reached; a stored copy may take its place."""


class Repository(NamedTuple):
    """A git repository: the address that git gets, and the one that may be shown and recorded."""

    address: str
    shown: str  # without login details


def run_remote(
    arguments: list[str], repository: Repository, folder: Path, *, timeout: float = FETCH_TIMEOUT
) -> GitResult:
    """Run a git command that talks to a repository, by no other protocol than its address needs.

    What git says is returned without the login details of the address.
    """
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - stays as it is where there is no home
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = os.environ.get("GIT_CONFIG_GLOBAL")
    included = [files] if files else [str(configuration / "git/config"), str(home / ".gitconfig")]
    options = [word for file in included for word in ("-c", f"include.path={file}")]
    options += ["-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false"]
    options += ["-c", "http.followRedirects=initial", "-c", "protocol.version=2"]
    environment = {name: os.environ[name] for name in _LOGIN_VARIABLES if name in os.environ}
    environment |= {
        "GIT_ALLOW_PROTOCOL": _list_protocols(repository.address),
        "GIT_CONFIG_NOSYSTEM": "0",
    }
    try:
        with limit_file_size(MAX_DOWNLOAD_BYTES):
            result = run_git(
                [*options, *arguments],
                folder=folder,
                environment=environment,
                accept=range(-64, 256),
                timeout=timeout,
            )
    except GitError as error:
        message, hint = error.texts
        raise UnreachableSourceError(message, where=repository.shown, hint=hint) from error
    return result._replace(messages=_hide_login(result.messages, repository.address))


def _hide_login(messages: str, address: str) -> str:
    """Remove user and password of an address from what git says about it."""
    login, mark, _ = address.partition("://")[2].partition("/")[0].rpartition("@")
    if not mark:
        return messages
    return messages.replace(f"{login}@", "").replace(f":{login.partition(':')[2]}@", "@")


def _list_protocols(address: str) -> str:
    """Return the protocols that git may use for an address, as `GIT_ALLOW_PROTOCOL` has them.

    A user's configuration may replace https by ssh, or the other way round.
    """
    scheme, mark, _ = address.partition("://")
    return "https:ssh" if not mark or scheme in ("https", "ssh") else scheme


def explain_failure(messages: str, repository: Repository) -> UnreachableSourceError:
    """Turn what git says about a repository into an error that says what to do."""
    if _LOGIN_MESSAGES.search(messages):
        what = Text("the repository needs a login", "该仓库需要登录")
        hint = Text(
            "store a login for it with git (a credential helper, or a key in ssh-agent),"
            " and try `git ls-remote` with it",
            "请用 git 保存登录信息（凭据助手或 ssh-agent），并先用 `git ls-remote` 试一试",
        )
    elif _MISSING_MESSAGES.search(messages):
        what = Text("there is no such repository", "没有这个仓库")
        hint = Text(
            "check the address; servers say this of repositories that you may not see, too",
            "请检查地址；对无权访问的仓库，服务器也会这样答复",
        )
    else:
        what = Text("the repository cannot be reached", "无法访问该仓库")
        hint = Text("check the address and the network", "请检查地址和网络")
    quote = quote_git(messages)
    said = Text(f"{what.en} (git: {quote})", f"{what.zh}（git：{quote}）") if quote else what
    return UnreachableSourceError(said, where=repository.shown, hint=hint)


def quote_git(messages: str) -> str:
    """Return the line in which git says why it failed, shortened and harmless in a terminal."""
    lines = (line.strip() for line in messages.splitlines())
    noise = ("warning:", "hint:", "@@")
    reasons = [line for line in lines if line and not line.lower().startswith(noise)]
    return escape_controls(reasons[0])[:MAX_QUOTED_CHARACTERS] if reasons else ""
