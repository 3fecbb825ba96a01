"""Asks which column is which field, or which task, where that is unclear or wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newft.answers.keys import COLUMNS_PREFIX, get_columns
from newft.dataset.column_errors import preview_values
from newft.dataset.column_match import Column
from newft.i18n import Messages
from newft.schema.kit import Kit, Task
from newft.wizard.context import BACK_VALUE, WizardContext
from newft.wizard.menu import Option
from newft.wizard.state import WizardState, get_chosen_task

MAX_COLUMNS_SHOWN = 8  # where no task was recognised


class ColumnDialog:
    """The questions about the columns of the files that a situation names; answers are kept."""

    def __init__(self, now: WizardState, talk: WizardContext) -> None:
        task = get_chosen_task(now)
        assert task
        self._task: Task = task
        self._talk = talk
        self._sight = talk.lookups.columns(now)
        self._named = get_columns(now.given)
        self._found = now.data.mapping if now.data else {}
        self._marked: dict[str, str] = {}  # the last choice for each field, good or not

    @property
    def possible(self) -> bool:
        """Whether there are columns to choose from."""
        return len(self._sight.columns) > 0

    @property
    def missing(self) -> Sequence[str]:
        """The titles of the required fields that no column looks like."""
        language = self._talk.texts.language
        return [
            field.title.to(language)
            for name, field in self._task.single_fields.items()
            if field.required and not (*self._columns(name), *self._sight.likely.get(name, ()))
        ]

    def say_what_is_needed(self) -> None:
        """The fields whose columns are to be named."""
        texts, fields = self._talk.texts, self._task.single_fields.values()
        titles = [field.title.to(texts.language) for field in fields if field.required]
        task = self._task.title.to(texts.language)
        self._talk.say("\n" + texts("mapping.needs", task=task, fields=texts.listed(titles)))

    def of_all(self) -> Mapping[str, str] | None:
        """All answers about columns, each required field's asked; None for who went back."""
        return self._asked(
            [name for name, field in self._task.single_fields.items() if field.required]
        )

    def of_one(self) -> Mapping[str, str] | None:
        """All answers about columns, one field's asked; None for who went back."""
        texts = self._talk.texts
        while True:
            fields = [
                Option(name, f"{field.title.to(texts.language)} <- {self._present(name)}")
                for name, field in self._task.single_fields.items()
            ]
            name = self._talk.prompts.select(texts("mapping.field"), [*fields, self._back()])
            if name == BACK_VALUE:
                return None
            if named := self._asked([name]):
                return named

    def _asked(self, wanted: Sequence[str]) -> Mapping[str, str] | None:
        """The answers after naming the columns of some fields; those that still hold are kept."""
        chosen: dict[str, str] = {}
        while open_ones := self._open(wanted, chosen):
            column = self._choice(open_ones[0], taken=list(chosen.values()))
            if column != BACK_VALUE:
                self._marked[open_ones[0]] = chosen[open_ones[0]] = column
            elif chosen:
                chosen.popitem()
            else:
                return None
        free = {column.name for column in self._sight.columns} - set(chosen.values())
        kept = {name: column for name, column in self._named.items() if column in free}
        return {f"{COLUMNS_PREFIX}{name}": column for name, column in {**kept, **chosen}.items()}

    def _open(self, wanted: Sequence[str], chosen: Mapping[str, str]) -> list[str]:
        """The fields to ask for: also one whose column another took, so that two can be swapped."""
        taken = set(chosen.values())
        robbed = [
            name
            for name, field in self._task.single_fields.items()
            if field.required and taken.intersection(self._columns(name))
        ]
        return [name for name in (*wanted, *robbed) if name not in chosen]

    def _choice(self, name: str, *, taken: Sequence[str]) -> str:
        """The column chosen for a field; the list starts on the one that it is likely in."""
        texts = self._talk.texts
        free = [column for column in self._sight.columns if column.name not in taken]
        options = [Option(column.name, _describe_column(column, texts)) for column in free]
        guesses = (*self._columns(name), *self._sight.likely.get(name, ()))
        listed = [column.name for column in free]
        return self._talk.prompts.select(
            texts("mapping.column", field=self._task.single_fields[name].title.to(texts.language)),
            [*options, self._back()],
            default=next((c for c in (self._marked.get(name), *guesses) if c in listed), None),
        )

    def _columns(self, name: str) -> Sequence[str]:
        """The columns that a field has now."""
        named = (self._named[name],) if name in self._named else ()
        return self._found.get(name, named)

    def _present(self, name: str) -> str:
        return ", ".join(self._columns(name)) or self._talk.texts("mapping.missing")

    def _back(self) -> Option:
        return Option(BACK_VALUE, self._talk.texts("wizard.back"), fixed=True)


def show_columns(now: WizardState, talk: WizardContext) -> None:
    """What is in the columns of the files, the first few."""
    columns = talk.lookups.columns(now).columns
    for column in columns[:MAX_COLUMNS_SHOWN]:
        talk.say(f"  {_describe_column(column, talk.texts)}")
    if len(columns) > MAX_COLUMNS_SHOWN:
        talk.say("  " + talk.texts("recognised.more", count=len(columns) - MAX_COLUMNS_SHOWN))


def ask_other_task(now: WizardState, talk: WizardContext) -> Mapping[str, str] | None:
    """The answers about domain and task as the person names them; None for who went back."""
    taken = (now.given["domain"], now.given["task"])
    options = [
        Option(f"{domain} {name}", *_describe_task(kit, task, talk))
        for domain, kit in now.catalog.kits.items()
        for name, task in kit.tasks.items()
        if (domain, name) != taken
    ]
    options.append(Option(BACK_VALUE, talk.texts("wizard.back"), fixed=True))
    value = talk.prompts.select(talk.texts("mapping.which"), options)
    return (
        None if value == BACK_VALUE else dict(zip(("domain", "task"), value.split(), strict=True))
    )


def _describe_task(kit: Kit, task: Task, talk: WizardContext) -> tuple[str, str]:
    """The title of a task, and what it answers."""
    language = talk.texts.language
    title = talk.texts("mapping.titled", kit=kit.title.to(language), task=task.title.to(language))
    return title, task.description.to(language).rstrip(".。")


def _describe_column(column: Column, texts: Messages) -> str:
    """A column with some of its values."""
    return texts("mapping.column_values", column=column.name, values=preview_values(column))
