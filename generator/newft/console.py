"""The only module that prints: the conversation on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from newft.answers import OPTIONS
from newft.entries import Family, Task, Text
from newft.given import FILES, Given
from newft.keys import escape_controls as safe
from newft.model import DataFacts, Estimate, Plan
from newft.process import drop
from newft.report import recipe_values
from newft.texts import Texts

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.tree import Tree

    from newft.errors import NewftError

LABELS_SHOWN = 8


class Screen:
    """Everything newft shows; texts from outside cannot steer the terminal."""

    def __init__(self, texts: Texts) -> None:
        from rich.console import Console

        class Lasting(Console):
            def on_broken_pipe(self) -> None:
                """Go on unseen where the reader has left: the work is not done for it alone."""
                drop(sys.stderr)

        self.texts = texts
        self._out: Console = Lasting(
            stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=False
        )

    def say(self, text: str) -> None:
        """One quiet line of the conversation."""
        self._out.print(safe_lines(text), style="dim")

    def error(self, error: NewftError) -> None:
        """What, where, and what to do."""
        message, hint = error.to(self.texts.language)
        place = f"{error.where}: " if error.where else ""
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
            self._labelled("warning", warning.to(self.texts.language), style="bold yellow")

    def notes(self, family: Family) -> None:
        """What is odd about a family; the project sees to it."""
        language = self.texts.language
        for odd in family.caveats:
            values = {"what": odd.value.to(language), "why": odd.why.to(language)}
            text = self.texts("plan.caveat", family=family.title, **values)
            self._labelled("note", text, style="bold blue")

    def notice(self, key: str, **values: object) -> None:
        """One line of the catalogue."""
        self._out.print()
        self._out.print(self.texts(key, **values), soft_wrap=True)

    def mapping(self, data: DataFacts, task: Task) -> None:
        """What was found in the user's files, and which column is which field."""
        texts, grid = self.texts, _grid()
        for file in data.files:
            encoding = f", {file.encoding}" if file.encoding else ""
            grid.add_row(texts("mapping.files"), safe(f"{file.path} ({file.kind}{encoding})"))
        for name, field in task.fields.items():
            columns = data.mapping.get(name)
            if columns or field.required:
                found = ", ".join(columns) if columns else texts("mapping.missing")
                title = field.title.to(texts.language)
                grid.add_row(name, safe(f"<- {found} ({title})"))
        rejected = ", ".join(f"{reason} {rows}" for reason, rows in data.rejected.items())
        spread = {"median": data.lengths.median, "p95": data.lengths.p95}
        shown = [*list(data.labels)[:LABELS_SHOWN], *["..."][: len(data.labels) > LABELS_SHOWN]]
        count = texts("mapping.count", count=len(data.labels), names=", ".join(shown))
        accepted = texts("mapping.accepted", accepted=data.accepted, rows=data.rows)
        grid.add_row(texts("mapping.rows"), accepted)
        grid.add_row(texts("mapping.rejected"), rejected or texts("mapping.none"))
        grid.add_row(texts("mapping.labels"), count)
        longest = data.lengths.longest
        grid.add_row(texts("mapping.lengths"), texts("mapping.spread", longest=longest, **spread))
        grid.add_row(texts("mapping.language"), data.language)
        self._titled("mapping.title", grid)
        self.warnings(data.warnings)

    def answers(self, given: Given) -> None:
        """What was answered."""
        grid = _grid()
        order = [*OPTIONS, *(key for key in given if key not in OPTIONS)]
        for key, value in ((key, given[key]) for key in order if key in given):
            shown = value if isinstance(value, str) else ", ".join(value)
            sample = self.texts("review.sample") if key == FILES else "-"
            grid.add_row(key, safe(shown) or sample)
        self._titled("review.title", grid)

    def plan(self, plan: Plan, *, sources: bool) -> None:
        """Every value of the recipe with its reason, and what a run will take."""
        texts = self.texts
        notes = dict.fromkeys(value.source for value in recipe_values(plan.recipe).values())
        numbers = {source: f" [{number}]" for number, source in enumerate(notes, 1)}
        table = _table("", texts("plan.value"), texts("plan.why"))
        for name, reasoned in recipe_values(plan.recipe).items():
            note = numbers[reasoned.source] if sources else ""
            why = safe(reasoned.why.to(texts.language)) + note
            table.add_row(name, self._value(reasoned.value), why)
        self._titled("plan.title", table)
        if sources:
            grid = _grid()
            for source, number in numbers.items():
                grid.add_row(number.strip(), safe(source.to(texts.language)))
            self._titled("plan.sources", grid)
        self._estimate(plan.estimate)
        self.notes(plan.family)
        self.warnings(plan.warnings)

    def _estimate(self, estimate: Estimate) -> None:
        grid = _grid()
        grid.add_row(self.texts("plan.memory"), self._memory(estimate))
        grid.add_row(self.texts("plan.hours"), self._time(estimate))
        self._titled("plan.estimate", grid)
        self.say(estimate.why.to(self.texts.language))

    def files(self, paths: Sequence[str], folder: str) -> None:
        """The tree of what would be written."""
        from rich.tree import Tree

        root = Tree(safe(folder), guide_style="dim")
        places: dict[PurePosixPath, Tree] = {PurePosixPath("."): root}
        for path in map(PurePosixPath, paths):
            _branch(places, path.parent).add(safe(path.name))
        self._out.print(root)

    def command(self, key: str, lines: Iterable[str]) -> None:
        """Commands to copy, each unbroken on a line of its own."""
        self._out.print()
        self._out.print(self.texts(key), style="bold")
        for line in lines:
            self._out.print(f"  {safe(line)}", style="cyan", soft_wrap=True)

    def _labelled(self, kind: str, text: str, *, style: str) -> None:
        from rich.text import Text as Styled

        line = Styled.assemble((f"{self.texts(f'error.{kind}')}: ", style), safe_lines(text))
        self._out.print(line, soft_wrap=True)

    def _titled(self, key: str, body: Table) -> None:
        self._out.print()
        self._out.print(self.texts(key), style="bold")
        self._out.print(body)

    def _value(self, value: object) -> str:
        if value is None:
            return "-"
        if isinstance(value, bool):
            return self.texts("plan.yes" if value else "plan.no")
        if isinstance(value, tuple):
            return safe(", ".join(map(str, value)))
        return safe(f"{value:g}" if isinstance(value, float) else str(value))

    def _memory(self, estimate: Estimate) -> str:
        if estimate.memory_gb is None:
            return self.texts("plan.unknown")
        low, high = estimate.memory_gb
        return self.texts("plan.gigabytes", low=f"{low:.1f}", high=f"{high:.1f}")

    def _time(self, estimate: Estimate) -> str:
        if estimate.hours is None:
            return self.texts("plan.unknown")
        low, high = estimate.hours
        if high < 2:
            return self.texts(
                "plan.minutes", low=f"{low * 60:.0f}", high=f"{max(1.0, high * 60):.0f}"
            )
        return self.texts("plan.long", low=f"{low:.1f}", high=f"{high:.1f}")


