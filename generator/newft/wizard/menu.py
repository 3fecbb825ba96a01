"""A list to choose from: typing filters it, arrow keys move in it, its height is bounded.

It stands on prompt_toolkit alone. Its `choice` and the `select` of questionary lack what the lists
of newft need: entries that stay while others are filtered out (the way back), a height of half a
screen, entries that can be marked but are refused with a reason, and notes that wrap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from newft.emitted.normalize import escape_controls as safe
from newft.text import fold_name
from newft.text_layout import measure_width, wrap_text

if TYPE_CHECKING:
    from prompt_toolkit.application import Application
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.styles import Style

MIN_HEIGHT = 3  # lines, also in a very low terminal
INDENT = 3  # columns before a title; a note below it is indented by two more
ANSWER_INDENT = 2  # columns before an answer below its question


class Option(NamedTuple):
    """One entry of a list."""

    value: str
    title: str
    note: str = ""  # shown beside the title, or below it where the line is full
    refusal: str | Callable[[], str] = ""  # why it cannot be chosen, or what finds out why
    fixed: bool = False  # stays whatever is typed, such as the way back
    takes_text: bool = False  # typed text that matches no entry is the answer

    def explain_refusal(self) -> str:
        """Return why it cannot be chosen; empty if it can."""
        return self.refusal() if callable(self.refusal) else self.refusal


class Menu:
    """The state of a list: the typed filter, the marked entry, the refusal shown below."""

    def __init__(
        self,
        options: Sequence[Option],
        default: str | None = None,
        *,
        marks_first: bool = True,
        format_note: Callable[[str], str] = "  ({})".format,
    ) -> None:
        self.options = options
        self.format_note = format_note  # for a note beside its title
        self.typed = ""
        self.refused = ""
        listed = [option.value for option in options]
        self._first = listed[0] if marks_first else None  # what is marked without a default
        self._marked = default if default in listed else self._first

    @property
    def shown(self) -> list[Option]:
        """The entries that contain the typed text, and the fixed ones."""
        return [one for one in self.options if one.fixed or _contains(one, self.typed)]

    @property
    def marked(self) -> Option | None:
        """The marked entry; None if none is shown."""
        return next((option for option in self.shown if option.value == self._marked), None)

    @property
    def narrowed(self) -> bool:
        """Whether the typed text hides entries."""
        return len(self.shown) < len(self.options)

    def move(self, step: int) -> None:
        """Mark another entry; the first follows the last."""
        if shown := self.shown:
            start = shown.index(self.marked) if self.marked else -1 if step > 0 else 0
            self._marked = shown[(start + step) % len(shown)].value
        self.refused = ""

    def type(self, text: str) -> None:
        """Extend the filter; mark the first entry that begins with it, or else contains it."""
        self._filter(self.typed + text)

    def erase(self, *, everything: bool = False) -> None:
        """Remove the last typed character, or all."""
        self._filter("" if everything else self.typed[:-1])

    def choose(self) -> str | None:
        """Return the value of the marked entry, or typed text; None if the entry is refused."""
        option = self.marked
        if option is None or option.refusal:
            self.refused = option.explain_refusal() if option else ""
            return None
        return self.typed.strip() if self.takes_typed else option.value

    @property
    def takes_typed(self) -> bool:
        """Whether the typed text is the answer: no entry has it, nor does the title of this one."""
        typed = self.typed.strip()
        return bool(
            self.marked
            and self.marked.takes_text
            and typed
            and not self._list_matches()
            and not _contains(self.marked, typed)
        )

    def get_title(self, option: Option) -> str:
        """Return an entry as the list shows it."""
        return option.title

    def describe(self, value: str) -> str:
        """Return what stays on the screen of an answer."""
        return self.marked.title if self.marked and self.marked.value == value else value

    def _list_matches(self) -> list[Option]:
        """List the entries that are shown because they contain the typed text."""
        return [option for option in self.shown if not option.fixed]

    def _filter(self, text: str) -> None:
        self.typed, self.refused = text, ""
        shown = self.shown
        if not text:
            self._marked = self.marked.value if self.marked else self._first
            return
        begun = [
            one
            for one in shown
            if any(name.casefold().startswith(text.casefold()) for name in (one.title, one.value))
        ]
        fixed = [option for option in shown if option.fixed and _contains(option, text)]
        fallback = [option for option in shown if option.takes_text]
        self._marked = next(
            (option.value for option in (*begun, *self._list_matches(), *fixed, *fallback)), None
        )


def _contains(option: Option, typed: str) -> bool:
    """Whether the title or the value of an entry has the typed text."""
    return fold_name(typed) in fold_name(f"{option.title} {option.value}")


def run_menu(menu: Menu, question: str, *, hint: Callable[[Menu], str]) -> str:
    """Return the value chosen; the question with its answer replaces the list on the screen."""
    from prompt_toolkit import print_formatted_text
    from prompt_toolkit.application import get_app_session
    from prompt_toolkit.formatted_text import FormattedText

    answer, output = "", get_app_session().output
    try:
        value = _build_application(menu, question, hint).run()
        answer = menu.describe(value)
        return value
    finally:  # the question stays on the screen also if the user leaves
        line = FormattedText(_format_answer(question, answer, output.get_size().columns - 1))
        print_formatted_text(line, style=build_style(), output=output)


def _format_answer(question: str, answer: str, columns: int) -> StyleAndTextTuples:
    """Return a question with its answer behind it, or below it where the line is full."""
    if measure_width(f"? {safe(question)} {safe(answer)}") <= columns:
        return [*format_question(question), ("class:answer", safe(answer))]
    below = wrap_text(safe(answer), columns - ANSWER_INDENT)
    lines = "".join(f"\n{' ' * ANSWER_INDENT}{line}" for line in below)
    return [*format_question(question, columns), ("class:answer", lines)]


def _build_application(menu: Menu, question: str, hint: Callable[[Menu], str]) -> Application[str]:
    from prompt_toolkit.application import Application
    from prompt_toolkit.application.current import get_app
    from prompt_toolkit.layout import (
        FormattedTextControl,
        HSplit,
        Layout,
        ScrollOffsets,
        VerticalAlign,
        Window,
    )
    from prompt_toolkit.layout.dimension import Dimension

    def columns() -> int:
        return get_app().output.get_size().columns

    def height() -> Dimension:
        return Dimension(max=max(MIN_HEIGHT, get_app().output.get_size().rows // 2))

    def below() -> StyleAndTextTuples:
        style = "class:refused" if menu.refused else "class:instruction"
        text = menu.refused or hint(menu)
        lines = [f"{' ' * INDENT}{safe(line)}" for line in text.split("\n") if line]
        return [(style, "\n".join(wrap_text("\n".join(lines), columns() - 1)))] if lines else []

    def head() -> StyleAndTextTuples:
        return [*format_question(question, columns() - 1), ("class:typed", safe(menu.typed))]

    options = FormattedTextControl(
        lambda: _render_options(menu, columns()), focusable=True, show_cursor=False
    )
    body = HSplit(
        [
            Window(FormattedTextControl(head), dont_extend_height=True, wrap_lines=True),
            Window(
                options,
                height=height,
                dont_extend_height=True,
                scroll_offsets=ScrollOffsets(top=1, bottom=2),
            ),
            Window(FormattedTextControl(below), dont_extend_height=True),
        ],
        align=VerticalAlign.TOP,
    )
    return Application(
        layout=Layout(body, focused_element=options),
        key_bindings=_build_key_bindings(menu),
        style=build_style(),
        erase_when_done=True,
    )


def format_question(question: str, columns: int | None = None) -> StyleAndTextTuples:
    """Return the text of a question with its styles, in lines of at most so many columns."""
    text = safe(question)
    if columns is not None:
        text = "\n".join(wrap_text(text, columns - 3))
    return [("class:qmark", "?"), ("class:question", f" {text} ")]


def build_style() -> Style:
    """Return the colours of all prompts."""
    from prompt_toolkit.styles import Style

    return Style(
        [
            ("qmark", "fg:ansicyan bold"),
            ("question", "bold"),
            ("instruction", "fg:ansibrightblack"),
            ("refused", "fg:ansired"),
            ("barred", "fg:ansibrightblack"),
            ("typed", "underline"),
            ("pointer", "fg:ansicyan bold"),
            ("highlighted", "fg:ansicyan"),
            ("answer", "fg:ansicyan"),
        ]
    )


def _render_options(menu: Menu, columns: int) -> StyleAndTextTuples:
    """Return every shown entry: its title on a new line, its note beside or below it."""
    lines: StyleAndTextTuples = []
    for option in menu.shown:
        marked = option is menu.marked
        if lines:
            lines.append(("", "\n"))
        if marked:
            lines.append(("[SetCursorPosition]", ""))
        lines.append(("class:pointer", " > " if marked else " " * INDENT))
        style = "class:highlighted" if marked else "class:barred" if option.refusal else ""
        title, note = safe(menu.get_title(option)), menu.format_note(safe(option.note))
        lines += _render_option(option, title, note, style=style, columns=columns - 1)
    return lines


def _render_option(
    option: Option, title: str, note: str, *, style: str, columns: int
) -> StyleAndTextTuples:
    first, *more = wrap_text(title, columns - INDENT)
    parts: StyleAndTextTuples = [(style, first)]
    parts += [(style, f"\n{' ' * INDENT}{line}") for line in more]
    if not option.note:
        return parts
    if not more and INDENT + measure_width(first + note) <= columns:
        return [*parts, ("class:instruction", note)]
    below = wrap_text(safe(option.note), columns - INDENT - 2)
    return [*parts, *(("class:instruction", f"\n{' ' * (INDENT + 2)}{line}") for line in below)]


def _build_key_bindings(menu: Menu) -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.keys import Keys

    keys = KeyBindings()

    def bind(names: Sequence[str], act: Callable[[KeyPressEvent], object]) -> None:
        for name in names:
            keys.add(name, eager=True)(lambda event: act(event) and None)

    def choose(event: KeyPressEvent) -> None:
        if (value := menu.choose()) is not None:
            event.app.exit(result=value)

    bind([Keys.Up, Keys.ControlP], lambda _: menu.move(-1))
    bind([Keys.Down, Keys.ControlN], lambda _: menu.move(1))
    bind([Keys.Enter], choose)
    bind([Keys.Backspace], lambda _: menu.erase())
    bind([Keys.ControlU], lambda _: menu.erase(everything=True))
    bind([Keys.ControlC], lambda event: event.app.exit(exception=KeyboardInterrupt()))
    bind([Keys.ControlD], lambda event: event.app.exit(exception=EOFError()))
    bind([Keys.BracketedPaste], lambda event: menu.type(event.data.strip()))

    @keys.add(Keys.Any)
    def _(event: KeyPressEvent) -> None:
        if event.data.isprintable():
            menu.type(event.data)

    return keys
