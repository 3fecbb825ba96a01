"""Find texts that give their own target away: a model would copy it instead of learning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from .label_rules import COMMA_PATTERN, NO_LABEL_RULES, LabelRules, list_spellings
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
_PHRASE_END_PATTERN = re.compile(r"[，。；,;\n]")
_BREAK_PATTERN = re.compile(r"\n|\s[-–—]+\s|[-–—]+>")
# "No later than" goes on as prose; a capital or a new line begins the text after a label
_PROSE_AFTER_NO_PATTERN = re.compile(r"\s*[Nn][Oo](?:[-\u2010]|[^\S\r\n]+)[a-zß-ÿ\d]")
_OUTER_MARKS_PATTERN = re.compile(r"\A[\W_]+|[\W_]+\Z")
Position = Literal["start", "end"]  # of a text
POSITIONS: tuple[Position, ...] = ("start", "end")
_SHOWN_CHARS = 40  # of an end that states a label
_MAX_LABEL_CHARS = 300  # characters after such a mark: no label is longer


class LeakRules(NamedTuple):
    """How texts of a task state labels.

    `label_field_names` are what texts call the label, such as `priority` in `priority: high`. In
    `patterns`, regular expressions for a phrase, `{label}` stands for a label of the row or a short
    form of it. At `positions` of the texts of these records, labels stand too often to be prose.
    """

    label_rules: LabelRules = NO_LABEL_RULES
    label_field_names: Sequence[str] = ()
    patterns: Sequence[str] = ()
    positions: Sequence[Position] = ()


def find_leak(text: str, labels: Sequence[str], rules: LeakRules) -> str | None:
    """Find the part of a text that states one of its labels or that a pattern matches."""
    if not (rules.patterns or rules.positions or _MARK_PATTERN.search(text)):
        return None  # as most texts; a table has many short ones in each row
    names = (name for label in labels for name in _list_names(label, rules.label_rules))
    return (
        _match_patterns(text, labels, rules)
        or _find_stated_label(text, names, tuple(rules.label_field_names))
        or _find_at_position(text, labels, rules)
    )


def list_positions(text: str, labels: Sequence[str], rules: LabelRules) -> list[Position]:
    """List the ends of a text at which one of the labels stands, set apart by a mark."""
    names = [name for label in labels for name in _list_names(label, rules)]
    return [at for at in POSITIONS if has_name_at(read_end(text, at), names, at)]


def read_end(text: str, position: Position) -> str:
    """Normalize one end of a text, without marks around it; a line end or a dash is a mark too."""
    end = text[:_MAX_LABEL_CHARS] if position == "start" else text[-_MAX_LABEL_CHARS:]
    return _OUTER_MARKS_PATTERN.sub("", normalize_label(_BREAK_PATTERN.sub("|", end)))


def has_name_at(end: str, names: Iterable[str], position: Position) -> bool:
    """Tell whether one of the names stands at the end of a text that `read_end` gave."""
    for name in names:
        plain = _OUTER_MARKS_PATTERN.sub("", normalize_label(name))
        rest = end.removeprefix(plain) if position == "start" else end.removesuffix(plain)
        if plain and rest != end:
            rest = rest.strip("_")
            if not (rest[:1] if position == "start" else rest[-1:]).isalnum():
                return True
    return False


def excerpt_end(text: str, position: Position) -> str:
    """Cut some characters out of the end of a text at which it states its label."""
    return text[:_SHOWN_CHARS] if position == "start" else text[-_SHOWN_CHARS:]


def _find_stated_label(
    text: str, labels: Iterable[str], label_field_names: tuple[str, ...]
) -> str | None:
    """Find the part of a text that states one of its labels."""
    if not _MARK_PATTERN.search(text):
        return None
    wanted = [normal for label in labels if (normal := normalize_label(label))]
    for field in _compile_label_field(label_field_names).finditer(text):
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


def _find_at_position(text: str, labels: Sequence[str], rules: LeakRules) -> str | None:
    if not rules.positions:
        return None
    found = list_positions(text, labels, rules.label_rules)
    return next((excerpt_end(text, at) for at in found if at in rules.positions), None)


def _match_patterns(text: str, labels: Sequence[str], rules: LeakRules) -> str | None:
    if not rules.patterns:
        return None
    forms = [form for label in labels for form in _list_short_forms(label)]
    alternatives = f"(?:{'|'.join(map(re.escape, forms))})"
    for pattern in rules.patterns:
        if "{label}" in pattern and not any(form in text for form in forms):
            continue
        wanted = re.compile(pattern.replace("{label}", alternatives))
        for phrase in _PHRASE_END_PATTERN.split(text):
            if found := wanted.search(phrase):
                return found[0]
    return None


def _list_names(label: str, rules: LabelRules) -> Iterator[str]:
    """What a text may call a label; where records have several, each part of it is a name too."""
    yield from list_spellings(label, rules)
    for part in _split_parts(label) if rules.separator else []:
        yield from list_spellings(part, rules)


def _list_short_forms(label: str) -> list[str]:
    """A label and what is short for it: `open invoices` for `open, paid invoices`.

    Each part may stand with the end of a later one. Where that end begins is not marked, so all
    ends are tried; a form that is not a label does no harm, as no text has it.
    """
    parts = _split_parts(label)
    joined = [
        part + later[at:]
        for place, part in enumerate(parts)
        for later in parts[place + 1 :]
        for at in range(1, len(later))
    ]
    return [label, *parts, *joined]


def _split_parts(label: str) -> list[str]:
    """The parts of a label between commas; none where it has no comma."""
    parts = COMMA_PATTERN.split(label)
    return parts if len(parts) > 1 else []


@lru_cache(maxsize=10)
def _compile_label_field(label_field_names: tuple[str, ...]) -> re.Pattern[str]:
    """Match the name of a label field and what stands between it and the label."""
    latin, chinese = [_LATIN_LABEL_NAMES], [_CHINESE_LABEL_NAMES]
    for name in label_field_names:
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
        prose = label == "no" and _PROSE_AFTER_NO_PATTERN.match(text, start)
        if rest.startswith(label) and ends and not prose:
            return label
    return None
