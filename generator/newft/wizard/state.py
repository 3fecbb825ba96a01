"""What the wizard knows so far, and how answers turn into facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, cast

from newft.answers.keys import (
    ANSWER_KEYS,
    COLUMNS_PREFIX,
    FILES_KEY,
    INDETERMINATE_KEY,
    POSITIVE_KEY,
    SPLIT_COLUMN_KEY,
    RawAnswers,
    get_answered_labels,
    get_columns,
    get_data_files,
)
from newft.answers.unknown_names import make_unknown_name_error
from newft.catalog.lookup import find_family, list_names
from newft.dataset.column_match import ColumnSurvey
from newft.dataset.positive_label import choose_positive_labels, make_no_outcome_error
from newft.decide.kit.kit_answer_rules import normalize_kit_answers
from newft.decide.kit.kit_rules import (
    check_locks,
    check_policy,
    is_from_kit,
    select_allowed_families,
)
from newft.decide.model.architecture import (
    identify_family,
    list_possible_families,
    refuse_contradictory_class,
)
from newft.decide.model.generic_family import make_generic_family
from newft.decide.model.model_files import refuse_unusable_files
from newft.emitted.label_rules import LabelRules
from newft.errors import IncompatibleError, UsageError
from newft.schema.catalog import Catalog
from newft.schema.dataset import DataFacts
from newft.schema.family import GENERIC_FAMILY, Family, is_hub_model
from newft.schema.hardware import Hardware, MachineFacts
from newft.schema.kit import GENERAL_POSITIVE_TITLE, Kit, Lock, Task
from newft.schema.method import DEFAULT_METHOD
from newft.schema.model_facts import ModelFacts
from newft.schema.plan import Plan
from newft.schema.reasoned import Reasoned
from newft.schema.record_shape import TaskDetection
from newft.text import Language, Text, join_texts, to_bilingual_text

# The keys whose values must be names of the catalogue.
_STRICT_NAMES = {
    entry.key: entry.names for entry in ANSWER_KEYS if entry.names and not entry.allow_other
}


@dataclass(frozen=True)
class WizardState:
    """The answers so far, and what was measured or looked up because of them."""

    catalog: Catalog
    answers: RawAnswers = field(default_factory=dict)
    detected_tasks: tuple[str, ...] | None = None  # domain/task; None before files are read
    detection: TaskDetection | None = None  # what else was found beside the detected tasks
    no_task: Refusal | None = None  # why no task was detected, and what helps
    data: DataFacts | None = None
    hardware: Hardware | None = None  # that the answers name
    suggested_model: Reasoned[str] | None = None  # for the hardware and the language
    model_facts: ModelFacts | None = None  # of the model's own files, if they lie here
    machine: MachineFacts | None = None  # that newft runs on
    folder_name: str | None = None  # of the project, where it can be the name of a project
    # in the folder where a conversation without a folder of its own would make one
    taken_names: frozenset[str] = frozenset()
    interface_language: Language = "en"

    @property
    def task(self) -> Task | None:
        """The task, once domain and task are answered."""
        if "domain" not in self.answers or "task" not in self.answers:
            return None
        return self.catalog.kits[str(self.answers["domain"])].tasks[str(self.answers["task"])]

    @property
    def locked(self) -> Mapping[str, Lock]:
        """The answers that the kit fixes, by key."""
        return self.catalog.starter_kit.locked if self.catalog.starter_kit else {}

    @property
    def positive_title(self) -> Text:
        """What the positive label means in the task, or what it is called in general."""
        positive = self.task.positive if self.task else None
        return positive.title if positive else GENERAL_POSITIVE_TITLE

    @property
    def language(self) -> Language | None:
        """The language of the project, once it is answered."""
        return cast("Language | None", self.answers.get("language"))

    @property
    def family(self) -> str | None:
        """The model family, once it is answered or follows from the model."""
        return cast("str | None", self.answers.get("family"))


class Refusal(NamedTuple):
    """What was seen in files that fit no task, and the option or the edit that helps."""

    seen: Text
    hint: Text
    likely: tuple[str, ...] = ()  # all open tasks as domain/task, the likeliest first


class Services(NamedTuple):
    """Functions that measure, look up or plan while questions are answered."""

    detect_task: Callable[[WizardState], TaskDetection]  # of the data files
    explain_no_task: Callable[[WizardState], Refusal]
    profile_data: Callable[[WizardState], DataFacts]
    survey_columns: Callable[[WizardState], ColumnSurvey]  # empty where files cannot be read
    try_plan: Callable[[WizardState], Plan | IncompatibleError | None]  # None: answers are missing
    parse_hardware: Callable[[str], Hardware]
    # for a training method, and of a family, if any
    suggest_model: Callable[[Hardware, Language, str | None, str], Reasoned[str]]
    normalize_model: Callable[[str], str]  # folders become absolute paths
    # of a folder, or of a model in the cache of a hub that no family lists
    read_model: Callable[[str], ModelFacts | None]
    validate_name: Callable[[str], str]


def resolve(state: WizardState, services: Services) -> WizardState:
    """Return the state with everything filled in that follows from its answers."""
    state = infer_family(_normalize_model_answer(state, services))
    kit = state.catalog.starter_kit
    state = replace(state, answers=normalize_kit_answers(state.answers, kit))
    check_state(state)
    answers = state.answers
    if "name" in answers:
        services.validate_name(str(answers["name"]))
    if state.hardware is None and "gpu" in answers:
        state = replace(state, hardware=services.parse_hardware(str(answers["gpu"])))
    if state.detected_tasks is None and get_data_files(answers) and state.task is None:
        detection = services.detect_task(state)
        state = replace(state, detection=detection, detected_tasks=detection.tasks)
        if not detection.tasks:
            state = replace(state, no_task=services.explain_no_task(state))
    if state.data and state.data.indeterminate != get_answered_labels(INDETERMINATE_KEY, answers):
        state = replace(state, data=None)  # it was answered after the rows had been counted
    if state.data is None and state.task and _has_data(answers):
        state = replace(state, data=_warn_of_unread_words(state, services.profile_data(state)))
    state = _apply_positive_labels(state)
    if state.hardware and state.language and "model" not in answers:
        method = str(state.answers.get("method", DEFAULT_METHOD))
        model = services.suggest_model(state.hardware, state.language, state.family, method)
        return replace(state, suggested_model=model)
    return state


def _warn_of_unread_words(state: WizardState, data: DataFacts) -> DataFacts:
    """Add a warning to facts where nothing but the shape of the records told their task."""
    chosen = f"{state.answers['domain']}/{state.answers['task']}"
    if state.detection is None or not state.detection.wordless or state.detected_tasks != (chosen,):
        return data
    title = state.catalog.kits[str(state.answers["domain"])].title
    warning = Text(
        f"the task was told by the shape of the records alone: hardly a word of {title.en} is in "
        "them, and yet the prompts speak of it; name another task with --task DOMAIN/TASK, or make "
        "a domain of your own: newft kit new",
        f"任务仅凭数据的形式选定：数据中几乎没有{title.zh}领域的用词，而提示词会按该领域来写；"
        "可用 --task 领域/任务 改选，或用 newft kit new 建立自己的领域",
    )
    return replace(data, warnings=(warning, *data.warnings))


def _normalize_model_answer(state: WizardState, services: Services) -> WizardState:
    if "model" not in state.answers:
        return replace(state, model_facts=None)
    model = services.normalize_model(str(state.answers["model"]))
    facts = services.read_model(model)
    return replace(state, answers={**state.answers, "model": model}, model_facts=facts)


def infer_family(state: WizardState) -> WizardState:
    """Return the state with the family that lists the model, or that its files belong to."""
    if "family" in state.answers:
        return state
    family = find_family(str(state.answers.get("model")), state.catalog)
    if family is None and state.model_facts:
        family = identify_family(state.model_facts, state.catalog)
    return replace(state, answers={**state.answers, "family": family}) if family else state


def _apply_positive_labels(state: WizardState) -> WizardState:
    """Replace the positive labels that were found by those that were answered."""
    data, names = state.data, get_answered_labels(POSITIVE_KEY, state.answers)
    if data is None or not names:
        return state
    if state.task and state.task.positive is None:
        if is_from_kit(POSITIVE_KEY, state.answers, state.catalog.starter_kit):
            return state  # the kit says it of its other tasks
        raise make_no_outcome_error(POSITIVE_KEY)
    rules = LabelRules(aliases=data.label_aliases)  # an answer in any of the spellings
    return replace(state, data=replace(data, positive=choose_positive_labels(names, data, rules)))


def _has_data(answers: RawAnswers) -> bool:
    """Whether the records are known: the user's files, or the sample of a language."""
    return bool(get_data_files(answers)) or (FILES_KEY in answers and "language" in answers)


