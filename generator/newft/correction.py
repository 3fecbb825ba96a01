"""Asks which column is which field, where that is unclear or wrong; earlier answers are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newft.entries import Task
from newft.given import COLUMNS, columns
from newft.mapping import shown
from newft.prompts import Option
from newft.situation import Situation, chosen_task
from newft.talk import BACK, Talk


class Correction:
    """The questions about the columns of the files that a situation names."""

    def __init__(self, now: Situation, talk: Talk) -> None:
        task = chosen_task(now)
        assert task
        self._task: Task = task
        self._talk = talk
        self._sight = talk.lookups.columns(now)
        self._found = now.data.mapping if now.data else {}
        self._named = columns(now.given)

    @property
    def possible(self) -> bool:
        """Whether there are columns to choose from."""
        return len(self._sight.columns) > 0

    def of_all(self) -> Mapping[str, str] | None:
        """The answers after naming each required field's column; None for who went back."""
        wanted = [name for name, field in self._task.single_fields.items() if field.required]
        place = 0
        while place < len(wanted):
            taken = [self._named[name] for name in wanted[:place]]
            if self._named_by_choice(wanted[place], taken):
                place += 1
            elif place:
                place -= 1
            else:
                return None
        return self._answers()

    def of_one(self) -> Mapping[str, str] | None:
        """The answers after naming the column of one field; None for who went back."""
        texts = self._talk.texts
        while True:
            fields = [
                Option(name, f"{field.title.to(texts.language)} <- {self._present(name)}")
                for name, field in self._task.single_fields.items()
            ]
            name = self._talk.prompts.select(texts("mapping.field"), [*fields, self._back()])
            if name == BACK:
                return None
            if self._named_by_choice(name, ()):
                return self._answers()

    def _named_by_choice(self, name: str, taken: Sequence[str]) -> bool:
        """Whether a column was chosen for a field; it starts on the one that it is likely in."""
        texts = self._talk.texts
        free = [column for column in self._sight.columns if column.name not in taken]
        options = [Option(column.name, f"{column.name}: {shown(column)}") for column in free]
        likely = (self._named.get(name), *self._found.get(name, ()), *self._sight.likely[name])
        listed = [column.name for column in free]
        value = self._talk.prompts.select(
            texts("mapping.column", field=self._task.single_fields[name].title.to(texts.language)),
            [*options, self._back()],
            default=next((column for column in likely if column in listed), None),
        )
        if value == BACK:
            return False
        self._named[name] = value
        return True

    def _present(self, name: str) -> str:
        if name in self._named:
            return self._named[name]
        return ", ".join(self._found.get(name, ())) or self._talk.texts("mapping.missing")

    def _back(self) -> Option:
        return Option(BACK, self._talk.texts("wizard.back"))

    def _answers(self) -> Mapping[str, str]:
        return {f"{COLUMNS}{name}": column for name, column in self._named.items()}
