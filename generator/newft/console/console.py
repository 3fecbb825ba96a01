"""The only module that prints: the conversation on stderr, results on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TextIO

from newft.answers.keys import RawAnswers
from newft.console.adoption_rows import build_answer_rows, build_file_rows
from newft.console.advice_rows import (
    build_advice_rows,
    build_contribution_rows,
    build_factor_rows,
    build_first_match_rows,
    build_score_rows,
    list_flips,
)
from newft.console.kit_rows import build_kit_rows
from newft.console.pager import show_in_pager
from newft.console.roi_rows import (
    build_cost_rows,
    build_figure_rows,
    build_money_rows,
    build_outcome_rows,
    build_sensitivity_rows,
    build_simple_formula_rows,
)
from newft.console.streams import discard_output
from newft.console.summary_rows import (
    build_data_rows,
    build_estimate_rows,
    build_practice_rows,
    build_recipe_rows,
    build_summary_rows,
)
from newft.console.update_report import (
    UpdateReport,
    build_answer_change_rows,
    build_change_rows,
    build_value_rows,
    list_left_alone,
)
from newft.emitted.normalize import escape_controls as safe
from newft.i18n import Messages
from newft.schema.adoption import AdoptionReport
from newft.schema.advice import Advice, AdviceRules
from newft.schema.dataset import DataFacts
from newft.schema.kit import Task
from newft.schema.plan import Plan
from newft.schema.practice import Practice
from newft.schema.roi import Roi
from newft.schema.starter_kit import StarterKit
from newft.text import Text
from newft.text_layout import fold_command, format_table, wrap_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from newft.errors import NewftError


# of the facts and figures of an advice: with the verdict and the points it fits 24 lines
MAX_TABLE_LINES = 14


class ConsoleOutput:
    """Prints the conversation on stderr, or results on stdout; text from outside is escaped."""

    def __init__(self, messages: Messages, *, results: bool = False) -> None:
        self.messages = messages
        self._stream = sys.stdout if results else sys.stderr
        self._out = _make_console(self._stream)
        self._printed: set[Text] = set()  # notes and warnings

    def say(self, text: str) -> None:
        """Print text of the conversation, dimmed."""
        for line in self._wrap(escape_lines(text)):
            self._out.print(line, style="dim", soft_wrap=True)

    def print_message(self, key: str, **values: object) -> None:
        """Print one text of the interface."""
        self._out.print()
        for line in self._wrap(self.messages(key, **values)):
            self._out.print(line, soft_wrap=True)

    def print_error(self, error: NewftError) -> None:
        """Print where an error is, what is wrong and what to do."""
        message, hint = error.to(self.messages.language)
        colon = self.messages("error.colon")
        place = safe(error.where).replace(": ", colon) + colon if error.where else ""
        self._print_labelled("error", place + message, style="bold red")
        if hint:
            self._out.print()
            self._print_labelled("hint", hint, style="bold cyan")

    def print_error_message(self, key: str, **values: object) -> None:
        """Print one text of the interface as an error."""
        self._print_labelled("error", self.messages(key, **values), style="bold red")

    def print_data(self, data: DataFacts, task: Task) -> None:
        """Print what was found in the data files, and the column of each field."""
        with self._page():
            self._print_titled("data.title", build_data_rows(data, task, self.messages))
        self.print_remarks(data.warnings, data.notes)

    def print_summary(
        self, plan: Plan, folder: Path, *, this_machine: bool, columns: bool = False
    ) -> None:
        """Print the plan in a few lines, then the warnings and notes."""
        rows = build_summary_rows(
            plan, folder, self.messages, this_machine=this_machine, columns=columns
        )
        self._print_titled("summary.title", rows)
        self.print_remarks((*plan.data.warnings, *plan.warnings), plan.data.notes)

    def print_kit(self, kit: StarterKit | None, answers: RawAnswers) -> None:
        """Print the kit of the project, if any, and the answers that come from it."""
        if kit:
            self._print_titled("kit.from", build_kit_rows(kit, answers, self.messages))

    def print_kit_code(self, source: str, files: Sequence[str]) -> None:
        """Print the files of a kit that a project will run."""
        self.say(self.messages("trust.files", source=source))
        for path in files:
            self.say(f"  {safe(path)}")

    def print_notes(self, notes: Iterable[Text]) -> None:
        """Print each note that was not printed before."""
        self.print_remarks((), notes)

    def print_remarks(self, warnings: Iterable[Text], notes: Iterable[Text]) -> None:
        """Print each warning and note that was not printed before."""
        remarks = [("warning", text, "bold yellow") for text in warnings]
        remarks += [("note", text, "bold blue") for text in notes]
        for kind, text, style in remarks:
            if text not in self._printed:
                self._printed.add(text)
                self._print_labelled(kind, text.to(self.messages.language), style=style)

    def print_explanation(self, plan: Plan, practices: Iterable[Practice]) -> None:
        """Print every value of the recipe with its reason and source, and what others use."""
        others, their_sources = build_practice_rows(plan, practices, self.messages)
        rows, sources = build_recipe_rows(plan, self.messages)
        language = self.messages.language
        with self._page():
            self._print_titled("plan.title", rows)
            self._print_titled("plan.sources", sources)
            if their_sources:
                self._print_titled("plan.practice", others)
                self._print_titled("plan.sources", their_sources)
            self._print_titled(
                "plan.estimate", build_estimate_rows(plan, self.messages, whole=True)
            )
            self.say(plan.estimate.why.to(language))
            for caveat in plan.family.caveats:
                what, why = caveat.value.to(language), caveat.why.to(language)
                text = self.messages("plan.caveat", family=plan.family.title, what=what, why=why)
                self._print_labelled("note", text, style="bold blue")

    def print_advice(self, plan: Plan, rules: AdviceRules, *, explain: bool = False) -> None:
        """Print which approach suits and what it costs, in a few lines or with everything."""
        messages, advice, roi = self.messages, plan.advice, plan.roi
        with self._page() if explain else nullcontext():
            self.print_message("advise.title", why=advice.why.to(messages.language))
            _print_table(self._out, list(build_score_rows(advice, messages)))
            self._out.print()
            money = list(build_money_rows(roi, advice, messages))
            fitting = (
                [*build_advice_rows(advice, messages, most=most), *money] for most in (3, 2, 1)
            )
            _print_table(self._out, _choose_rows(fitting, MAX_TABLE_LINES, self._out.width))
            if explain:
                self._print_reasons_of_advice(advice, rules)
                self._print_cash_flow(roi)

    def _print_reasons_of_advice(self, advice: Advice, rules: AdviceRules) -> None:
        messages = self.messages
        _print_table(self._out, list(build_first_match_rows(advice, messages)))
        self._print_titled("advise.points", build_contribution_rows(advice, messages))
        flips = [(flip,) for flip in list_flips(advice, messages)]
        self._print_titled("advise.all_flips", flips)
        self._print_titled("advise.factors", build_factor_rows(advice, rules, messages))

    def _print_cash_flow(self, roi: Roi) -> None:
        messages = self.messages
        self._print_titled("roi.costs", build_cost_rows(roi, messages))
        self._print_titled("roi.outcomes", build_outcome_rows(roi, messages), currency=roi.currency)
        _print_table(self._out, list(build_simple_formula_rows(roi, messages)))
        if roi.sensitivity:
            self._print_titled("roi.sensitivity", build_sensitivity_rows(roi, messages))
        self._print_titled("roi.figures", build_figure_rows(roi, messages))

    def print_adoption(self, report: AdoptionReport) -> None:
        """Print the answers of an adopted project, and how its files differ from them."""
        self._print_titled("adopt.title", build_answer_rows(report, self.messages))
        self._print_titled("adopt.files", build_file_rows(report, self.messages))

    def print_update(self, report: UpdateReport) -> None:
        """Print what an update changes, what it leaves alone, and which values it changes."""
        with self._page():
            if rows := list(build_change_rows(report.merge, self.messages)):
                self._print_titled("update.changes", rows)
            if answers := list(build_answer_change_rows(report.answers, self.messages)):
                self._print_titled("update.answers", answers)
            if values := list(build_value_rows(report.values, self.messages)):
                self._print_titled("update.values", values)
            for text in list_left_alone(report.merge, self.messages):
                self._print_labelled("note", text, style="bold blue")
        # a plan that is the same was warned of when the project was made
        warnings = report.warnings if report.answers or report.values else ()
        self.print_remarks(warnings, report.notes)

    def print_file_tree(self, paths: Sequence[str], folder: str) -> None:
        """Print the tree of the files of a project."""
        from rich.tree import Tree

        root = Tree(safe(folder), guide_style="dim")
        branches: dict[PurePosixPath, Tree] = {PurePosixPath("."): root}
        for path in map(PurePosixPath, paths):
            _get_branch(branches, path.parent).add(safe(path.name))
        with self._page():
            self._out.print()
            self._out.print(root)

    def print_commands(self, key: str, lines: Iterable[str]) -> None:
        """Print commands to copy, each on lines of its own."""
        self._out.print()
        for line in self._wrap(self.messages(key)):
            self._out.print(line, style="bold", soft_wrap=True)
        width = self._out.width - 2 if self._out.is_terminal else None
        for command in lines:
            for line in fold_command(safe(command), width):
                self._out.print(f"  {line}", style="cyan", soft_wrap=True)

    @contextmanager
    def _page(self) -> Iterator[None]:
        """Send what is printed in the block through the pager where it is too long."""
        with self._out.capture() as captured:
            yield
        lines = (line.rstrip() for line in captured.get().split("\n"))
        _page_or_print("\n".join(lines), self._stream)

    def _print_labelled(self, kind: str, text: str, *, style: str) -> None:
        from rich.text import Text as Styled

        label = self.messages(f"error.{kind}")
        lines = "\n".join(self._wrap(label + escape_lines(text)))
        line = Styled.assemble((label, style), lines.removeprefix(label))
        self._out.print(line, soft_wrap=True)

    def _print_titled(self, key: str, rows: Iterable[Sequence[str]], **values: object) -> None:
        self._out.print()
        self._out.print(self.messages(key, **values), style="bold")
        _print_table(self._out, list(rows))

    def _wrap(self, text: str) -> list[str]:
        """Return the lines of a text, wrapped to the width of the terminal if there is one."""
        return wrap_text(text, self._out.width) if self._out.is_terminal else text.split("\n")


def print_json(value: object) -> None:
    """Print one JSON value on stdout."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not is_utf8, indent=2)
    print("\n".join(map(_escape_json_line, text.split("\n"))))


