"""Domains and kits: tasks, record fields and prompts."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from newft.emitted.label_leaks import LeakRules
from newft.emitted.label_rules import NO_LABEL_RULES, LabelRules
from newft.schema.record_shape import Shape
from newft.schema.roi import BenefitKind
from newft.schema.rollout import DatedRule, HypothesisRule, Risk
from newft.text import Language, Text

# the words of yes and of no, each beside its opposite
# fmt: off
YES_LABELS = ("yes", "true", "1", "y", "t", "是", "有", "真", "对", "是的", "存在",
              "ja", "ja", "j", "oui", "si", "sí", "sì", "s", "sim", "tak")
NO_LABELS = ("no", "false", "0", "n", "f", "否", "无", "假", "错", "不是", "没有",
             "nein", "nee", "n", "non", "no", "no", "no", "n", "não", "nie")
# fmt: on

GENERAL_POSITIVE_TITLE = Text("positive label", "正类")  # where no task is chosen

FieldRole = Literal["text", "context", "label", "recommendation", "group", "protected", "excluded"]
PieceKind = Literal["word", "digit", "han", "other"]  # of a text; see token_pieces.py

# An optional part of a prompt: {#field}...{/field} is kept where the records have the field, and
# {^field}...{/field} where they do not, as in Mustache templates.
OPTIONAL_PART_PATTERN = re.compile(r"\{([#^])(\w+)\}(.*?)\{/\2\}", re.DOTALL)


@dataclass(frozen=True)
class Field:
    """One field of a task's record, and how to find its column.

    Roles: `text` is the input, and `context` a short field that the question about it names;
    `label` is the target, and `recommendation` its optional second line. Rows of one `group` stay
    in one split. No prompt shows `protected` and `excluded` columns, of which a task may have any
    number; the protected ones are kept beside the rows for metrics by group.
    """

    role: FieldRole
    title: Text
    synonyms: tuple[str, ...]  # compared after folding case, width, spaces and punctuation
    required: bool = True
    typical: tuple[str, ...] = ()  # labels or words by which records of the task are recognised
    # of `protected` and `excluded`, for names such as `person_age`: synonyms of one word that
    # count only beside a qualifier, and words beside a synonym that do not change what it names
    ambiguous: tuple[str, ...] = ()
    qualifiers: tuple[str, ...] = ()
    # of `protected` and `excluded`: words, and beginnings of words, that tell it inside any name;
    # of the label of a task that scores one: those of its outcomes, set by the loader
    stems: tuple[str, ...] = ()
    negative_stems: tuple[str, ...] = ()  # among them, of such a label
    indeterminate_stems: tuple[str, ...] = ()  # besides them, of such a label
    # of `excluded`: such words for what identifies someone, if its values differ from row to row,
    # and words that make `stems` speak of the time before the label
    identifying: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    several: bool = False  # of a label: a record may have more than one, as the task says


@dataclass(frozen=True)
class SystemPrompts:
    """System prompts of a task in one language, with parts that depend on an optional field.

    The label list replaces `{labels}`, the list of the recommendations `{recommendations}`.
    """

    tuned: str  # of the tuned model: short, because it has learned the labels
    base: str  # of the base model: it lists the labels

    def select_parts(self, fields: Container[str]) -> SystemPrompts:
        """Return the prompts for records that have these fields."""

        def keep(part: re.Match[str]) -> str:
            mark, field_name, text = part.groups()
            return text if (mark == "#") == (field_name in fields) else ""

        tuned, base = (OPTIONAL_PART_PATTERN.sub(keep, text) for text in (self.tuned, self.base))
        return SystemPrompts(tuned, base)


@dataclass(frozen=True)
class PositiveNames:
    """Names and words by which the positive labels are found, whose probability is scored.

    The stems are words, and beginnings of words, inside the name of a label, and inside the name of
    a column of yes and no; a negation before one turns it round.
    """

    labels: tuple[str, ...] = ()  # whole names of positive labels
    negative_labels: tuple[str, ...] = ()  # whole names of labels that stand beside them
    stems: tuple[str, ...] = ()  # that speak of the positive outcome
    negative_stems: tuple[str, ...] = ()  # that speak of the other
    indeterminate_stems: tuple[str, ...] = ()  # of labels: the outcome is not known yet
    # whole words inside the name of a number that measures the outcome, and is no label: `PD_12M`
    measures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PositiveLabel(PositiveNames):
    """The positive outcome of a task: what it means, and how its labels are found."""

    title: Text  # what the label means, as it stands in a sentence: "the <title>"


@dataclass(frozen=True)
class StatedFactor:
    """What a task tells of a factor of the advice, with the reason and its source."""

    value: str
    why: Text
    source: str | Text


@dataclass(frozen=True)
class PrimaryMetric:
    """The first of `PRIMARY_METRICS` in metrics.py, where it is no share of the rows."""

    name: str
    meaning: Text  # how it is read, as one sentence without its full stop


@dataclass(frozen=True)
class Task:
    """One task of a domain: its fields, prompts and metrics."""

    title: Text
    description: Text
    fields: Mapping[str, Field]
    prompts: Mapping[Language, SystemPrompts]
    sample: Mapping[Language, str]  # file below the kit's `sample/`
    question: Mapping[Language, str]  # an example input, for `make chat`
    out_of_scope: tuple[str, ...] = ()  # names of the label that means "none of these"
    positive: PositiveLabel | None = None
    # by which the task is judged; None: the share of the rows that are right
    primary_metric: PrimaryMetric | None = None
    # `domain/task` whose overlay the task uses below its own, which need not exist
    overlay_of: str | None = None
    # that holds the sample, if it is not `sample/` of the domain; set by the loader
    sample_folder: str | None = None
    suggested: bool = False  # without data: exactly one task has the quickest sample
    synonym_lists: tuple[str, ...] = ()  # files of `domains/synonyms/` that extend the fields
    label_rules: LabelRules = NO_LABEL_RULES
    label_field_names: tuple[str, ...] = ()  # what texts call the label: `priority: high` states it
    # regular expressions for a phrase: a match gives the target away; {label} is the row's label
    leak_patterns: tuple[str, ...] = ()
    # the question that follows a text; {name} of the context field is replaced by its value
    question_template: Mapping[Language, str] = field(default_factory=dict)
    # factor of the advice -> what is known of it wherever the task is used, such as reason_case
    advice: Mapping[str, StatedFactor] = field(default_factory=dict)

    @property
    def tabular(self) -> bool:
        """True where a record has no text: all other columns are what is asked."""
        return all(field.role != "text" for field in self.fields.values())

    @property
    def shape(self) -> Shape:
        """What the columns of its records are for, as its fields and its labels say."""
        if self.tabular:
            return "table_label"
        if self.context_field:
            return "text_type_yes_no"
        return "text_label" if self.label_rules.separator is None else "text_labels"

    @property
    def leak_rules(self) -> LeakRules:
        """How texts of the task state labels."""
        return LeakRules(self.label_rules, self.label_field_names, self.leak_patterns)

    @property
    def context_field(self) -> str | None:
        """The name of the field that the question template asks about."""
        return next((name for name, one in self.fields.items() if one.role == "context"), None)

    @property
    def single_fields(self) -> dict[str, Field]:
        """The fields that one column holds."""
        many, several = ("protected", "excluded"), self.label_rules.separator is not None
        return {
            name: replace(field, several=several) if field.role == "label" else field
            for name, field in self.fields.items()
            if field.role not in many
        }


@dataclass(frozen=True)
class SynonymList:
    """Names and values of a public data set, by the role of the fields that they belong to."""

    title: str
    source: str
    columns: Mapping[FieldRole, tuple[str, ...]] = field(default_factory=dict)
    typical: Mapping[FieldRole, tuple[str, ...]] = field(default_factory=dict)
    positive: PositiveNames | None = None


@dataclass(frozen=True)
class Qualifiers:
    """Words beside a term that only say whose, in what form, or where."""

    person: tuple[str, ...]
    form: tuple[str, ...]
    place: tuple[str, ...]


@dataclass(frozen=True)
class ProtectedTerms:
    """Names and values of the columns that every protected field has besides its own."""

    source: str
    synonyms: tuple[str, ...]
    typical: tuple[str, ...]
    ambiguous: tuple[str, ...]
    qualifiers: Qualifiers
    stems: tuple[str, ...] = ()  # of protected fields
    identifying: tuple[str, ...] = ()  # of excluded fields
    earlier: tuple[str, ...] = ()  # of excluded fields


AnswerText = str | tuple[str, ...]


class Lock(NamedTuple):
    """An answer that a kit fixes, and why."""

    value: AnswerText
    why: Text | None = None
    kit: Text = Text("", "")  # the title of the kit that fixes it; set by the loader


@dataclass(frozen=True)
class Policy:
    """What the projects of a kit may use; an empty list allows everything."""

    families: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()  # as the hubs write them, such as apache-2.0
    methods: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    required_files: tuple[str, ...] = ()  # paths that every project must keep


QuestionType = Literal["text", "yes_no", "integer", "choice", "choices"]
Condition = Mapping[str, AnswerText]  # answer key -> the value, or the values, for which it holds


@dataclass(frozen=True)
class KitQuestion:
    """A question of a kit, asked after those of newft."""

    title: Text
    help: Text | None = None
    type: QuestionType = "text"
    choices: Mapping[str, Text] = field(default_factory=dict)
    default: AnswerText | None = None  # None: an answer is required
    pattern: str | None = None  # regular expression that a text must match in full
    pattern_message: Text | None = None  # what a valid text looks like
    when: Condition = field(default_factory=dict)
    former_names: tuple[str, ...] = ()  # that the question had in earlier versions of the kit
    former_choices: Mapping[str, str] = field(default_factory=dict)  # old value -> value


@dataclass(frozen=True)
class KitLayer:
    """A folder of files of a kit that some of its projects get."""

    folder: str  # below the kit
    when: Condition = field(default_factory=dict)
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldChanges:
    """What a kit adds to a field of a task that it builds on."""

    title: Text | None = None
    synonyms: tuple[str, ...] = ()  # before those of the field, which decides ties
    typical: tuple[str, ...] = ()


@dataclass(frozen=True)
class PromptChanges:
    """The system prompts that a kit replaces in one language."""

    tuned: str | None = None
    base: str | None = None


@dataclass(frozen=True)
class TaskChanges:
    """What a kit changes in a task of the domain or kit that it extends."""

    title: Text | None = None
    description: Text | None = None
    fields: Mapping[str, FieldChanges] = field(default_factory=dict)
    prompts: Mapping[Language, PromptChanges] = field(default_factory=dict)
    sample: Mapping[Language, str] = field(default_factory=dict)  # file below the kit's `sample/`
    question: Mapping[Language, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kit:
    """A domain or a starter kit, as its kit.yaml defines it.

    A domain has tasks and is complete. A starter kit `extends` a domain or another kit, adds tasks
    of its own, or holds for every domain; presets, locks, policy and questions are for kits.
    """

    id: str
    title: Text
    description: Text | None = None  # a domain has one
    folder: str = ""  # that holds `sample/` and `overlay/`; set by the loader
    # that tell records of the domain from those of others, in texts and in names of columns
    words: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    benefit: BenefitKind = "hours"  # what its projects save; the time of those who do it by hand
    task_changes: Mapping[str, TaskChanges] = field(default_factory=dict)
    version: str | None = None
    requires_newft: str | None = None  # a version specifier such as >=0.2,<1
    extends: str | None = None  # the id of a domain, or the source of a kit
    presets: Mapping[str, AnswerText] = field(default_factory=dict)  # by answer key
    locked: Mapping[str, Lock] = field(default_factory=dict)  # by answer key
    policy: Policy | None = None
    questions: Mapping[str, KitQuestion] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()  # files of lower layers that files of its overlay replace
    keeps: tuple[str, ...] = ()  # files of lower layers that those of a copier template give way to
    layers: tuple[KitLayer, ...] = ()
    # of PLAN.md, beside what holds for every domain
    expert: Text | None = None  # who knows whether a label is right
    kill_switch: Text | None = None  # what takes over where the model is switched off
    hypotheses: Mapping[str, HypothesisRule] = field(default_factory=dict)
    compliance: Mapping[str, DatedRule] = field(default_factory=dict)
    risks: tuple[Risk, ...] = ()

    @property
    def all_words(self) -> tuple[str, ...]:
        """The words of every language: an export in one language has words of others."""
        return tuple(word for words in self.words.values() for word in words)

    def get_sample(self, task: Task, language: Language) -> str:
        """Return the path of the sample of a task."""
        return f"{task.sample_folder or f'{self.folder}/sample'}/{task.sample[language]}"
