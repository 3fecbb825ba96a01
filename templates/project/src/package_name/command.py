"""How every command of this project starts and ends."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from .config import Config, load_config
from .errors import ProjectError
from .keys import escape_controls
from .library_errors import explained
from .messages import fill
from .output import say

Options = argparse.Namespace


class Parser(argparse.ArgumentParser):
    """A parser whose errors quote the command line without characters that control a terminal."""

    def error(self, message: str) -> NoReturn:
        """End with the usage and what is wrong."""
        super().error(escape_controls(message))


def run(
    work: Callable[[Config, Options], None],
    description: str | None,
    argv: Sequence[str] | None = None,
    add_options: Callable[[argparse.ArgumentParser], None] | None = None,
) -> int:
    """Read the configuration, do the work, and turn an expected failure into exit code 1."""
    parser = Parser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config/run.yaml"), metavar="FILE")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override one value, such as training.epochs=1 (repeatable)",
    )
    if add_options:
        add_options(parser)
    options = parser.parse_args(argv)
    done = False
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as the package left it
            signal.signal(signal.SIGINT, signal.default_int_handler)
        work(load_config(options.config, options.set), options)
        done = True
        sys.stdout.flush()
    except ProjectError as error:
        return _failed(error.message, error.hint)
    except BrokenPipeError:
        # the reader left: what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0 if done else 1
    except KeyboardInterrupt:
        say("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if (known := explained(error)) is None:
            raise  # a mistake in the code: its traceback helps to correct it
        return _failed(known.message, known.hint)
    return 0


def _failed(message: str, hint: str) -> int:
    say(fill("error: ") + message, file=sys.stderr)
    if hint:
        say("\n" + fill("hint: ") + hint, file=sys.stderr)
    return 1
