"""Near copies planted beside real texts are found, and few of the real texts are taken for one."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from newft.emitted.near_duplicates import LabeledTexts, TextIndex

PLANTED = 60
FOUND = 0.85  # of the near copies of each kind
DROPPED = 0.025  # of the real texts
TRIAL = os.environ.get("NEWFT_TRIAL_DATA")
SAMPLES = Path(__file__).parents[2] / "domains/customer_service/sample"

Row = tuple[str, str]  # a text and its label
Words = list[str]
Edit = Callable[[Words, random.Random, Sequence[str]], Words]


def misspell(words: Words, chance: random.Random, _: Sequence[str]) -> Words:
    at = max(range(len(words)), key=lambda place: len(words[place]))
    word, letter = words[at], chance.choice("aeiou")
    cut = chance.randrange(len(word))
    return [*words[:at], f"{word[:cut]}{letter}{word[cut + 1 :]}", *words[at + 1 :]]


def replace(words: Words, chance: random.Random, others: Sequence[str]) -> Words:
    at = chance.randrange(len(words))
    return [*words[:at], chance.choice(others), *words[at + 1 :]]


def add(words: Words, chance: random.Random, others: Sequence[str]) -> Words:
    at = chance.randrange(len(words) + 1)
    return [*words[:at], chance.choice(others), *words[at:]]


def reorder(words: Words, chance: random.Random, _: Sequence[str]) -> Words:
    at = chance.randrange(1, len(words))
    return [*words[at:], *words[:at]]


def read(path: Path, text: str, label: str) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row[text], row[label]) for row in csv.DictReader(file)]
    return [row for row in dict(rows).items() if all(row)]


def requests(name: str) -> list[tuple[str, str]]:
    if name == "banking77":
        if not TRIAL:
            pytest.skip("NEWFT_TRIAL_DATA does not say where the public trial files are")
        return read(Path(TRIAL) / "customer_service/banking77_en.csv", "text", "category")
    if name == "sample_en":
        return read(SAMPLES / "intent_en.csv", "message", "intent")
    return read(SAMPLES / "intent_zh.csv", "客户消息", "意图")


@pytest.mark.parametrize("edit", [misspell, replace, add, reorder])
@pytest.mark.parametrize("name", ["sample_en", "sample_zh", "banking77"])
def test_planted_near_copies_are_found(name: str, edit: Edit) -> None:
    chance = random.Random(5)
    rows = requests(name)
    chance.shuffle(rows)
    between = "" if name == "sample_zh" else " "
    fewest = 8 if between else 16  # words, or characters; of shorter texts some are told apart

    def words_of(text: str) -> Words:
        return text.split() if between else [text[at : at + 2] for at in range(0, len(text), 2)]

    held_out, train = rows[: len(rows) // 4], rows[len(rows) // 4 :]
    others = [word for text, _ in train for word in words_of(text) if len(word) > 1]
    long = [row for row in held_out if len(row[0].split() if between else row[0]) >= fewest]
    planted = [
        (between.join(edit(words_of(text), chance, others)), label)
        for text, label in long[:PLANTED]
    ]
    assert len(planted) == PLANTED

    found = find_repeats([*train, *planted], held_out)
    assert sum(at >= len(train) for at in found) >= FOUND * len(planted)
    assert sum(at < len(train) for at in found) <= DROPPED * len(train)


def find_repeats(ours: Sequence[Row], held_out: Sequence[Row]) -> set[int]:
    """The positions of the texts that nearly repeat a held-out one."""
    index = TextIndex(LabeledTexts(*zip(*ours, *held_out, strict=True)))
    pairs = index.find_pairs(range(len(ours)), range(len(ours), len(ours) + len(held_out)))
    return {position for position, _ in pairs}


def slip(text: str, chance: random.Random) -> str:
    """The text with a character left out, doubled, replaced by another, or two that are swapped."""
    at = chance.randrange(len(text) - 1)
    first, second = text[at], text[at + 1]
    changed = chance.choice([second + first, second, first + first + second, first + first])
    return text[:at] + changed + text[at + 2 :]


@pytest.mark.parametrize("name", ["sample_en", "sample_zh", "banking77"])
def test_slips_in_short_texts_are_found_and_hardly_others(name: str) -> None:
    chance = random.Random(7)

    def words(text: str) -> float:
        return len(text) / 2 if name == "sample_zh" else len(text.split())

    rows = [row for row in requests(name) if len(row[0]) > 4 and words(row[0]) <= 5]
    slips = [(slip(text, chance), label) for text, label in rows]
    assert len(find_repeats(slips, rows)) >= 0.95 * len(slips)
    index = TextIndex(LabeledTexts(*zip(*rows, strict=True)))
    every = range(len(rows))
    dropped = {place for place, other in index.find_pairs(every, every) if place < other}
    assert len(dropped) <= DROPPED * len(rows)
