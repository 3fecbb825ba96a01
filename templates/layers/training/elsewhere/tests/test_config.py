"""A wrong value is named with its line, and all of them at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from package_name.config import Config, load_config
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill

RUN_YAML = Path(__file__).parents[1] / "config" / "run.yaml"


def test_the_settings_are_read_as_they_were_written(tmp_path: Path, run_yaml: Config) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(run_yaml.model_dump(), allow_unicode=True), encoding="utf-8")
    assert load_config(path) == run_yaml


def test_every_fault_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    lines = RUN_YAML.read_text(encoding="utf-8").splitlines()
    seed = next(n for n, line in enumerate(lines) if line.startswith("  seed:"))
    test = next(n for n, line in enumerate(lines) if line.startswith("  test_fraction:"))
    lines[seed], lines[test] = "  sede: 1", "  test_fraction: 0"
    path = tmp_path / "run.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        load_config(path)
    faults = caught.value.message.splitlines()
    assert faults[0] == f"{path}:{seed + 1}: " + fill(
        "{place} is not a key; the nearest is {near}", place="run.sede", near="seed"
    )
    assert faults[-1].startswith(f"{path}:{test + 1}: ")


def test_an_override_is_checked_like_the_file() -> None:
    assert load_config(RUN_YAML, ["run.seed=7"]).run.seed == 7
    fault = fill("{place} is not a key; the nearest is {near}", place="--set run.sed", near="seed")
    with pytest.raises(ProjectError, match=re.escape(fault)):
        load_config(RUN_YAML, ["run.sed=7"])


def test_there_is_nothing_to_set_about_training() -> None:
    with pytest.raises(ProjectError):
        load_config(RUN_YAML, ["training.epochs=7"])
