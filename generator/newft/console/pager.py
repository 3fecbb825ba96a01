"""Text that is longer than the screen goes through the user's pager."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import TextIO

# quit where it fits one screen, keep colours, leave the text on the screen: as git calls less
LESS_ENVIRONMENT = {"LESS": "FRX", "LESSCHARSET": "utf-8"}


def show_in_pager(text: str, out: TextIO) -> bool:
    """Whether a pager showed the text; only at a terminal, and where it does not fit the screen."""
    if not (out.isatty() and sys.stdin.isatty()) or os.environ.get("TERM") == "dumb":
        return False
    if text.count("\n") < shutil.get_terminal_size().lines:
        return False
    words = _find_pager_command(os.environ)
    if not words:
        return False
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's own key
    try:
        subprocess.run(
            words,
            input=text.encode(),
            stdout=out.fileno(),
            env=LESS_ENVIRONMENT | os.environ,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        signal.signal(signal.SIGINT, interrupt)
    return True


def _find_pager_command(environment: Mapping[str, str]) -> list[str]:
    """The words that call it; none where there is no pager, or `cat`."""
    named = environment.get("PAGER")
    words = shlex.split(named) if named is not None else ["less"]
    return words if words and words[0] != "cat" and shutil.which(words[0]) else []
