"""How every command of this project starts and ends."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..config import Config, load_config
from . import PACKAGE
from .errors import ProjectError, explain_error
from .messages import fill
from .output import say

Options = argparse.Namespace

OPTIONS_TITLE = "options:"


def run_command(
    work: Callable[[Config, Options], None],
    description: str,
    argv: Sequence[str] | None = None,
    add_options: Callable[[argparse._ActionsContainer], None] | None = None,
    **values: str,
) -> int:
    """Read the configuration, do the work, and turn an expected failure into exit code 1.

    The values are those of the description.
    """
    options = _parse_options(fill(description, package=PACKAGE, **values), argv, add_options)
    done = False
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # as the package left it
            signal.signal(signal.SIGINT, signal.default_int_handler)
        work(load_config(options.config, options.set), options)
        done = True
        sys.stdout.flush()
    except ProjectError as error:
        return _print_error(error.message, error.hint)
    except BrokenPipeError:
        # the reader left: what is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0 if done else 1
    except KeyboardInterrupt:
        say("interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if (known := explain_error(error)) is None:
            raise  # a mistake in the code: its traceback helps to correct it
        return _print_error(known.message, known.hint)
    return 0


def _print_error(message: str, hint: str) -> int:
    text = fill("error: ") + message
    if hint:
        text += "\n\n" + fill("hint: ") + hint
    say(text, file=sys.stderr)
    return 1


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Help in the language of the project: argparse itself has English alone."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, fill("usage: ") if prefix is None else prefix)

    def format_help(self) -> str:
        title = fill(OPTIONS_TITLE)
        return super().format_help().replace(f"{title}:\n", f"{title}\n")  # argparse adds a colon


def _parse_options(
    description: str,
    argv: Sequence[str] | None,
    add_options: Callable[[argparse._ActionsContainer], None] | None,
) -> Options:
    """The options; an unrecognized one ends the command with exit code 2, as in argparse."""
    parser = argparse.ArgumentParser(
        description=description,
        formatter_class=_HelpFormatter,
        add_help=False,
        allow_abbrev=False,
        exit_on_error=False,
    )
    group = parser.add_argument_group(fill(OPTIONS_TITLE))
    group.add_argument("-h", "--help", action="help", help=fill("show this help and exit"))
    group.add_argument(
        "--config",
        type=Path,
        default=Path("config/run.yaml"),
        metavar="FILE",
        help=fill("the settings of the run (config/run.yaml)"),
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=fill("override one value, such as run.seed=7 (repeatable)"),
    )
    if add_options:
        add_options(group)
    try:
        options, unknown = parser.parse_known_args(argv)
    except argparse.ArgumentError as error:
        wrong = error.argument_name or ""
    else:
        if not unknown:
            return options
        wrong = " ".join(unknown)
    parser.print_usage(sys.stderr)
    fault = fill("unrecognized option, or its value is missing: {option}", option=wrong)
    _print_error(fault, fill("--help lists the options"))
    raise SystemExit(2)
