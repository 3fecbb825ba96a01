"""Whether a checkpoint can be trained on from."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from safetensors import SafetensorError, safe_open

from .messages import fill

# of the Trainer; it writes its state last, so that a run that was killed leaves none
STATE = "trainer_state.json"
TENSORS = ("optimizer.pt", "scheduler.pt")
UNREADABLE = "{path} cannot be read: {reason}"


def fault_of(checkpoint: Path) -> str | None:
    """What keeps a run from going on from a checkpoint, or None; also for the best before it."""
    if fault := _fault(checkpoint):
        return fault
    best = json.loads((checkpoint / STATE).read_bytes()).get("best_model_checkpoint")
    return _fault(checkpoint.with_name(Path(best).name)) if isinstance(best, str) else None


def _fault(checkpoint: Path) -> str | None:
    for path in (checkpoint / STATE, checkpoint / "adapter_config.json"):
        try:
            if not isinstance(json.loads(path.read_bytes()), dict):
                return fill("{file} holds no JSON object", file=path.name)
        except (OSError, ValueError) as error:
            return fill(UNREADABLE, path=path.name, reason=error)
    states = [path.name for path in checkpoint.glob("rng_state*.pth")] or ["rng_state.pth"]
    for name in (*TENSORS, *states):
        try:
            with zipfile.ZipFile(checkpoint / name) as archive:
                if damaged := archive.testzip():  # compares checksums, and unpickles nothing
                    return fill("{part} in {file} is damaged", part=damaged, file=name)
        except (OSError, zipfile.BadZipFile) as error:
            return fill(UNREADABLE, path=name, reason=error)
    weights = checkpoint / "adapter_model.safetensors"
    try:
        with safe_open(weights, framework="numpy"):
            return None
    except (OSError, SafetensorError) as error:
        return fill(UNREADABLE, path=weights.name, reason=error)
