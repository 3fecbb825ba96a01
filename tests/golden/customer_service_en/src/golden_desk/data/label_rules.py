"""Compare labels by the rules of a task: which affixes to strip, and which names mean one label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from .normalize import normalize_label

COMMA_PATTERN = re.compile("_*[、,]_*")  # in a normalized label


@dataclass(frozen=True)
class LabelRules:
    """How the records of a task write their labels.

    `separator` stands between several labels of one record, as a line end does; without one, a
    record has a single label. The affixes are stripped wherever records write them, and `aliases`
    maps a label to its other names.
    """

    separator: str | None = None
    strip_prefixes: Sequence[str] = ()
    strip_suffixes: Sequence[str] = ()
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __hash__(self) -> int:  # lists and mappings have none, and lru_cache needs one
        return hash((self.separator, *self.strip_prefixes, *self.strip_suffixes, *self.aliases))


NO_LABEL_RULES = LabelRules()


def find_label(text: str, labels: Sequence[str], rules: LabelRules = NO_LABEL_RULES) -> str | None:
    """Find the label of a list that a text spells, whatever its case, width and spaces."""
    return _index_labels(tuple(labels), rules).get(read_label(text, rules))


def read_label(text: str, rules: LabelRules) -> str:
    """Normalize a label to compare it, without affixes; an alias becomes its label."""
    name = strip_affixes(normalize_label(text), rules)
    label = find_alias(name, rules)
    return name if label is None else strip_affixes(normalize_label(label), rules)


def strip_affixes(name: str, rules: LabelRules) -> str:
    """Strip from a normalized label what some records write before and after it."""
    for prefix in map(normalize_label, rules.strip_prefixes):
        name = name.strip("_").removeprefix(prefix).strip("_")
    for suffix in map(normalize_label, rules.strip_suffixes):
        name = name.removesuffix(suffix)
    return name


def find_alias(name: str, rules: LabelRules) -> str | None:
    """Find the label, as the rules write it, that has this normalized name as an alias."""
    return _index_aliases(rules).get(name) if rules.aliases else None


def list_spellings(label: str, rules: LabelRules) -> Iterator[str]:
    """List the ways in which a text may spell a label: as it is, with a suffix, by an alias."""
    yield label
    yield from (label + suffix for suffix in rules.strip_suffixes)
    for other, aliases in rules.aliases.items():
        if read_label(other, rules) == read_label(label, rules):
            yield from aliases


@lru_cache(maxsize=10)  # the lists of one run, and those of a few tests
def _index_labels(labels: tuple[str, ...], rules: LabelRules) -> dict[str, str]:
    """Index labels by their normalized name; the first of two labels with one name counts."""
    return {read_label(label, rules): label for label in reversed(labels)}


@lru_cache(maxsize=10)
def _index_aliases(rules: LabelRules) -> dict[str, str]:
    return {
        strip_affixes(normalize_label(alias), rules): label
        for label, aliases in rules.aliases.items()
        for alias in aliases
    }
