"""Start git: the one place that does, apart from the configuration and hooks of the user."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from newft.errors import GitError
from newft.os_errors import explain_os_error
from newft.text import Text

MIN_GIT_VERSION = (2, 38)  # the first with `merge-tree --write-tree`
_LOWEST = ".".join(map(str, MIN_GIT_VERSION))
_HINT = Text(f"install git {_LOWEST} or newer", f"请安装 git {_LOWEST} 或更新的版本")
GIT_TIMEOUT = 120.0  # seconds
MAX_REASON_LINES = 5  # of what git says about a failure
# What else in the environment could make git or ssh ask, or read files of the user
_DROPPED_VARIABLES = ("SSH_ASKPASS", "SSH_ASKPASS_REQUIRE")
_ENVIRONMENT = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",  # `*` in a name is a character
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# The configuration of a repository may name programs to run; the two files are read from the
# user's home even without a global configuration.
_OPTIONS = (
    "--no-pager",
    *("-c", f"core.attributesFile={os.devnull}"),
    *("-c", f"core.excludesFile={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "gc.auto=0"),
)


class GitResult(NamedTuple):
    """How a git command ended: its exit code, its output, and its messages."""

    code: int
    output: bytes
    messages: str


def run_git(
    arguments: Sequence[str],
    *,
    folder: Path,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    accept: Collection[int] = (0,),
    timeout: float = GIT_TIMEOUT,
) -> GitResult:
    """Run a git command in a folder and return how it ended.

    No variable `GIT_*` of the user, no configuration outside the repository, no hook and no
    prompt has a part in it. `arguments` may begin with `-c NAME=VALUE`; put `--` before names
    that come from elsewhere. `environment` adds variables, such as `GIT_SSH_COMMAND`.

    Raises:
        GitError: git is missing or too old, runs longer than `timeout` seconds, or ends with a
            code that is not in `accept`.
    """
    result = _start_git(find_git(), arguments, folder, stdin, environment or {}, timeout)
    if result.code not in accept:
        raise _make_git_error(arguments, result, folder)
    return result


def find_git() -> str:
    """Return the path of git; refuse a machine without git, or with one that is too old."""
    program = shutil.which("git")
    if program is None:
        raise GitError(Text("git is needed and was not found", "需要 git，但没有找到"), hint=_HINT)
    program = os.path.abspath(program)  # noqa: PTH100 - a link keeps its name
    version = _read_version(program)
    found = re.search(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < MIN_GIT_VERSION:
        raise GitError(
            Text(
                f"git {_LOWEST} or newer is needed; found: {version}",
                f"需要 git {_LOWEST} 或更新的版本，当前：{version}",
            ),
            where=program,
            hint=_HINT,
        )
    return program


@cache
def _read_version(program: str) -> str:
    result = _start_git(program, ["version"], Path.cwd(), b"", {}, GIT_TIMEOUT)
    return result.output.decode(errors="replace").strip()


def _start_git(
    program: str,
    arguments: Sequence[str],
    folder: Path,
    stdin: bytes,
    environment: Mapping[str, str],
    timeout: float,
) -> GitResult:
    try:
        with subprocess.Popen(
            [program, *_OPTIONS, *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_make_environment(), **environment},
            start_new_session=True,  # no terminal: ssh cannot ask there
        ) as process:
            try:
                output, messages = process.communicate(stdin, timeout=timeout)
            except BaseException:  # Ctrl-C does not reach a session of its own
                _kill_session(process)
                raise
    except subprocess.TimeoutExpired as error:
        raise GitError(
            Text(
                f"git did not finish within {timeout:.0f} seconds: {_name_command(arguments)}",
                f"git 在 {timeout:.0f} 秒内没有完成：{_name_command(arguments)}",
            ),
            where=str(folder),
        ) from error
    except OSError as error:
        raise explain_os_error(error) from error
    return GitResult(process.returncode, output, messages.decode(errors="replace"))


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill git and what it has started, such as ssh; Windows has no sessions."""
    if not hasattr(os, "killpg"):
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _make_environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("GIT_") and name not in _DROPPED_VARIABLES
    }
    return {**kept, **_ENVIRONMENT}


def _name_command(arguments: Sequence[str]) -> str:
    """Return the git command without its `-c` options, such as `git fetch`."""
    rest = list(arguments)
    while rest and rest[0] == "-c":
        rest = rest[2:]
    return f"git {rest[0]}" if rest else "git"


def _make_git_error(arguments: Sequence[str], result: GitResult, folder: Path) -> GitError:
    lines = [line for line in result.messages.splitlines() if line.strip()]
    reason = "\n".join(lines[-MAX_REASON_LINES:]) or f"exit code {result.code}"
    command = _name_command(arguments)
    return GitError(
        Text(f"`{command}` failed: {reason}", f"`{command}` 失败：{reason}"), where=str(folder)
    )
