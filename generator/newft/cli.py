"""The command line: parse, call, exit. What a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from newft import __version__
from newft.errors import NewftError, UsageError, Written
from newft.process import explain, flush, open_closed_streams

if TYPE_CHECKING:
    from newft.console import Screen
    from newft.texts import Texts

COMMANDS = ("new", "show", "completion")
THINGS = ("families", "methods", "hardware", "domains", "questions")
SHELLS = ("bash", "zsh", "fish")
LANGUAGES = ("en", "zh")
FAILED, BUG, INTERRUPTED = 1, 70, 130


class Parser(argparse.ArgumentParser):
    """A parser that raises what is wrong, so that one place shows it."""

    def error(self, message: str) -> NoReturn:
        """Raise the fault of a command line."""
        where, what = None, message
        if message.startswith("argument "):
            where, _, what = message.removeprefix("argument ").partition(": ")
        word, _, listed = what.removeprefix("invalid choice: ").partition(" (choose from ")
        word = word.strip("'")
        if listed and where == "COMMAND" and (word in (".", "..") or "/" in word):
            hint = f"newft new {shlex.quote(word)}"
            raise UsageError(f"`{word}` is not known", where=where, hint=hint)
        if listed:
            from newft.given import unknown

            names = [name.strip("' ") for name in listed.rstrip(")").split(",")]
            raise unknown(word, names, where=where)
        raise UsageError(what, where=where, hint=f"{self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one command."""
    words = list(sys.argv[1:] if argv is None else argv)
    open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a locale without Chinese is no fault
    try:
        code = _run(words)
    except OSError:  # what went wrong could not be shown
        code = FAILED
    for stream in (sys.stdout, sys.stderr):
        flush(stream)
    return code


