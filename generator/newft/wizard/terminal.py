"""Asks in the terminal: with arrow keys and completion, or by numbers in a dumb terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from newft.emitted.normalize import escape_controls as safe
from newft.i18n import Messages
from newft.wizard.check_menu import CheckMenu, format_mark
from newft.wizard.menu import Menu, Option, build_style, format_question, run_menu
from newft.wizard.question import VALUE_SEPARATOR

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

MAX_OPTIONS_WITHOUT_HINT = 7  # longer lists say how to find an entry

InputCheck = Callable[[str], str | None]  # returns what is wrong with a text


class TerminalUI(Protocol):
    """Asks the user; each method raises KeyboardInterrupt or EOFError if the user leaves."""

    def select(
        self,
        question: str,
        options: Sequence[Option],
        *,
        default: str | None = None,
        marks_first: bool = True,
    ) -> str:
        """Return the value of the option chosen; Enter alone takes the default, or the first."""

    def select_several(
        self,
        question: str,
        options: Sequence[Option],
        *,
        chosen: Sequence[str],
        allow_none: bool = False,
    ) -> str:
        """Return the values of the options chosen, joined; or that of the way back alone."""

    def text(
        self,
        question: str,
        *,
        check: InputCheck,
        note: str = "",
        default: str = "",
        hidden: bool = False,
    ) -> str:
        """Return a line that passes the check; the default for an empty one."""

    def path(self, question: str, *, note: str = "", default: str = "") -> str:
        """Return a path, which need not exist and may be empty."""


@contextmanager
def choose_terminal(
    environment: Mapping[str, str], say: Callable[[str], None], messages: Messages
) -> Iterator[TerminalUI]:
    """Yield what this terminal can show; it prints on stderr, as stdout is for results."""
    if environment.get("TERM") in ("dumb", "unknown"):
        yield PlainTerminal(messages, say, sys.stdin.readline)
        return
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.output import create_output

    _patch_character_escapes()
    with create_app_session(output=create_output(stdout=sys.stderr)):
        yield InteractiveTerminal(messages)


class InteractiveTerminal:
    """Asks with arrow keys, filters and completion."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def select(
        self,
        question: str,
        options: Sequence[Option],
        *,
        default: str | None = None,
        marks_first: bool = True,
    ) -> str:
        """Return the value of the option chosen; Enter alone takes the default, or the first."""

        def hint(menu: Menu) -> str:
            if menu.takes_typed:
                return self._messages("menu.typed", typed=menu.typed)
            if menu.typed and menu.marked is None:
                return self._messages("menu.no_match", typed=menu.typed)
            if menu.narrowed:
                return self._messages("menu.narrowed", shown=len(menu.shown), count=len(options))
            if menu.marked is None:
                return self._messages("menu.unmarked")
            return (
                self._messages("menu.long", count=len(options))
                if len(options) > MAX_OPTIONS_WITHOUT_HINT
                else ""
            )

        menu = Menu(
            options,
            default,
            marks_first=marks_first,
            format_note=lambda note: self._messages("menu.note", note=note),
        )
        return run_menu(menu, question, hint=hint)

    def select_several(
        self,
        question: str,
        options: Sequence[Option],
        *,
        chosen: Sequence[str],
        allow_none: bool = False,
    ) -> str:
        """Return the values of the options chosen, joined; or that of the way back alone."""

        def hint(_: Menu) -> str:
            return self._messages("menu.keys")

        refusal = self._messages("menu.none_chosen")
        menu = CheckMenu(options, chosen, allow_none=allow_none, refusal=refusal)
        menu.format_note = lambda note: self._messages("menu.note", note=note)
        return run_menu(menu, question, hint=hint)

    def text(
        self,
        question: str,
        *,
        check: InputCheck,
        note: str = "",
        default: str = "",
        hidden: bool = False,
    ) -> str:
        """Return a line that passes the check; the default is shown until something is typed."""
        from prompt_toolkit.validation import ValidationError, Validator

        class Check(Validator):
            def validate(self, document: Document) -> None:
                text = document.text
                if fault := check(text.strip() or default):
                    raise ValidationError(cursor_position=len(text), message=fault)

        session = self._make_session(question, note)
        shown: StyleAndTextTuples = [("class:instruction", "" if hidden else safe(default))]
        typed = session.prompt(validator=Check(), placeholder=shown, is_password=hidden)
        return typed.strip() or default

    def path(self, question: str, *, note: str = "", default: str = "") -> str:
        """Return a path; Tab completes it."""
        from prompt_toolkit.completion import PathCompleter
        from prompt_toolkit.filters import completion_is_selected
        from prompt_toolkit.key_binding import KeyBindings

        keys = KeyBindings()

        @keys.add("enter", filter=completion_is_selected)
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.complete_state = None  # takes the completion, not the line

        session = self._make_session(question, note)
        completer = PathCompleter(expanduser=True)
        return session.prompt(default=default, completer=completer, key_bindings=keys).strip()

    def _make_session(self, question: str, note: str) -> PromptSession[str]:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.lexers import SimpleLexer

        message = format_question(question)
        if note:
            message.append(("class:instruction", f"{safe(note)} "))
        return PromptSession(message, style=build_style(), lexer=SimpleLexer("class:answer"))


