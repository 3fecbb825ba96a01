"""Tell by the words inside a name which outcome it speaks of, as `SeriousDlqin2yrs` does.

A name may be that of a label, such as `Late (31-120 days)`, or of a column of yes and no, such as
`not.fully.paid`. A negation before a word turns it round. A direction is settled only where all
that stands beside its word is known to leave it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from newft.dataset.name_words import fold_accents, to_snake_case
from newft.dataset.neutral_words import (
    is_neutral_ending,
    is_neutral_han,
    is_neutral_word,
    may_turn_round,
)
from newft.text import CJK_PATTERN

Direction = Literal["positive", "negative", "open"]  # `open`: the outcome is not known yet

# a shorter word counts as a whole word only, as it stands in too many others: `late` in `template`
MIN_STEM_CHARS = 5

_NEGATIONS = frozenset(("not", "un", "no", "non", "never", "without", "isnt", "hasnt", "didnt"))
# what may stand between a negation and its word: `not_yet_fully_paid`, `has_not_been_in_default`
_FILLERS = frozenset(("a", "any", "been", "be", "ever", "fully", "get", "in", "is", "to", "yet"))
_NEGATING_BEGINNINGS = ("dis", "mis", "no", "non", "not", "un", "under")  # `nondefault`
# 有无, 有没有 and 会不会 ask whether something is so, and negate nothing
_CHINESE_NEGATION_PATTERN = re.compile(
    "(?:从未|从不|未|非|(?<!有)[无没]|(?<![是会能])不)"
    "(?:有|曾|会|能|被|再|发生|出现|产生|完全|全部|全额|按时|按期|如期|及时)*$"
)
_PARTS_PATTERN = re.compile(r"[^\W\d_]+|\d+")  # digits are a word of their own: `90dpd`
_APOSTROPHE_PATTERN = re.compile("['\u2019]")  # of `hasn't`
_PAST_WORDS = frozenset(("prior", "previous", "previously", "prev", "history", "hist"))
_CHINESE_PAST_WORDS = ("历史", "曾", "以往", "过往", "此前", "之前")
# a column that counts how often something happened is no outcome, though a count may be 0 or 1
_COUNT_WORDS = frozenset(("number", "num", "nbr", "count", "cnt", "times", "qty", "anzahl", "nb"))
_CHINESE_COUNT_WORDS = ("次数", "笔数", "个数", "数量", "期数", "天数", "金额")
# how scorecards and account books write good and bad for short, the good one first
GOOD_BAD_PAIRS = (("g", "b"), ("好", "坏"))
MIN_TOLD_SHARE = 2 / 3  # of the values of a column of outcomes: some are of neither
_OPPOSITES: Mapping[Direction, Direction] = {"positive": "negative", "negative": "positive"}


class DirectionStems(NamedTuple):
    """Words, and beginnings of words, by the outcome that they speak of."""

    positive: tuple[str, ...]
    negative: tuple[str, ...]
    open: tuple[str, ...] = ()


class _Stem(NamedTuple):
    words: tuple[str, ...]
    direction: Direction


class _Finding(NamedTuple):
    direction: Direction
    negated: bool


class _Scan(NamedTuple):
    """The outcomes inside a name, and whether what stands beside them leaves them as they are."""

    found: list[_Finding]
    neutral: bool = True
    turned: bool = False  # perhaps: a word such as `free` or 免 stands beside them


def tell_direction(name: str, stems: DirectionStems) -> Direction | None:
    """Tell the outcome that a name speaks of; None where it names none, or several."""
    scan = _scan_name(name, _sort_stems(stems))
    return None if scan.turned else _pick_only(scan.found)


def settle_direction(name: str, stems: DirectionStems) -> Direction | None:
    """Tell the outcome that a name speaks of, if each word beside it is known to be neutral."""
    scan = _scan_name(name, _sort_stems(stems))
    return _pick_only(scan.found) if scan.neutral and not scan.turned else None


def names_outcome(name: str, stems: tuple[str, ...]) -> bool:
    """Tell whether a name speaks of an outcome, be it both ways, and not of an earlier one."""
    found = _scan_name(name, _sort_stems(DirectionStems(stems, ()))).found
    return bool(found) and not (names_the_past(name) or _names_a_count(name))


def are_outcomes(values: Sequence[str], stems: DirectionStems) -> bool:
    """Tell whether values, each given once, are outcomes of a task, of both directions."""
    if find_short_bad(values):
        return True
    told = [tell_direction(value, stems) for value in values]
    both = {"positive", "negative"} <= {*told}
    return both and sum(one is not None for one in told) >= MIN_TOLD_SHARE * len(told)


def names_a_measure(name: str, words: Sequence[str]) -> bool:
    """Tell whether a name holds a whole word for a number that measures the outcome: `PD_12M`."""
    return any(
        word in name if CJK_PATTERN.search(word) else fold_accents(word) in _split_words(name)
        for word in words
    )


def names_the_past(name: str) -> bool:
    """Tell whether a name speaks of what is known before the outcome, as `prior_default` does."""
    in_chinese = any(one in name for one in _CHINESE_PAST_WORDS)
    return in_chinese or not _PAST_WORDS.isdisjoint(_split_words(name))


def find_short_bad(values: Sequence[str]) -> str | None:
    """Find the bad one of two values that are short for good and bad, such as `G` and `B`."""
    by_word = {value.strip().casefold(): value for value in values}
    found = (by_word[bad] for good, bad in GOOD_BAD_PAIRS if {good, bad} == by_word.keys())
    return next(found, None)


def _names_a_count(name: str) -> bool:
    words = _split_words(name)
    in_chinese = any(one in name for one in _CHINESE_COUNT_WORDS)
    return in_chinese or words[:1] == ["n"] or not _COUNT_WORDS.isdisjoint(words)


def negates_name(name: str, other: str) -> bool:
    """Tell whether a name is another one after a negation: `not low` and `low`, 不好 and 好."""
    words, plain = _split_words(name), _split_words(other)
    if len(words) == len(plain) == 1 and CJK_PATTERN.search(name):
        before, stands, after = words[0].rpartition(plain[0])
        return bool(stands) and not after and bool(_CHINESE_NEGATION_PATTERN.fullmatch(before))
    joined, begun = "".join(words), "".join(plain)
    if not begun or not joined.endswith(begun):
        return False
    return joined.removesuffix(begun) in _NEGATIONS


def _pick_only(findings: Sequence[_Finding]) -> Direction | None:
    found = {_OPPOSITES.get(one.direction) if one.negated else one.direction for one in findings}
    return found.pop() if len(found) == 1 else None


def _scan_name(name: str, stems: Sequence[_Stem]) -> _Scan:
    """Find the stems inside a name, the longest where several begin at one place."""
    words = _split_words(name)
    found: list[_Finding] = []
    beside: list[bool] = []  # whether each piece beside the stems is neutral
    at = 0
    while at < len(words):
        if CJK_PATTERN.search(words[at]):
            part = _scan_chinese(words[at], stems)
            found += part.found
            beside.append(part.neutral)
            at += 1
            continue
        stem = next((one for one in stems if _matches(words, at, one.words)), None)
        if stem is None:
            beside.append(is_neutral_word(words[at]) or _negates_next(words, at, stems))
            at += 1
            continue
        negated = _is_negated(words[:at]) != _begins_negated(words[at], stem.words[0])
        found.append(_Finding(stem.direction, negated))
        beside.append(_has_neutral_affixes(words[at], stem) and not _counts(words[:at], words[at]))
        at += len(stem.words)
    turned = bool(found) and any(map(may_turn_round, words))
    return _Scan(found, all(beside), turned)


def _split_words(name: str) -> list[str]:
    """Split a name into words; Chinese between other letters is one."""
    plain = fold_accents(_APOSTROPHE_PATTERN.sub("", name))
    parts = _PARTS_PATTERN.findall(to_snake_case(plain))
    return [word for part in parts for word in re.split(f"({CJK_PATTERN.pattern}+)", part) if word]


def _matches(words: Sequence[str], at: int, stem: Sequence[str]) -> bool:
    found = words[at : at + len(stem)]
    if len(found) < len(stem):
        return False
    if len(stem) == 1 and len(stem[0]) >= MIN_STEM_CHARS and stem[0] in found[0]:
        return True
    return all(
        word == part or (len(part) >= MIN_STEM_CHARS and word.startswith(part))
        for word, part in zip(found, stem, strict=True)
    )


def _is_negated(before: Sequence[str]) -> bool:
    """Tell whether the last of these words, beside those that only stand between, is a negation."""
    meant = (word for word in reversed(before) if word not in _FILLERS)
    return next(meant, "") in _NEGATIONS


def _begins_negated(word: str, stem: str) -> bool:
    return word.partition(stem)[0] in _NEGATING_BEGINNINGS


def _negates_next(words: Sequence[str], at: int, stems: Sequence[_Stem]) -> bool:
    """Tell whether a word is a negation of a stem after it, or stands between the two."""
    if words[at] not in _NEGATIONS | _FILLERS:
        return False
    rest = next((n for n in range(at + 1, len(words)) if words[n] not in _FILLERS), len(words))
    return any(_matches(words, rest, one.words) for one in stems)


def _has_neutral_affixes(word: str, stem: _Stem) -> bool:
    """Tell whether the rest of a word around its stem says nothing: `loandefault`, `defaulted`."""
    if len(stem.words) > 1:
        return True
    before, _, after = word.partition(stem.words[0])
    known = not before or before in _NEGATING_BEGINNINGS or is_neutral_word(before)
    return known and is_neutral_ending(after)


def _counts(before: Sequence[str], word: str) -> bool:
    """Tell whether `no` may be short for number: `no_defaults`, `no_of_defaults`."""
    return word.endswith("s") and not word.endswith("ss") and "no" in before


def _scan_chinese(text: str, stems: Sequence[_Stem]) -> _Scan:
    found: list[_Finding] = []
    neutral, begun, at = True, 0, 0
    while at < len(text):
        stem = next((one for one in stems if text.startswith(one.words[0], at)), None)
        if stem:
            negation = _CHINESE_NEGATION_PATTERN.search(text[begun:at])
            found.append(_Finding(stem.direction, negation is not None))
            end = begun + negation.start() if negation else at
            neutral = neutral and is_neutral_han(text[begun:end])
            begun = at + len(stem.words[0])
        at += len(stem.words[0]) if stem else 1
    return _Scan(found, neutral and is_neutral_han(text[begun:]))


@lru_cache(maxsize=20)  # of the tasks that score a label
def _sort_stems(stems: DirectionStems) -> tuple[_Stem, ...]:
    """Sort the stems, the longest first: `non performing` before `performing`."""
    listed: tuple[tuple[Direction, tuple[str, ...]], ...] = (
        ("positive", stems.positive),
        ("negative", stems.negative),
        ("open", stems.open),
    )
    found = [
        _Stem(tuple(_split_words(text)), direction) for direction, texts in listed for text in texts
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.words), -len(one.words[0]))))
