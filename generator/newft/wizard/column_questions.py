"""Asks which column is which field, or which task, where that is unclear or wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newft.answers.keys import (
    COLUMNS_PREFIX,
    HIDE_KEY,
    SHOW_KEY,
    RawAnswers,
    get_columns,
    get_visible_columns,
)
from newft.dataset.column_errors import preview_values
from newft.emitted.normalize import escape_controls
from newft.wizard.context import BACK_VALUE, WizardContext, WizardInterrupted
from newft.wizard.menu import Option
from newft.wizard.state import WizardState

MAX_COLUMNS_SHOWN = 8  # with values, where no task was detected
MAX_NAMES_SHOWN = 40  # of the other columns


class ColumnDialog:
    """The questions about the columns of the data files; it remembers earlier choices."""

    def __init__(self, state: WizardState, context: WizardContext) -> None:
        assert state.task
        self._state = state
        self._context = context
        self._fields = state.task.single_fields
        self._survey = context.services.survey_columns(state)
        self._answers = get_columns(state.answers)
        self._mapping = state.data.mapping if state.data else {}
        self._previous: dict[str, str] = {}  # the last choice for each field

    @property
    def has_columns(self) -> bool:
        """Whether there are columns to choose from."""
        return len(self._survey.columns) > 0

    @property
    def has_unmatched_fields(self) -> bool:
        """Whether a required field has no column, not even a likely one."""
        return any(not self._list_candidates(name) for name in self._list_required())

    def print_required_fields(self) -> None:
        """Print the fields whose columns must be named."""
        messages, task = self._context.messages, self._state.task
        assert task
        titles = [self._get_title(name) for name in self._list_required()]
        values = {"task": task.title.to(messages.language), "fields": messages.join(titles)}
        self._context.say("\n" + messages("columns.needs", **values))

    def ask_required(self) -> Mapping[str, str] | None:
        """Ask for the column of each required field; None if the user went back."""
        return self._ask_columns(self._list_required())

    def ask_one(self) -> Mapping[str, str] | None:
        """Ask for the column of one field; None if the user went back."""
        messages, terminal = self._context.messages, self._context.terminal
        while True:
            options = []
            for name in self._fields:
                columns = messages.join(self._get_columns(name)) or messages("data.missing")
                options.append(Option(name, f"{self._get_title(name)} <- {columns}"))
            options.append(self._context.make_back_option())
            name = terminal.select(messages("columns.field"), options)
            if name == BACK_VALUE:
                return None
            if answers := self._ask_columns([name]):
                return answers

    def _ask_columns(self, names: Sequence[str]) -> Mapping[str, str] | None:
        """Return all answers about columns after asking for those of some fields."""
        chosen: dict[str, str] = {}
        while pending := self._list_pending(names, chosen):
            name = pending[0]
            try:
                column = self._ask_column(name, taken=list(chosen.values()))
            except (KeyboardInterrupt, EOFError) as error:
                answers = {**self._state.answers, **self._merge_answers(chosen)}
                raise WizardInterrupted(answers) from error
            if column != BACK_VALUE:
                self._previous[name] = chosen[name] = column
            elif chosen:
                chosen.popitem()
            else:
                return None
        return self._merge_answers(chosen)

    def _merge_answers(self, chosen: Mapping[str, str]) -> dict[str, str]:
        """Add the new choices to the earlier answers whose columns exist and are still free."""
        free = {column.name for column in self._survey.columns} - set(chosen.values())
        kept = {name: column for name, column in self._answers.items() if column in free}
        return {f"{COLUMNS_PREFIX}{name}": column for name, column in {**kept, **chosen}.items()}

    def _list_pending(self, names: Sequence[str], chosen: Mapping[str, str]) -> list[str]:
        """List the fields to ask for, with those whose column another field has taken.

        The latter allow two columns to be swapped.
        """
        taken = set(chosen.values())
        displaced = [
            name for name in self._list_required() if taken.intersection(self._get_columns(name))
        ]
        return [name for name in (*names, *displaced) if name not in chosen]

    def _ask_column(self, name: str, *, taken: Sequence[str]) -> str:
        """Ask for the column of a field; the most likely one is marked."""
        messages = self._context.messages
        free = [column for column in self._survey.columns if column.name not in taken]
        options = [Option(column.name, column.name, preview_values(column)) for column in free]
        names = [column.name for column in free]
        likely = (self._previous.get(name), *self._list_candidates(name))
        return self._context.terminal.select(
            messages("columns.column", field=self._get_title(name)),
            [*options, self._context.make_back_option()],
            default=next((column for column in likely if column in names), None),
        )

    def _list_required(self) -> list[str]:
        return [name for name, field in self._fields.items() if field.required]

    def _list_candidates(self, name: str) -> Sequence[str]:
        """List the columns that a field has now, then those that it is likely in."""
        return (*self._get_columns(name), *self._survey.likely.get(name, ()))

    def _get_columns(self, name: str) -> Sequence[str]:
        """Return the columns that a field has now."""
        answer = (self._answers[name],) if name in self._answers else ()
        return self._mapping.get(name, answer)

    def _get_title(self, name: str) -> str:
        return self._fields[name].title.to(self._context.messages.language)


def print_column_previews(state: WizardState, context: WizardContext) -> None:
    """Print the first columns of the data files with some of their values."""
    columns = context.services.survey_columns(state).columns
    for column in columns[:MAX_COLUMNS_SHOWN]:
        values = context.messages("menu.note", note=preview_values(column))
        context.say(f"  {escape_controls(column.name)}{values}")
    if len(columns) > MAX_COLUMNS_SHOWN:
        others = [escape_controls(column.name) for column in columns[MAX_COLUMNS_SHOWN:]]
        named = context.messages.join(others[:MAX_NAMES_SHOWN])
        more = "detected.more" if len(others) <= MAX_NAMES_SHOWN else "detected.many_more"
        context.say("  " + context.messages(more, count=len(others), names=named))


def ask_doubtful_columns(state: WizardState, context: WizardContext) -> RawAnswers | None:
    """Ask whether the model may see each doubtful column; None if the user went back."""
    messages = context.messages
    shown, hidden = map(list, get_visible_columns(state.answers))
    doubtful = state.data.doubtful if state.data and not state.data.sample else {}
    for column, doubt in doubtful.items():
        question = messages(
            "columns.doubtful", column=escape_controls(column), doubt=doubt.to(messages.language)
        )
        options = [
            Option("show", messages("columns.show")),
            Option("hide", messages("columns.hide")),
            context.make_back_option(),
        ]
        value = context.terminal.select(question, options)
        if value == BACK_VALUE:
            return None
        (shown if value == "show" else hidden).append(column)
    if not doubtful:
        return {}
    named = ((SHOW_KEY, tuple(shown)), (HIDE_KEY, tuple(hidden)))
    return {key: columns for key, columns in named if columns}


def ask_other_task(state: WizardState, context: WizardContext) -> Mapping[str, str] | None:
    """Ask for another task than the present one; None if the user went back."""
    messages = context.messages
    language = messages.language
    options = []
    for domain, name in [] if state.locked.get("task") else _list_other_tasks(state):
        kit = state.catalog.kits[domain]
        task = kit.tasks[name]
        titles = {"kit": kit.title.to(language), "task": task.title.to(language)}
        title = messages("summary.kit_task", **titles)
        note = task.description.to(language).rstrip(".。")
        options.append(Option(f"{domain} {name}", title, note))
    options.append(context.make_back_option())
    value = context.terminal.select(messages("columns.which_task"), options)
    if value == BACK_VALUE:
        return None
    return dict(zip(("domain", "task"), value.split(), strict=True))


def _list_other_tasks(state: WizardState) -> list[tuple[str, str]]:
    """List all tasks but the present one: what was found first, then those of its domain."""
    present = (str(state.answers["domain"]), str(state.answers["task"]))
    tasks = [(domain, name) for domain, kit in state.catalog.kits.items() for name in kit.tasks]
    likely = [*(state.detected_tasks or ()), *(state.no_task.likely if state.no_task else ())]
    place = {name: position for position, name in enumerate(likely)}

    def tell(task: tuple[str, str]) -> tuple[int, bool]:
        return place.get("/".join(task), len(place)), task[0] != present[0]

    return [task for task in sorted(tasks, key=tell) if task != present]
