"""Reading of files and folders that may be damaged: the error names them, with what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import ProjectError, is_out_of_memory
from .messages import fill


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
    except ProjectError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None and error.filename:
            raise  # the system's own words name the path
        if is_out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0]
        raise ProjectError(
            "{path} cannot be read: {reason}",
            "{advice}",
            path=path,
            reason=reason or type(error).__name__,
            advice=fill(hint),
        ) from error