def print_json(value: object) -> None:
    """One JSON value on stdout, and nothing else there."""
    readable = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not readable, indent=2))


def print_rows(rows: Sequence[Mapping[str, str]]) -> None:
    """Results as a table on stdout; where nobody reads along, tab-separated."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(safe(value) for value in row.values()))
        return
    table = _table(*(rows[0] if rows else ()))
    for row in rows:
        table.add_row(*(safe(value) for value in row.values()))
    _print_table(table)


def print_pairs(pairs: Mapping[str, str]) -> None:
    """One thing in full on stdout, a line an attribute."""
    if not sys.stdout.isatty():
        for pair in pairs.items():
            print("\t".join(map(safe, pair)))
        return
    grid = _grid()
    for key, value in pairs.items():
        grid.add_row(safe(key), safe(value))
    _print_table(grid)


def _print_table(table: Table) -> None:
    from rich.console import Console

    Console(markup=False, highlight=False, emoji=False).print(table)


def print_text(text: str) -> None:
    """Text on stdout as it is."""
    print(text)


def safe_lines(text: str) -> str:
    """Text of several lines, each safe to show."""
    return "\n".join(safe(line) for line in text.split("\n"))


def _grid() -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _table(*titles: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for number, title in enumerate(titles):
        table.add_column(title, style="" if number else "cyan", overflow="fold")
    return table


def _branch(places: dict[PurePosixPath, Tree], folder: PurePosixPath) -> Tree:
    if folder not in places:
        parent = _branch(places, folder.parent)
        places[folder] = parent.add(f"{safe(folder.name)}/", style="bold")
    return places[folder]
