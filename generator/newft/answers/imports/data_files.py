"""Carry over the data files that a configuration of another tool names."""

from __future__ import annotations

from collections.abc import Mapping

from newft.answers.imports.carried import Carrier
from newft.answers.keys import COLUMNS_PREFIX, FILES_KEY
from newft.emitted.given_splits import find_file_split
from newft.text import Text

HELD_OUT_KEYS = ("eval_dataset", "test_datasets")


def carry_files(
    carrier: Carrier, files: Mapping[str, str], columns: Mapping[str, str] | None = None
) -> None:
    """Carry files and their columns over, unless one of them cannot be used as the file says.

    `files`: paths, and the key that names each of them; `columns`: by field.
    """
    _keep_held_out(carrier, files)
    if carrier.missing_data or not files:
        return
    carrier.answers[FILES_KEY] = tuple(files)
    for field, column in (columns or {}).items():
        carrier.answers[f"{COLUMNS_PREFIX}{field}"] = column


def _keep_held_out(carrier: Carrier, files: Mapping[str, str]) -> None:
    """Report evaluation files that would be trained on: newft tells splits by file names."""
    trained = {find_file_split(path) for path, key in files.items() if key not in HELD_OUT_KEYS}
    for path, key in files.items():
        held_out = find_file_split(path) in ("validation", "test") and "train" in trained
        if key in HELD_OUT_KEYS and not held_out:
            carrier.report_missing_data(
                key,
                Text(
                    f"rows of {path} would be trained on, since newft tells files of a split by "
                    "their names: rename them, such as train.json and validation.json",
                    f"newft 按文件名识别数据划分，{path} 中的行会参与训练："
                    "请改名，如 train.json 和 validation.json",
                ),
            )
