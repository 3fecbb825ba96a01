"""The command `newft` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support.checkout import GENERATOR


def run_newft(
    *words: str, cwd: Path, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `newft` with these words in a folder that is also its home, and wait for its end."""
    return subprocess.run(
        [sys.executable, "-m", "newft", *words],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=plain_environment(cwd) | environment,
        check=False,
    )


def plain_environment(home: Path) -> dict[str, str]:
    """The variables that `newft` needs, and none of what the user of this machine has set."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    state = str(home / "state")
    ours = {"PYTHONPATH": str(GENERATOR), "HOME": str(home), "XDG_STATE_HOME": state}
    return {**kept, **ours, "LANG": "C.UTF-8", "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}
