"""Parse the command line, run the command and choose the exit code.

What a command needs is imported when it runs, so that `newft --help` starts fast.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from newft import __version__
from newft.answers.keys import ANSWER_KEYS
from newft.cli_parser import build_parser, make_unexpected_word_error
from newft.console.streams import flush_stream, open_closed_streams
from newft.errors import InterruptedAfterWrite, NewftError
from newft.os_errors import explain_os_error

if TYPE_CHECKING:
    from newft.console.console import ConsoleOutput
    from newft.i18n import Messages
    from newft.text import Language

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_CONFLICTS = 3
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


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
        code = COMMANDS[args.command](args)
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
        return EXIT_DONE
    except OSError as error:
        _make_error_console(words).print_error(explain_os_error(error))
        return EXIT_FAILED
    except Exception:
        _report_bug(_make_error_console(words))
        return EXIT_BUG
    return code


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
        command = f"kit {args.kit_command}" if args.command == "kit" else args.command
        raise make_unexpected_word_error(rest[0], commands[command])
    return args


def _count_leading_lang_words(words: Sequence[str]) -> int:
    """Return how many words before the command belong to `--lang`."""
    if not words or words[0].partition("=")[0] != "--lang":
        return 0
    return 1 if "=" in words[0] else min(2, len(words))


def _run_new(args: argparse.Namespace) -> int:
    from newft.answers.parse import collect_options
    from newft.commands.new import NewOptions, create_project

    values = {entry.key: getattr(args, entry.key) for entry in ANSWER_KEYS}
    options = NewOptions(
        path=args.path,
        answers=collect_options(values),
        sets=tuple(args.sets),
        answers_file=args.answers,
        from_file=args.from_file,
        advice_file=args.advice_file,
        yes=args.yes,
        dry_run=args.dry_run,
        explain=args.explain,
        json=args.json,
        trusted_kits=tuple(args.trust_kit),
    )
    create_project(options, _load_messages(args.lang))
    return EXIT_DONE


def _run_advise(args: argparse.Namespace) -> int:
    from newft.answers.parse import collect_options
    from newft.commands.advise import AdviseOptions, give_advice

    values = {entry.key: getattr(args, entry.key) for entry in ANSWER_KEYS}
    options = AdviseOptions(
        answers=collect_options(values),
        sets=tuple(args.sets),
        answers_file=args.answers,
        yes=args.yes,
        explain=args.explain,
        json=args.json,
        output=args.output,
    )
    give_advice(options, _load_messages(args.lang))
    return EXIT_DONE


def _run_update(args: argparse.Namespace) -> int:
    from newft.commands.update import UpdateOptions, undo_update, update_project

    options = UpdateOptions(
        path=args.path,
        sets=tuple(args.sets),
        yes=args.yes,
        dry_run=args.dry_run,
        diff=args.diff,
        remeasure=args.remeasure,
        json=args.json,
        trusted_kits=tuple(args.trust_kit),
    )
    messages = _load_messages(args.lang)
    if args.undo:
        undo_update(options, messages)
        return EXIT_DONE
    return EXIT_CONFLICTS if update_project(options, messages) else EXIT_DONE


def _run_show(args: argparse.Namespace) -> int:
    from newft.commands.show import ShowOptions, show_catalog

    options = ShowOptions(
        topic=args.what,
        entry_id=args.id,
        kit=args.kit,
        gpu=args.gpu,
        method=args.method,
        json=args.json,
    )
    show_catalog(options, _load_messages(args.lang))
    return EXIT_DONE


def _run_adopt(args: argparse.Namespace) -> int:
    from newft.commands.adopt import AdoptOptions, adopt_project

    options = AdoptOptions(
        path=args.path,
        answers_file=args.answers,
        sets=tuple(args.sets),
        kit=args.kit,
        dry_run=args.dry_run,
        yes=args.yes,
        json=args.json,
    )
    adopt_project(options, _load_messages(args.lang))
    return EXIT_DONE


def _run_status(args: argparse.Namespace) -> int:
    from newft.commands.status import show_status

    messages = _load_messages(args.lang)
    return show_status(args.paths, fetch=args.fetch, as_json=args.json, messages=messages)


def _run_schema(args: argparse.Namespace) -> int:
    from newft.commands.schema import print_schema

    print_schema(args.domain, args.kit, _load_messages(args.lang))
    return EXIT_DONE


def _run_kit(args: argparse.Namespace) -> int:
    return KIT_COMMANDS[args.kit_command](args)


def _run_kit_new(args: argparse.Namespace) -> int:
    from newft.commands.kit_new import KitNewOptions, create_kit

    options = KitNewOptions(args.path, args.title, args.extends, args.language, args.yes)
    create_kit(options, _load_messages(args.lang))
    return EXIT_DONE


def _run_kit_check(args: argparse.Namespace) -> int:
    from newft.commands.kit_check import KitCheckOptions, check_kit

    options = KitCheckOptions(args.source, tuple(args.answers), args.no_tests, args.json)
    passed = check_kit(options, _load_messages(args.lang))
    return EXIT_DONE if passed else EXIT_FAILED


def _run_completion(args: argparse.Namespace) -> int:
    from newft.commands.completion import generate_script
    from newft.console.console import print_text

    print_text(generate_script(*build_parser(_load_messages(args.lang).language), shell=args.shell))
    return EXIT_DONE


# What runs each command and returns its exit code; a function imports what its command needs.
COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "new": _run_new,
    "advise": _run_advise,
    "update": _run_update,
    "show": _run_show,
    "adopt": _run_adopt,
    "status": _run_status,
    "schema": _run_schema,
    "kit": _run_kit,
    "completion": _run_completion,
}


KIT_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "new": _run_kit_new,
    "check": _run_kit_check,
}


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
