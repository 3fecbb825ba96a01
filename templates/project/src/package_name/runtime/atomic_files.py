"""Files that are written whole or not at all, and damaged ones that are named."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import ProjectError
from .messages import fill


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


def read_json(path: Path, hint: str) -> dict[str, Any]:
    """The object in a file; one that is damaged is named, with what to do."""
    with explain_read_errors(path, hint):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(fill("it is not a JSON object"))
    return content


@contextmanager
def explain_read_errors(path: Path, hint: str) -> Iterator[None]:
    """Name the file or folder that a library cannot read.

    Each library raises errors of its own, some of them plain `Exception`. So nothing but the
    library's call belongs into this context: an error of ours would be hidden.
    """
    try:
        yield
    except (ProjectError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None and error.filename:
            raise  # the system's own words name the path
        if type(error).__name__ == "OutOfMemoryError":  # of torch, which is not loaded here
            raise
        reason = str(error).strip().partition("\n")[0]
        raise ProjectError(
            "{path} cannot be read: {reason}",
            "{advice}",
            path=path,
            reason=reason or type(error).__name__,
            advice=fill(hint),
        ) from error
