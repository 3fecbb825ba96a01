"""Errors of the system and of libraries that say something of files or memory, not of the code."""

from __future__ import annotations

import errno

from .errors import ProjectError
from .messages import fill

# libraries whose own errors are about what they were given to read
READER_LIBRARIES = {
    "jinja2",
    "json",
    "orjson",
    "pickle",
    "_pickle",
    "safetensors",
    "yaml",
    "zipfile",
}
CHECK_PATH_HINT = "check the path, its permissions and the free disk space"
# what the system says often, in the language of the project
SYSTEM_MESSAGES = {
    errno.ENOENT: fill("there is no such file or folder"),
    errno.EACCES: fill("permission denied"),
    errno.ENOSPC: fill("the disk is full"),
}


def explain_error(error: BaseException) -> ProjectError | None:
    """What such an error means to the user; None for all others, which are mistakes in the code."""
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    if _is_out_of_memory(error):
        return ProjectError(
            "there is not enough memory: {reason}",
            "close other programs; halve training.batch_size or evaluation.batch_size, or choose a "
            "smaller model",
            reason=reason,
        )
    if isinstance(error, OSError) and error.errno is not None:
        said = SYSTEM_MESSAGES.get(error.errno, error.strerror)
        if error.filename is None:
            return ProjectError("{reason}", CHECK_PATH_HINT, reason=said)
        return ProjectError("{path}: {reason}", CHECK_PATH_HINT, path=error.filename, reason=said)
    readers = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    if isinstance(error, OSError | UnicodeError) or readers & READER_LIBRARIES:
        return ProjectError(
            "a file cannot be read: {reason}",
            "look for damaged files in the model's folder, in data/processed and in runs",
            reason=reason,
        )
    return None


def _is_out_of_memory(error: BaseException) -> bool:
    # torch has a class of its own for accelerators, and none for main memory
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "not enough memory" in str(error))
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )
