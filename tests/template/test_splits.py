"""Every label in every split, whatever the rows: `make data` of the golden project."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

SPLITS = ("train", "validation", "test")
HELD_OUT = 0.2  # of the rows, for each of validation and test
FEWEST_ROWS = 20

Places = dict[str, list[tuple[str, str]]]  # by split, the label and the group of each row


def words(number: int) -> str:
    """A text that has hardly a trigram in common with others."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    letters = digest.translate(str.maketrans("0123456789", "ghijklmnop"))
    return " ".join(letters[at : at + 6] for at in range(0, 48, 6))


def formatted(project: Any, rows: Sequence[tuple[str, str]]) -> Places:
    """Where `make data` puts rows, each a label and a group or an empty one."""
    data, config = project
    labels = sorted({label for label, _ in rows})
    with TemporaryDirectory() as scratch:
        path, folder = Path(scratch, "rows.csv"), Path(scratch, "processed")
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [("text", "label", "person")]
                + [(words(place), label, group) for place, (label, group) in enumerate(rows)]
            )
        changed = config.data.model_copy(
            update={
                "files": [str(path)],
                "columns": {"text": ["text"], "label": ["label"], "group": ["person"]},
                "validation_fraction": HELD_OUT,
                "test_fraction": HELD_OUT,
            }
        )
        task = config.task.model_copy(update={"labels": labels, "out_of_scope": None})
        data.format_all(config.model_copy(update={"data": changed, "task": task}), folder)
        places: Places = {}
        for split in SPLITS:
            lines = (folder / f"{split}.jsonl").read_bytes().splitlines()
            found = [rows[orjson.loads(line)["row"] - 2] for line in lines]
            places[split] = found
        return places


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(3, 12), min_size=2, max_size=12),
    large=st.integers(FEWEST_ROWS, 150),
)
def test_a_label_with_three_texts_is_in_every_split(
    project: Any, counts: list[int], large: int
) -> None:
    """Without groups, and with the shares kept as far as so few rows allow."""
    rows = [(f"label_{at}", "") for at, count in enumerate([*counts, large]) for _ in range(count)]
    places = formatted(project, rows)
    for split in SPLITS:
        assert {label for label, _ in places[split]} == {label for label, _ in rows}
    # a split may gain a row for each label that missed it; beyond that, four standard deviations
    for split in ("validation", "test"):
        chance = 4 * (len(rows) * HELD_OUT * (1 - HELD_OUT)) ** 0.5
        assert abs(len(places[split]) - len(rows) * HELD_OUT) <= chance + len(counts)


@st.composite
def grouped_rows(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Rows of labels that each have three groups of their own, and of groups with any labels."""
    rows = []
    labels = [f"label_{at}" for at in range(draw(st.integers(2, 6)))]
    for label in labels:
        for group in range(draw(st.integers(3, 6))):
            rows += [(label, f"{label}_{group}")] * draw(st.integers(1, 5))
    mixed = st.tuples(st.sampled_from(labels), st.integers(1, 8))
    rows += [(label, f"mixed_{group}") for label, group in draw(st.lists(mixed, max_size=40))]
    return rows


# Moving the mixed group for label_0 takes label_4 from a split that had it.
MIXED_ROWS = [
    *((f"label_{at}", f"label_{at}_{group}") for at in range(6) for group in range(3)),
    ("label_4", "label_4_3"),
    *((f"label_{at}", "mixed_2") for at in (0, 1, 4)),
]


@settings(max_examples=25, deadline=None)
@given(rows=grouped_rows())
@example(rows=MIXED_ROWS)
def test_a_label_with_three_groups_is_in_every_split_and_no_group_in_two(
    project: Any, rows: list[tuple[str, str]]
) -> None:
    places = formatted(project, rows)
    where = defaultdict(set)
    for split in SPLITS:
        assert {label for label, _ in places[split]} == {label for label, _ in rows}
        for _, group in places[split]:
            where[group].add(split)
    assert all(len(splits) == 1 for splits in where.values())


def test_rows_stay_in_their_split_when_others_come(project: Any) -> None:
    """Only the few rows that a rare label had moved may go back."""
    rows = [(f"label_{at % 40}", "") for at in range(400)]
    before, after = formatted(project, rows), formatted(project, rows + rows)
    moved = sum((Counter(before[split]) - Counter(after[split])).total() for split in SPLITS)
    assert moved <= 8
