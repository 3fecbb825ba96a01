"""What a check of a starter kit or domain found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from newft.errors import NewftError
from newft.schema.kit import Kit
from newft.schema.starter_kit import StarterKit
from newft.text import Text

TestOutcome = Literal["passed", "failed", "not_run"]


class ProjectTests(NamedTuple):
    """How the tests of a project ended."""

    outcome: TestOutcome
    reason: Text | None = None  # why they were not run
    output: str = ""  # the end of what they said, if they failed


class KitFiles(NamedTuple):
    """The files of a project that come from a kit or domain."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]  # lower layers have them too


@dataclass(frozen=True)
class CheckedProject:
    """One project that was made for the check."""

    name: str  # of its file of answers, or domain/task
    files: int
    from_kit: KitFiles
    tests: ProjectTests


class UpdatedProject(NamedTuple):
    """A project of the previous version after an update to this one."""

    name: str
    changed: tuple[str, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True)
class UpdateCheck:
    """The update from the previous version; `reason` says why there was none."""

    revision: str | None = None
    projects: tuple[UpdatedProject, ...] = ()
    reason: Text | None = None


@dataclass(frozen=True)
class KitCheck:
    """Everything that a check found; it passed if there are no faults."""

    subject: Kit  # the kit itself, or the built-in domain
    kit: StarterKit | None  # None for a built-in domain
    projects: tuple[CheckedProject, ...]
    update: UpdateCheck
    faults: tuple[NewftError, ...]
    notes: tuple[Text, ...]
    listed: KitFiles  # in the folders of the kit: for a check that could make no project

    @property
    def files(self) -> KitFiles:
        """The files that the projects got from the kit, taken together."""
        if not self.projects:
            return self.listed
        added = {path for project in self.projects for path in project.from_kit.added}
        replaced = {path for project in self.projects for path in project.from_kit.replaced}
        return KitFiles(tuple(sorted(added)), tuple(sorted(replaced)))
