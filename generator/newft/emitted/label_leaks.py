"""Texts that state their own label, such as `[intent: refund]`: what a model would read off."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .normalize import normalize_label

# A label is stated by a mark of form, never by prose that uses its words: after the name of a
# label field and a separator, as a hashtag, or alone in brackets where a text begins or ends.
_MARK_PATTERN = re.compile(r"[:：=＝#＃\[【<>_→]")
_LABEL_FIELD_PATTERN = re.compile(
    r"(?:(?<![a-z])(?:labels?|intents?|classe?s?|category|categories|tags?|topics?|targets?|answers?"
    r"|ground[ _]truth|risk[ _](?:level|grade|class)|charges?)"
    r"|标签|意图|分类|类别|类型|标注|答案|罪名|风险等级|风险级别)"
    r"[\"'”’\]】*]{0,2}\s*(?:[:：=＝]+>?|-+>|→|>|__)\s*[\"'“‘「『\[【<(（*]*",
    re.IGNORECASE,
)
_HASHTAG_PATTERN = re.compile(r"(?<!\w)[#＃]")
_BRACKET_PATTERN = re.compile(r"\s*[\[【<]|[\[【<](?=[^\[【<]*[\]】>]\s*\Z)")
_CLOSING_BRACKETS = ("]", "】", ">")
_MAX_LABEL_CHARS = 300  # characters after such a mark: no label is longer


def find_stated_label(text: str, labels: Iterable[str]) -> str | None:
    """The part of a text that states one of its labels, or None."""
    if not _MARK_PATTERN.search(text):
        return None
    wanted = [normal for label in labels if (normal := normalize_label(label))]
    for field in _LABEL_FIELD_PATTERN.finditer(text):
        if label := _match_label_at(text, field.end(), wanted):
            return text[field.start() : field.end()] + label
    # a number or a single letter after these marks is an order, a footnote or an item of a list
    names = [name for name in wanted if sum(map(str.isalpha, name)) > 1]
    for mark in _HASHTAG_PATTERN.finditer(text):
        if label := _match_label_at(text, mark.end(), names):
            return mark[0] + label
    brackets = (_BRACKET_PATTERN.match(text), _BRACKET_PATTERN.search(text, 1))
    for bracket in filter(None, brackets):
        if label := _match_label_at(text, bracket.end(), names, before=_CLOSING_BRACKETS):
            return bracket[0].strip() + label
    return None


def _match_label_at(
    text: str, start: int, labels: Iterable[str], *, before: tuple[str, ...] = ()
) -> str | None:
    """The label that begins at a place, if no word goes on after it; `before` must follow it."""
    rest = normalize_label(text[start : start + _MAX_LABEL_CHARS])
    for label in labels:
        follows = rest[len(label) :]
        ends = follows.lstrip("_").startswith(before) if before else not follows[:1].isalnum()
        if rest.startswith(label) and ends:
            return label
    return None
