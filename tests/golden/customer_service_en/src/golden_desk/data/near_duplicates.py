"""Rows that nearly repeat a held-out text: they would flatter the result.

Two texts are near-duplicates where they share most of their character trigrams; or, if their labels
are the same, where one word makes the difference, or their order alone; in texts of a few words,
where one character does, or two that changed places. What many texts share, as a
footer or a template with a gap, says nothing: trigrams and wordings of many texts do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .normalize import DIGIT_PATTERN, normalize_text

if TYPE_CHECKING:
    from scipy import sparse

# Jaccard similarity of character trigrams. Lee et al. 2022 (arXiv:2107.06499) look for duplicates
# from 0.8 on, over long documents; short texts share trigrams by chance, so a little stricter.
MIN_SIMILARITY = 0.85
MAX_TERM_SHARE, MAX_TERM_ROWS = 0.2, 10  # of the texts: a trigram in more of them says nothing
MAX_COMPARED_ROWS = 50_000  # rows; beyond them the comparison would take minutes
_BLOCK_ROWS = 100  # held-out texts at once: every pair with a common trigram is held

# One changed word leaves 0.85 of the trigrams from some 18 words on: these are for shorter texts.
# A Chinese character counts as half a word. Measured on the samples of customer service and on
# BANKING77 (tests/template/test_near_duplicates.py of newft): of planted copies with a changed,
# added or misplaced word, at least 85 % are found; of real rows, at most 2.5 % are taken for one.
MAX_WORDS = 30
MIN_WORDS = 5  # that both texts have
# Texts of at most FEWEST_WORDS are compared by character. Measured on those of the same files: all
# of 306 planted slips of one character are found; of 325 real texts, 4 are taken for near copies,
# and are: "where's my virtual card?" and "where is my virtual card?". In texts of two or three
# characters, one may be half of another word, as in those for a refund and for a return.
MIN_CHARACTERS = 4
MIN_SHARED_WORD_FRACTION = 0.75  # of the words of both
MAX_VARIANTS = 5  # texts that differ in the same place: more are made from a template

_WORD_PATTERN = re.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]+(?:['’][^\W\d_]+)*|\d+")
_HAN_PATTERN = re.compile("[\u3400-\u9fff]")


class LabeledTexts(NamedTuple):
    """Texts to compare, and the label of each."""

    texts: Sequence[str]
    labels: Sequence[str]


class TextIndex:
    """The trigrams and wordings of all texts, by which some of them are compared with others."""

    def __init__(self, of: LabeledTexts) -> None:
        self._trigrams = _vectorize_trigrams(of.texts)
        self._by_wording = _group_by_wording(of)

    def near(self, ours: Sequence[int], held_out: Sequence[int]) -> list[tuple[int, int]]:
        """Each pair of different positions, ours first, whose texts nearly repeat each other."""
        found = {*self._alike_in_words({*ours}, {*held_out})}
        if ours and held_out:
            found.update(self._alike_in_trigrams(np.array(ours), np.array(held_out)))
        return sorted(found)

    def _alike_in_words(self, ours: set[int], held_out: set[int]) -> Iterator[tuple[int, int]]:
        for positions in self._by_wording:
            held = [position for position in positions if position in held_out]
            for position in positions if held else ():
                if position in ours:
                    yield from ((position, other) for other in held if other != position)

    def _alike_in_trigrams(
        self, ours: NDArray[np.int64], held_out: NDArray[np.int64]
    ) -> Iterator[tuple[int, int]]:
        mine = self._trigrams[ours]
        sizes = np.asarray(mine.sum(axis=1)).ravel()
        for start in range(0, len(held_out), _BLOCK_ROWS):
            block = held_out[start : start + _BLOCK_ROWS]
            theirs = self._trigrams[block]
            their_sizes = np.asarray(theirs.sum(axis=1)).ravel()
            common = (mine @ theirs.T).tocoo()
            union = sizes[common.row] + their_sizes[common.col] - common.data
            near = common.data >= MIN_SIMILARITY * union
            rows, columns = ours[common.row[near]], block[common.col[near]]
            other = rows != columns
            yield from zip(rows[other].tolist(), columns[other].tolist(), strict=True)


def find_near_duplicates(ours: LabeledTexts, held_out: LabeledTexts) -> dict[int, int]:
    """Positions of the texts that nearly repeat a held-out one, each with that one's position."""
    many, others = len(ours.texts), len(held_out.texts)
    if not many or not others:
        return {}
    texts, labels = [*ours.texts, *held_out.texts], [*ours.labels, *held_out.labels]
    index = TextIndex(LabeledTexts(texts, labels))
    pairs = index.near(range(many), range(many, many + others))
    return {position: other - many for position, other in reversed(pairs)}


def _vectorize_trigrams(texts: Sequence[str]) -> sparse.csr_matrix:
    """The character trigrams of each text, without those that many texts have."""
    # loading it takes longer than formatting a small file does
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        analyzer="char",
        ngram_range=(3, 3),
        preprocessor=normalize_text,
        binary=True,
        norm=None,
        alternate_sign=False,
    )
    trigrams = vectorizer.transform(texts)
    rows, columns = trigrams.shape
    having: NDArray[np.int64] = np.bincount(trigrams.indices, minlength=columns)
    trigrams.data[having[trigrams.indices] > max(MAX_TERM_ROWS, MAX_TERM_SHARE * rows)] = 0
    trigrams.eliminate_zeros()
    return trigrams


def _group_by_wording(of: LabeledTexts) -> list[list[int]]:
    """The texts of one label that are the same but for a word, or for the order of words."""
    words = [_split_words(text) for text in of.texts]
    having = Counter(word for each in words for word in {*each})
    most = max(MAX_TERM_ROWS, MAX_TERM_SHARE * len(words))
    common = {word for word, rows in having.items() if rows > most}
    met: defaultdict[int, list[int]] = defaultdict(list)
    for position, (each, label) in enumerate(zip(words, of.labels, strict=True)):
        wordings = [*_make_wordings(each, common), *_drop_each_character(of.texts[position], each)]
        for wording in {hash((label, *wording)) for wording in wordings}:
            met[wording].append(position)
    return [positions for positions in met.values() if 1 < len(positions) <= MAX_VARIANTS]


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
    size = _count_words(words)
    if MIN_WORDS <= size <= MAX_WORDS:
        yield sorted(words)
        for start, end in _list_gaps(words):
            if size - _count_words(words[start:end]) >= max(
                MIN_WORDS, MIN_SHARED_WORD_FRACTION * size
            ):
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
    return sum(0.5 if _HAN_PATTERN.match(word) else 1 for word in words)


def _list_gaps(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where words may be left out: each of them, and each two Chinese characters in a row."""
    for start, word in enumerate(words):
        yield start, start + 1
        if _count_words(words[start : start + 2]) == 1 and _HAN_PATTERN.match(word):
            yield start, start + 2
