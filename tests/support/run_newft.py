"""The command `newft` as it is run in a folder: its exit code and what it writes."""

from __future__ import annotations

import io
import os
import subprocess
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

from newft.cli import main
from support.checkout import GENERATOR


def run_newft(
    *words: str, cwd: Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `newft` with these words in a folder that is also its home.

    It runs in this process, which is ten times as quick as a new one; tests of how it starts, of
    signals and of closed streams start a process of their own.
    """
    stdout, stderr = _open_stream(), _open_stream()
    variables = plain_environment(cwd) | environment
    with (
        chdir(cwd),
        patch.dict(os.environ, variables, clear=True),
        patch("sys.argv", [str(GENERATOR / "newft" / "__main__.py"), *words]),
        patch("sys.stdin", _open_stream(stdin)),
        patch("sys.stdout", stdout),
        patch("sys.stderr", stderr),
        patch("os.fsync"),  # nothing need outlive a power cut
    ):
        try:
            code = main()
        except SystemExit as exit:
            code = int(exit.code or 0)
    return subprocess.CompletedProcess(words, code, _read_stream(stdout), _read_stream(stderr))


def plain_environment(home: Path) -> dict[str, str]:
    """The variables that `newft` needs, and none of what the user of this machine has set."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    state = str(home / "state")
    ours = {"PYTHONPATH": str(GENERATOR), "HOME": str(home), "XDG_STATE_HOME": state}
    return {**kept, **ours, "LANG": "C.UTF-8", "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}


def _open_stream(content: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content.encode("utf-8")), encoding="utf-8")


def _read_stream(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
