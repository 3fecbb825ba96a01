"""A wrong value is named with its line, and all of them at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from package_name.config import Config, load_config
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill
from package_name.task_base import (
    LabelRulesSection,
    validate_distinct_labels,
)

RUN_YAML = Path(__file__).parents[1] / "config" / "run.yaml"


def not_yaml(line: int, path: object = "") -> str:
    """What is said of a file that is not YAML, up to the reason, which is in the parser's words."""
    reason = fill("invalid YAML: {problem}", problem="REASON").partition("REASON")[0]
    return f"{path}:{line}: {reason}"


def broken(tmp_path: Path, **replacements: str) -> Path:
    lines = []
    for line in RUN_YAML.read_text(encoding="utf-8").splitlines():
        key = line.strip().partition(":")[0]
        indent = line[: len(line) - len(line.lstrip())]
        lines.append(f"{indent}{replacements[key]}" if key in replacements else line)
    path = tmp_path / "run.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip() == text)


def test_the_run_of_this_project_is_valid(run_yaml: Config) -> None:
    assert run_yaml.training.learning_rate > 0


def test_a_run_reads_its_settings_as_they_were_written(tmp_path: Path, run_yaml: Config) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(run_yaml.model_dump(), allow_unicode=True), encoding="utf-8")
    assert load_config(path) == run_yaml


def test_every_fault_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    path = broken(tmp_path, pad="pda: x", learning_rate="learning_rate: 1e-4", epochs="epochs: 0")
    with pytest.raises(ProjectError) as caught:
        load_config(path)
    faults = caught.value.message.splitlines()
    assert [fault.partition(" ")[0] for fault in faults] == [
        f"{path}:{line_of(path, 'pda: x')}:",
        f"{path}:{line_of(path, 'learning_rate: 1e-4')}:",
        f"{path}:{line_of(path, 'epochs: 0')}:",
    ]
    assert faults[0].endswith(
        fill("{place} is not a key; the nearest is {near}", place="model.pda", near="pad")
    )
    assert "1.0e-4" in caught.value.hint


@pytest.mark.parametrize(
    ("label", "fault"),
    [
        ("{first}", "{label} is a duplicate of {known}"),
        (" {first}", "{label} contains invisible characters: write {written}"),
        ("{first}\u200b", "{label} contains invisible characters: write {written}"),
        ("{first}\ufe0f", "{label} is a duplicate of {known}"),
    ],
)
def test_labels_that_look_the_same_are_refused(
    label: str, fault: str, tmp_path: Path, run_yaml: Config
) -> None:
    first = run_yaml.task.labels[0]
    added = label.format(first=first)
    line = f'    - "{added}"'  # before the first label
    text = RUN_YAML.read_text(encoding="utf-8")
    path = tmp_path / "run.yaml"
    path.write_text(text.replace("  labels:\n", f"  labels:\n{line}\n", 1), encoding="utf-8")
    named = first if "{known}" in fault else ascii(added)
    said = fill(fault, label=named, known=added, written=repr(first))
    with pytest.raises(ProjectError, match=re.escape(said)):
        load_config(path)


@pytest.mark.parametrize(
    ("label_rules", "fault", "names"),
    [
        (
            {"strip_suffixes": ["_case"]},
            "{label} is a duplicate of {known}",
            {"label": "plum case", "known": "plum"},
        ),
        (
            {"aliases": {"plum": ["pear"]}},
            "{label} is a duplicate of {known}",
            {"label": "pear", "known": "plum"},
        ),
        (
            {"aliases": {"other": ["another name"]}},
            "label_rules.aliases: {label} is not one of task.labels",
            {"label": "other"},
        ),
        (
            {"aliases": {"plum": ["fruit"], "pear": ["fruit"]}},
            "label_rules.aliases: {alias} names more than one label",
            {"alias": "fruit"},
        ),
    ],
)
def test_labels_and_aliases_that_the_rules_cannot_tell_apart_are_refused(
    label_rules: dict[str, Any], fault: str, names: dict[str, str]
) -> None:
    rules = LabelRulesSection(**label_rules).rules
    with pytest.raises(ValueError, match=re.escape(fill(fault, **names))):
        validate_distinct_labels(["plum", "plum case", "pear"], rules)


