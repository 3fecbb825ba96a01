"""What all sections of run.yaml have in common, and what every task with labels has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from .data.label_leaks import LeakRules, Position
from .data.label_rules import NO_LABEL_RULES, LabelRules, find_label, read_label
from .data.normalize import clean_label
from .data.reject_reasons import RejectReason
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

    @cached_property
    def rules(self) -> LabelRules:
        """The label rules, as the functions of data/label_rules.py take them; read for each row."""
        return LabelRules(self.separator, self.strip_prefixes, self.strip_suffixes, self.aliases)


class LabelTask(ConfigSection):
    """What the model is told, and the labels it may answer with."""

    # why rows of this task are left out, beside the reasons of data/reject_reasons.py
    reject_reasons: ClassVar[Mapping[str, RejectReason]] = {}

    system: NonEmptyStr
    base_system_prompt: NonEmptyStr
    label_rules: LabelRulesSection = LabelRulesSection()  # the validator of labels needs it
    labels: Annotated[list[NonEmptyStr], Field(min_length=2)]
    label_field_names: list[NonEmptyStr] = []
    leak_patterns: list[NonEmptyStr] = []
    stated_label_positions: list[Position] = []

    @field_validator("labels")
    @classmethod
    def _labels_are_distinct_and_visible(cls, labels: list[str], info: ValidationInfo) -> list[str]:
        section = info.data.get("label_rules", LabelRulesSection())
        return validate_distinct_labels(labels, section.rules, cls.normalize_by_rules)

    @staticmethod
    def normalize_by_rules(label: str, rules: LabelRules) -> str:
        """Normalize a label as the task does to find it in a record or in an answer."""
        return read_label(label, rules)

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
        return self.label_rules.rules

    def parse_label(self, text: str) -> str | None:
        """The label that a text spells, as task.labels writes it."""
        return find_label(text, self.labels, self.rules)

    @property
    def leak_rules(self) -> LeakRules:
        """How texts state labels, as data/label_leaks.py takes it."""
        positions = self.stated_label_positions
        return LeakRules(self.rules, self.label_field_names, self.leak_patterns, positions)

    def list_rejecting_fields(self) -> list[str]:
        """The fields of data.columns for which rows of this task alone are left out."""
        return [reason.field for reason in self.reject_reasons.values() if reason.field]

    def refuse_fields(self, columns: Mapping[str, Sequence[str]], slices: Sequence[str]) -> None:
        """Raise ValueError for fields of the data section that the task cannot use."""


def validate_distinct_labels(
    labels: list[str],
    rules: LabelRules = NO_LABEL_RULES,
    normalize: Callable[[str, LabelRules], str] = read_label,
) -> list[str]:
    """The labels, if all their characters are visible and the rules read each as another one.

    Every alias must name one of the labels, and be read as that label.
    """
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
        known = met.get(normalize(label, rules))
        if known is not None:
            raise ValueError(fill("{label} is a duplicate of {known}", label=label, known=known))
        met[normalize(label, rules)] = label
    for label, aliases in rules.aliases.items():
        if normalize(label, rules) not in met:
            raise ValueError(
                fill("label_rules.aliases: {label} is not one of task.labels", label=label)
            )
        for alias in aliases:
            if normalize(alias, rules) != normalize(label, rules):
                raise ValueError(
                    fill("label_rules.aliases: {alias} names more than one label", alias=alias)
                )
    return labels
