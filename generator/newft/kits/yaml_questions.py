"""The questions of a kit.yaml, and those of several kits one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newft.answers.conditions import holds
from newft.catalog.question_rules import find_value_fault, list_choices
from newft.schema.kit import AnswerText, KitQuestion
from newft.schema.starter_kit import AnswerTexts, AskedQuestion, KitQuestions
from newft.text import Text


@dataclass(frozen=True)
class YamlQuestions:
    """The questions of the kit.yaml files of a chain, those of the base first."""

    questions: Mapping[str, KitQuestion]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all questions, in their order."""
        return tuple(self.questions)

    def describe(self, name: str, answers: AnswerTexts) -> AskedQuestion | None:
        """Return a question for the answers so far; None where it does not apply."""
        question = self.questions[name]
        if not holds(question.when, answers):
            return None
        return AskedQuestion(
            name,
            question.title,
            question.help or Text("", ""),
            tuple(list_choices(question).items()),
            multiple=question.type == "choices",
            secret=False,
            default=question.default,
        )

    def find_fault(self, name: str, value: AnswerText, _: AnswerTexts) -> Text | None:
        """Return why a value is no answer to a question; None if it is."""
        return find_value_fault(self.questions[name], value)


@dataclass(frozen=True)
class JoinedQuestions:
    """The questions of several parts of a kit, in the order of the parts; names are unique."""

    parts: Sequence[KitQuestions]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all questions, in their order."""
        return tuple(name for part in self.parts for name in part.names)

    def describe(self, name: str, answers: AnswerTexts) -> AskedQuestion | None:
        """Return a question for the answers so far; None where it does not apply."""
        return self._find_part(name).describe(name, answers)

    def find_fault(self, name: str, value: AnswerText, answers: AnswerTexts) -> Text | None:
        """Return why a value is no answer to a question; None if it is."""
        return self._find_part(name).find_fault(name, value, answers)

    def _find_part(self, name: str) -> KitQuestions:
        return next(part for part in self.parts if name in part.names)
