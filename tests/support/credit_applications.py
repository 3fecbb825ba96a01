"""Credit applications in small files, and what measuring them gives: for the tests of tables."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from newft.catalog.loader import load_catalog
from newft.dataset.profile import profile_dataset
from newft.errors import DataError
from newft.schema.dataset import DataFacts

KIT = load_catalog().kits["credit_risk"]
TASK = KIT.tasks["risk"]
LEVELS = {"low": "approve", "medium": "review", "high": "decline"}
HISTORIES = ("clean", "one late payment", "a default in 2019")

Record = dict[str, str]


def applications(count: int = 30) -> list[Record]:
    """Records of five columns in which nothing but the level tells the recommendation."""
    found = []
    for i in range(count):
        level = list(LEVELS)[i // 3 % 3]
        found.append(
            {
                "age": str(21 + i * 7 % 40),
                "income": f"{30 + i * 11 % 40}000",
                "credit_history": HISTORIES[i % 3],
                "risk_level": level,
                "recommendation": LEVELS[level],
            }
        )
    return found


def flagged(
    records: Sequence[Record], column: str, bad: str = "1", good: str = "0"
) -> list[Record]:
    """The records with two labels in a column of this name, in place of the levels."""
    shown = ("age", "income", "credit_history")
    return [
        {name: record[name] for name in shown} | {column: bad if i // 3 % 2 else good}
        for i, record in enumerate(records)
    ]


def with_column(records: Sequence[Record], name: str, values: Sequence[str]) -> list[Record]:
    """The records with one more column, before the others."""
    return [{name: value, **record} for value, record in zip(values, records, strict=True)]


def written(folder: Path, records: Sequence[Record], name: str = "applications.csv") -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


def facts(path: Path, columns: Mapping[str, str] | None = None) -> DataFacts:
    return profile_dataset([str(path)], task=TASK, columns=columns or {}, language=None)


def refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as raised:
        facts(path)
    return raised.value
