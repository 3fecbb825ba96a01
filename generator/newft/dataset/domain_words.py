"""Tell the domain of records from their words, which each domain lists in its kit.yaml.

A record speaks for a domain by the share of the domain's words among those of all domains that it
has. So a long text, which has words of every domain by chance, counts no more than a short one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from newft.text import CJK_PATTERN

MAX_RECORDS = 300  # of all files together; more do not change a share by more than 0.03
MAX_RECORD_CHARS = 2_000
MAX_PHRASE_WORDS = 4
MAX_WORDS_SHOWN = 4
# The share of a domain must exceed that of the next one by this. Half of the difference lies on
# each side of the middle: 3 in 5 of what speaks at all. Among 300 records, chance alone moves a
# share of 0.5 by 0.03; the rest is for records about two domains, such as a complaint in a bank.
MIN_MARGIN = 0.2
# Different words of a domain among 100 words of the records. Measured: 2.2 and more in all samples
# and public files of the three domains, 0.1 to 0.5 in prose about anything else.
MIN_DENSITY = 1.0
# Where words are rarer, they speak only if nearly all are of one domain, in records enough that
# chance would have hit another domain too: five hits are of one of three domains once in 81 times.
MIN_SPARSE_SHARE = 0.9
MIN_SPARSE_RECORDS = 5
MIN_SPARSE_RECORD_SHARE = 0.1
NAMES_WEIGHT = 0.1  # of the records: what columns are called is said once, and on purpose

_SEGMENT_PATTERN = re.compile(r"[\n.!?。！？;；]+")
_LATIN_WORD_PATTERN = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class DomainScore:
    """How much the words of records speak for a domain."""

    share: float  # of all that speaks for any domain
    words: tuple[str, ...]  # of the domain, those that most records have first


def score_domains(
    names: Iterable[str], records: Sequence[str], words: Mapping[str, Sequence[str]]
) -> dict[str, DomainScore]:
    """Score each domain by its words; none has a score if records and names hardly have one.

    Args:
        names: What the columns are called.
        records: The texts of each record, a line each.
        words: The words of each domain.
    """
    lists = {domain: _WordList(listed) for domain, listed in words.items()}
    texts = [*_list_new_text(records)]
    found = [_find_words(text, lists) for text in texts]
    speaking = [one for one in found if any(one.values())]
    if not _are_dense(found, texts) and not _are_of_one_domain(speaking, len(found)):
        speaking = []  # by chance
    named = _find_words("\n".join(names).replace("_", " "), lists)
    weighted = [(one, 1.0) for one in speaking]
    weighted += [(named, max(1.0, NAMES_WEIGHT * len(speaking)))] if any(named.values()) else []
    return {domain: _score(domain, weighted) for domain in lists} if weighted else {}


def list_near_domains(scores: Mapping[str, DomainScore]) -> list[str]:
    """Return the domain with the highest score, and all that are too near to be told from it."""
    ranked = sorted(scores, key=lambda domain: -scores[domain].share)
    return [one for one in ranked if scores[one].share > scores[ranked[0]].share - MIN_MARGIN]


class _WordList:
    """The words of a domain, Latin ones without the s of a plural."""

    def __init__(self, words: Iterable[str]) -> None:
        folded = [(word, word.casefold()) for word in words]
        self.chinese = [(word, key) for word, key in folded if CJK_PATTERN.search(key)]
        self.latin = {
            " ".join(_split_latin(key)): word for word, key in folded if not CJK_PATTERN.search(key)
        }

    def find(self, text: str, phrases: set[str]) -> set[str]:
        """Return the words that a text has."""
        found = {self.latin[phrase] for phrase in phrases & self.latin.keys()}
        return found | {word for word, key in self.chinese if key in text}


def _are_dense(found: Sequence[Mapping[str, set[str]]], texts: Sequence[str]) -> bool:
    """Whether the words of a domain are frequent; two Chinese characters count as one word."""
    many = sum(len(_split_latin(text.casefold())) for text in texts)
    many += sum(len(CJK_PATTERN.findall(text)) for text in texts) // 2
    hits = [sum(len(one[domain]) for one in found) for domain in (found[0] if found else ())]
    return bool(hits) and 100 * max(hits) >= MIN_DENSITY * many


def _are_of_one_domain(speaking: Sequence[Mapping[str, set[str]]], records: int) -> bool:
    """Whether enough records have words of a domain, and hardly one has those of another."""
    if len(speaking) < max(MIN_SPARSE_RECORDS, MIN_SPARSE_RECORD_SHARE * records):
        return False
    hits = [sum(len(one[domain]) for one in speaking) for domain in speaking[0]]
    return max(hits) >= MIN_SPARSE_SHARE * sum(hits)


def _find_words(text: str, lists: Mapping[str, _WordList]) -> dict[str, set[str]]:
    text = text.casefold()
    phrases = {*_list_phrases(text)}
    return {domain: words.find(text, phrases) for domain, words in lists.items()}


def _list_phrases(text: str) -> Iterator[str]:
    """Yield the words of a text, and those that stand side by side."""
    for line in text.split("\n"):
        words = _split_latin(line)
        for length in range(1, MAX_PHRASE_WORDS + 1):
            for start in range(len(words) - length + 1):
                yield " ".join(words[start : start + length])


def _split_latin(text: str) -> list[str]:
    return [word.removesuffix("s") or word for word in _LATIN_WORD_PATTERN.findall(text)]


def _list_new_text(records: Sequence[str]) -> Iterator[str]:
    """Yield what each record says that none before it said: footers and instructions repeat."""
    seen: set[str] = set()
    step = max(1, len(records) // MAX_RECORDS)
    for record in islice(records, 0, None, step):
        segments = [one.strip() for one in _SEGMENT_PATTERN.split(record[:MAX_RECORD_CHARS])]
        new = [one for one in segments if one and one not in seen]
        seen.update(new)
        if new:
            yield "\n".join(new)


def _score(domain: str, weighted: Sequence[tuple[Mapping[str, set[str]], float]]) -> DomainScore:
    total = sum(weight for _, weight in weighted)
    share = sum(
        weight * len(found[domain]) / sum(map(len, found.values())) for found, weight in weighted
    )
    rows: dict[str, int] = {}
    for found, _ in weighted:
        for word in sorted(found[domain]):
            rows[word] = rows.get(word, 0) + 1
    often = sorted(rows, key=lambda word: -rows[word])
    return DomainScore(share / total, tuple(often[:MAX_WORDS_SHOWN]))
