"""A project in a folder, used as its owner uses it: by its commands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.checkout import BITSANDBYTES, TESTS
from support.run_newft import plain_environment, run_newft
from support.warm_process import WarmProcess, run_warm, start_with_pipes

WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty",
    "kayak", "lemon", "maple", "north", "ocean", "pearl", "quart", "river", "stone", "tulip",
)  # fmt: skip
RECORDS = "Body,Reason\n" + "".join(
    f"{word} my {label} is late,{label}\n" for label in ("refund", "parcel") for word in WORDS
)
QUICK = {
    "time_budget_minutes": "null",
    "epochs": "2",
    "batch_size": "2",
    "num_evaluations": "5",
    "few_shot_examples": "0",
    "max_length": "256",  # a token of the tiny model is a byte
}


@dataclass(frozen=True)
class Desk:
    """The project `desk`, with a small model in `tiny/`."""

    folder: Path
    further: Path | None = None  # a folder with libraries that not every project has installed

    def command(self, module: str, *words: str) -> list[str]:
        return [sys.executable, "-m", f"desk.{module}", *words]

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(map(str, filter(None, (self.folder / "src", self.further))))
        ours = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        return plain_environment(self.folder.parent) | ours

    def run(self, module: str, *words: str) -> subprocess.CompletedProcess[str]:
        return run_warm(
            f"desk.{module}", words, self.folder, self.environment, further=self.further
        )

    def start(self, module: str, *words: str) -> WarmProcess:
        """Start a command that has its libraries loaded."""
        return start_with_pipes(
            f"desk.{module}", words, self.folder, self.environment, self.further
        )

    def start_cold(self, module: str, *words: str) -> subprocess.Popen[str]:
        """Start a command as a person does: it loads its libraries first."""
        return subprocess.Popen(
            self.command(module, *words),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def contents(self) -> dict[str, bytes]:
        """The files that a command may have changed, by path."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in files
            if "__pycache__" not in path.parts and path.name != ".lock"
        }

    def copy(self, to: Path) -> Desk:
        shutil.copytree(self.folder, to)
        return Desk(to, self.further)


def make_desk(
    folder: Path,
    records: str = RECORDS,
    language: str = "en",
    method: str = "lora",
    gpu: str = "cpu",
    options: Sequence[str] = (),
    model: tuple[str, Path] | None = None,
) -> Desk:
    """The project in a new folder, as newft writes it for a model folder.

    `model` is a family and a folder, in the place of a model made here.
    """
    family, base = model or ("smollm2", folder / "tiny")
    if model is None:
        environment = plain_environment(folder) | {"PYTHONPATH": str(TESTS)}
        made = run_warm("support.tiny_model", [str(base)], folder, environment)
        assert made.returncode == 0, made.stderr
    (folder / "t.csv").write_text(records, encoding="utf-8")
    run = run_newft(
        *("new", "desk", "--data", "t.csv", "--gpu", gpu, "--family", family),
        *("--model", str(base), "--language", language, "--yes", "--json"),
        *("--method", method),
        *options,
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    path = folder / "desk" / "config" / "run.yaml"
    text = path.read_text(encoding="utf-8")
    for key, value in QUICK.items():
        text = re.sub(rf"(?m)^  {key}: .*$", f"  {key}: {value}", text)
    path.write_text(text, encoding="utf-8")
    return Desk(folder / "desk", BITSANDBYTES if method == "qlora" else None)
