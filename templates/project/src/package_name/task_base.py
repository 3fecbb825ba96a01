"""What all sections of run.yaml have in common, and what every task with labels has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from .data.label_leaks import LeakRules, Position
from .data.label_rules import LabelRules, find_label
from .data.normalize import clean_label, normalize_label
from .runtime.messages import fill

NonEmptyStr = Annotated[str, Field(min_length=1)]
NonNegativeFraction = Annotated[float, Field(ge=0, lt=1)]
PositiveCount = Annotated[int, Field(ge=1)]


class ConfigSection(BaseModel):
    """A part of run.yaml: unknown keys are refused, and 1 is not "1"."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class LabelRulesSection(ConfigSection):
    """How records write labels; data/label_rules.py says what each rule does."""

    separator: NonEmptyStr | None = None
    strip_prefixes: list[NonEmptyStr] = []
    strip_suffixes: list[NonEmptyStr] = []
    aliases: dict[NonEmptyStr, list[NonEmptyStr]] = {}


class LabelTask(ConfigSection):
    """What the model is told, and the labels it may answer with."""

    system: NonEmptyStr
    base_system_prompt: NonEmptyStr
    labels: Annotated[list[NonEmptyStr], Field(min_length=2)]
    label_rules: LabelRulesSection = LabelRulesSection()
    label_field_names: list[NonEmptyStr] = []
    leak_patterns: list[NonEmptyStr] = []
    stated_label_positions: list[Position] = []

    @field_validator("labels")
    @classmethod
    def _each_once_and_in_plain_sight(cls, labels: list[str]) -> list[str]:
        return validate_distinct_labels(labels)

    @field_validator("leak_patterns")
    @classmethod
    def _are_regular_expressions(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(
                    fill("this is not a regular expression: {reason}", reason=error)
                ) from None
        return patterns

    @property
    def rules(self) -> LabelRules:
        """The label rules, as the functions of data/label_rules.py take them."""
        return LabelRules(**dict(self.label_rules))

    def parse_label(self, text: str) -> str | None:
        """The label that a text spells, as task.labels writes it."""
        return find_label(text, self.labels, self.rules)

    @property
    def leak_rules(self) -> LeakRules:
        """How texts state labels, as data/label_leaks.py takes it."""
        positions = self.stated_label_positions
        return LeakRules(self.rules, self.label_field_names, self.leak_patterns, positions)

    def refuse_fields(self, columns: Mapping[str, Sequence[str]], slices: Sequence[str]) -> None:
        """Raise ValueError for fields of the data section that the task cannot do with."""


def validate_distinct_labels(labels: list[str]) -> list[str]:
    """The labels, if each is on one line, visible as a whole, and there once however spelled."""
    met: dict[str, str] = {}
    for label in labels:
        if label != clean_label(label):
            raise ValueError(
                fill(
                    "{label} contains invisible characters: write {written}",
                    label=ascii(label),
                    written=repr(clean_label(label)),
                )
            )
        known = met.get(normalize_label(label))
        if known is not None:
            raise ValueError(fill("{label} is a duplicate of {known}", label=label, known=known))
        met[normalize_label(label)] = label
    return labels
