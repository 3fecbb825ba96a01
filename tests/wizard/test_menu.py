"""A list: filtering as one types, moving, refusing; and what it leaves on the screen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.wizard.check_menu import CheckMenu
from newft.wizard.menu import Menu, Option

MODELS = [
    Option("embedded", "SmolLM2-135M: 0.3 GB", "suggested: small"),
    Option("Qwen/Qwen3-0.6B", "Qwen3-0.6B: 1.2 GB"),
    Option("Qwen/Qwen3-32B", "Qwen3-32B: 65.5 GB", "does not fit", refusal="it needs 78 GB"),
    Option("meta-llama/Llama-3.2-1B", "Llama-3.2-1B: 2.5 GB"),
    Option("...", "something else ...", fixed=True, takes_text=True),
    Option("<", "<- back", fixed=True),
]


def typed(text: str, options: Sequence[Option] = MODELS, default: str | None = None) -> Menu:
    menu = Menu(options, default)
    for character in text:
        menu.type(character)
    return menu


@pytest.mark.parametrize(
    ("text", "marked", "shown"),
    [
        ("", "embedded", 6),
        ("qwen", "Qwen/Qwen3-0.6B", 4),
        ("QWEN3 32", "Qwen/Qwen3-32B", 3),
        ("llama", "meta-llama/Llama-3.2-1B", 3),
        ("meta", "meta-llama/Llama-3.2-1B", 3),  # by its hub id
        ("0.3", "embedded", 3),
        ("no such", "...", 2),
        ("<", "<", 6),
    ],
)
def test_typing_filters_and_marks_what_begins_so(text: str, marked: str, shown: int) -> None:
    menu = typed(text)
    assert menu.marked is not None
    assert (menu.marked.value, len(menu.shown)) == (marked, shown)


def test_a_word_that_begins_an_entry_wins_over_one_that_holds_it() -> None:
    options = [Option("1", "yes, go on"), Option("2", "no, another"), Option("3", "it is not so")]
    assert typed("n", options).choose() == "2"


def test_what_is_refused_stays_open_and_says_why() -> None:
    menu = typed("32b")
    assert (menu.choose(), menu.refused) == (None, "it needs 78 GB")
    menu.move(1)
    assert (menu.choose(), menu.refused) == ("...", "")


def test_erasing_brings_entries_back_and_keeps_the_mark() -> None:
    menu = typed("qwen3-0")
    menu.erase()
    assert menu.marked == MODELS[1]
    menu.erase(everything=True)
    assert (menu.typed, len(menu.shown), menu.marked) == ("", 6, MODELS[1])


def test_nothing_that_fits_leaves_nothing_to_choose() -> None:
    menu = typed("zzz", MODELS[:2])
    menu.move(1)
    assert (menu.shown, menu.marked, menu.choose()) == ([], None, None)


def test_typed_text_that_matches_no_entry_is_the_answer_where_a_list_takes_one() -> None:
    assert typed("./base-model").choose() == "./base-model"
    menu = typed("zzz", [*MODELS[:2], MODELS[-1]])
    assert (menu.marked, menu.choose()) == (None, None)  # no way back by accident
    menu.move(1)
    assert menu.choose() == "<"
    menu.erase(everything=True)
    assert menu.marked is not None


def test_the_words_of_an_entry_that_takes_text_find_it_and_are_no_answer() -> None:
    options = [*MODELS[:4], Option("...", "a folder, or a hub id ...", fixed=True, takes_text=True)]
    menu = typed("folder", [*options, Option("method", "another method ...", fixed=True)])
    assert (menu.choose(), menu.takes_typed) == ("...", False)
    assert typed("method", [*options, Option("method", "another method", fixed=True)]).choose() == (
        "method"
    )
    assert typed("acme/weights", options).takes_typed


def test_where_nothing_is_marked_enter_takes_nothing() -> None:
    menu = Menu(MODELS, marks_first=False)
    assert (menu.marked, menu.choose()) == (None, None)
    menu.type("q")
    assert menu.choose() == "Qwen/Qwen3-0.6B"
    menu = Menu(MODELS, marks_first=False)
    menu.move(-1)
    assert menu.choose() == "<"
    menu = Menu(MODELS, marks_first=False)
    menu.move(1)
    assert menu.choose() == "embedded"
    assert Menu(MODELS, "Qwen/Qwen3-0.6B", marks_first=False).choose() == "Qwen/Qwen3-0.6B"


def test_the_default_is_marked_and_one_that_is_not_there_is_not() -> None:
    assert typed("", default="Qwen/Qwen3-32B").marked == MODELS[2]
    assert typed("", default="gone").marked == MODELS[0]


@given(st.lists(st.one_of(st.sampled_from([1, -1, 3]), st.sampled_from("qwen3<-. b"), st.none())))
def test_whatever_is_pressed_the_mark_is_on_an_entry_that_is_shown(
    keys: list[int | str | None],
) -> None:
    menu = Menu(MODELS)
    for key in keys:
        if key is None:
            menu.erase()
        elif isinstance(key, int):
            menu.move(key)
        else:
            menu.type(key)
        assert menu.marked in menu.shown


def checked(keys: str, *, allow_none: bool = False) -> CheckMenu:
    """A list of three labels and the way back; `>` moves to the next entry."""
    options = [Option(label, label) for label in ("Default", "Late", "Paid")]
    options.append(Option("<", "<- back", fixed=True))
    menu = CheckMenu(options, ["Default"], allow_none=allow_none, refusal="mark one")
    for key in keys:
        menu.move(1) if key == ">" else menu.type(key)
    return menu


def test_space_marks_and_enter_takes_all_that_is_marked() -> None:
    menu = checked("> ")
    assert menu.choose() == "Default\nLate"
    assert menu.describe("Default\nLate") == "Default, Late"
    assert [menu.get_title(one) for one in menu.shown] == [
        "[x] Default", "[x] Late", "[ ] Paid", "<- back",
    ]  # fmt: skip


def test_a_filter_hides_no_mark() -> None:
    assert checked("pa ").choose() == "Default\nPaid"


def test_none_is_refused_unless_it_is_an_answer() -> None:
    menu = checked(" ")
    assert menu.choose() is None
    assert menu.refused == "mark one"
    assert checked(" ", allow_none=True).choose() == ""


def test_the_way_back_is_no_mark() -> None:
    assert checked(">>> ").choose() == "<"
