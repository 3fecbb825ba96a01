"""Damage each file that a command reads, in an emitted project, and tell how the command ends.

python -m support.damage_files PACKAGE MODEL_FOLDER

Runs in a project with a trained run. Prints one JSON object: for every file and kind of damage, the
exit code of the command with what it wrote to stderr, or the traceback of what it let through.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import random
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

PACKAGE, MODEL = sys.argv[1], Path(sys.argv[2])
WORDS = {"chat": ["--once", "hello"]}
# written for people and other programs, read by no command
UNREAD = {"README.md", "loss.txt", "evaluation.json", "training_args.bin"}
RUN = Path("runs") / "intent-lora"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def scramble(path: Path) -> None:
    path.write_bytes(random.Random(0).randbytes(path.stat().st_size))


def other(path: Path) -> None:
    path.write_text("[3]" if path.suffix in (".json", ".jsonl", ".yaml") else "{% if %}")


DAMAGES: list[Callable[[Path], None]] = [cut, empty, folder, scramble, other]


MODULES = {"data": "prepare"}  # of the make targets that have another name


def end_of(command: str) -> str:
    """How a command ends: its exit code and errors, or the traceback of a mistake."""
    module = importlib.import_module(f"{PACKAGE}.{MODULES.get(command, command)}")
    run = importlib.import_module(f"{PACKAGE}.runtime.main").run_command
    words = [*WORDS.get(command, []), "--set", "model.id=model"]
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        try:
            code = run(module.main, "", words, getattr(module, "add_options", None))
        except BaseException:
            return traceback.format_exc()
    return f"{code} {said.getvalue()}"


def targets(project: Path) -> Iterator[tuple[Path, list[str]]]:
    """The files, and the commands that read them."""
    for path in sorted(path for path in (project / RUN).rglob("*") if path.is_file()):
        if "checkpoints" not in path.parts and path.name != ".lock":
            yield path.relative_to(project), ["chat"]
    checkpoints = (project / RUN / "checkpoints").iterdir()
    last = max(checkpoints, key=lambda path: int(path.name.rpartition("-")[2]))
    for path in sorted(last.iterdir()):
        yield path.relative_to(project), ["train"]
    for name in ("config.yaml", "run.json", "result.json"):
        yield RUN / name, ["train"]
    for name in ("train.jsonl", "summary.json"):
        yield Path("data") / "processed" / name, ["evaluate"]
    for path in sorted(MODEL.iterdir()):
        yield Path("model") / path.name, ["chat"]


def trial(project: Path, target: Path, damage: Callable[[Path], None], command: str) -> str:
    with tempfile.TemporaryDirectory() as place:
        for name in ("config", "data", "runs"):
            shutil.copytree(project / name, Path(place, name))
        shutil.copytree(MODEL, Path(place, "model"))
        os.chdir(place)
        try:
            if "checkpoints" in target.parts:
                Path(RUN, "result.json").unlink()
            damage(target)
            return end_of(command)
        finally:
            os.chdir(project)


def main() -> None:
    torch.set_num_threads(1)
    logging.disable(logging.CRITICAL)
    # the answers of random weights have no end
    importlib.import_module(f"{PACKAGE}.chat").MAX_NEW_TOKENS = 8
    project = Path.cwd()
    told: dict[str, Any] = {}
    for target, commands in targets(project):
        for damage in DAMAGES if target.name not in UNREAD else [folder]:
            for command in commands:
                key = f"{command} {damage.__name__} {target.as_posix()}"
                told[key] = trial(project, target, damage, command)
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
