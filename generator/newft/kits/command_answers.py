"""The answers of a command line: its options, `--set`, and the files that it names."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from newft.answers.keys import KIT_KEY, RawAnswers
from newft.answers.parse import merge_answers, parse_set
from newft.answers.yaml_file import load_answers, load_stdin
from newft.kits.open_kit import name_kit_from_here

STDIN = "-"


@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """The options of a command that give answers, or say whether any is asked for."""

    answers: RawAnswers  # by options of their own
    sets: tuple[str, ...]
    answers_file: str | None
    yes: bool

    @property
    def interactive(self) -> bool:
        """Whether a user is there to ask; piped input is never an answer."""
        terminal = sys.stdin.isatty() and sys.stderr.isatty()
        return terminal and not self.yes and self.answers_file != STDIN

    @property
    def names_kit(self) -> bool:
        """Whether the command line names a kit."""
        return KIT_KEY in self.answers or KIT_KEY in dict(map(parse_set, self.sets))

    def collect(self, *, advice_file: str | None = None) -> RawAnswers:
        """Merge the answers: the command line, the file of answers, then that of `newft advise`."""
        files = {**self._load_file(advice_file), **self._load_file(self.answers_file)}
        return merge_answers(self.answers, map(parse_set, self.sets), files)

    def _load_file(self, path: str | None) -> RawAnswers:
        if path is None:
            return {}
        if path == STDIN:
            return load_stdin()
        given = load_answers(Path(path))
        return given if self.names_kit else name_kit_from_here(Path(path), given)