def _escape_json_line(line: str) -> str:
    """Escape the characters of a JSON line that control a terminal or are invisible."""
    if line.isascii():
        return line
    return "".join(
        json.dumps(character)[1:-1] if safe(character) != character else character
        for character in line
    )


def print_rows(
    rows: Sequence[Mapping[str, str]], *, paged: bool = True, headings: bool = False
) -> None:
    """Print results on stdout: a table in a terminal, otherwise separated by tabs.

    Without a terminal, the names of the columns come first only if `headings` are asked for.
    """
    if not sys.stdout.isatty():
        heads = [list(rows[0])] if rows and headings else []
        for values in (*heads, *(row.values() for row in rows)):
            print("\t".join(map(safe, values)))
    elif rows:
        table = [tuple(rows[0]), *(tuple(row.values()) for row in rows)]
        _page_table(table) if paged else _print_table(_make_console(sys.stdout), table)


def print_attributes(pairs: Mapping[str, str]) -> None:
    """Print the attributes of one result on stdout, one a line."""
    if not sys.stdout.isatty():
        for pair in pairs.items():
            print("\t".join(map(safe, pair)))
    else:
        _page_table([*pairs.items()])


def _page_table(rows: Sequence[Sequence[str]]) -> None:
    out = _make_console(sys.stdout)
    with out.capture() as captured:
        _print_table(out, rows)
    _page_or_print(captured.get(), sys.stdout)


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

    class LastingConsole(Console):
        def on_broken_pipe(self) -> None:
            """Discard the output if its reader has left; the project is still to be written."""
            discard_output(file)

    return LastingConsole(file=file, markup=False, highlight=False, emoji=False)


