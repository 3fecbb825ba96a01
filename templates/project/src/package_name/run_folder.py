"""The folder of one run: what was trained, on what, how far it got, and what came of it."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from safetensors import SafetensorError

from .config import Config, ModelConfig, changed_keys, load_config
from .errors import ProjectError
from .model_files import ModelFolder

_RECORDED = ("torch", "transformers", "peft", "accelerate", "tokenizers")
# where a machine has the base model; `confirmed` holds that it is the same
_PLACE = ("source", "id")
_SAMPLE = 2**20  # bytes at both ends of a weights file: training changes nearly every weight


@dataclass(frozen=True)
class RunFolder:
    """`runs/<name>/`."""

    path: Path

    @property
    def config_file(self) -> Path:
        """What was trained, value by value."""
        return self.path / "config.yaml"

    @property
    def adapter(self) -> Path:
        """Where the trained adapter goes."""
        return self.path / "adapter"

    @property
    def trained_adapter(self) -> Path:
        """The adapter of a run that got to its end."""
        if not self.finished:
            raise ProjectError(f"{self.path} is not trained to its end", "run `make train` first")
        return self.adapter

    @property
    def checkpoints(self) -> Path:
        """Where an interrupted run goes on."""
        return self.path / "checkpoints"

    @property
    def finished(self) -> bool:
        """Whether the run got to its end."""
        return (self.path / "result.json").is_file()

    def record(self) -> dict[str, Any]:
        """What the run noted when it began."""
        path = self.path / "run.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def pinned(self, model: ModelConfig) -> ModelConfig:
        """The model in the very revision that the run began with, where run.yaml names none."""
        if model.revision or model.id != self._settings().get("model", {}).get("id"):
            return model
        return model.model_copy(update={"revision": self.record().get("model_revision")})

    def confirmed(self, folder: ModelFolder) -> ModelFolder:
        """The base model, once it is sure to be the one that the run began with."""
        before = self.record().get("model_sha256")
        if before and before != _weights_hash(folder.path):
            raise ProjectError(
                f"{folder.path} is another base model than the one {self.path} began with",
                f"set model.id in config/run.yaml to where {self._settings()['model']['id']} is "
                "now, or another run.name",
            )
        return folder

    def own_settings(self, config: Config) -> Config:
        """The settings that the run was trained with.

        How to evaluate it, how to ask the base, and what is this machine's, run.yaml says.
        """
        if changed := [key for key in self.other_settings(config) if key != "model.precision"]:
            said = f"{self.path} keeps the settings it was trained with; run.yaml differs in "
            print(said + ", ".join(changed), file=sys.stderr)
        own = load_config(self.config_file)
        machine = config.model.model_dump(include={*_PLACE, "precision"})
        sections = {
            "run": own.run.model_copy(update={"name": config.run.name}),
            "task": own.task.model_copy(update={"system_untuned": config.task.system_untuned}),
            "model": own.model.model_copy(update=machine),
            "evaluation": config.evaluation,
        }
        return own.model_copy(update=sections)

    def other_settings(self, config: Config) -> list[str]:
        """What the run was trained with and `config` has otherwise; nothing before it began."""
        if not (before := self._settings()):
            return []
        changed = changed_keys(before, config, ("data", "task", "model", "adapter", "training"))
        changed = [key for key in changed if key not in {f"model.{each}" for each in _PLACE}]
        if before["run"]["seed"] != config.run.seed:
            changed.append("run.seed")
        return changed

    def refuse_others(self, config: Config, data: str) -> None:
        """Refuse to go on with other settings or rows than the run began with."""
        if changed := self.other_settings(config):
            raise ProjectError(
                f"{self.path} holds a run with other settings: {', '.join(changed)}",
                f"set another run.name in config/run.yaml, or delete {self.path} to train it anew",
            )
        self.refuse_other_rows(data)

    def refuse_other_rows(self, data: str) -> None:
        """Refuse rows other than those the run began with: neither mixed, nor judged by others."""
        before = self.record()
        if before and before["data_sha256"] != data:
            raise ProjectError(
                f"data/processed changed since {self.path} began",
                f"set another run.name in config/run.yaml and train, or delete {self.path}",
            )

    def refuse_other_processes(self, processes: int) -> None:
        """Refuse to go on with more or fewer processes: a step would hold other rows."""
        before = self.record().get("processes", processes)
        if before != processes:
            raise ProjectError(
                f"{self.path} began with {before} processes, and {processes} would go on",
                f"python -m torch.distributed.run --nproc-per-node {before} "
                f"-m {__package__}.train, or set another run.name",
            )

    def begin(
        self, config: Config, plan: Mapping[str, int], *, data: str, folder: ModelFolder
    ) -> None:
        """Write down what will be trained, before it trains; a resumed run has done so."""
        if self.record() or os.environ.get("RANK", "0") != "0":
            return
        facts = {
            **plan,
            "data_sha256": data,
            "model_revision": folder.revision,
            "model_sha256": _weights_hash(folder.path),
        }
        versions = {name: version(name) for name in _RECORDED}
        self.path.mkdir(parents=True, exist_ok=True)
        write_text(self.config_file, _as_yaml(config))
        write_json(
            self.path / "run.json",
            {**facts, "versions": {"python": platform.python_version(), **versions}},
        )

    def finish(self, best_loss: float | None, history: list[dict[str, float]]) -> None:
        """Write down what came of it; only now the run counts as finished."""
        # a step that fp16 leaves out has a gradient without end
        known = [{key: n for key, n in entry.items() if math.isfinite(n)} for entry in history]
        write_json(self.path / "result.json", {"best_validation_loss": best_loss, "history": known})

    def _settings(self) -> dict[str, Any]:
        if not self.config_file.is_file():
            return {}
        settings: dict[str, Any] = yaml.safe_load(self.config_file.read_text(encoding="utf-8"))
        return settings

    @contextmanager
    def told_when_full(self) -> Iterator[None]:
        """Say that the disk is full where torch and safetensors say it in their own ways."""
        try:
            yield
        except (RuntimeError, SafetensorError) as error:
            # safetensors repeats the system's words and clears up; torch leaves the disk full
            if "No space left" not in str(error) and shutil.disk_usage(self.path).free > 2**16:
                raise
            raise ProjectError(
                f"the disk of {self.path} is full",
                "make room; `make train` then goes on from the last whole checkpoint",
            ) from error

    def last_checkpoint(self) -> Path | None:
        """The newest checkpoint that was written to its end."""
        whole = [path for path in self.checkpoints.glob("checkpoint-*") if _is_whole(path)]
        return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def run_folder(config: Config) -> RunFolder:
    """The folder of this run."""
    return RunFolder(Path("runs") / config.run.name)


def write_json(path: Path, content: object) -> None:
    """Write a file that is whole or absent."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file that is whole or absent."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _weights_hash(folder: Path) -> str:
    """SHA-256 of the names, the sizes and both ends of a model's weights."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("model*.safetensors")):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLE))
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read())
    return digest.hexdigest()


def _as_yaml(config: Config) -> str:
    return yaml.safe_dump(config.model_dump(), allow_unicode=True, sort_keys=False, width=100)


def _is_whole(checkpoint: Path) -> bool:
    # the Trainer writes its state last: where it is readable, all before it is there
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
