"""What `make data` makes of the records of a generated project, in this process."""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


def format_rows(project: Path, package: str) -> dict[str, Any]:
    """The summary of `make data`, which needs no torch; `make train` takes the rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(project / "src"))
        patch.chdir(project)
        names = ("prepare", "config", "data.processed_rows")
        prepare, config, rows = (import_module(f"{package}.{name}") for name in names)
        processed = project / "data/processed"
        processed.mkdir(parents=True)
        run = config.load_config(Path("config/run.yaml"))
        prepare.format_all(run, processed)
        rows.verify_and_hash_rows(run)  # what `make check` and `make train` ask for
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]
    lines = (processed / "rejects.jsonl").read_text(encoding="utf-8").splitlines()
    summary: dict[str, Any] = json.loads((processed / "summary.json").read_text(encoding="utf-8"))
    assert Counter(json.loads(line)["reason"] for line in lines) == summary["rejects"]
    return summary
