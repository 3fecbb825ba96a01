"""How a command ends: a fault of the input is told, a mistake in the code stays visible."""

from __future__ import annotations

import json
import pickle
import re
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from package_name.config import Config
from package_name.model.memory import explain_full_memory
from package_name.runtime.errors import ProjectError
from package_name.runtime.main import Options, run_command
from package_name.runtime.messages import fill
from package_name.runtime.progress_line import format_duration

RUN_YAML = str(Path(__file__).parents[1] / "config" / "run.yaml")


def end_of(error: Exception) -> int:
    def work(config: Config, options: Options) -> None:
        raise error

    return run_command(work, "", ["--config", RUN_YAML])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ProjectError("{path} is odd", "mend it", path="a\x1b[2J"), r"a\x1b[2J is odd"),
        (
            OSError(28, "No space left on device", "runs/x"),
            fill("{path}: {reason}", path="runs/x", reason=fill("the disk is full")),
        ),
        (OSError("no file named config.json"), "no file named config.json"),
        (json.JSONDecodeError("Expecting value", "", 0), "Expecting value"),
        (SafetensorError("header too large"), "header too large"),
        (zipfile.BadZipFile("not a zip file"), "not a zip file"),
        (pickle.UnpicklingError("pickle data was truncated"), "pickle data was truncated"),
        (MemoryError(), fill("there is not enough memory: {reason}", reason="MemoryError")),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "can't allocate memory"),
    ],
)
def test_a_fault_of_the_input_is_told(
    error: Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_of(error) == 1
    said = capsys.readouterr().err
    assert told in said
    assert "\n\n" in said  # a hint follows


def test_full_memory_is_told_with_what_needs_less() -> None:
    told = fill("there is not enough memory: {reason}", reason="the device is full")
    with pytest.raises(ProjectError, match=told) as caught, explain_full_memory("lower it"):
        raise torch.OutOfMemoryError("the device is full")
    assert caught.value.hint == "lower it"
    with pytest.raises(RuntimeError, match="shapes"), explain_full_memory("lower it"):
        raise RuntimeError("shapes differ")


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        TypeError("y"),
        ZeroDivisionError(),
        RuntimeError(),
        UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range(128)"),
        pickle.PicklingError("not written"),
    ],
)
def test_a_mistake_in_the_code_stays_visible(error: Exception) -> None:
    with pytest.raises(type(error)):
        end_of(error)


@pytest.mark.parametrize(
    ("seconds", "said"), [(48.2, ["48"]), (185, ["3", "05"]), (7_800, ["2", "10"])]
)
def test_a_duration_is_said_for_people(seconds: float, said: list[str]) -> None:
    assert re.findall(r"\d+", format_duration(seconds)) == said
