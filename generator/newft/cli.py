"""Parse the command line, run the command and choose the exit code.

What a command needs is imported when it runs, so that `newft --help` starts fast.
"""

from __future__ import annotations

import argparse
import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from newft import __version__
from newft.answers.keys import ANSWER_KEYS, make_unknown_name_error
from newft.cli_help import HELP_TEXTS, WideHelpFormatter
from newft.console.streams import flush_stream, open_closed_streams
from newft.emitted.normalize import escape_controls
from newft.errors import InterruptedAfterWrite, NewftError, UsageError
from newft.os_errors import explain_os_error
from newft.text import Text, to_bilingual_text

if TYPE_CHECKING:
    from newft.console.console import ConsoleOutput
    from newft.i18n import Messages
    from newft.text import Language

COMMANDS = ("new", "show", "completion")
SHOW_TOPICS = ("families", "methods", "hardware", "domains", "questions")
SHELLS = ("bash", "zsh", "fish")
LANGUAGES = ("en", "zh")
EXIT_FAILED, EXIT_BUG, EXIT_INTERRUPTED = 1, 70, 130
EMPTY_PATH_MESSAGE, REPEATED_OPTION_MESSAGE = (
    "the path is empty",
    "the option may be given only once",
)
HelpLookup = Callable[[str], str]  # maps the name of a help text to the text
# The beginning of each message of argparse, and the texts that replace it.
ARGPARSE_MESSAGES = (
    ("expected one argument", "the value is missing", "缺少值"),
    ("ignored explicit argument ", "the option takes no value, but got ", "该选项不带值，却给了 "),
    ("the following arguments are required: ", "missing: ", "缺少参数："),
    (EMPTY_PATH_MESSAGE, EMPTY_PATH_MESSAGE, "路径为空"),
    (REPEATED_OPTION_MESSAGE, REPEATED_OPTION_MESSAGE, "该选项只能出现一次"),
)


class _StoreOnce(argparse.Action):
    """Store the value of an option, which may be given only once."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - argparse passes it
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Store the value."""
        if option_string and getattr(namespace, self.dest, None) is not None:
            raise argparse.ArgumentError(self, REPEATED_OPTION_MESSAGE)
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError instead of exiting, with help texts from `say`."""

    def __init__(self, say: HelpLookup, **how: Any) -> None:
        formatter = partial(WideHelpFormatter, usage=say("usage"))
        super().__init__(formatter_class=formatter, allow_abbrev=False, add_help=False, **how)
        self.register("action", None, _StoreOnce)  # the default action
        self._positionals.title, self._optionals.title = say("positionals"), say("options")
        self.add_argument("-h", "--help", action="help", help=say("help"))

    def error(self, message: str) -> NoReturn:
        """Raise a message of argparse as a UsageError."""
        where, what = None, message
        if message.startswith("argument "):
            where, _, what = message.removeprefix("argument ").partition(": ")
        word, _, listed = what.removeprefix("invalid choice: ").partition(" (choose from ")
        word = word.strip("'")
        if listed and where == "COMMAND" and (word in (".", "..") or "/" in word):
            hint = to_bilingual_text(f"newft new {shlex.quote(word)}")
            fault = Text(f"`{word}` is not a command", f"`{word}` 不是命令")
            raise UsageError(fault, where=where, hint=hint)
        if listed:
            names = [name.strip("' ") for name in listed.rstrip(")").split(",")]
            raise make_unknown_name_error(word, names, where=where)
        raise UsageError(
            _translate_argparse_error(what),
            where=where,
            hint=to_bilingual_text(f"{self.prog} --help"),
        )


def _translate_argparse_error(fault: str) -> Text:
    """Translate a message of argparse, found by its beginning."""
    fault = escape_controls(fault)
    for begin, en, zh in ARGPARSE_MESSAGES:
        if fault.startswith(begin):
            rest = fault.removeprefix(begin)
            return Text(f"{en}{rest}", f"{zh}{rest}")
    return Text(fault, f"用法错误：“{fault}”")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for locales without Chinese
    try:
        code = _run_command(words)
    except OSError:  # the error could not be shown
        code = EXIT_FAILED
    for stream in (sys.stdout, sys.stderr):
        flush_stream(stream)
    return code


def _run_command(words: Sequence[str]) -> int:
    """Run one command, show its error if it fails, and return the exit code."""
    try:
        args = parse_arguments(words)
        args.run(args)
        sys.stdout.flush()
    except NewftError as error:
        _make_error_console(words).print_error(error)
        return error.exit_code
    except InterruptedAfterWrite as late:
        _make_error_console(words).print_error_message("error.late", folder=late.folder)
        return EXIT_INTERRUPTED
    except KeyboardInterrupt:
        _make_error_console(words).print_error_message("error.interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe has closed it
        return 0
    except OSError as error:
        _make_error_console(words).print_error(explain_os_error(error))
        return EXIT_FAILED
    except Exception:
        _report_bug(_make_error_console(words))
        return EXIT_BUG
    return 0


def parse_arguments(words: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line; `newft` alone means `newft new`."""
    before = _count_leading_lang_words(words)
    options, words = words[:before], words[before:]
    parser, commands = build_parser(_detect_language([*options, *words]))
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")):
        words = ["new", *words]
    # an option before the command is parsed with those behind it: repetitions are refused
    args, rest = parser.parse_known_args([words[0], *options, *words[1:]])
    if rest and args.command == "show" and args.id is None and not rest[0].startswith("-"):
        args.id = rest.pop(0)  # argparse gives up an optional positional at an option
    if rest:
        raise _make_unexpected_word_error(rest[0], commands[args.command])
    return args


