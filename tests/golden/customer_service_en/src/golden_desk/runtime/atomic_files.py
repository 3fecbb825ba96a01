"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path


def write_json(path: Path, content: object) -> None:
    """Write a file that is whole or absent."""
    write_text(path, json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file that is whole or absent, through one whose name nobody else has taken."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as partial:
        try:
            partial.write(text)
            partial.close()
            Path(partial.name).chmod(0o644)  # a temporary file is for its owner alone
            Path(partial.name).replace(path)
        except BaseException:
            Path(partial.name).unlink(missing_ok=True)
            raise
