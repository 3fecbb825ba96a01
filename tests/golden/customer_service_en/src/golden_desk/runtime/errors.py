"""The one error of this project, and what other errors about files or memory mean."""

from __future__ import annotations

import errno

from .messages import fill

# What libraries raise when a file that they read is damaged, by the name of the class: this module
# is loaded by every command, and most libraries only by some. Errors of writing are not among them.
READ_ERROR_NAMES = {
    "BadZipFile",  # zipfile
    "JSONDecodeError",  # json, orjson
    "MarkedYAMLError",  # yaml
    "SafetensorError",  # safetensors
    "TemplateError",  # jinja2: the chat template of the model
    "UnicodeDecodeError",
    "UnpicklingError",  # pickle, for torch.load
}
CHECK_PATH_HINT = "check the path, its permissions and the free disk space"
# frequent errors of the system, in the language of the project
SYSTEM_MESSAGES = {
    errno.ENOENT: fill("there is no such file or folder"),
    errno.EACCES: fill("permission denied"),
    errno.ENOSPC: fill("the disk is full"),
}


class ProjectError(Exception):
    """An expected failure: shown as message and hint, never as a traceback.

    Both are constant texts; `values` fill in their `{names}`.
    """

    def __init__(self, message: str, hint: str = "", **values: object) -> None:
        self.message, self.hint = fill(message, **values), fill(hint, **values)
        super().__init__(self.message)


def explain_error(error: BaseException) -> ProjectError | None:
    """The error for the user; None for all other errors, which are mistakes in the code."""
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    if is_out_of_memory(error):
        return ProjectError(
            "there is not enough memory: {reason}",
            "close other programs, or use a machine with more memory",
            reason=reason,
        )
    if isinstance(error, OSError) and error.errno is not None:
        said = SYSTEM_MESSAGES.get(error.errno, error.strerror)
        if error.filename is None:
            return ProjectError("{reason}", CHECK_PATH_HINT, reason=said)
        return ProjectError("{path}: {reason}", CHECK_PATH_HINT, path=error.filename, reason=said)
    names = {kind.__name__ for kind in type(error).__mro__}
    # transformers raises an OSError without a number for a folder that lacks a file
    if isinstance(error, OSError) or names & READ_ERROR_NAMES:
        return ProjectError(
            "a file cannot be read: {reason}",
            "check data and runs, and the folder of a model that is loaded, for damaged files",
            reason=reason,
        )
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the memory of the machine, or of its accelerator, is full."""
    # torch has a class of its own for accelerators, and none for main memory
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "not enough memory" in str(error))
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )
