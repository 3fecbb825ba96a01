"""The only module that prints: the conversation on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TextIO

from newft.console.pager import show_in_pager
from newft.console.streams import discard_output
from newft.console.summary_rows import (
    DisplayRow,
    build_data_rows,
    build_estimate_rows,
    build_plan_rows,
)
from newft.console.text_layout import format_table, wrap_text
from newft.emitted.normalize import escape_controls as safe
from newft.i18n import Messages
from newft.schema.dataset import DataFacts
from newft.schema.family import Family
from newft.schema.kit import Task
from newft.schema.plan import Plan
from newft.text import Text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from newft.errors import NewftError


class ConsoleOutput:
    """Everything newft shows; texts from outside cannot steer the terminal."""

    def __init__(self, texts: Messages) -> None:
        self.texts = texts
        self._out = _make_console(sys.stderr)

    def say(self, text: str) -> None:
        """One quiet line of the conversation."""
        for line in self._fitting(escape_lines(text)):
            self._out.print(line, style="dim", soft_wrap=True)

    def error(self, error: NewftError) -> None:
        """What, where, and what to do."""
        message, hint = error.to(self.texts.language)
        place = f"{safe(error.where)}{self.texts('error.colon')}" if error.where else ""
        self._labelled("error", place + message, style="bold red")
        if hint:
            self._out.print()
            self._labelled("hint", hint, style="bold cyan")

    def fault(self, key: str, **values: object) -> None:
        """A failure of the catalogue, on one line."""
        self._labelled("error", self.texts(key, **values), style="bold red")

    def warnings(self, warnings: Iterable[Text]) -> None:
        """What may surprise later."""
        for warning in warnings:
            text = safe(warning.to(self.texts.language))
            self._labelled("warning", text, style="bold yellow")

    def notes(self, notes: Iterable[Text]) -> None:
        """What one should look at, though nothing is wrong."""
        for note in notes:
            self._labelled("note", note.to(self.texts.language), style="bold blue")

    def notice(self, key: str, **values: object) -> None:
        """One line of the catalogue."""
        self._out.print()
        for line in self._fitting(self.texts(key, **values)):
            self._out.print(line, soft_wrap=True)

    def mapping(self, data: DataFacts, task: Task) -> None:
        """What was found in the user's files, and which column is which field."""
        with self._out.capture() as shown:
            self._titled("mapping.title", build_data_rows(data, task, self.texts))
        _page_or_print(shown.get(), sys.stderr)
        self.notes(data.notes)
        self.warnings(data.warnings)

    def review(self, rows: Sequence[DisplayRow], plan: Plan) -> None:
        """The project in a few lines, and what may surprise."""
        self._titled("review.title", rows)
        self.warnings(plan.warnings)

    def plan(self, plan: Plan, *, sources: bool) -> None:
        """Every value of the recipe with its reason, and what a run will take."""
        rows, numbered = build_plan_rows(plan, self.texts, sources=sources)
        with self._out.capture() as shown:
            self._titled("plan.title", rows)
            if sources:
                self._titled("plan.sources", numbered)
            self._titled("plan.estimate", build_estimate_rows(plan, self.texts))
            self.say(plan.estimate.why.to(self.texts.language))
            self._caveats(plan.family)
        _page_or_print(shown.get(), sys.stderr)

    def _caveats(self, family: Family) -> None:
        """What is odd about a family; the project sees to it."""
        language = self.texts.language
        for odd in family.caveats:
            values = {"what": odd.value.to(language), "why": odd.why.to(language)}
            text = self.texts("plan.caveat", family=family.title, **values)
            self._labelled("note", text, style="bold blue")

    def files(self, paths: Sequence[str], folder: str) -> None:
        """The tree of what would be written."""
        from rich.tree import Tree

        root = Tree(safe(folder), guide_style="dim")
        places: dict[PurePosixPath, Tree] = {PurePosixPath("."): root}
        for path in map(PurePosixPath, paths):
            _get_branch(places, path.parent).add(safe(path.name))
        with self._out.capture() as shown:
            self._out.print(root)
        _page_or_print(
            "".join(f"{line.rstrip()}\n" for line in shown.get().splitlines()), sys.stderr
        )

    def command(self, key: str, lines: Iterable[str]) -> None:
        """Commands to copy, each unbroken on a line of its own."""
        self._out.print()
        self._out.print(self.texts(key), style="bold")
        for line in lines:
            self._out.print(f"  {safe(line)}", style="cyan", soft_wrap=True)

    def _labelled(self, kind: str, text: str, *, style: str) -> None:
        from rich.text import Text as Styled

        label = self.texts(f"error.{kind}")
        lines = "\n".join(self._fitting(label + escape_lines(text)))
        line = Styled.assemble((label, style), lines.removeprefix(label))
        self._out.print(line, soft_wrap=True)

    def _titled(self, key: str, rows: Sequence[Sequence[str]]) -> None:
        self._out.print()
        self._out.print(self.texts(key), style="bold")
        _print_table(self._out, rows)

    def _fitting(self, text: str) -> list[str]:
        """The lines of a text: as they are where nobody looks, else no longer than the terminal."""
        return wrap_text(text, self._out.width) if self._out.is_terminal else text.split("\n")


def print_json(value: object) -> None:
    """One JSON value on stdout, and nothing else there."""
    readable = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not readable, indent=2)
    print("\n".join(map(_escape_json_line, text.split("\n"))))


def _escape_json_line(line: str) -> str:
    """A line of JSON that means the same, without characters that control a terminal or hide."""
    if line.isascii():
        return line
    return "".join(json.dumps(one)[1:-1] if safe(one) != one else one for one in line)


def print_rows(rows: Sequence[Mapping[str, str]]) -> None:
    """Results as a table on stdout; where nobody reads along, tab-separated."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(safe(value) for value in row.values()))
    elif rows:
        _page_table([tuple(rows[0]), *(tuple(row.values()) for row in rows)])


def print_attributes(pairs: Mapping[str, str]) -> None:
    """One thing in full on stdout, a line an attribute."""
    if not sys.stdout.isatty():
        for pair in pairs.items():
            print("\t".join(map(safe, pair)))
    else:
        _page_table([*pairs.items()])


def _page_table(rows: Sequence[Sequence[str]]) -> None:
    out = _make_console(sys.stdout)
    with out.capture() as shown:
        _print_table(out, rows)
    _page_or_print(shown.get(), sys.stdout)


def _page_or_print(text: str, out: TextIO) -> None:
    if show_in_pager(text, out):
        return
    try:
        out.write(text)
        out.flush()
    except BrokenPipeError:
        if out is sys.stdout:
            raise
        discard_output(out)


def _make_console(file: TextIO) -> Console:
    from rich.console import Console

    class Lasting(Console):
        def on_broken_pipe(self) -> None:
            """Go on unseen where the reader has left: the work is not done for it alone."""
            discard_output(file)

    return Lasting(file=file, markup=False, highlight=False, emoji=False)


def _print_table(out: Console, rows: Sequence[Sequence[str]]) -> None:
    """Rows of cells, the first of each in colour; no line ends in blanks."""
    from rich.text import Text as Styled

    for first, *cells in format_table([[safe(cell) for cell in row] for row in rows], out.width):
        out.print(Styled.assemble((first, "cyan"), *cells), soft_wrap=True)


def print_text(text: str) -> None:
    """Text on stdout as it is."""
    print(text)


def escape_lines(text: str) -> str:
    """Text of several lines, each safe to show."""
    return "\n".join(safe(line) for line in text.split("\n"))


def _get_branch(places: dict[PurePosixPath, Tree], folder: PurePosixPath) -> Tree:
    if folder not in places:
        parent = _get_branch(places, folder.parent)
        places[folder] = parent.add(f"{safe(folder.name)}/", style="bold")
    return places[folder]