def test_the_labels_of_a_run_are_read_by_its_rules(run_yaml: Config) -> None:
    label = run_yaml.task.labels[0]
    given = run_yaml.task.model_dump(exclude_unset=True)
    given["labels"] = [*run_yaml.task.labels, f"{label}!"]
    given["label_rules"] = {"strip_suffixes": ["!"]}
    said = fill("{label} is a duplicate of {known}", label=f"{label}!", known=label)
    with pytest.raises(ValueError, match=re.escape(said)):
        type(run_yaml.task).model_validate(given)


def test_an_alias_and_a_label_with_affixes_name_the_label(run_yaml: Config) -> None:
    label = run_yaml.task.labels[0]
    rules = LabelRulesSection(strip_prefixes=["is: "], aliases={label: ["another name"]})
    task = run_yaml.task.model_copy(update={"label_rules": rules})
    for text in (label, f"Is: {label}", "Another-Name"):
        assert task.parse_label(text) == label


def test_each_split_has_a_share() -> None:
    for share in ("validation_fraction", "test_fraction"):
        with pytest.raises(
            ProjectError, match=re.escape(fill("it must be greater than {gt}", gt=0.0))
        ):
            load_config(RUN_YAML, [f"data.{share}=0"])


def test_an_override_is_checked_like_the_file(tmp_path: Path) -> None:
    assert load_config(RUN_YAML, ["training.epochs=7"]).training.epochs == 7
    nearest = "{place} is not a key; the nearest is {near}"
    fault = fill(nearest, place="--set training.epoch", near="epochs")
    with pytest.raises(ProjectError, match=re.escape(fault)):
        load_config(RUN_YAML, ["training.epoch=7"])
    unknown = fill("--set {override} does not match a key of run.yaml", override="trainig.epochs=7")
    with pytest.raises(ProjectError, match=re.escape(unknown)):
        load_config(RUN_YAML, ["trainig.epochs=7"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "run: &a\n  name: x\ndata: *a\n",
            ":1: "
            + fill("anchors and aliases (& and *) are not supported: write the value itself"),
        ),
        (
            "run:\n  <<: {seed: 1}\n",
            ":2: " + fill("merge keys (<<) are not supported: write the keys themselves"),
        ),
        ("run:\n  seed: 1\n  seed: 2\n", ":3: " + fill("`{key}` is given twice", key="run.seed")),
        ("run:\n  name: x\nrun:\n  name: y\n", ":3: " + fill("`{key}` is given twice", key="run")),
        ("? [a]\n: b\n", ":1: " + fill("a key must be text, not a list or a mapping")),
        ("[" * 5_000, ":1: " + fill("values are nested more than {levels} levels deep", levels=20)),
        ("run: !!python/name:os.system\n", not_yaml(1)),
        ("a: 1\n---\nb: 2\n", not_yaml(2)),
        ("run: \x07\n", "unacceptable character"),
    ],
    ids=["anchor", "merge", "key", "section", "list", "deep", "tag", "two", "bell"],
)
def test_what_yaml_lets_be_written_twice_or_elsewhere_is_refused(
    text: str, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        load_config(path)
    assert fault in caught.value.message
    assert str(path) in caught.value.message


@pytest.mark.parametrize("value", ["[&a x, *a]", "{<<: {a: b}}", "[" * 5_000])
def test_an_override_is_as_plain(value: str) -> None:
    with pytest.raises(ProjectError, match=r"--set task\.labels"):
        load_config(RUN_YAML, [f"task.labels={value}"])


def test_a_missing_or_broken_file_is_explained(tmp_path: Path) -> None:
    gone, bad = tmp_path / "none.yaml", tmp_path / "bad.yaml"
    with pytest.raises(ProjectError, match=re.escape(fill("{path} is missing", path=gone))):
        load_config(gone)
    bad.write_text("run: [", encoding="utf-8")
    with pytest.raises(ProjectError, match=re.escape(not_yaml(1, bad))):
        load_config(bad)