def _run(words: Sequence[str]) -> int:
    """The exit code of one command; what went wrong is shown."""
    try:
        args = parse(words)
        args.run(args)
        sys.stdout.flush()
    except NewftError as error:
        _screen(words).error(error)
        return error.exit_code
    except Written as late:
        _screen(words).fault("error.late", folder=late.folder)
        return INTERRUPTED
    except KeyboardInterrupt:
        _screen(words).fault("error.interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader left, which is no fault
        return 0
    except OSError as error:
        _screen(words).error(explain(error))
        return FAILED
    except Exception:
        _show_bug(_screen(words))
        return BUG
    return 0


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The command with its options; `newft` alone is `newft new`."""
    before = _leading(words)
    options, words = words[:before], words[before:]
    ours = ("-h", "--help", "--version")
    alone = not words or (words[0].startswith("-") and words[0] not in ours)
    parser, commands = build()
    args, rest = parser.parse_known_args([*options, *(["new"] if alone else []), *words])
    if rest and args.command == "show" and args.id is None and not rest[0].startswith("-"):
        args.id = rest.pop(0)  # an option stood before it, and argparse did not wait for it
    if rest:
        raise _unexpected(rest[0], commands[args.command])
    return args


def _leading(words: Sequence[str]) -> int:
    """How many words before the command say the language."""
    if not words or words[0].partition("=")[0] != "--lang":
        return 0
    return 1 if "=" in words[0] else min(2, len(words))


def build() -> tuple[Parser, dict[str, Parser]]:
    """The parser, and that of each command."""
    parser = Parser(
        prog="newft",
        description="Start LLM fine-tuning projects that run, are right, and stay yours.",
        epilog="exit codes: 0 done, 1 wrong input or failure, 2 usage, 70 a bug, 130 interrupted",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"newft {__version__}")
    _add_lang(parser, default=None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    adders: dict[str, Callable[[Parser], None]] = {
        "new": _add_new,
        "show": _add_show,
        "completion": _add_completion,
    }
    helps = {
        "new": "ask, decide, show the plan, write a project (the default)",
        "show": "show what there is: " + ", ".join(THINGS),
        "completion": "print the completion script of a shell",
    }
    parsers = {
        name: commands.add_parser(
            name, help=helps[name], description=helps[name].capitalize(), allow_abbrev=False
        )
        for name in adders
    }
    for name, add in adders.items():
        add(parsers[name])
        _add_lang(parsers[name], default=argparse.SUPPRESS)  # what stood before it stays
    return parser, parsers


def _add_lang(parser: Parser, *, default: str | None) -> None:
    text = "language of the interface (default: the locale's)"
    parser.add_argument("--lang", choices=LANGUAGES, default=default, help=text)


def _add_new(parser: Parser) -> None:
    parser.set_defaults(run=_new)
    parser.add_argument(
        "path", nargs="?", type=_path, metavar="PATH", help="folder (default: ./NAME)"
    )
    answers = parser.add_argument_group("answers", "what is not given is asked")
    answers.add_argument("--domain", metavar="ID", help="what it is about")
    answers.add_argument("--task", metavar="ID", help="what the model answers")
    answers.add_argument(
        "--data", metavar="PATH", action="append", help="records: a file or a folder; repeatable"
    )
    answers.add_argument("--positive", metavar="LABEL", help="label of a bad outcome")
    answers.add_argument("--language", choices=LANGUAGES, help="of the project")
    answers.add_argument("--family", metavar="ID", help="model family")
    answers.add_argument("--model", metavar="MODEL", help="`embedded`, a hub id or a folder")
    answers.add_argument("--revision", metavar="REV", help="of the model on its hub")
    answers.add_argument("--hub", choices=("huggingface", "modelscope"), help="where the model is")
    answers.add_argument("--method", metavar="ID", help="how it is tuned")
    answers.add_argument(
        "--gpu", metavar="NAME", help="auto, cpu, 1x24GB, 2xV100-32GB, 1xRTX4090, 8x910B ..."
    )
    answers.add_argument("--name", metavar="NAME", help="of the project")
    answers.add_argument("--answers", metavar="FILE", help="YAML of answers; - is stdin")
    answers.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="sets",
        help="any answer, such as data.columns.text=Body; repeatable",
    )
    parser.add_argument("--yes", action="store_true", help="never ask: take the defaults")
    parser.add_argument("--dry-run", action="store_true", help="show everything, write nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def _add_show(parser: Parser) -> None:
    parser.set_defaults(run=_show)
    parser.add_argument("what", choices=THINGS, metavar="WHAT", help=", ".join(THINGS))
    parser.add_argument("id", nargs="?", metavar="ID", help="one of them, in full")
    parser.add_argument("--json", action="store_true", help="a JSON list on stdout")


def _add_completion(parser: Parser) -> None:
    parser.set_defaults(run=_completion)
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def _path(text: str) -> str:
    if not text:  # as of a shell variable that is not set
        raise argparse.ArgumentTypeError("it is empty")
    return text


def _new(args: argparse.Namespace) -> None:
    from newft.answers import OPTIONS, from_options
    from newft.new import Options, new

    given = {key: getattr(args, option.removeprefix("--")) for key, option in OPTIONS.items()}
    options = Options(
        path=args.path,
        given=from_options(given),
        sets=tuple(args.sets),
        answers=args.answers,
        yes=args.yes,
        dry_run=args.dry_run,
        json=args.json,
    )
    new(options, _texts(args.lang))


def _show(args: argparse.Namespace) -> None:
    from newft.show import show

    show(args.what, args.id, as_json=args.json, texts=_texts(args.lang))


def _completion(args: argparse.Namespace) -> None:
    from newft.completion import script
    from newft.console import print_text

    print_text(script(*build(), shell=args.shell))


def _unexpected(word: str, parser: Parser) -> UsageError:
    from newft.names import nearest

    if not word.startswith("-"):
        message, hint = f"`{word}` is one word too many", f"{parser.prog} --help"
        return UsageError(message, where=parser.prog, hint=hint)
    option = word.partition("=")[0]
    known = [name for action in parser._actions for name in action.option_strings]
    near = nearest(option, known)
    hint = f"did you mean `{near[0]}`?" if near else f"{parser.prog} --help"
    return UsageError(f"there is no option `{option}`", where=parser.prog, hint=hint)


def _texts(option: str | None) -> Texts:
    from newft.texts import Texts, interface_language

    return Texts(interface_language(option, os.environ))


def _screen(words: Sequence[str]) -> Screen:
    """Where a failure is shown, in the language asked for even if the rest could not be read."""
    from newft.console import Screen

    given = [word for word in words if word.startswith("--lang=")]
    after = words[words.index("--lang") + 1 :] if "--lang" in words else []
    return Screen(_texts(next(iter([*after, *(word[7:] for word in given)]), None)))


def _show_bug(screen: Screen) -> None:
    """Keep what happened in a file and name it; show it where no disk takes it."""
    import traceback

    from newft.state import keep

    what = f"newft {__version__}, Python {sys.version}\n\n{traceback.format_exc()}"
    path = keep("traceback.txt", what)
    if path:
        screen.fault("error.bug", path=path)
    else:
        screen.fault("error.bug_here")
        screen.say(what)
