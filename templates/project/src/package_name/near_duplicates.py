"""Texts of the training split that nearly repeat a held-out text: they would flatter the result."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .keys import skeleton

# Jaccard similarity of character trigrams. Lee et al. 2022 (arXiv:2107.06499) look for duplicates
# from 0.8 on, over long documents; short texts share trigrams by chance, so a little stricter.
SIMILAR = 0.85
LARGEST = 50_000  # rows; beyond them the comparison would take minutes
_BLOCK = 100  # held-out texts at once: every pair with a common trigram is held


def near_duplicates(texts: Sequence[str], held_out: Sequence[str]) -> dict[int, int]:
    """Positions of the texts that nearly repeat a held-out one, each with that one's position."""
    if not texts or not held_out:
        return {}
    # loading it takes longer than formatting a small file does
    from sklearn.feature_extraction.text import HashingVectorizer

    trigrams = HashingVectorizer(
        analyzer="char",
        ngram_range=(3, 3),
        preprocessor=skeleton,
        binary=True,
        norm=None,
        alternate_sign=False,
    )
    ours = trigrams.transform(texts)
    sizes = np.asarray(ours.sum(axis=1)).ravel()
    found: dict[int, int] = {}
    for start in range(0, len(held_out), _BLOCK):
        theirs = trigrams.transform(held_out[start : start + _BLOCK])
        their_sizes = np.asarray(theirs.sum(axis=1)).ravel()
        common = (ours @ theirs.T).tocoo()
        union = sizes[common.row] + their_sizes[common.col] - common.data
        near = common.data >= SIMILAR * union
        columns = (start + common.col[near]).tolist()
        found = dict(zip(common.row[near].tolist(), columns, strict=True)) | found
    return found
