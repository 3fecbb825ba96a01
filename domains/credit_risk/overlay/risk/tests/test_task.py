"""What a prompt shows is checked before anything is formatted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from package_name.config import Config, load_config
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill

RUN_YAML = Path(__file__).parents[1] / "config" / "run.yaml"


def changed(
    tmp_path: Path, run_yaml: Config, *, inputs: list[str], slices: list[str], fields: list[str]
) -> Path:
    values = run_yaml.model_dump()
    values["data"]["columns"] |= {name: [name] for name in (*slices, *fields)}
    values["data"]["slice_fields"] += slices
    values["task"]["inputs"] = inputs
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("label", "inputs contains {name}, which must not appear in prompts"),
        (
            "marriage",
            "inputs contains {name}, which is in data.slice_fields and must not appear in prompts",
        ),
        ("incme", "inputs contains {name}, which is not a field of data.columns"),
    ],
)
def test_an_input_that_must_not_be_shown_is_refused(
    tmp_path: Path, run_yaml: Config, name: str, fault: str
) -> None:
    inputs = [*run_yaml.task.inputs, name]
    path = changed(tmp_path, run_yaml, inputs=inputs, slices=["marriage"], fields=[])
    with pytest.raises(ProjectError, match=re.escape(fill(fault, name=name))):
        load_config(path)


def test_a_field_that_no_prompt_shows_is_named(tmp_path: Path, run_yaml: Config) -> None:
    inputs = list(run_yaml.task.inputs)
    path = changed(tmp_path, run_yaml, inputs=inputs, slices=[], fields=["district"])
    fault = fill(
        "data.columns.{name} is in no prompt: add it to inputs, or remove it from data.columns",
        name="district",
    )
    with pytest.raises(ProjectError, match=re.escape(fault)):
        load_config(path)


@pytest.mark.parametrize("as_list", [True, False])
def test_the_risk_is_a_set_of_levels_of_which_one_may_stand_alone(
    tmp_path: Path, run_yaml: Config, as_list: bool
) -> None:
    risk = run_yaml.task.labels[0]
    path = with_task(tmp_path, run_yaml, positive=[risk] if as_list else risk)
    assert load_config(path).task.positive == [risk]


def test_a_risk_that_leaves_nothing_to_compare_with_is_refused(
    tmp_path: Path, run_yaml: Config
) -> None:
    labels = list(run_yaml.task.labels)
    unknown = "positive contains {label}, which is not one of task.labels"
    known = "indeterminate contains {label}, which is one of task.labels"
    for changes, fault in (
        (
            {"positive": labels},
            fill("positive contains all of task.labels: leave one out at least"),
        ),
        ({"positive": ["no such"]}, fill(unknown, label="no such")),
        ({"indeterminate": [labels[0].upper()]}, fill(known, label=labels[0].upper())),
    ):
        with pytest.raises(ProjectError, match=re.escape(fault)):
            load_config(with_task(tmp_path, run_yaml, **changes))


def with_task(folder: Path, run_yaml: Config, **changes: object) -> Path:
    """A run.yaml with other settings of the task."""
    values = run_yaml.model_dump(mode="json")
    values["task"] |= changes
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return path


def test_the_column_of_given_splits_is_in_no_prompt(tmp_path: Path, run_yaml: Config) -> None:
    path = changed(tmp_path, run_yaml, inputs=[*run_yaml.task.inputs], slices=[], fields=[])
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["data"]["columns"]["split"] = ["subset"]
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    assert load_config(path).data.columns["split"] == ["subset"]
