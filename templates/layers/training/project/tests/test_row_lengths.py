"""Rows that are too long stop `make data` and training, unless run.yaml lets them be cut."""

from __future__ import annotations

import tracemalloc
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from package_name import prepare, train
from package_name.config import Config
from package_name.data import row_lengths
from package_name.data.row_lengths import refuse_excess_truncation
from package_name.model import load
from package_name.model.fetch import NO_FOLDER_MESSAGE
from package_name.model.verify import ModelFolder
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill

LONG = ("zzz " * 200).strip()


def limited(config: Config, **values: object) -> Config:
    training = config.training.model_copy(update={"max_length": 400, **values})
    return config.model_copy(update={"training": training})


def write_long_rows(config: Config, write_rows: Callable[..., None], count: int) -> None:
    label = config.task.labels[0]
    write_rows(60, *((f"{LONG} {'abcdefghij'[i] * 9}", label) for i in range(count)))


def test_the_value_that_is_named_is_the_least_that_fits(config: Config) -> None:
    lengths = [*range(100, 300), 10_000, 20_000]
    with pytest.raises(ProjectError) as caught:
        refuse_excess_truncation(lengths, 202, limited(config, max_length=250).training)
    assert "25.2%" in caught.value.message
    assert [value in caught.value.hint for value in ("299", "20000", "0.26")] == [True] * 3
    refuse_excess_truncation(lengths, 202, limited(config, max_length=299).training)
    refuse_excess_truncation(
        lengths, 202, limited(config, max_length=250, max_truncated_fraction=0.26).training
    )


def test_too_many_long_rows_stop_the_formatting_and_leave_nothing_behind(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_long_rows(config, write_rows, 10)
    with pytest.raises(ProjectError, match=r"training\.max_length.*400"):
        prepare.main(limited(config), Namespace())
    assert not Path("data/processed").exists()
    prepare.main(limited(config, max_truncated_fraction=0.5), Namespace())
    prepare.main(limited(config, max_length=2_000), Namespace())


def test_the_rows_are_read_one_by_one(config: Config, tmp_path: Path) -> None:
    messages = [{"role": role, "content": "x" * 200} for role in ("system", "user", "assistant")]
    line = orjson.dumps({"messages": messages}) + b"\n"
    for split in row_lengths.MEASURED_SPLITS:
        (tmp_path / f"{split}.jsonl").write_bytes(line * 10_000)
    tracemalloc.start()
    row_lengths.check_row_lengths(tmp_path, limited(config, max_length=2_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(line) * 10_000 / 2


def test_training_measures_rows_that_were_formatted_without_the_model(
    config: Config,
    tiny_model: ModelFolder,
    write_rows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_long_rows(config, write_rows, 10)
    monkeypatch.setattr(row_lengths, "find_cached_folder", lambda model: None)
    prepare.main(limited(config), Namespace())
    said = capsys.readouterr().out
    assert fill(NO_FOLDER_MESSAGE) in said
    monkeypatch.setattr(load, "fetch_model_folder", lambda _: tiny_model)
    with pytest.raises(ProjectError, match=r"training\.max_length.*400"):
        train.main(limited(config), Namespace(dry_run=True))
