"""The tags and the texts of HTML or XML, and the text of a cell that is HTML.

`html.parser` of Python 3.11 and 3.12 takes quadratic time on broken pages. Here each tag ends at
the next `<` at the latest, so that no page takes more than one pass. Entities that a document
declares are never expanded.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

TAG_PATTERN = re.compile(
    r"<!--|<!\[CDATA\[|<[!?][^<>]*>"
    r"|<(?P<end>/?)(?:[A-Za-z][\w.-]*:)?(?P<name>[A-Za-z][\w.-]*)"
    r"(?P<rest>(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+(?=>)|[^<>]*)>"
)
VERBATIM = {"<!--": "-->", "<![CDATA[": "]]>"}  # with what ends them, whatever is between
HIDDEN_TAGS = frozenset({"script", "style", "title", "template"})  # whose texts nobody sees
# after which a new line begins, of the phrasing that mail programs and help desks write
_HEADINGS = (f"h{level}" for level in range(1, 7))
_PARTS = ("address", "article", "blockquote", "footer", "head", "header", "pre", "section")
_LIST_TAGS = ("dd", "dl", "dt", "li", "ol", "table", "tbody", "tr", "ul")
BREAKING_TAGS = frozenset(
    {"body", "br", "div", "hr", "html", "p", *_PARTS, *_LIST_TAGS, *_HEADINGS}
)
_STYLES = ("b", "center", "code", "del", "em", "font", "i", "ins", "s", "small", "strong", "sub")
KNOWN_TAGS = BREAKING_TAGS.union(
    _STYLES, ("a", "img", "label", "main", "span", "sup", "td", "th", "u")
)
MAX_TAG_CHARS = 2_000  # of the first tag of a cell: the styles of mail programs are shorter
OPEN_TAGS = frozenset({"br", "div", "hr", "img", "p"})  # whose end may be missing
_SPACES_PATTERN = re.compile(r"\s+")


class Piece(NamedTuple):
    """A text, and the tag after it: in lower case, without the prefix of its namespace."""

    text: str
    tag: str = ""
    ends: bool = False  # as </td> does
    rest: str = ""  # the attributes as they are written


def iterate_markup(markup: str) -> Iterator[Piece]:
    """The tags in their order, with the visible text before each."""
    at, length = 0, len(markup)
    while at < length:
        found = TAG_PATTERN.search(markup, at)
        if found is None:
            break
        text, tag, end = resolve_entities(markup[at : found.start()]), found["name"], found.end()
        if tag is None:
            mark = VERBATIM.get(found[0])
            close = markup.find(mark, end) if mark else end
            inside = markup[end : close if close >= 0 else length] if mark == "]]>" else ""
            yield Piece(text + inside)
            at = length if close < 0 else close + len(mark or "")
            continue
        tag, ends = tag.lower(), bool(found["end"])
        yield Piece(text, tag, ends, found["rest"])
        at = end
        if tag in HIDDEN_TAGS and not ends and not found["rest"].endswith("/"):
            hidden = re.compile(f"</{tag}(?![^\\s/>])", re.IGNORECASE).search(markup, end)
            at = hidden.start() if hidden else length
    if at < length:
        yield Piece(resolve_entities(markup[at:]))


def resolve_entities(text: str) -> str:
    """A text with the characters that `&amp;` and the like stand for."""
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except ValueError:  # a number with more digits than Python reads
        return text


def is_markup(text: str) -> bool:
    """Whether a text plainly is HTML: it begins with a tag that is HTML's."""
    start = TAG_PATTERN.match(text.lstrip()[:MAX_TAG_CHARS])
    if start is None:
        return False
    tag = (start["name"] or "").lower()
    if tag not in KNOWN_TAGS or start["end"]:
        return start[0].lower().startswith("<!doctype html")
    return tag in OPEN_TAGS or f"</{tag}>" in text.lower()


def read_visible_text(markup: str) -> str:
    """The text of HTML as a reader sees it, without spaces that nobody sees."""
    parts: list[str] = []
    for piece in iterate_markup(markup):
        parts.append(_SPACES_PATTERN.sub(" ", piece.text))
        if piece.tag in BREAKING_TAGS:
            parts.append("\n")
        elif piece.tag in ("td", "th"):
            parts.append(" ")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(filter(None, lines))
