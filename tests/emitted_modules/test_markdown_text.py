"""Text in Markdown: a renderer shows it as it was, and makes nothing else of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from newft.emitted.markdown_text import escape_markdown

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKS = st.text(st.sampled_from("ab1 .)(]![-+>=#*_~`|<&;:\\$\"'/\n是"), max_size=30)
CODE = re.compile(r"(?<!`)`([^`|]+)`(?!`)")
PLACES = {  # how the text stands in a file, and what a renderer finds there
    "paragraph": ("{}", ["paragraph_open", "inline", "paragraph_close"]),
    "heading": ("# {}", ["heading_open", "inline", "heading_close"]),
    "item": (
        "* {}",
        [
            *("bullet_list_open", "list_item_open", "paragraph_open", "inline"),
            *("paragraph_close", "list_item_close", "bullet_list_close"),
        ],
    ),
}


def strip_code(found: re.Match[str]) -> str:
    code = found[1]
    padded = code.strip(" ") and code.startswith(" ") and code.endswith(" ")
    return code[1:-1] if padded else code


def read_shown(token: Token) -> str:
    """What a reader sees of one place, which holds nothing but text and code."""
    assert token.children is not None
    assert {part.type for part in token.children} <= {"text", "code_inline"}
    return "".join(part.content for part in token.children)


@pytest.mark.parametrize("place", sorted(PLACES))
@given(text=MARKS)
def test_a_text_is_shown_as_it_is(place: str, text: str) -> None:
    line = " ".join(text.split())
    if not line:
        return
    frame, types = PLACES[place]
    tokens = RENDERER.parse(frame.format(escape_markdown(line)))
    assert [token.type for token in tokens] == types
    shown = next(read_shown(token) for token in tokens if token.type == "inline")
    assert shown.strip() == CODE.sub(strip_code, line).strip()


@given(texts=st.lists(MARKS, min_size=2, max_size=2))
def test_a_row_keeps_its_cells(texts: list[str]) -> None:
    row = " | ".join(map(escape_markdown, texts))
    tokens = RENDERER.parse(f"| a | b |\n| --- | --- |\n| {row} |\n")
    types = [token.type for token in tokens]
    assert types.count("tr_open") == 2
    cells = [tokens[at + 1] for at, name in enumerate(types) if name == "td_open"]
    expected = [CODE.sub(strip_code, " ".join(text.split())).strip() for text in texts]
    assert [" ".join(read_shown(cell).split()) for cell in cells] == [
        " ".join(text.split()) for text in expected
    ]


@pytest.mark.parametrize(
    "text",
    ["https://example.org/a_b#c_d", "n = 1.96^2 x t / (1-t)", "5 > 3", "`task.labels` and `a<b`"],
)
def test_what_needs_no_escape_has_none(text: str) -> None:
    assert escape_markdown(text) == text
