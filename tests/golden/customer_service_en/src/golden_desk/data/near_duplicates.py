"""Near-duplicates: rows that almost repeat a held-out text would flatter the result.

Two texts are near-duplicates if they share most of their character trigrams. Two texts of the same
label are also near-duplicates if they differ in one word or in the order of their words, and, if
they have only a few words, if they differ in one character or in two swapped ones. Trigrams and
wordings that many texts share, such as a template with a gap, do not count, nor do the sentences
and lines that many texts share, such as a footer, a wrapper or a salutation.

Digits are not compared where the labels agree: a request with another order number is the same
request. With different labels, or where the file's digits carry the meaning, other digits make
another text.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import ceil
from typing import NamedTuple

from .normalize import DIGIT_PATTERN, normalize_text
from .shared_segments import leave_out_shared
from .splits import AssignedRows

# Jaccard similarity of character trigrams. Lee et al. 2022 (arXiv:2107.06499) look for duplicates
# from 0.8 on, over long documents; short texts share trigrams by chance, so a little stricter.
MIN_SIMILARITY = 0.85
MAX_TERM_SHARE = 0.2  # a trigram that a larger share of the texts has does not count,
MIN_COMMON_TERM_ROWS = 10  # if more than this many texts have it
MAX_COMPARED_ROWS = 50_000  # the texts of more rows would take too much memory

# One changed word leaves 0.85 of the trigrams from some 18 words on: these are for shorter texts.
# A Chinese character counts as half a word. Measured on newft's samples of messages and on
# BANKING77 (tests/template/test_near_duplicates.py of newft): of planted copies with a changed,
# added or misplaced word, at least 85 % are found; of real rows, at most 2.5 % are taken for one.
MAX_WORDS = 30
MIN_WORDS = 5  # that both texts have
# Texts of at most MIN_WORDS are compared by character. Measured on those of the same files: all of
# 306 planted slips of one character are found; of 325 real texts, 4 are taken for near copies, and
# are: "where's my virtual card?" and "where is my virtual card?". In texts of two or three
# characters, one may be half of another word, as in 开门 and 开窗.
MIN_CHARACTERS = 4
MIN_SHARED_WORD_FRACTION = 0.75  # of the words of both
MAX_TEXTS_SHARING_WORDING = 5  # texts that differ in the same place: more are made from a template

_WORD_PATTERN = re.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]+(?:['’][^\W\d_]+)*|\d+")
_HAN_PATTERN = re.compile("[\u3400-\u9fff]")
_HASH_BITS = 20  # of a trigram: 4 bytes each instead of 80, and a million counters
_HASH_FACTOR = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio: Knuth's multiplicative hashing


class LabeledTexts(NamedTuple):
    """Texts to compare, and the label of each."""

    texts: Sequence[str]
    labels: Sequence[str]
    compare_digits: bool = False  # texts with other digits are other texts
    # A label answers a question that is not part of the text: it tells no texts apart.
    labels_answer_questions: bool = False


class TextIndex:
    """The trigrams and wordings of all texts, by which some of them are compared with others."""

    def __init__(self, rows: LabeledTexts) -> None:
        self._rows = rows
        own, self._lost = leave_out_shared(rows.texts)
        self._trigrams = _list_rare_trigrams(own)
        self._by_wording = _group_by_wording(rows._replace(texts=own))

    def find_pairs(self, ours: Sequence[int], held_out: Sequence[int]) -> list[tuple[int, int]]:
        """Each pair of different positions, ours first, whose texts are near-duplicates."""
        pairs = {*self._find_word_pairs({*ours}, {*held_out})}
        pairs.update(self._find_trigram_pairs(ours, held_out))
        return sorted(pairs)

    def _find_word_pairs(self, ours: set[int], held_out: set[int]) -> Iterator[tuple[int, int]]:
        for positions in self._by_wording:
            held = [position for position in positions if position in held_out]
            for position in positions if held else ():
                if position in ours:
                    yield from (
                        (position, other)
                        for other in held
                        if other != position and self._may_repeat(position, other)
                    )

    def _find_trigram_pairs(
        self, ours: Iterable[int], held_out: Iterable[int]
    ) -> Iterator[tuple[int, int]]:
        """Compare only texts that share one of their rarest trigrams, which loses no pair.

        Prefix filtering: Bayardo et al. 2007, "Scaling up all pairs similarity search".
        """
        having: defaultdict[int, list[int]] = defaultdict(list)
        for position in held_out:
            for trigram in self._get_prefix(position):
                having[trigram].append(position)
        for position in ours:
            candidates = {
                other for trigram in self._get_prefix(position) for other in having.get(trigram, ())
            }
            mine = {*self._trigrams[position]} if candidates else set()
            for other in candidates - {position}:
                theirs = self._trigrams[other]
                shorter, longer = sorted((len(mine), len(theirs)))
                if shorter < MIN_SIMILARITY * longer:
                    continue
                common = len(mine.intersection(theirs))
                similar = common >= MIN_SIMILARITY * (len(mine) + len(theirs) - common)
                if similar and self._may_repeat(position, other):
                    yield position, other

    def _may_repeat(self, position: int, other: int) -> bool:
        """Whether one text may repeat another similar one, by their labels and digits.

        What many texts share may tell labels apart: texts that were compared without it, and of
        different labels, repeat each other only if they lost the same.
        """
        labels, texts = self._rows.labels, self._rows.texts
        same_label = labels[position] == labels[other] or self._rows.labels_answer_questions
        if same_label and not self._rows.compare_digits:
            return True
        if not same_label and self._lost.get(position) != self._lost.get(other):
            return False
        return DIGIT_PATTERN.findall(texts[position]) == DIGIT_PATTERN.findall(texts[other])

    def _get_prefix(self, position: int) -> array[int]:
        """So many of the rarest trigrams that two near-duplicates have one of them in common."""
        trigrams = self._trigrams[position]
        shared = ceil(MIN_SIMILARITY * len(trigrams) - 1e-9)  # at least, by a near-duplicate
        return trigrams[: len(trigrams) - shared + 1]


def drop_cross_split_repeats(assigned: AssignedRows, rows: LabeledTexts) -> dict[int, int]:
    """Drop the rows that nearly repeat a row of a later split; each with the row it repeats.

    Validation is compared with test; training with test and with what is left of validation. What
    is left of a rare label is kept together with its near-duplicates, should it move. A validation
    split that the files give is kept as it is.
    """
    train, validation, test = assigned.ranges()
    index = TextIndex(rows)
    compared = () if assigned.is_fixed("validation") else validation
    repeats = dict(reversed(index.find_pairs(compared, test)))
    kept = [place for place in validation if place not in repeats]
    repeats |= dict(reversed(index.find_pairs(train, [*kept, *test])))
    assigned.drop(repeats)
    left = [place for place in range(len(rows.texts)) if place not in repeats]
    assigned.merge_groups(index.find_pairs(left, assigned.list_rare()))
    return repeats


def _list_rare_trigrams(texts: Sequence[str]) -> list[array[int]]:
    """The character trigrams of each text, the rarest first, without those of many texts."""
    found = [_hash_trigrams(normalize_text(text)) for text in texts]
    counts = array("I", bytes(4 << _HASH_BITS))
    for trigrams in found:
        for trigram in trigrams:
            counts[trigram] += 1
    most = max(MIN_COMMON_TERM_ROWS, MAX_TERM_SHARE * len(texts))
    return [
        array("I", sorted((t for t in trigrams if counts[t] <= most), key=counts.__getitem__))
        for trigrams in found
    ]


def _hash_trigrams(text: str) -> array[int]:
    """The hashes of the different trigrams, in ascending order."""
    codes = [*map(ord, text)]
    shift, mask = 64 - _HASH_BITS, (1 << 64) - 1
    hashes = {
        ((first << 42 | second << 21 | third) * _HASH_FACTOR & mask) >> shift
        for first, second, third in zip(codes, codes[1:], codes[2:], strict=False)
    }
    return array("I", sorted(hashes))


def _group_by_wording(rows: LabeledTexts) -> list[list[int]]:
    """The texts of one label that are the same but for a word, or for the order of words."""
    words = [_split_words(text) for text in rows.texts]
    having = Counter(word for each in words for word in {*each})
    most = max(MIN_COMMON_TERM_ROWS, MAX_TERM_SHARE * len(words))
    common = {word for word, count in having.items() if count > most}
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for position, (each, label) in enumerate(zip(words, rows.labels, strict=True)):
        wordings = [
            *_make_wordings(each, common),
            *_drop_each_character(rows.texts[position], each),
        ]
        for wording in {hash((label, *wording)) for wording in wordings}:
            groups[wording].append(position)
    return [
        positions
        for positions in groups.values()
        if 1 < len(positions) <= MAX_TEXTS_SHARING_WORDING
    ]


def _split_words(text: str) -> list[str]:
    return _WORD_PATTERN.findall(
        DIGIT_PATTERN.sub("0", unicodedata.normalize("NFKC", text).casefold())
    )


def _make_wordings(words: Sequence[str], common: set[str]) -> Iterator[Sequence[str]]:
    """The words of a text in one order, all of them, and without each word or two characters.

    Of a long text, what many texts have is left out first: it may be a footer.
    """
    if _count_words(words) > MAX_WORDS:
        words = [word for word in words if word not in common]
    weights = [*map(_weigh_word, words)]
    size = sum(weights)
    if MIN_WORDS <= size <= MAX_WORDS:
        yield sorted(words)
        least = max(MIN_WORDS, MIN_SHARED_WORD_FRACTION * size)
        for start, end in _list_gaps(weights):
            if size - sum(weights[start:end]) >= least:
                yield sorted([*words[:start], *words[end:]])


def _drop_each_character(text: str, words: Sequence[str]) -> Iterator[Sequence[str]]:
    """A short text as it is, and without each of its characters: slips have one of these in common.

    A text one word longer is short too: a slip may split a word.
    """
    letters = normalize_text(text)
    if _count_words(words) <= MIN_WORDS + 1 and len(letters) >= MIN_CHARACTERS:
        yield (letters,)
        for place in range(len(letters)):
            yield (letters[:place] + letters[place + 1 :],)


def _count_words(words: Sequence[str]) -> float:
    return sum(map(_weigh_word, words))


def _weigh_word(word: str) -> float:
    return 0.5 if _HAN_PATTERN.match(word) else 1


def _list_gaps(weights: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Where words may be left out: each of them, and each two Chinese characters in a row."""
    for start in range(len(weights)):
        yield start, start + 1
        if weights[start : start + 2] == [0.5, 0.5]:
            yield start, start + 2
