"""The one error of this project: what is wrong, and what to do."""

from __future__ import annotations


class ProjectError(Exception):
    """An expected failure: shown as message and hint, never as a traceback."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
