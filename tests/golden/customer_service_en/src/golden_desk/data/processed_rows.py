"""The formatted rows on disk: whether they are what run.yaml asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..config import Config
from ..config_base import find_changed_keys
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .file_access import RecordError
from .jsonl import RUN_AGAIN
from .provenance import find_changed_files, hash_row_files
from .raw_rows import list_raw_files
from .splits import PROCESSED_DIR, SPLITS

SUMMARY_FILE = PROCESSED_DIR / "summary.json"
FORMAT_SECTIONS = ("data", "task")  # the sections of run.yaml that say what the rows become


def verify_and_hash_rows(config: Config) -> str:
    """SHA-256 of the formatted rows, once they are sure to be what run.yaml asks for."""
    summary = _read_summary()
    if changed := find_changed_keys(summary["made_by"], config, FORMAT_SECTIONS):
        raise ProjectError(
            "{folder} was generated with other settings: {keys}",
            RUN_AGAIN,
            folder=PROCESSED_DIR,
            keys=fill(", ").join(changed),
        )
    with suppress(RecordError):  # a folder that has lost its raw files
        _refuse_changed_sources(summary, list_raw_files(config.data))
    return verify_files_and_hash_rows()


def verify_files_and_hash_rows() -> str:
    """SHA-256 of the formatted rows, once they are sure to be as formatting.py writes them."""
    summary = _read_summary()
    _refuse_changed_sources(summary, [])
    before, now = summary["written"], hash_row_files(PROCESSED_DIR)
    if edited := sorted(name for name in before if before[name] != now.get(name)):
        raise ProjectError(
            "modified since `make data` wrote them: {files}",
            "correct the records in data/raw, or formatting.py; then run `make data` again",
            files=", ".join(str(PROCESSED_DIR / name) for name in edited),
        )
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update((PROCESSED_DIR / f"{split}.jsonl").read_bytes())
    return digest.hexdigest()


def _read_summary() -> dict[str, Any]:
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        summary: dict[str, Any] = json.loads(SUMMARY_FILE.read_text(encoding="utf-8"))
        for name in ("made_from", "written"):
            dict(summary[name])
        for section in FORMAT_SECTIONS:
            dict(summary["made_by"][section])
        return summary
    raise ProjectError(
        "{folder} has no complete rows", "run `make data` first", folder=PROCESSED_DIR
    )


def _refuse_changed_sources(summary: Mapping[str, Any], files: Sequence[Path]) -> None:
    if changed := find_changed_files(summary["made_from"], files):
        raise ProjectError(
            "modified since {folder} was generated: {files}",
            RUN_AGAIN,
            folder=PROCESSED_DIR,
            files=fill(", ").join(changed),
        )
