"""What `newft adopt` finds out about a project, and what it decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AnswerOrigin = Literal["given", "found", "compared", "default"]


@dataclass(frozen=True)
class AdoptedAnswer:
    """One answer, and where it is from."""

    key: str
    value: str | tuple[str, ...]
    origin: AnswerOrigin
    source: str | None = None  # of a found answer: the file, and the key in it
    share: float | None = None  # of a compared answer: the rendered lines that the project has
    next_share: float | None = None  # the same with the best other value


@dataclass(frozen=True)
class AdoptionReport:
    """The answers of an adopted project, and how it differs from what they render."""

    answers: tuple[AdoptedAnswer, ...]
    share: float  # of the rendered lines that the project has
    same: tuple[str, ...]
    edited: tuple[str, ...]
    missing: tuple[str, ...]
    own: tuple[str, ...]  # files of the project that are not rendered
    recognized: bool  # newft has made the project: missing files count as deleted by the team
    former: bool  # the files are compared with the tree in a snapshot of an earlier newft
