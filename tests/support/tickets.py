"""Support requests in small files, and what measuring them gives: for the tests of intake."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from newft.answers.keys import RowChoices
from newft.catalog.loader import load_catalog
from newft.dataset.profile import USE_ALL_ROWS, profile_dataset
from newft.errors import DataError
from newft.schema.dataset import DataFacts
from newft.text import Language

KIT = load_catalog().kits["customer_service"]
TASK = KIT.tasks["intent"]
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty")
PLACES = ("Aruba", "Dover", "Essen", "Izmir", "Malmo", "Osaka", "Paris", "Quito", "Tunis", "Vaduz")
GOODS = ("chair", "clock", "couch", "drill", "ladle", "phone", "piano", "shelf", "stove", "towel")


def requests(label: str, count: int) -> list[tuple[str, str]]:
    """Rows of one label that say different things: any two differ in two words at least."""
    return [
        (
            f"Where is the {WORDS[i % 10]} {label} of {PLACES[i // 10]}, "
            f"the {GOODS[(i + i // 10) % 10]}?",
            label,
        )
        for i in range(count)
    ]


GOOD = [*requests("refund", 15), *requests("parcel", 15)]


def table(folder: Path, rows: Iterable[Sequence[str]], *, header: str = "text,intent") -> Path:
    path = folder / "tickets.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def facts(
    *paths: Path,
    columns: Mapping[str, str] | None = None,
    language: Language | None = None,
    rows: RowChoices = USE_ALL_ROWS,
) -> DataFacts:
    files = [str(path) for path in paths]
    return profile_dataset(files, task=TASK, columns=columns or {}, language=language, rows=rows)


def refusal(*paths: Path, columns: Mapping[str, str] | None = None) -> DataError:
    with pytest.raises(DataError) as raised:
        facts(*paths, columns=columns)
    assert raised.value.hint
    return raised.value


def said(found: DataFacts) -> list[str]:
    return [warning.en for warning in found.warnings]
