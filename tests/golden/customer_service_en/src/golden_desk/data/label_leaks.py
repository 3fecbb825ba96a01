"""Find texts that give their own target away: a model would copy it instead of learning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from .normalize import normalize_label

# A label is stated by a mark of form, never by prose that uses its words: after the name of a
# label field and a separator, as a hashtag, or alone in brackets where a text begins or ends.
_MARK_PATTERN = re.compile(r"[:：=＝#＃\[【<>_→]")
# what texts of any task call a label; a task adds names of its own
_LATIN_LABEL_NAMES = (
    r"labels?|classe?s?|category|categories|tags?|topics?|targets?|answers?|ground[ _]truth"
)
_CHINESE_LABEL_NAMES = "标签|分类|类别|类型|标注|答案"
_LABEL_SEPARATOR = r"[\"'”’\]】*]{0,2}\s*(?:[:：=＝]+>?|-+>|→|>|__)\s*[\"'“‘「『\[【<(（*]*"
_HASHTAG_PATTERN = re.compile(r"(?<!\w)[#＃]")
_BRACKET_PATTERN = re.compile(r"\s*[\[【<]|[\[【<](?=[^\[【<]*[\]】>]\s*\Z)")
_CLOSING_BRACKETS = ("]", "】", ">")
_MAX_LABEL_CHARS = 300  # characters after such a mark: no label is longer


def find_leak(
    text: str,
    labels: Iterable[str],
    *,
    label_names: Sequence[str] = (),
    patterns: Iterable[str] = (),
) -> str | None:
    """Find the part of a text that states one of its labels or that a pattern matches.

    `label_names` are what texts of the task call a label, such as `priority` in `priority: high`.
    """
    for pattern in patterns:
        if found := re.search(pattern, text):
            return found[0]
    return _find_stated_label(text, labels, tuple(label_names))


def _find_stated_label(
    text: str, labels: Iterable[str], label_names: tuple[str, ...]
) -> str | None:
    """Find the part of a text that states one of its labels."""
    if not _MARK_PATTERN.search(text):
        return None
    wanted = [normal for label in labels if (normal := normalize_label(label))]
    for field in _compile_label_field(label_names).finditer(text):
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


@lru_cache(maxsize=10)
def _compile_label_field(label_names: tuple[str, ...]) -> re.Pattern[str]:
    """Match the name of a label field and what stands between it and the label."""
    latin, chinese = [_LATIN_LABEL_NAMES], [_CHINESE_LABEL_NAMES]
    for name in label_names:
        if name.isascii():
            latin.append(re.escape(name).replace(r"\ ", "[ _]") + "s?")
        else:
            chinese.append(re.escape(name))
    names = rf"(?:(?<![a-z])(?:{'|'.join(latin)})|{'|'.join(chinese)})"
    return re.compile(names + _LABEL_SEPARATOR, re.IGNORECASE)


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
