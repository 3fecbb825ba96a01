"""Shows text that is longer than the screen in the pager of the user."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import TextIO

# the options with which git calls less: quit if the text fits, keep colours, do not clear
LESS_ENVIRONMENT = {"LESS": "FRX", "LESSCHARSET": "utf-8"}


def show_in_pager(text: str, out: TextIO) -> bool:
    """Show the text in a pager if it does not fit the terminal; return whether that was done."""
    if not (out.isatty() and sys.stdin.isatty()) or os.environ.get("TERM") == "dumb":
        return False
    if text.count("\n") < shutil.get_terminal_size().lines:
        return False
    words = _find_pager_command(os.environ)
    if not words:
        return False
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the pager handles Ctrl-C itself
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
    """Return the words that call the pager; none if there is no pager, or it is `cat`."""
    command = environment.get("PAGER")
    words = shlex.split(command) if command is not None else ["less"]
    return words if words and words[0] != "cat" and shutil.which(words[0]) else []
