"""A starter kit after `extends` is resolved: what it asks, decides and adds to a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from newft.schema.kit import AnswerText, Kit, Lock, Policy
from newft.text import Text

AnswerTexts = Mapping[str, AnswerText]  # by answer key, such as method and kit.answers.team


class KitPin(NamedTuple):
    """Where a kit comes from, and the exact state of its files that was used."""

    source: str  # as answered: a name, a folder or a URL
    revision: str | None  # as answered: a tag, a branch or a commit
    commit: str | None  # all hexadecimal digits; None for a kit that is in no git repository
    tree: str  # the tree id that git gives the files, which depends on their content alone


KitOrigin = Literal["folder", "package", "repository", "stored"]


class LocatedKit(NamedTuple):
    """The folder of a kit on this disk, which need not be the one that it comes from."""

    folder: str
    pin: KitPin
    origin: KitOrigin = "folder"  # stored: in `.newft/kit.tar`, its source was not reached
    tag: str | None = None  # of the repository, that the revision is or was chosen for it


class LocateKit(Protocol):
    """Finds the kit that an answer or `extends` names."""

    def __call__(
        self, source: str, *, revision: str | None = None, parent: LocatedKit | None = None
    ) -> LocatedKit:
        """Return the kit of a source; `parent` is the kit whose `extends` names it."""


class AskedQuestion(NamedTuple):
    """A question of a kit as it stands after the answers so far."""

    name: str
    title: Text
    help: Text
    choices: tuple[tuple[str, Text], ...]  # value and title; empty: any text
    multiple: bool
    secret: bool  # never recorded
    default: AnswerText | None  # None: an answer is required
    type: str = ""  # of copier; a question of a kit.yaml has its own
    settled: bool = True  # it is the same whatever the other answers are


class KitQuestions(Protocol):
    """The questions of a kit: of kit.yaml, or of a copier template."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all questions, in their order."""

    def describe(self, name: str, answers: AnswerTexts) -> AskedQuestion | None:
        """Return a question for the answers so far; None where it does not apply."""

    def find_fault(self, name: str, value: AnswerText, answers: AnswerTexts) -> Text | None:
        """Return why a value is no answer to a question; None if it is."""


class KitTemplate(Protocol):
    """A copier template: it renders its files itself."""

    @property
    def questions(self) -> KitQuestions:
        """The questions of the template."""

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The names of the questions whose answers are never recorded."""

    def render(self, answers: AnswerTexts, into: str, *, with_secrets: bool) -> tuple[str, ...]:
        """Render the files into an empty folder, with the secrets or with their defaults.

        Returned are the paths of those that belong to a project once it has them.
        """

    def list_next_steps(self, answers: AnswerTexts) -> NextSteps:
        """Return what the template has to say after a project was made."""

    def list_migrations(self, since: str | None) -> tuple[str, ...]:
        """Return the commands of the template for projects of an earlier revision; none is run."""


class NextSteps(NamedTuple):
    """What a copier template wants to happen after its files were rendered."""

    message: str
    commands: tuple[str, ...]  # that newft does not run


class Overlay(NamedTuple):
    """A folder of files that a kit adds to a project, above the layers of newft."""

    name: str  # in messages
    folder: str
    replaces: tuple[str, ...] = ()  # paths of lower layers that it may replace
    verbatim: bool = False  # its files are rendered already: no Jinja, no placeholder for a package
    template: KitTemplate | None = None  # renders the files, which the folder then holds
    keeps: tuple[str, ...] = ()  # paths of lower layers that its own files give way to
    prefer: Literal["kit", "newft"] | None = None  # whose file wins where nothing is declared
    given_files: tuple[str, ...] = ()  # rendered files that belong to a project once it has them


@dataclass(frozen=True)
class StarterKit:
    """A kit with everything that it inherits; the leaf of the chain wins."""

    id: str
    title: Text
    # the kits that it is made of, the base first, and where each comes from; no built-in domain
    chain: tuple[Kit, ...]
    located: tuple[LocatedKit, ...]
    domain: str | None = None  # the only domain of its projects; None: any domain
    presets: AnswerTexts = field(default_factory=dict)
    locked: Mapping[str, Lock] = field(default_factory=dict)  # by answer key
    policy: Policy | None = None
    questions: KitQuestions | None = None
    templates: Mapping[str, KitTemplate] = field(default_factory=dict)  # copier's, by kit id
    archive: bytes = b""  # `.newft/kit.tar`, which holds the files of the chain

    @property
    def pin(self) -> KitPin:
        """The pin of the kit itself."""
        return self.located[-1].pin

    @property
    def version(self) -> str | None:
        """The version of the kit itself."""
        return self.chain[-1].version
