"""How a project compares with what newft would render today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newft.errors import NewftError
from newft.schema.starter_kit import KitPin
from newft.text import Text

# What somebody has to do about a project, the most urgent first.
Need = Literal["unreadable", "conflicts", "files", "policy", "update", "kit", "answers"]


@dataclass(frozen=True)
class LocalEdits:
    """The files in which a project differs from its snapshot."""

    edited: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many files are edited, deleted and added."""
        return len(self.edited), len(self.deleted), len(self.added)


@dataclass(frozen=True)
class ProjectStatus:
    """The state of one project; `fault` says why the rest could not be found out."""

    folder: str  # as it was given
    fault: NewftError | None = None
    name: str | None = None  # of the project, in its answers
    rendered_by: str | None = None  # version of newft
    behind: bool = False  # an older newft, or other templates
    kit: KitPin | None = None
    kit_behind: bool | None = None  # None: that is not known, such as without a network
    edits: LocalEdits = LocalEdits()
    answers_edited: bool = False  # since the project was rendered: an update applies them
    policy_faults: tuple[Text, ...] | None = None  # None: the project has no policy
    broken_files: tuple[Text, ...] = ()  # the answers or settings are missing or no YAML
    notes: tuple[Text, ...] = ()  # about the kit: nothing that has to be done
    conflicts: tuple[str, ...] = ()  # files with markers of a conflict

    @property
    def needs(self) -> tuple[Need, ...]:
        """What somebody has to do; empty for a project that is up to date."""
        found: dict[Need, bool] = {
            "unreadable": self.fault is not None,
            "conflicts": bool(self.conflicts),
            "files": bool(self.broken_files),
            "policy": bool(self.policy_faults),
            "update": self.behind,
            "kit": bool(self.kit_behind),
            "answers": self.answers_edited,
        }
        return tuple(need for need, is_needed in found.items() if is_needed)
