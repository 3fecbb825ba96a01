"""Texts that nearly repeat a held-out one are found; others, alike or of one template, are not."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from example import COLUMNS, with_labels

from golden_desk import prepare
from golden_desk.config import Config
from golden_desk.data.jsonl import read_jsonl
from golden_desk.data.near_duplicates import (
    MIN_COMMON_TERM_ROWS,
    LabeledTexts,
    TextIndex,
)
from golden_desk.data.splits import PROCESSED_DIR, SPLITS

LONG = "a sentence that is long enough to be told from all of the others"
SHORT = "my letter never came to the office"


def found(texts: list[str], held_out: list[str], label: str = "a") -> dict[int, int]:
    labels = ["a"] * len(texts) + [label] * len(held_out)
    index = TextIndex(LabeledTexts([*texts, *held_out], labels))
    pairs = index.find_pairs(range(len(texts)), range(len(texts), len(labels)))
    return {ours: other - len(texts) for ours, other in reversed(pairs)}


def test_a_near_copy_of_a_long_text_is_found_whatever_its_label() -> None:
    texts = [
        "another sentence",
        f"{LONG}!!",
        "a Sentence, that is long enough; to be told from all of the others?",
        "a sentence that is short",
    ]
    for label in ("a", "b"):
        assert found(texts, [LONG], label) == {1: 0, 2: 0}


@pytest.mark.parametrize(
    "text",
    [
        "my lettre never came to the office",
        "my letter never came to the house",
        "my letter never came to the new office",
        "my letter never came to office",
        "office to letter my the never came",
    ],
)
def test_a_word_or_its_place_makes_no_other_text_where_the_label_is_the_same(text: str) -> None:
    assert found([text], ["another text", SHORT]) == {0: 1}
    assert found([text], ["another text", SHORT], "b") == {}


@pytest.mark.parametrize(
    ("text", "held_out"),
    [
        ("open my window", "find my window"),
        ("my letter never came to the office", "my letter came back from the office"),
        ("\u6211\u7684\u4e66\u5305", "\u6211\u7684\u6bdb\u8863"),
    ],
)
def test_short_texts_that_differ_in_their_meaning_are_told_apart(text: str, held_out: str) -> None:
    assert found([text], [held_out]) == {}


def test_chinese_texts_are_compared_by_characters() -> None:
    held_out = "\u6211\u4e70\u7684\u4e66\u5305\u4e00\u76f4\u6ca1\u6709\u9001\u5230\u516c\u53f8"
    typo = held_out.replace("\u4e66\u5305", "\u6bdb\u8863")
    assert found([typo, f"{held_out}\u5462", typo[:6]], [held_out]) == {0: 0, 1: 0}


@pytest.mark.parametrize(
    ("text", "held_out"),
    [
        ("forgte my name", "forget my name"),
        ("forget my nmae!", "forget my name"),
        ("wheres my name", "where is my name"),
        ("\u600e\u4e48\u5f00\u95e8\u5462", "\u600e\u4e48\u5f00\u95e8"),
        ("\u706b\u8f66\u5230\u54ea\u4e86", "\u706b\u8f66\u5230\u54ea\u91cc\u4e86"),
    ],
)
def test_a_slip_makes_no_other_text_of_a_short_one(text: str, held_out: str) -> None:
    assert found([text], ["another text", held_out]) == {0: 1}
    assert found([text], ["another text", held_out], "b") == {}


def test_two_or_three_characters_are_told_apart() -> None:
    assert found(["\u5f00\u95e8"], ["\u5f00\u7a97"]) == {}
    assert found(["\u8981\u5f00\u95e8"], ["\u8981\u5f00\u7a97"]) == {}


def test_what_many_texts_share_says_nothing() -> None:
    words = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in "mnprt"]
    footer = "this message is meant for the named reader alone and may hold confidential matter"
    mails = [f"{word} {word[::-1]} {word * 2} {footer}" for word in words]
    assert len(words) > 5 * MIN_COMMON_TERM_ROWS
    assert found(mails[1:], mails[:1]) == {}
    template = [f"where is the {word} that I ordered" for word in words]
    assert found(template[1:], template[:1]) == {}
    assert found([*mails[1:], mails[0].replace(footer, f"{footer}, please")], mails[:1]) != {}


def test_no_split_nearly_repeats_a_later_one_where_texts_are_compared(
    config: Config, write_rows: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "DROP_NEAR_DUPLICATES", True)
    labels = config.task.labels
    (column,) = next(among for name, among in COLUMNS.items() if name != "label")
    write_rows(90)
    header, *lines = Path("rows.csv").read_text(encoding="utf-8").splitlines()
    assert header.split(",") == [column, "label"]
    originals = [line.rpartition(",")[0] for line in lines]
    pairs = [
        (f"{text} {text[::-1]} near the station", labels[row % 2])
        for row, text in enumerate(originals)
    ]
    copies = [(text.replace("station", "statoin"), label) for text, label in pairs]
    write_rows(0, *pairs, *copies)
    prepare.main(config, Namespace())
    splits = [
        {(line["row"] - 2) % 90 for line in read_jsonl(PROCESSED_DIR / f"{split}.jsonl")}
        for split in ("train", "validation", "test")
    ]
    assert all(splits)
    assert not splits[0] & (splits[1] | splits[2])
    assert not splits[1] & splits[2]


MESSAGE = (
    "I ordered a large brown sofa from your store three weeks ago and the driver who came on "
    "Monday morning left only one of the two boxes there"
)


def said(line: dict[str, Any]) -> tuple[str, str]:
    question, answer = line["messages"][-2:]
    return question["content"], answer["content"]


@pytest.mark.parametrize("others", [0, 1, 2, 4])
@pytest.mark.parametrize("seed", range(4))
def test_a_label_of_near_copies_is_never_tested_without_being_taught(
    seed: int,
    others: int,
    config: Config,
    write_rows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepare, "DROP_NEAR_DUPLICATES", True)
    colours = ("red", "blue", "green", "black", "white", "grey", "pink", "gold", "teal")
    words = colours[seed : seed + 6]
    rows = [MESSAGE.replace("brown", word) for word in words]
    rows += [f"{word} {word[::-1]} {seed}" for word in ("alpha", "gamma", "delta", "sigma")][
        :others
    ]
    task = with_labels(config.task, [*config.task.labels, "rare"])
    write_rows(60, *((row, "rare") for row in rows))
    prepare.main(config.model_copy(update={"task": task}), Namespace())
    splits = {split: read_jsonl(PROCESSED_DIR / f"{split}.jsonl") for split in SPLITS}
    rare = {
        split: [text for text, label in map(said, lines) if "rare" in label]
        for split, lines in splits.items()
    }
    assert rare["train"]
    assert bool(rare["test"]) == (others > 0)
    assert sum(any("sofa" in text for text in texts) for texts in rare.values()) == 1