def _count_leading_lang_words(words: Sequence[str]) -> int:
    """Return how many words before the command belong to `--lang`."""
    if not words or words[0].partition("=")[0] != "--lang":
        return 0
    return 1 if "=" in words[0] else min(2, len(words))


def build_parser(language: Language = "en") -> tuple[Parser, dict[str, Parser]]:
    """Build the parser; return it, and the parser of each command."""

    def say(key: str) -> str:
        return HELP_TEXTS[key].to(language)

    parser = Parser(say, prog="newft", description=say("newft"), epilog=say("exit codes"))
    version = f"newft {__version__}"
    parser.add_argument("--version", action="version", version=version, help=say("version"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    adders: dict[str, Callable[[Parser, HelpLookup], None]] = {
        "new": _add_new,
        "show": _add_show,
        "completion": _add_completion,
    }
    parsers = {}
    for name, add in adders.items():
        about = say(name)
        shown = about[:1].upper() + about[1:]
        parsers[name] = commands.add_parser(name, help=about, description=shown, say=say)
        add(parsers[name], say)
    _add_lang(parser, say, default=None)
    for one in parsers.values():
        _add_lang(one, say, default=argparse.SUPPRESS)  # keep a value given before the command
    return parser, parsers


def _add_lang(parser: Parser, say: HelpLookup, *, default: str | None) -> None:
    parser.add_argument("--lang", choices=LANGUAGES, default=default, help=say("lang"))


def _add_new(parser: Parser, say: HelpLookup) -> None:
    parser.set_defaults(run=_run_new)
    parser.add_argument("path", nargs="?", type=_parse_path, metavar="PATH", help=say("path"))
    answers = parser.add_argument_group(say("answers"), say("answers.about"))
    for entry in ANSWER_KEYS:
        answers.add_argument(
            entry.option,
            dest=entry.key,
            metavar=entry.metavar,
            choices=entry.choices,
            action="append" if entry.repeatable else _StoreOnce,
            help=say(entry.option),
        )
    answers.add_argument("--answers", metavar="FILE", help=say("answers.file"))
    answers.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="sets", help=say("set")
    )
    parser.add_argument("--yes", action="store_true", help=say("yes"))
    parser.add_argument("--dry-run", action="store_true", help=say("dry-run"))
    parser.add_argument("--explain", action="store_true", help=say("explain"))
    parser.add_argument("--json", action="store_true", help=say("json"))


def _add_show(parser: Parser, say: HelpLookup) -> None:
    parser.set_defaults(run=_run_show)
    parser.add_argument("what", choices=SHOW_TOPICS, metavar="WHAT", help=say("what"))
    parser.add_argument("id", nargs="?", metavar="ID", help=say("id"))
    parser.add_argument("--json", action="store_true", help=say("json.list"))


def _add_completion(parser: Parser, say: HelpLookup) -> None:
    parser.set_defaults(run=_run_completion)
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=say("shell"))


