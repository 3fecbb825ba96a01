"""What can go wrong, for the person who must act.

NewftError
├── UsageError          an option or answer is unknown, malformed or missing        exit 2
├── CatalogError        a domain, family or hardware file is wrong
├── DataError           the user's files cannot be read or used
├── IncompatibleError   choices that do not fit together; the hint names one that does
├── RenderError         a template failed
├── SystemRefusedError  the operating system refuses: a path, a permission, disk space
└── ProjectError        the target folder is in the way or cannot be written

Every message says what and where; the hint says what to do.
"""

from __future__ import annotations

from newft.text import Language, Text


class NewftError(Exception):
    """An expected failure: shown as `error: where: message` and a hint, never as a traceback.

    `message` and `hint` are the English texts, which logs and tests read; `to` gives the pair of
    a language. `where` is a path, a key or an option, which has no language.
    """

    exit_code = 1

    def __init__(
        self, message: Text, *, where: str | None = None, hint: Text | None = None
    ) -> None:
        self._message, self._hint = message, hint or Text("", "")
        super().__init__(self._message.en)
        self.message = self._message.en
        self.where = where
        self.hint = self._hint.en or None

    def to(self, language: Language) -> tuple[str, str]:
        """Message and hint in one language; the hint is empty where there is none."""
        return self._message.to(language), self._hint.to(language)

    def without_hint(self) -> NewftError:
        """The same, for where a menu offers what the hint says."""
        return type(self)(self._message, where=self.where)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class UsageError(NewftError):
    """An option or an answer is unknown, malformed or missing."""

    exit_code = 2


class CatalogError(NewftError):
    """A domain, family or hardware file that ships with newft, or a kit, is wrong."""


class DataError(NewftError):
    """The user's files cannot be read, or hold too little to train on."""


class IncompatibleError(NewftError):
    """Two choices that do not fit together, such as a precision the hardware lacks.

    `brief` says it in a few words, for a menu that offers one of the two.
    """

    def __init__(
        self,
        message: Text,
        *,
        where: str | None = None,
        hint: Text | None = None,
        brief: Text | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.brief = brief or self._message


class InterruptedAfterWrite(KeyboardInterrupt):
    """An interruption that came when the project was there already."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder


class RenderError(NewftError):
    """A template failed: the layer, the file and the line are in the message."""


class SystemRefusedError(NewftError):
    """The system refuses what newft asks of it: a path, a permission, room on a disk."""


class ProjectError(NewftError):
    """The target folder holds a colliding path or cannot be written."""
