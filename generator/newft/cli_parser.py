"""The options of every command, and the errors of the command line in both languages.

`newft --help` imports this module, so it imports nothing that loads slowly.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from newft import __version__
from newft.answers.keys import ANSWER_KEYS
from newft.answers.unknown_names import make_unknown_name_error
from newft.cli_help import HELP_TEXTS, WideHelpFormatter
from newft.emitted.normalize import escape_controls
from newft.errors import UsageError
from newft.text import Text, find_nearest_names, to_bilingual_text

if TYPE_CHECKING:
    from newft.text import Language

SHOW_TOPICS = ("families", "methods", "hardware", "domains", "shapes", "questions", "models")
SHELLS = ("bash", "zsh", "fish")
LANGUAGES = ("en", "zh")
EMPTY_PATH_MESSAGE = "the path is empty"
REPEATED_OPTION_MESSAGE = "the option may be given only once"
HelpLookup = Callable[[str], str]  # maps the name of a help text to the text
Adder = Callable[["Parser", HelpLookup], None]  # adds the options of one command
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


def build_parser(language: Language = "en") -> tuple[Parser, dict[str, Parser]]:
    """Build the parser; return it, and the parser of each command."""

    def say(key: str) -> str:
        return HELP_TEXTS[key].to(language)

    parser = Parser(say, prog="newft", description=say("newft"), epilog=say("exit codes"))
    version = f"newft {__version__}"
    parser.add_argument("--version", action="version", version=version, help=say("version"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    adders: dict[str, Adder] = {
        "new": _add_new,
        "advise": _add_advise,
        "update": _add_update,
        "show": _add_show,
        "adopt": _add_adopt,
        "status": _add_status,
        "schema": _add_schema,
        "kit": _add_nothing,
        "completion": _add_completion,
    }
    parsers = _add_commands(commands, adders, say)
    kit_adders = {"kit new": _add_kit_new, "kit check": _add_kit_check}
    kit_commands = parsers["kit"].add_subparsers(
        dest="kit_command", required=True, metavar="KIT_COMMAND", help=say("kit.command")
    )
    parsers |= _add_commands(kit_commands, kit_adders, say)
    _add_lang(parser, say, default=None)
    for one in parsers.values():
        _add_lang(one, say, default=argparse.SUPPRESS)  # keep a value given before the command
    return parser, parsers


def _add_commands(
    commands: argparse._SubParsersAction[Parser], adders: Mapping[str, Adder], say: HelpLookup
) -> dict[str, Parser]:
    """Add commands by the last word of their names; return the parser of each name."""
    parsers = {}
    for name, add in adders.items():
        about = say(name)
        shown = about[:1].upper() + about[1:]
        word = name.rpartition(" ")[2]
        parsers[name] = commands.add_parser(word, help=about, description=shown, say=say)
        add(parsers[name], say)
    return parsers


def _add_lang(parser: Parser, say: HelpLookup, *, default: str | None) -> None:
    parser.add_argument("--lang", choices=LANGUAGES, default=default, help=say("lang"))


def _add_answers(parser: Parser, say: HelpLookup) -> argparse._ArgumentGroup:
    """Add what gives answers, and return its group: an option for each key and `--answers`."""
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
    return answers


def _add_new(parser: Parser, say: HelpLookup) -> None:
    parser.add_argument("path", nargs="?", type=_parse_path, metavar="PATH", help=say("path"))
    answers = _add_answers(parser, say)
    answers.add_argument("--from", metavar="FILE", dest="from_file", help=say("from"))
    answers.add_argument("--advice", metavar="FILE", dest="advice_file", help=say("new.advice"))
    parser.add_argument("--yes", action="store_true", help=say("yes"))
    parser.add_argument(
        "--trust-kit", metavar="COMMIT", action="append", default=[], help=say("trust-kit")
    )
    parser.add_argument("--dry-run", action="store_true", help=say("dry-run"))
    parser.add_argument("--explain", action="store_true", help=say("explain"))
    parser.add_argument("--json", action="store_true", help=say("json"))


def _add_advise(parser: Parser, say: HelpLookup) -> None:
    _add_answers(parser, say)
    parser.add_argument("--yes", action="store_true", help=say("yes"))
    parser.add_argument("--explain", action="store_true", help=say("advise.explain"))
    parser.add_argument("--json", action="store_true", help=say("json"))
    parser.add_argument("--output", metavar="FILE", type=_parse_path, help=say("advise.output"))


def _add_update(parser: Parser, say: HelpLookup) -> None:
    parser.add_argument(
        "path", nargs="?", type=_parse_path, default=".", metavar="PATH", help=say("update.path")
    )
    parser.add_argument("--dry-run", action="store_true", help=say("update.dry-run"))
    parser.add_argument("--diff", action="store_true", help=say("update.diff"))
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="sets", help=say("set")
    )
    parser.add_argument("--remeasure", action="store_true", help=say("update.remeasure"))
    parser.add_argument(
        "--trust-kit", metavar="COMMIT", action="append", default=[], help=say("trust-kit")
    )
    parser.add_argument("--yes", action="store_true", help=say("update.yes"))
    parser.add_argument("--json", action="store_true", help=say("json"))
    parser.add_argument("--undo", action="store_true", help=say("update.undo"))


def _add_show(parser: Parser, say: HelpLookup) -> None:
    parser.add_argument("what", choices=SHOW_TOPICS, metavar="WHAT", help=say("what"))
    parser.add_argument("id", nargs="?", metavar="ID", help=say("id"))
    parser.add_argument("--kit", metavar="SOURCE", help=say("show.kit"))
    parser.add_argument("--gpu", metavar="NAME", help=say("show.gpu"))
    parser.add_argument("--method", metavar="ID", help=say("show.method"))
    parser.add_argument("--json", action="store_true", help=say("json.list"))


def _add_adopt(parser: Parser, say: HelpLookup) -> None:
    parser.add_argument("path", type=_parse_path, metavar="PATH", help=say("adopt.path"))
    parser.add_argument("--kit", metavar="SOURCE", help=say("adopt.kit"))
    parser.add_argument("--answers", metavar="FILE", help=say("answers.file"))
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="sets", help=say("set")
    )
    parser.add_argument("--yes", action="store_true", help=say("adopt.yes"))
    parser.add_argument("--dry-run", action="store_true", help=say("adopt.dry-run"))
    parser.add_argument("--json", action="store_true", help=say("json"))


def _add_status(parser: Parser, say: HelpLookup) -> None:
    parser.epilog = say("status.exit codes")
    parser.add_argument(
        "paths", nargs="*", type=_parse_path, metavar="PATH", help=say("status.paths")
    )
    parser.add_argument("--fetch", action="store_true", help=say("status.fetch"))
    parser.add_argument("--json", action="store_true", help=say("json"))


def _add_nothing(parser: Parser, say: HelpLookup) -> None:
    """Add no option: the commands below it have them."""


def _add_kit_new(parser: Parser, say: HelpLookup) -> None:
    parser.add_argument("path", type=_parse_path, metavar="PATH", help=say("kit.path"))
    parser.add_argument("--title", metavar="TEXT", help=say("kit.title"))
    parser.add_argument("--extends", metavar="SOURCE", help=say("kit.extends"))
    parser.add_argument("--language", choices=LANGUAGES, help=say("kit.language"))
    parser.add_argument("--yes", action="store_true", help=say("yes"))


def _add_kit_check(parser: Parser, say: HelpLookup) -> None:
    parser.add_argument("source", type=_parse_path, metavar="SOURCE", help=say("kit.source"))
    parser.add_argument(
        "--answers", metavar="FILE", action="append", default=[], help=say("kit.answers")
    )
    parser.add_argument("--no-tests", action="store_true", help=say("kit.no-tests"))
    parser.add_argument("--json", action="store_true", help=say("json"))


def _add_schema(parser: Parser, say: HelpLookup) -> None:
    parser.add_argument("--domain", metavar="ID", help=say("schema.domain"))
    parser.add_argument("--kit", metavar="SOURCE", help=say("schema.kit"))


def _add_completion(parser: Parser, say: HelpLookup) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=say("shell"))


def _parse_path(text: str) -> str:
    if not text:  # such as an unset shell variable
        raise argparse.ArgumentTypeError(EMPTY_PATH_MESSAGE)
    return text


def make_unexpected_word_error(word: str, parser: Parser) -> UsageError:
    """Make the error for an argument or option that the command does not have."""
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