def _parse_path(text: str) -> str:
    if not text:  # such as an unset shell variable
        raise argparse.ArgumentTypeError(EMPTY_PATH_MESSAGE)
    return text


def _run_new(args: argparse.Namespace) -> None:
    from newft.answers.parse import collect_options
    from newft.commands.new import NewOptions, create_project

    values = {entry.key: getattr(args, entry.key) for entry in ANSWER_KEYS}
    options = NewOptions(
        path=args.path,
        answers=collect_options(values),
        sets=tuple(args.sets),
        answers_file=args.answers,
        yes=args.yes,
        dry_run=args.dry_run,
        explain=args.explain,
        json=args.json,
    )
    create_project(options, _load_messages(args.lang))


def _run_show(args: argparse.Namespace) -> None:
    from newft.commands.show import show_catalog

    show_catalog(args.what, args.id, as_json=args.json, messages=_load_messages(args.lang))


def _run_completion(args: argparse.Namespace) -> None:
    from newft.commands.completion import generate_script
    from newft.console.console import print_text

    print_text(generate_script(*build_parser(_load_messages(args.lang).language), shell=args.shell))


def _make_unexpected_word_error(word: str, parser: Parser) -> UsageError:
    from newft.text import find_nearest_names

    if not word.startswith("-"):
        word = escape_controls(word)
        message = Text(f"unexpected argument `{word}`", f"多余的参数 `{word}`")
        return UsageError(
            message, where=parser.prog, hint=to_bilingual_text(f"{parser.prog} --help")
        )
    option = escape_controls(word.partition("=")[0])
    known = [name for action in parser._actions for name in action.option_strings]
    near = find_nearest_names(option, known)
    hint = (
        Text(f"did you mean `{near[0]}`?", f"是否想写 `{near[0]}`？")
        if near
        else to_bilingual_text(f"{parser.prog} --help")
    )
    message = Text(f"there is no option `{option}`", f"没有选项 `{option}`")
    return UsageError(message, where=parser.prog, hint=hint)


def _load_messages(option: str | None) -> Messages:
    from newft.i18n import Messages, detect_language

    return Messages(detect_language(option, os.environ))


def _make_error_console(words: Sequence[str]) -> ConsoleOutput:
    """Make the console for errors, in the requested language even if parsing failed."""
    from newft.console.console import ConsoleOutput
    from newft.i18n import Messages

    return ConsoleOutput(Messages(_detect_language(words)))


def _detect_language(words: Sequence[str]) -> Language:
    """Return the language of `--lang` at any place, or else that of the environment."""
    from newft.i18n import detect_language

    given = [word for word in words if word.startswith("--lang=")]
    after = words[words.index("--lang") + 1 :] if "--lang" in words else []
    named = next(iter([*after, *(word[7:] for word in given)]), None)
    return detect_language(named, os.environ)


def _report_bug(console: ConsoleOutput) -> None:
    """Save the traceback in a file and name the file; print it if it cannot be saved."""
    import traceback

    from newft.system.user_files import save_user_file

    what = f"newft {__version__}, Python {sys.version}\n\n{traceback.format_exc()}"
    path = save_user_file("traceback.txt", what)
    if path:
        console.print_error_message("error.bug", path=path)
    else:
        console.print_error_message("error.bug_here")
        console.say(what)
