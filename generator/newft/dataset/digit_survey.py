"""Find out whether texts are told apart by their digits, from a sample of the rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from newft.emitted.label_rules import read_label
from newft.emitted.normalize import normalize_text
from newft.schema.kit import Task
from newft.text import Text

# Of texts that are the same but for digits: where more have one label, the others may be mistakes.
MAX_ONE_LABEL_SHARE = 0.9
MIN_DIGIT_SHARE = 0.05  # of the rows; fewer lost or contradictory rows change little
MIN_DIGIT_ROWS = 10  # that chance does not make

_NUMBER_PATTERN = re.compile("0+")  # of a text whose digits are all 0: 900 and 12000 are numbers


class DigitUse(NamedTuple):
    """What the digits of a sample of texts tell."""

    rows: int
    repeats: int  # rows that differ from an earlier one in digits alone, and have its label
    telling: int  # rows whose label differs from that of texts that differ in digits alone

    @property
    def carries_meaning(self) -> bool:
        """Whether digits must be compared: labels depend on them."""
        return self._are_many(self.telling)

    @property
    def repeats_much(self) -> bool:
        """Whether much is left out because digits are not compared."""
        return not self.carries_meaning and self._are_many(self.repeats)

    def _are_many(self, rows: int) -> bool:
        return rows >= max(MIN_DIGIT_ROWS, MIN_DIGIT_SHARE * self.rows)


def measure_digits(rows: Iterable[tuple[str, str]], task: Task) -> DigitUse:
    """What the digits of texts tell, each with its label; in a table every value counts anyway."""
    # of each text with all numbers alike: what it is with digits, what without, and its label
    groups: defaultdict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    count = 0
    for text, label in rows:
        count += 1
        with_digits = normalize_text(text, keep_digits=True)
        if not task.tabular and with_digits and label.strip():
            without = normalize_text(text)
            alike = groups[_NUMBER_PATTERN.sub("0", without)]
            alike.setdefault(with_digits, (without, read_label(label, task.label_rules)))
    repeats = telling = 0
    for alike in groups.values():
        counts = Counter(label for _, label in alike.values())
        if counts.most_common(1)[0][1] > MAX_ONE_LABEL_SHARE * len(alike):
            repeats += len(alike) - len({*alike.values()})
        else:
            telling += len(alike)
    return DigitUse(count, repeats, telling)


def note_digits(digits: DigitUse) -> Sequence[Text]:
    """That digits are compared, where labels depend on them, and the switch."""
    if digits.carries_meaning:
        return [
            Text(
                f"in {digits.telling:,} of {digits.rows:,} rows that were looked at, texts that "
                "differ in digits alone have different labels: digits are compared; "
                "`data.compare_digits: false` in config/run.yaml changes that",
                f"抽查的 {digits.rows:,} 行中有 {digits.telling:,} 行仅数字不同而标签不同："
                "查重时比较数字；把 config/run.yaml 的 `data.compare_digits` 改为 false 则不比较",
            )
        ]
    return []


def warn_of_digits(digits: DigitUse) -> Sequence[Text]:
    """That much is left out as digits are not compared, and the switch."""
    if digits.repeats_much:
        return [
            Text(
                f"{digits.repeats:,} of {digits.rows:,} rows that were looked at differ from "
                "another one in digits alone and have its label: they are duplicates; "
                "`data.compare_digits: true` in config/run.yaml keeps them",
                f"抽查的 {digits.rows:,} 行中有 {digits.repeats:,} 行与另一行仅数字不同且标签相同，"
                "按重复处理；把 config/run.yaml 的 `data.compare_digits` 改为 true 则保留",
            )
        ]
    return []
