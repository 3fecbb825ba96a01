"""Rows of two labels, in an empty folder of their own."""

from __future__ import annotations

import csv
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from example import COLUMNS, record, with_two_labels
from hypothesis import HealthCheck, settings

from package_name import export_llama_factory, prepare
from package_name.config import Config, load_config

# a busy machine is no fault of what is tested
settings.register_profile("any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any pace")

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def run_yaml() -> Config:
    """The settings of this project, as they stand."""
    return load_config(PROJECT / "config" / "run.yaml")


@pytest.fixture
def config(run_yaml: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The settings with two labels, in an empty folder of their own."""
    monkeypatch.chdir(tmp_path)
    data = {
        "files": ["rows.csv"],
        "columns": COLUMNS,
        "slice_fields": [],
        "given_splits": [],
        "validation_fraction": 0.2,
        "test_fraction": 0.2,
    }
    sections = {
        "task": with_two_labels(run_yaml.task),
        "data": run_yaml.data.model_copy(update=data),
    }
    return run_yaml.model_copy(update=sections)


@pytest.fixture
def write_rows(config: Config) -> Callable[..., None]:
    """A function that writes rows.csv: so many rows of the two labels, and any others given."""

    def write(count: int, *others: tuple[str, str]) -> None:
        labels = config.task.labels
        texts = [f"{_word(i)} {_word(i * 7 + 3)} {_word(i * i)}" for i in range(count)]
        pairs = [(text, labels[i % 2]) for i, text in enumerate(texts)]
        with Path("rows.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(record("", "")))
            writer.writeheader()
            writer.writerows(record(text, label) for text, label in (*pairs, *others))

    return write


@pytest.fixture
def formatted(config: Config, write_rows: Callable[..., None]) -> Config:
    """The settings with their rows formatted and exported, as `make data` does."""
    write_rows(60)
    prepare.main(config, Namespace())
    export_llama_factory.main(config, Namespace())
    return config


def _word(number: int) -> str:
    return "".join("bcdfghjklmnpqrstvwxz"[number // 20**place % 20] + "a" for place in range(4))
