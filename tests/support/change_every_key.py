"""Change each key of run.yaml in turn, in an emitted project, and tell what that changes.

python -m support.change_every_key PACKAGE SECTION...

Runs in a project whose rows are few, after its package in the path: modules of tests may be called
as the project is. Prints one JSON object: for every key of the sections, the
command that did something else, or the message that refused the change, or null.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import torch

PACKAGE, *SECTIONS = sys.argv[1:]
COMMANDS = {
    "prepare": {},
    "train": {"dry_run": False},
    "evaluate": {},
    "chat": {"once": "my refund"},
}
# values that the type of a key does not suggest
OTHERS: dict[str, object] = {
    "run.name": "other",
    "run.estimated_memory_gb": [0.1, 0.2],
    "data.files": ["data/raw/other.csv"],
    "data.columns": {"text": ["no such column"]},
    "data.slice_fields": ["label"],
    "data.given_splits": ["test"],
    "data.validation_fraction": 0.5,
    "data.test_fraction": 0.4,
    "model.id": "another/model",
    "model.source": "huggingface",
    "model.end_of_turn": "<|im_start|>",
    "model.pad": "<|im_start|>",
    "model.stop_tokens": ["<|im_start|>"],
    "model.system_turn": "user",
    "model.template_arguments": {"no_such_argument": True},
    "model.precision": "bf16",
    "model.attention": "eager",
    "method.target_modules": ["q_proj"],
    "training.lr_scheduler": "cosine",
    "training.warmup_ratio": 0.9,
    "training.max_length": 60,
    "training.num_evaluations": 1,
    "training.device": "cuda",
    "evaluation.few_shot_examples": 2,
    "task.leak_patterns": ["([a-z]+)"],
    "task.label_field_names": ["the"],
    "task.stated_label_positions": ["start", "end"],
    "task.label_rules.aliases": {"故意伤害": ["打人"]},
    "task.indeterminate": ["打人"],
    "task.question_template": "What about {type}?",
}
TIMED = re.compile(r"_runtime$|_per_second$|^seconds_|^peak_")
# `auto` is what was fastest, which no two runs share
NOT_BY_PACE = ("model.precision=fp32", "model.attention=sdpa", "training.batch_size=2")
SHORT = ("training.epochs=1",)  # what a key does shows in the first
BY_PACE = re.compile(r"tokens/s|每秒|[Pp]eak of memory|峰值占用")  # no two runs share these lines
TIME_LEFT = re.compile(r", [^,]* left$|，还需 .*$")  # the end of a line of progress


def module(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


def leaves(section: Any, names: tuple[str, ...] = ()) -> Iterator[str]:
    """The keys that hold values, told by the schema: a new one cannot be forgotten."""
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, module("task_base").ConfigSection):
            yield from leaves(inner, (*names, name))
        else:
            yield ".".join((*names, name))


def changed(key: str, value: Any, others: Mapping[str, object]) -> object:
    if key in others:
        return others[key]
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return value / 2 if value else 0.5
        case None:
            return 0.0005 if "minutes" in key else "other"
        case str():
            return f"other {value}"
        case list():
            return value[1:]
    raise AssertionError(f"give OTHERS a value for {key}")


class Trial:
    """The project in a folder of its own, with one value changed."""

    def __init__(self, overrides: tuple[str, ...]) -> None:
        self.config = module("config").load_config(
            Path("config/run.yaml"), (*NOT_BY_PACE, *SHORT, *overrides)
        )
        self.shapes: list[tuple[int, ...]] = []

    def seen(self, command: str) -> dict[str, object]:
        """What a command prints, writes, and asks of the model."""
        self.shapes.clear()
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), self.watched():
            module(command).main(self.config, Namespace(**COMMANDS[command]))
        lines = [line for line in out.getvalue().splitlines() if not BY_PACE.search(line)]
        printed = [TIME_LEFT.sub("", line) for line in lines]
        files = {str(path): content(path) for path in sorted(Path().rglob("*")) if is_result(path)}
        return {"printed": printed, "shapes": list(self.shapes), **files}

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        chat = module("chat")
        stream = chat.stream_tokens

        def noted(model: Any, prompt: list[int], **kwargs: Any) -> Any:
            self.shapes.append((len(prompt),))
            return stream(model, prompt, **kwargs)

        chat.stream_tokens = noted
        try:
            yield
        finally:
            chat.stream_tokens = stream


def is_result(path: Path) -> bool:
    # these repeat run.yaml, which is what was changed; a picture tells what result.json tells
    told = {"config.yaml", "summary.json", "loss.txt", ".lock"}
    return path.is_file() and path.name not in told and path.parts[0] in ("data", "runs")


def content(path: Path) -> object:
    if path.name == "training_args.bin":
        return torch.load(path, weights_only=False).to_dict()
    if path.suffix in (".pt", ".pth") or path.name == "trainer_state.json":
        return None  # holds times
    if path.suffix == ".json":
        return without_times(json.loads(path.read_bytes()))
    if path.name == "README.md":
        lines = path.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not BY_PACE.search(line)]
    return path.read_bytes()


def without_times(value: Any) -> Any:
    match value:
        case dict():
            kept = value.items()
            return {name: without_times(one) for name, one in kept if not TIMED.search(name)}
        case list():
            return [without_times(one) for one in value]
    return value


def differing(trial: Trial, usual: dict[str, dict[str, object]]) -> str | None:
    for command, before in usual.items():
        try:
            now = trial.seen(command)
        except module("runtime.errors").ProjectError as error:
            return f"refused: {error.message}"
        if now != before:
            return command
    return None


def in_a_copy(project: Path, work: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("config", "data"):
            shutil.copytree(project / name, Path(folder, name))
        os.chdir(folder)
        try:
            return work()
        finally:
            os.chdir(project)


def main() -> None:
    torch.set_num_threads(1)
    module("runtime.progress_line").INTERVAL_SECONDS = 0.0  # a line of every batch, at any pace
    module("chat").MAX_NEW_TOKENS = 8  # the answers of random weights have no end
    project = Path.cwd()
    config = Trial(()).config
    others = OTHERS | {"task.labels": [*config.task.labels, "moon"]}
    usual = in_a_copy(project, lambda: {name: Trial(()).seen(name) for name in COMMANDS})
    told: dict[str, str | None] = {
        "nothing": in_a_copy(project, lambda: differing(Trial(()), usual))
    }
    for key in leaves(module("config").Config):
        if key.partition(".")[0] not in SECTIONS:
            continue
        value = changed(key, attrgetter(key)(config), others)
        override = f"{key}={json.dumps(value, ensure_ascii=False)}"
        try:
            told[key] = in_a_copy(project, lambda o=override: differing(Trial((o,)), usual))
        except module("runtime.errors").ProjectError as error:
            told[key] = f"refused: {error.message}"
    sys.stdout.write(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main()
