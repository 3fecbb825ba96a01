"""The folder of one run: what was trained, on what, how far it got, and what came of it."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from safetensors import SafetensorError

from ..config import Config, ModelConfig, load_recorded_config
from ..config_base import find_changed_keys
from ..model.method import PACKAGES, TRAINED_FOLDER, WEIGHTS_PATTERN
from ..model.verify import ModelFolder
from ..runtime.atomic_files import write_json, write_text
from ..runtime.damaged_files import explain_read_errors, read_json
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from ..runtime.output import say
from .checkpoint_validation import find_checkpoint_fault
from .run_plan import resolve_for_inference, restore_settings

_RECORDED_PACKAGES = ("torch", "transformers", "accelerate", "tokenizers", *PACKAGES)
# where a machine has the base model; `confirmed` holds that it is the same
_LOCATION_KEYS = ("source", "id")
# keys of training that change nothing of what is learned: a run goes on with other values of them
_MEMORY_KEYS = ("gradient_checkpointing", "max_packed_tokens")
_HASHED_BYTES = 2**20  # bytes at both ends of a weights file: training changes nearly every weight


@dataclass(frozen=True)
class RunDir:
    """`runs/<name>/`."""

    path: Path

    @property
    def config_file(self) -> Path:
        """What was trained, value by value."""
        return self.path / "config.yaml"

    @property
    def trained_folder(self) -> Path:
        """Where the trained weights go."""
        return self.path / TRAINED_FOLDER

    def verify_trained_weights(self) -> Path:
        """The folder of the trained weights, once they are sure to be those of the finished run."""
        if not self.finished:
            raise ProjectError(
                "training of {path} has not finished", "run `make train` first", path=self.path
            )
        result = self.path / "result.json"
        again = fill(
            "restore {folder} from a backup; or delete {result} and run `make train`, which "
            "resumes from the last checkpoint",
            folder=self.trained_folder,
            result=result,
        )
        trained = read_json(result, again).get("weights_sha256")
        with explain_read_errors(self.trained_folder, again):
            found = _hash_trained_weights(self.trained_folder)
        if found != trained:
            raise ProjectError(
                "the weights in {path} are not those that were trained",
                "{advice}",
                path=self.trained_folder,
                advice=again,
            )
        return self.trained_folder

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
        return read_json(path, self._anew) if path.exists() else {}

    def pin_revision(self, model: ModelConfig) -> ModelConfig:
        """The model in the very revision that the run began with, where run.yaml names none."""
        settings = self._settings()
        if model.revision or not settings or model.id != settings["model"]["id"]:
            return model
        return model.model_copy(update={"revision": self.record().get("model_revision")})

    def verify_base_model(self, folder: ModelFolder) -> ModelFolder:
        """The base model, once it is sure to be the one that the run began with."""
        before = self.record().get("model_sha256")
        if before and before != _hash_weights(folder.path):
            raise ProjectError(
                "{folder} is not the base model with which {run} was started",
                "set model.id in config/run.yaml to the current location of {id}, or set "
                "another run.name",
                folder=folder.path,
                run=self.path,
                id=self._settings()["model"]["id"],
            )
        return folder

    def apply_trained_settings(self, config: Config) -> Config:
        """The settings that the run was trained with.

        Evaluation, the base model's prompt and machine settings come from the current run.yaml.
        """
        if changed := [key for key in self.other_settings(config) if key != "model.precision"]:
            say(
                "{run} uses the settings it was trained with; run.yaml differs in {keys}",
                run=self.path,
                keys=fill(", ").join(changed),
                file=sys.stderr,
            )
        try:  # a run may come from a project with another source of the base model
            own = load_recorded_config(self.config_file, [f"model.source={config.model.source}"])
        except ProjectError as error:
            raise ProjectError(error.message, self._anew) from error
        machine = config.model.model_dump(include={*_LOCATION_KEYS, "precision"})
        model = own.model.model_copy(update=machine)
        sections = {
            "run": own.run.model_copy(update={"name": config.run.name}),
            "task": own.task.model_copy(
                update={"base_system_prompt": config.task.base_system_prompt}
            ),
            "model": resolve_for_inference(model, self.record()),
            "evaluation": config.evaluation,
        }
        return own.model_copy(update=sections)

    def load_trained_config(self, config: Config) -> Config:
        """What the run was trained with, as it was resolved when it began."""
        own = load_recorded_config(self.config_file, [f"model.source={config.model.source}"])
        return restore_settings(own, self.record())

    def other_settings(self, config: Config) -> list[str]:
        """What the run was trained with and `config` has otherwise; nothing before it began."""
        if not (before := self._settings()):
            return []
        sections = ("data", "task", "model", "method", "training")
        changed = find_changed_keys(before, _to_portable_config(config), sections)
        free = {f"model.{key}" for key in _LOCATION_KEYS} | {
            f"training.{key}" for key in _MEMORY_KEYS
        }
        changed = [key for key in changed if key not in free]
        if before["run"]["seed"] != config.run.seed:
            changed.append("run.seed")
        return changed

    def refuse_others(self, config: Config, data: str) -> None:
        """Refuse to go on with other settings or rows than the run began with."""
        if changed := self.other_settings(config):
            raise ProjectError(
                "{run} was trained with other settings: {keys}",
                "set another run.name in config/run.yaml, or delete {run} to train it again",
                run=self.path,
                keys=fill(", ").join(changed),
            )
        self.refuse_other_rows(data)

    def refuse_other_rows(self, data: str) -> None:
        """Refuse rows other than those the run began with: neither mixed, nor judged by others."""
        before = self.record()
        if before and before["data_sha256"] != data:
            raise ProjectError(
                "data/processed has changed since {run} was started",
                "set another run.name in config/run.yaml and train, or delete {run}",
                run=self.path,
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
            "model_sha256": _hash_weights(folder.path),
        }
        versions = {name: version(name) for name in _RECORDED_PACKAGES}
        self.path.mkdir(parents=True, exist_ok=True)
        write_text(self.config_file, _to_yaml(config))
        write_json(
            self.path / "run.json",
            {**facts, "versions": {"python": platform.python_version(), **versions}},
        )

    def note_memory(self, peak: float, estimate: Sequence[float] | None) -> None:
        """Add the memory that was used, and what had been estimated, to what the run noted."""
        memory = {"peak_memory_gb": round(peak, 2), "estimated_memory_gb": estimate}
        write_json(self.path / "run.json", self.record() | memory)

    def finish(
        self,
        best_loss: float | None,
        history: list[dict[str, float]],
        plan: Mapping[str, object] | None = None,
    ) -> None:
        """Write down what came of it; only now the run counts as finished.

        `plan` is the plan of the steps as it was at the end.
        """
        # fp16 skips steps whose gradient norm is infinite
        known = [{key: n for key, n in entry.items() if math.isfinite(n)} for entry in history]
        write_json(
            self.path / "result.json",
            {
                "best_validation_loss": best_loss,
                "weights_sha256": _hash_trained_weights(self.trained_folder),
                "plan": plan,
                "history": known,
            },
        )

    @property
    def _anew(self) -> str:
        """What to do about a damaged file of the run."""
        return fill(
            "restore the file from a backup; or delete {path} and train again", path=self.path
        )

    def _settings(self) -> dict[str, Any]:
        """What the run was trained with, as it was written down; nothing before it began."""
        if not self.config_file.exists():
            return {}
        with explain_read_errors(self.config_file, self._anew):
            settings = yaml.safe_load(self.config_file.read_text(encoding="utf-8"))
            for section in ("run", "data", "task", "model", "method", "training"):
                dict(settings[section])
        return dict(settings)

    @contextmanager
    def explain_full_disk(self) -> Iterator[None]:
        """Say what cannot be written where torch and safetensors say it in their own ways."""
        try:
            yield
        except (RuntimeError, SafetensorError) as error:
            # safetensors repeats the system's words and clears up; torch leaves the disk full
            if "No space left" in str(error) or shutil.disk_usage(self.path).free <= 2**16:
                raise ProjectError(
                    "the disk of {path} is full",
                    "free disk space; then `make train` resumes from the last complete checkpoint",
                    path=self.path,
                ) from error
            if isinstance(error, SafetensorError) or "open file failed" in str(error):
                raise ProjectError(
                    "a file in {path} cannot be written or read: {reason}",
                    "check for folders of that name and for permissions; then `make train` "
                    "resumes from the last complete checkpoint",
                    path=self.path,
                    reason=str(error).partition("\n")[0],
                ) from error
            raise

    def last_checkpoint(self) -> Path | None:
        """The newest checkpoint that is whole, as is the best one before it; others are named."""
        found = [
            path for path in self.checkpoints.glob("checkpoint-*") if _parse_step(path).isdecimal()
        ]
        for checkpoint in sorted(found, key=lambda path: int(_parse_step(path)), reverse=True):
            fault = find_checkpoint_fault(checkpoint)
            if fault is None:
                return checkpoint
            say("skipping {checkpoint}: {fault}", checkpoint=checkpoint, fault=fault)
        return None


def get_run_dir(config: Config) -> RunDir:
    """The folder of this run."""
    return RunDir(Path("runs") / config.run.name)


def _parse_step(checkpoint: Path) -> str:
    return checkpoint.name.rpartition("-")[2]


def _hash_trained_weights(folder: Path) -> str:
    """SHA-256 of the weights files, one after the other."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob(WEIGHTS_PATTERN)):
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def _hash_weights(folder: Path) -> str:
    """SHA-256 of the names, the sizes and both ends of a model's weights."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("model*.safetensors")):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(_HASHED_BYTES))
            file.seek(max(0, size - _HASHED_BYTES))
            digest.update(file.read())
    return digest.hexdigest()


def to_portable_name(id: str) -> str:
    """A model's name for others: where it is a folder of this machine, the folder's own name."""
    return Path(id).name if Path(id).expanduser().is_absolute() else id


def _to_portable_config(config: Config) -> Config:
    """The configuration without the places of this machine."""
    model = config.model.model_copy(update={"id": to_portable_name(config.model.id)})
    files = [to_portable_name(name) for name in config.data.files]
    data = config.data.model_copy(update={"files": files})
    return config.model_copy(update={"model": model, "data": data})


def _to_yaml(config: Config) -> str:
    return yaml.safe_dump(
        _to_portable_config(config).model_dump(), allow_unicode=True, sort_keys=False, width=100
    )
