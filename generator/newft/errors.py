"""Expected failures, each with a message and a hint for the user.

NewftError
├── UsageError          an option or answer is unknown, malformed or missing        exit 2
├── CatalogError        a domain, family or hardware file is wrong
├── KitSourceError      a kit cannot be fetched, or has files that no project may get
├── DataError           the user's files cannot be read or used
├── IncompatibleError   choices that do not fit together; the hint names one that does
├── RenderError         a template failed
│   └── FileCollisionError  a copier template and newft both have a file
├── GitError            git is missing, too old, or refuses
├── SystemRefusedError  the operating system refuses: a path, a permission, disk space
└── ProjectError        the target folder has colliding paths or cannot be written
    └── NewerProjectError  a newer newft has written the project

The message says what is wrong and where; the hint says what to do.
"""

from __future__ import annotations

from collections.abc import Callable

from newft.text import Language, Text

# one that takes long to find is found when it is read: a menu refuses many choices, and shows few
Hint = Text | Callable[[], Text] | None


class NewftError(Exception):
    """An expected failure: shown as `error: where: message` and a hint, never as a traceback.

    `message` and `hint` are the English texts, for logs and tests; `to` returns both in one
    language. `where` is a path, a key or an option, which is the same in every language.
    """

    exit_code = 1

    def __init__(self, message: Text, *, where: str | None = None, hint: Hint = None) -> None:
        self._message, self._given_hint = message, hint
        super().__init__(self._message.en)
        self.message = self._message.en
        self.where = where

    @property
    def hint(self) -> str | None:
        """What to do, in English."""
        return self._hint.en or None

    @property
    def _hint(self) -> Text:
        if callable(self._given_hint):
            self._given_hint = self._given_hint()
        return self._given_hint or Text("", "")

    @property
    def texts(self) -> tuple[Text, Text]:
        """Message and hint in both languages; the hint may be empty."""
        return self._message, self._hint

    def to(self, language: Language) -> tuple[str, str]:
        """Return message and hint in one language; the hint may be empty."""
        return self._message.to(language), self._hint.to(language)

    def rename_path(self, path: str, name: str) -> None:
        """Call a temporary path in the error by another name, which the user knows."""
        self._message = Text(*(text.replace(path, name) for text in self._message))
        self._given_hint = Text(*(text.replace(path, name) for text in self._hint))
        self.message = self._message.en
        self.args = (self.message,)
        self.where = self.where and self.where.replace(path, name)

    def add_hint(self, hint: Text) -> None:
        """Say what to do, if the error does not say it."""
        self._given_hint = self._hint if self.hint else hint

    def without_hint(self) -> NewftError:
        """Return the error without its hint, for a menu that offers what the hint proposes."""
        return type(self)(self._message, where=self.where)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class UsageError(NewftError):
    """An option or an answer is unknown, malformed or missing."""

    exit_code = 2


class CatalogError(NewftError):
    """A file of the catalogue or of a kit is invalid."""


class KitSourceError(NewftError):
    """A kit cannot be fetched from where it should be, or has files that no project may get."""


class DataError(NewftError):
    """The user's files cannot be read, or hold too little to train on."""


class IncompatibleError(NewftError):
    """Two choices that do not fit together, such as a precision the hardware lacks.

    `brief` is a short form of the message, for a menu that offers one of the two.
    """

    def __init__(
        self,
        message: Text,
        *,
        where: str | None = None,
        hint: Hint = None,
        brief: Text | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.brief = brief or self._message


class InterruptedAfterWrite(KeyboardInterrupt):
    """An interruption that arrived after the project had been written."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder


class RenderError(NewftError):
    """A template failed; the message names the layer, the file and the line."""


class FileCollisionError(RenderError):
    """A copier template and newft both have a file, and nobody has said whose wins."""

    paths: tuple[str, ...] = ()  # that both have


class GitError(NewftError):
    """git is missing, too old, or refuses a command."""


class SystemRefusedError(NewftError):
    """The operating system refuses an operation: because of a path, a permission or a full disk."""


class ProjectError(NewftError):
    """The target folder holds a colliding path or cannot be written."""


class NewerProjectError(ProjectError):
    """A newer newft has written the files of a project, which may mean something else by a name."""