def _choose_rows(
    tables: Iterable[Sequence[Sequence[str]]], most: int, width: int
) -> Sequence[Sequence[str]]:
    """Return the first table that takes at most so many lines, or else the last."""
    rows: Sequence[Sequence[str]] = ()
    for rows in tables:
        if len(format_table(rows, width)) <= most:
            break
    return rows


def _print_table(out: Console, rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, the first of each in colour."""
    from rich.text import Text as Styled

    for first, *cells in format_table([[safe(cell) for cell in row] for row in rows], out.width):
        out.print(Styled.assemble((first, "cyan"), *cells), soft_wrap=True)


def print_diff(lines: Iterable[str]) -> None:
    """Print a difference on stdout, in colour and through the pager in a terminal."""
    from rich.text import Text as Styled

    out = _make_console(sys.stdout)
    with out.capture() as captured:
        for line in lines:
            text = "\t".join(safe(part) for part in line.split("\t"))
            out.print(Styled(text, style=_choose_diff_style(line)), soft_wrap=True)
    _page_or_print(captured.get(), sys.stdout)


def _choose_diff_style(line: str) -> str:
    styles = {"diff ": "bold", "+++": "bold", "---": "bold", "@@": "cyan", "+": "green", "-": "red"}
    return next((style for start, style in styles.items() if line.startswith(start)), "")


def print_text(text: str) -> None:
    """Print text on stdout unchanged."""
    print(text)


def escape_lines(text: str) -> str:
    """Escape the control characters of each line of a text."""
    return "\n".join(safe(line) for line in text.split("\n"))


def _get_branch(branches: dict[PurePosixPath, Tree], folder: PurePosixPath) -> Tree:
    if folder not in branches:
        parent = _get_branch(branches, folder.parent)
        branches[folder] = parent.add(f"{safe(folder.name)}/", style="bold")
    return branches[folder]