def check_state(state: WizardState) -> None:
    """Raise the error of the first answer that names something unknown, or does nothing."""
    answers = state.answers
    if kit := state.catalog.starter_kit:
        check_locks(answers, kit)
        check_policy(answers, kit)
    domain = cast("str | None", answers.get("domain"))
    for key, kind in _STRICT_NAMES.items():
        names = list_names(kind, state.catalog, domain=domain)
        if key in answers and answers[key] not in names:
            raise make_unknown_name_error(str(answers[key]), names, where=key)
    _check_family(state)
    _check_model_files(state)
    _check_hub(state)
    if task := state.task:
        for name in get_columns(answers):
            if name not in task.single_fields and f"{COLUMNS_PREFIX}{name}" != SPLIT_COLUMN_KEY:
                where = f"{COLUMNS_PREFIX}{name}"
                raise make_unknown_name_error(name, task.single_fields, where=where)


def _check_family(state: WizardState) -> None:
    model, family = state.answers.get("model"), state.family
    if family == GENERIC_FAMILY and model is None:
        raise UsageError(
            Text(
                f"`--family {GENERIC_FAMILY}` says nothing without a model",
                f"`--family {GENERIC_FAMILY}` 需要同时指定模型",
            ),
            where="family",
            hint=Text("name its folder: --model FOLDER", "请给出模型文件夹：--model 文件夹"),
        )
    owner = find_family(str(model), state.catalog)
    if family and owner not in (None, family):
        if kit := state.catalog.starter_kit:
            check_locks({"family": str(owner)}, kit)
        raise IncompatibleError(
            Text(
                f"`{model}` belongs to the family {owner}, not {family}",
                f"`{model}` 属于 {owner} 系列，而不是 {family}",
            ),
            where="family",
            hint=Text(
                f"give the family of this model: --family {owner}",
                f"请给出该模型的系列：--family {owner}",
            ),
        )


