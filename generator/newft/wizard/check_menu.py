"""A list of which several entries may be chosen: Space marks one, Enter takes all marked ones."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from newft.wizard.menu import Menu, Option
from newft.wizard.question import VALUE_SEPARATOR

MARKS = ("[ ]", "[x]")


def format_mark(option: Option, *, chosen: bool) -> str:
    """Return the title of an entry with the box before it; the way back has none."""
    return option.title if option.fixed else f"{MARKS[chosen]} {option.title}"


class CheckMenu(Menu):
    """The state of such a list; `chosen` holds the values of its entries that are chosen."""

    def __init__(
        self,
        options: Sequence[Option],
        chosen: Collection[str],
        *,
        allow_none: bool,
        refusal: str,
    ) -> None:
        super().__init__(options)
        self.chosen = {*chosen}
        self._allow_none = allow_none
        self._refusal = refusal  # of none, where that is no answer

    def get_title(self, option: Option) -> str:
        """Return the title of an entry with its box."""
        return format_mark(option, chosen=option.value in self.chosen)

    def type(self, text: str) -> None:
        """Choose the marked entry, or no longer, by Space; all else filters."""
        if text != " ":
            super().type(text)
        elif (option := self.marked) and not option.fixed:
            self.chosen ^= {option.value}
            self.refused = ""

    def choose(self) -> str | None:
        """Return the chosen values in their order, or the value of the way back."""
        if self.marked and self.marked.fixed:
            return self.marked.value
        if not self.chosen and not self._allow_none:
            self.refused = self._refusal
            return None
        return VALUE_SEPARATOR.join(one.value for one in self._list_chosen())

    def describe(self, value: str) -> str:
        """Return what stays on the screen of an answer."""
        if self.marked and self.marked.value == value and self.marked.fixed:
            return self.marked.title
        return ", ".join(one.title for one in self._list_chosen()) or "-"

    def _list_chosen(self) -> list[Option]:
        return [option for option in self.options if option.value in self.chosen]
