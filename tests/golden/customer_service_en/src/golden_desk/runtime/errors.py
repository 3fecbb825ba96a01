"""The one error of this project: what is wrong, and what to do."""

from __future__ import annotations

from .messages import fill


class ProjectError(Exception):
    """An expected failure: shown as message and hint, never as a traceback.

    Both are constant texts; `values` fill in their `{names}`.
    """

    def __init__(self, message: str, hint: str = "", **values: object) -> None:
        self.message, self.hint = fill(message, **values), fill(hint, **values)
        super().__init__(self.message)
