"""Whether a checkpoint can be trained on from."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from safetensors import SafetensorError, safe_open

from ..model.method import CONFIG_FILE, WEIGHTS_PATTERN
from ..runtime.messages import fill

# of the Trainer; it writes its state last, so that a run that was killed leaves none
TRAINER_STATE_FILE = "trainer_state.json"
TORCH_FILES = ("optimizer.pt", "scheduler.pt")
UNREADABLE_MESSAGE = "{path} cannot be read: {reason}"


def find_checkpoint_fault(checkpoint: Path) -> str | None:
    """What keeps a run from going on from a checkpoint, or None; also for the best before it."""
    if fault := _find_state_fault(checkpoint) or _find_weights_fault(checkpoint):
        return fault
    best = json.loads((checkpoint / TRAINER_STATE_FILE).read_bytes()).get("best_model_checkpoint")
    if not isinstance(best, str):
        return None
    return _find_weights_fault(checkpoint.with_name(Path(best).name))


def _find_state_fault(checkpoint: Path) -> str | None:
    """What is wrong with the state of training."""
    if fault := _find_json_fault(checkpoint / TRAINER_STATE_FILE):
        return fault
    states = [path.name for path in checkpoint.glob("rng_state*.pth")] or ["rng_state.pth"]
    for name in (*TORCH_FILES, *states):
        try:
            with zipfile.ZipFile(checkpoint / name) as archive:
                if damaged := archive.testzip():  # compares checksums, and unpickles nothing
                    return fill("{part} in {file} is damaged", part=damaged, file=name)
        except (OSError, zipfile.BadZipFile) as error:
            return fill(UNREADABLE_MESSAGE, path=name, reason=error)
    return None


def _find_weights_fault(checkpoint: Path) -> str | None:
    """What is wrong with the weights and their configuration."""
    if fault := _find_json_fault(checkpoint / CONFIG_FILE):
        return fault
    for weights in sorted(checkpoint.glob(WEIGHTS_PATTERN)) or [checkpoint / WEIGHTS_PATTERN]:
        try:
            with safe_open(weights, framework="numpy"):
                pass
        except (OSError, SafetensorError) as error:
            return fill(UNREADABLE_MESSAGE, path=weights.name, reason=error)
    return None


def _find_json_fault(path: Path) -> str | None:
    try:
        if not isinstance(json.loads(path.read_bytes()), dict):
            return fill("{file} holds no JSON object", file=path.name)
    except (OSError, ValueError) as error:
        return fill(UNREADABLE_MESSAGE, path=path.name, reason=error)
    return None