def _check_model_files(state: WizardState) -> None:
    """Refuse a model whose own files rule it out, as soon as it is named."""
    facts = state.model_facts
    if facts is None:
        return
    possible = list_possible_families(facts, state.catalog)
    refuse_unusable_files(facts, by_project=not any(one.successor for one in possible))
    refuse_contradictory_class(facts, state.catalog)
    named = facts.architectures or facts.model_type
    if state.family is None and named and not possible:
        make_generic_family(facts, state.catalog)


def _check_hub(state: WizardState) -> None:
    """Refuse a hub or a revision for a model that does not come from a hub.

    Those of a kit hold for the models of hubs, and say nothing of others.
    """
    answers, kit = state.answers, state.catalog.starter_kit
    model = str(answers.get("model", ""))
    keys = [
        key for key in ("hub", "revision") if key in answers and not is_from_kit(key, answers, kit)
    ]
    if keys and model and not is_hub_model(model):
        both = Text(" and ", " 和 ")
        options = (to_bilingual_text(f"--{key} {answers[key]}") for key in keys)
        what = join_texts(options, both)
        drop = join_texts((to_bilingual_text(f"--{key}") for key in keys), both)
        raise IncompatibleError(
            Text(
                f"`{model}` does not come from a hub: {what.en} cannot be used",
                f"`{model}` 不是从模型社区下载的，不能使用 {what.zh}",
            ),
            where="model",
            hint=Text(
                f"drop {drop.en}, or name a model of a hub: --model ORG/NAME",
                f"请去掉 {drop.zh}，或改用模型社区上的模型：--model ORG/NAME",
            ),
        )


def list_open_tasks(state: WizardState) -> list[tuple[Kit, str]]:
    """List the tasks that the answers leave open, with their domains."""
    answers = state.answers
    return [
        (kit, task)
        for kit in state.catalog.kits.values()
        for task in kit.tasks
        if answers.get("domain", kit.id) == kit.id and answers.get("task", task) == task
    ]


def list_open_families(state: WizardState) -> list[Family]:
    """List the model families that the answers leave open."""
    families = select_allowed_families(state.catalog).values()
    return [family for family in families if state.family in (None, family.id)]