class PlainTerminal:
    """Asks in a terminal that cannot redraw: each option has a number."""

    def __init__(
        self, messages: Messages, say: Callable[[str], None], read: Callable[[], str]
    ) -> None:
        self._messages = messages
        self._say = say
        self._read = read

    def select(
        self,
        question: str,
        options: Sequence[Option],
        *,
        default: str | None = None,
        marks_first: bool = True,
    ) -> str:
        """Return the value of the option chosen; an empty line is the default, or the first."""
        values = [option.value for option in options]
        numbers = {str(number): option for number, option in enumerate(options, 1)}
        takes_text = any(option.takes_text for option in options)
        first = "1" if marks_first else ""
        standard = str(values.index(default) + 1) if default in values else first

        def check(text: str) -> str | None:
            if text in numbers:
                return numbers[text].explain_refusal() or None
            return None if text and takes_text and not text.isdigit() else f"1-{len(values)}"

        self._list_options(question, options)
        answer = self._line("#", standard, check)
        return numbers[answer].value if answer in numbers else answer

    def select_several(
        self,
        question: str,
        options: Sequence[Option],
        *,
        chosen: Sequence[str],
        allow_none: bool = False,
    ) -> str:
        """Return the values of the options whose numbers are typed; 0 is none of them."""
        numbers = {str(number): option.value for number, option in enumerate(options, 1)}
        back = {option.value for option in options if option.fixed}
        standard = " ".join(key for key, value in numbers.items() if value in chosen)

        def check(text: str) -> str | None:
            words = text.split()
            if words == ["0"] and allow_none:
                return None
            known = [numbers[word] for word in words if word in numbers]
            alone = len(words) == 1 or back.isdisjoint(known)
            return None if words and len(known) == len(words) and alone else f"1-{len(numbers)}"

        marked = [
            one._replace(title=format_mark(one, chosen=one.value in chosen)) for one in options
        ]
        self._list_options(question, marked)
        self._say(self._messages("menu.numbers"))
        typed = self._line("#", standard or ("0" if allow_none else ""), check).split()
        return VALUE_SEPARATOR.join(value for key, value in numbers.items() if key in typed)

    def _list_options(self, question: str, options: Sequence[Option]) -> None:
        lines = [
            f"  {number}) {option.title}"
            + (self._messages("menu.note", note=option.note) if option.note else "")
            for number, option in enumerate(options, 1)
        ]
        self._say("\n".join([f"? {question}", *lines]))

    def text(
        self,
        question: str,
        *,
        check: InputCheck,
        note: str = "",
        default: str = "",
        hidden: bool = False,
    ) -> str:
        """Return a line that passes the check; such a terminal cannot hide what is typed."""
        return self._line(f"? {question} {note}".rstrip(), default, check, shown=not hidden)

    def path(self, question: str, *, note: str = "", default: str = "") -> str:
        """Return a path."""
        return self.text(question, check=lambda _: None, note=note, default=default)

    def _line(self, question: str, default: str, check: InputCheck, *, shown: bool = True) -> str:
        while True:
            self._say(f"{question} [{default}]" if default and shown else question)
            line = self._read()
            if not line:
                raise EOFError
            text = line.strip() or default
            fault = check(text)
            if fault is None:
                return text
            self._say(fault)


def _patch_character_escapes() -> None:
    """Show the escapes of characters that reorder a line or that are invisible.

    prompt_toolkit escapes control characters alone; titles of options, file names that Tab
    completes and typed text may hold others.
    """
    from prompt_toolkit.layout.screen import Char

    for number in (*range(0x80, 0xD800), *range(0xE000, 0x10000), *range(0xE0000, 0xE0080)):
        character = chr(number)
        if (shown := safe(character)) != character:
            Char.display_mappings.setdefault(character, shown)
