"""The prompts of a conversation: arrows and completion, or numbered lines in a dumb terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from newft.emitted.normalize import escape_controls as safe
from newft.i18n import Messages
from newft.wizard.menu import Menu, Option, build_style, run_menu

MAX_OPTIONS_WITHOUT_HINT = (
    7  # options that one takes in at a glance, without a word on how to find one
)

InputCheck = Callable[[str], str | None]  # what is wrong with a text


class TerminalUI(Protocol):
    """What a conversation needs to ask; each raises KeyboardInterrupt or EOFError to stop."""

    def select(
        self, question: str, options: Sequence[Option], *, default: str | None = None
    ) -> str:
        """The value of the option chosen."""

    def text(self, question: str, *, check: InputCheck, note: str = "", default: str = "") -> str:
        """A line that passes the check; the default for an empty one."""

    def path(self, question: str, *, note: str = "", default: str = "") -> str:
        """A path, which need not exist; empty is an answer."""


@contextmanager
def choose_terminal(
    environment: Mapping[str, str], say: Callable[[str], None], messages: Messages
) -> Iterator[TerminalUI]:
    """The prompts that this terminal can show, on stderr: stdout is for results."""
    if environment.get("TERM") in ("dumb", "unknown"):
        yield PlainTerminal(messages, say, sys.stdin.readline)
        return
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.output import create_output

    _patch_character_escapes()
    with create_app_session(output=create_output(stdout=sys.stderr)):
        yield InteractiveTerminal(messages)


class InteractiveTerminal:
    """Prompts with arrow keys, filters and completion."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def select(
        self, question: str, options: Sequence[Option], *, default: str | None = None
    ) -> str:
        """The value of the option chosen."""

        def hint(menu: Menu) -> str:
            if menu.narrowed:
                return self._messages("menu.narrowed", shown=len(menu.shown), count=len(options))
            return (
                self._messages("menu.long", count=len(options))
                if len(options) > MAX_OPTIONS_WITHOUT_HINT
                else ""
            )

        menu = Menu(options, default, beside=lambda note: self._messages("menu.note", note=note))
        return run_menu(menu, question, hint=hint)

    def text(self, question: str, *, check: InputCheck, note: str = "", default: str = "") -> str:
        """A line that passes the check; the default is shown until something is typed."""
        import questionary

        def verdict(text: str) -> bool | str:
            return check(text.strip() or default) or True

        prompt = questionary.text(
            question,
            validate=verdict,
            instruction=note or None,
            placeholder=[("class:instruction", safe(default))],
            style=build_style(),
        )
        return str(prompt.unsafe_ask()).strip() or default

    def path(self, question: str, *, note: str = "", default: str = "") -> str:
        """A path, with completion."""
        import questionary

        message = f"{question} {note}" if note else question
        return str(questionary.path(message, default, style=build_style()).unsafe_ask()).strip()


class PlainTerminal:
    """Prompts for a terminal that cannot redraw: one numbered line an option."""

    def __init__(
        self, messages: Messages, say: Callable[[str], None], read: Callable[[], str]
    ) -> None:
        self._messages = messages
        self._say = say
        self._read = read

    def select(
        self, question: str, options: Sequence[Option], *, default: str | None = None
    ) -> str:
        """The value of the option chosen."""
        values = [option.value for option in options]
        lines = [
            f"  {number}) {option.title}"
            + (self._messages("menu.note", note=option.note) if option.note else "")
            for number, option in enumerate(options, 1)
        ]
        numbers = {str(number): option for number, option in enumerate(options, 1)}
        standard = str(values.index(default) + 1) if default in values else "1"

        def check(text: str) -> str | None:
            return numbers[text].refusal or None if text in numbers else f"1-{len(values)}"

        self._say("\n".join([f"? {question}", *lines]))
        return numbers[self._line("#", standard, check)].value

    def text(self, question: str, *, check: InputCheck, note: str = "", default: str = "") -> str:
        """A line that passes the check."""
        return self._line(f"? {question} {note}".rstrip(), default, check)

    def path(self, question: str, *, note: str = "", default: str = "") -> str:
        """A path."""
        return self.text(question, check=lambda _: None, note=note, default=default)

    def _line(self, question: str, default: str, check: InputCheck) -> str:
        while True:
            self._say(f"{question} [{default}]" if default else question)
            line = self._read()
            if not line:
                raise EOFError
            text = line.strip() or default
            fault = check(text)
            if fault is None:
                return text
            self._say(fault)


def _patch_character_escapes() -> None:
    """Show characters that reorder a line or hide as their escapes, wherever they are from.

    prompt_toolkit does so with controls; menus, file names that Tab completes and what is typed
    may hold others.
    """
    from prompt_toolkit.layout.screen import Char

    for number in (*range(0x80, 0xD800), *range(0xE000, 0x10000), *range(0xE0000, 0xE0080)):
        character = chr(number)
        if (shown := safe(character)) != character:
            Char.display_mappings.setdefault(character, shown)
