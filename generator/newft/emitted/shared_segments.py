"""Segments that many texts share, such as footers and salutations: they identify no text.

A segment is a line or what stands between punctuation. One pass counts the segments, each as
a hash; a second one leaves those out that many texts have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# A footer of one of many departments is in few texts. Of newft's samples and BANKING77, no text
# loses anything at this share.
MAX_SEGMENT_SHARE = 0.01  # a segment that a larger share of the texts has does not count,
MIN_SHARED_ROWS = 10  # if more than this many texts have it
MIN_OWN_CHARACTERS = 12  # letters that a text keeps at least; of a long one, fewer tell it apart
LONG_TEXT_CHARACTERS = 180  # some 30 words
MIN_OWN_OF_LONG = 4

_END_PATTERN = re.compile(
    r"[\n\r.!?;:,|。！？；：，、…]+(?=\s|$)|[\n\r。！？；：，、]+|\s[-–—_=*#]+\s"
)
_DIGITS_PATTERN = re.compile(r"\d+")


def leave_out_shared(texts: Sequence[str]) -> tuple[list[str], dict[int, int]]:
    """The texts without the segments that many of them have; of each such text, what it lost.

    What a text lost is a hash: of two texts that lost the same, it is the same.

    A text of which too little would be left stays whole, so that short texts can be compared.
    """
    counts = Counter(key for text in texts for key in {hash(one) for one in _split(text)})
    most = max(MIN_SHARED_ROWS, MAX_SEGMENT_SHARE * len(texts))
    shared = {key for key, count in counts.items() if count > most}
    if not shared:
        return [*texts], {}
    kept, lost = [*texts], {}
    for position, text in enumerate(texts):
        segments = _split(text)
        own = [one for one in segments if hash(one) not in shared]
        if len(own) < len(segments) and _can_be_told(own, text):
            kept[position] = "\n".join(own)
            lost[position] = hash(frozenset({*segments} - {*own}))
    return kept, lost


def _split(text: str) -> list[str]:
    """The segments of a text, with every number alike: a footer may hold a case number."""
    parts = _END_PATTERN.split(_DIGITS_PATTERN.sub("0", text.casefold()))
    return [stripped for part in parts if (stripped := part.strip())]


def _can_be_told(own: Sequence[str], text: str) -> bool:
    """Whether enough of a text is its own."""
    letters = sum(map(str.isalnum, "".join(own)))
    return letters >= (MIN_OWN_OF_LONG if len(text) > LONG_TEXT_CHARACTERS else MIN_OWN_CHARACTERS)
