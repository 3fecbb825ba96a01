"""Every question as data: its answers, what may be chosen, and the default with its reason.

All of it follows from the state of the wizard; nothing here asks, prints or reads a file. The
texts of a question are `questions.<key>.text` and `.help` of the interface.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import Literal, NamedTuple

from newft.answers.keys import (
    ANSWER_KEYS,
    AUTO_GPU,
    FILES_KEY,
    KIT_ANSWERS_PREFIX,
    POSITIVE_KEY,
    AnswerKey,
    RawAnswers,
    find_answer_key,
    normalize_gpu,
)
from newft.catalog.lookup import find_family
from newft.decide.kit_answer_rules import (
    drop_unasked_answers,
    list_open_questions,
    make_missing_answers_error,
)
from newft.errors import UsageError
from newft.schema.family import EMBEDDED, ModelSpec, is_hub_model
from newft.schema.hardware import Accelerator, MachineFacts
from newft.schema.reasoned import Reasoned, as_citation
from newft.schema.starter_kit import AskedQuestion
from newft.text import Text
from newft.wizard.state import (
    Services,
    WizardState,
    list_open_families,
    list_open_tasks,
    resolve,
)


class Choice(NamedTuple):
    """One value that may be chosen."""

    value: str
    title: Text
    note: Text = Text("", "")  # an explanation, where the title does not suffice


def _list_no_choices(_: WizardState) -> tuple[Choice, ...]:
    return ()


def _always(_: WizardState) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """One question of the wizard."""

    key: str
    form: Literal["path", "select", "text"]
    get_default: Callable[[WizardState], Reasoned[str]]
    parse: Callable[[str, WizardState], RawAnswers]
    list_choices: Callable[[WizardState], tuple[Choice, ...]] = _list_no_choices
    applies: Callable[[WizardState], bool] = _always
    allow_unsure: bool = False  # offers to take the default without knowing better
    allow_other: bool = False  # takes a value that is typed
    optional: bool = False  # takes its default where there would be too many questions
    # of a question of a kit: how it stands after the answers so far; None where it does not apply
    describe: Callable[[WizardState], AskedQuestion | None] | None = None

    @property
    def answer_keys(self) -> tuple[str, ...]:
        """The keys of the answers that it gives."""
        if self.describe:
            return (self.key,)
        return tuple(entry.key for entry in ANSWER_KEYS if entry.question == self.key)

    def is_missing(self, state: WizardState) -> bool:
        """Return whether an answer is missing."""
        return self.applies(state) and any(key not in state.answers for key in self.answer_keys)

    def has_open_choice(self, state: WizardState) -> bool:
        """Return whether an answer is missing and the user has something to choose."""
        open_ended = self.form != "select" or self.allow_other
        return self.is_missing(state) and (open_ended or len(self.list_choices(state)) > 1)


def apply_answer(
    question: Question, value: str, *, state: WizardState, services: Services
) -> WizardState:
    """Return the state after an answer; answers that were given before are kept."""
    answers = {**question.parse(value, state), **state.answers}
    return resolve(replace(state, answers=answers), services)


def fill_defaults(state: WizardState, services: Services) -> WizardState:
    """Return the state with the default for every answer that is missing."""
    state = resolve(state, services)
    for question in QUESTIONS:
        if question.is_missing(state):
            value = question.get_default(state).value
            state = apply_answer(question, value, state=state, services=services)
    return fill_kit_defaults(state, services)


def fill_kit_defaults(state: WizardState, services: Services) -> WizardState:
    """Return the state with the default for every question of the kit that has no answer.

    Raises:
        UsageError: If questions have no default; all of them are listed.
    """
    kit = state.catalog.starter_kit
    missing = {}
    while opened := [
        one for one in list_open_questions(state.answers, kit) if one.name not in missing
    ]:
        question = opened[0]
        if question.default is None:
            missing[question.name] = question
            continue
        key = f"{KIT_ANSWERS_PREFIX}{question.name}"
        answers = {**state.answers, key: question.default}
        state = resolve(replace(state, answers=answers), services)
    if missing:
        assert kit
        raise make_missing_answers_error(list(missing.values()), kit)
    return replace(state, answers=drop_unasked_answers(state.answers, kit))


# --- data and task -------------------------------------------------------------------------------


def _get_default_data(_: WizardState) -> Reasoned[str]:
    why = Text("the sample, to try every step first", "用自带样例，先把完整流程跑通")
    return Reasoned("", why, as_citation("domains"))


def _parse_data(value: str, _: WizardState) -> RawAnswers:
    return {FILES_KEY: (value,) if value else ()}


def _list_tasks(state: WizardState) -> tuple[Choice, ...]:
    """List the open tasks; the content of the files may leave only one."""
    choices = tuple(
        Choice(
            f"{kit.id}/{task}",
            Text(
                f"{kit.title.en}: {kit.tasks[task].title.en}",
                f"{kit.title.zh} · {kit.tasks[task].title.zh}",
            ),
            kit.tasks[task].description,
        )
        for kit, task in list_open_tasks(state)
    )
    detected = tuple(c for c in choices if c.value in (state.detected_tasks or ()))
    return detected if len(detected) == 1 else choices


def _get_default_task(state: WizardState) -> Reasoned[str]:
    """Return the task that was detected; without files, the task that is best to begin with."""
    names = [choice.value for choice in _list_tasks(state)]
    if len(names) == 1 and state.detected_tasks:
        why = Text("recognised from columns and values", "由列名和取值识别")
        return Reasoned(names[0], why, as_citation("data"))
    if len(names) == 1:
        return Reasoned(names[0], Text("the only one", "只有这一个"), as_citation("domains"))
    if state.detected_tasks is None:
        first = next(filter(state.catalog.is_suggested_task, names), names[0])
        why = Text("its sample is the smallest, the quickest to run", "样例最小，最快跑完")
        return Reasoned(first, why, as_citation("domains"))
    detected = [name for name in names if name in state.detected_tasks]
    raise _make_unclear_task_error(detected, names)


def _make_unclear_task_error(detected: Sequence[str], names: Sequence[str]) -> UsageError:
    """Make the error for records that fit several tasks, or none."""
    listed = detected or names
    domain, task = listed[0].split("/")
    options, column = f"--domain {domain} --task {task}", "--set data.columns.label=COLUMN"
    message = (
        Text(
            f"the records fit several tasks: {', '.join(listed)}",
            f"数据同时符合几个任务：{'、'.join(listed)}",
        )
        if detected
        else Text(
            f"the records fit none of the tasks: {', '.join(listed)}",
            f"从数据看不出属于哪个任务，可选：{'、'.join(listed)}",
        )
    )
    hint = Text(
        f"name the task, such as {options}; if necessary, name columns: {column}",
        f"请指定任务，例如 {options}；必要时指定列：{column}",
    )
    return UsageError(message, where="domain, task", hint=hint)


def _parse_task(value: str, _: WizardState) -> RawAnswers:
    domain, task = value.split("/")
    return {"domain": domain, "task": task}


# --- the positive label --------------------------------------------------------------------------


def _is_positive_label_unclear(state: WizardState) -> bool:
    """Return whether the task scores one label and the records do not tell which."""
    task, data = state.task, state.data
    return bool(task and task.positive and data and data.positive is None)


def _list_labels(state: WizardState) -> tuple[Choice, ...]:
    """List the labels, the rarest first: what is scored is usually rare."""
    labels = state.data.labels if state.data else {}
    return tuple(
        Choice(label, Text(label, label)) for label in sorted(labels, key=labels.__getitem__)
    )


def _get_default_positive_label(state: WizardState) -> Reasoned[str]:
    """Raise an error that lists the options: a wrong default would invert every metric."""
    assert state.data
    column, labels = state.data.mapping["label"][0], state.data.labels
    options = [f"--positive {quote(label)}" for label in labels]
    positive = state.positive_title
    raise UsageError(
        Text(
            f"it is not clear which label of `{column}` is the {positive.en}: {', '.join(labels)}",
            f"“{column}”列中哪个标签代表{positive.zh}并不明确：{'、'.join(labels)}",
        ),
        where=POSITIVE_KEY,
        hint=Text(
            f"name the label of the {positive.en}: {' or '.join(options)}",
            f"请指明代表{positive.zh}的标签：{' 或 '.join(options)}",
        ),
    )


# --- language and hardware -----------------------------------------------------------------------


def _get_default_language(state: WizardState) -> Reasoned[str]:
    """Return the language of the data, or of the interface if there are no data files yet."""
    if state.data:
        why = Text("as in the data", "与数据一致")
        return Reasoned(state.data.language, why, as_citation("data"))
    why = Text("as in this conversation", "与当前界面一致")
    return Reasoned(state.interface_language, why, as_citation("newft"))


def _list_hardware(state: WizardState) -> tuple[Choice, ...]:
    """List this machine, then the accelerators of the catalogue."""
    here = Choice(AUTO_GPU, _describe_machine(state.machine))
    return (here, *map(_make_accelerator_choice, state.catalog.accelerators.values()))


def _make_accelerator_choice(accelerator: Accelerator) -> Choice:
    memory = accelerator.memory_gb
    add_memory = memory is not None and "GB" not in accelerator.title
    title = f"{accelerator.title}, {memory:g} GB" if add_memory else accelerator.title
    return Choice(accelerator.id, Text(title, title))


def _describe_machine(machine: MachineFacts | None) -> Text:
    if machine is None:
        return Text("this machine", "本机")
    if machine.accelerator == "cpu":
        cores = machine.cores
        return Text(
            f"this machine: CPU, {cores} cores; no NVIDIA GPU found",
            f"本机：CPU，{cores} 核，未找到 NVIDIA GPU",
        )
    found = f"{machine.count} x {machine.accelerator}"
    return Text(f"this machine: {found}", f"本机：{found}")


def _get_default_gpu(_: WizardState) -> Reasoned[str]:
    return Reasoned(AUTO_GPU, Text("train on this machine", "在本机训练"), as_citation("machine"))


def _parse_gpu(value: str, _: WizardState) -> RawAnswers:
    return {"gpu": normalize_gpu(value)}


# --- model, hub and family -----------------------------------------------------------------------


def _list_models(state: WizardState) -> tuple[Choice, ...]:
    """List the models of the open families, the family of the suggested model first."""
    suggested = state.suggested_model
    first = find_family(suggested.value, state.catalog) if suggested else None
    families = sorted(list_open_families(state), key=lambda family: family.id != first)
    return tuple(_make_model_choice(spec) for family in families for spec in family.sizes)


def _make_model_choice(spec: ModelSpec) -> Choice:
    name, weights = spec.hub_id.rpartition("/")[2], f"{compute_weights_gb(spec):.1f} GB"
    if spec.embedded:
        title = Text(f"{name}: {weights}, no download", f"{name}：{weights}，无需下载")
        return Choice(EMBEDDED, title)
    return Choice(spec.hub_id, Text(f"{name}: {weights} in 16 bit", f"{name}：16 位 {weights}"))


def compute_weights_gb(spec: ModelSpec) -> float:
    """Return the gigabytes of the weights in 16 bit."""
    return spec.parameters * 2 / 1e9


def _get_default_model(state: WizardState) -> Reasoned[str]:
    assert state.suggested_model  # hardware and language are answered before
    return state.suggested_model


def _parse_model(value: str, state: WizardState) -> RawAnswers:
    """Return the model, and its family where a family lists it."""
    family = find_family(value, state.catalog)
    return {"model": value, "family": family} if family else {"model": value}


def _should_ask_hub(state: WizardState) -> bool:
    """Return whether a hub other than Hugging Face may be wanted: China reaches that badly."""
    model = str(state.answers.get("model", EMBEDDED))
    return state.interface_language == "zh" and is_hub_model(model)


def _list_families(state: WizardState) -> tuple[Choice, ...]:
    return tuple(
        Choice(family.id, Text(family.title, family.title)) for family in list_open_families(state)
    )


def _get_default_family(state: WizardState) -> Reasoned[str]:
    """Return the family that lists the model, or raise an error that names the families."""
    model = str(state.answers["model"])
    if family := find_family(model, state.catalog):
        return Reasoned(family, Text("the model's", "由模型决定"), as_citation("families"))
    raise UsageError(
        Text(f"the family of `{model}` is not known", f"无法判断 `{model}` 属于哪个模型系列"),
        where="--model",
        hint=Text(
            f"give --family ID, one of: {', '.join(state.catalog.families)}",
            f"请用 --family ID 指定，可选：{'、'.join(state.catalog.families)}",
        ),
    )


# --- the name ------------------------------------------------------------------------------------


def _get_default_name(state: WizardState) -> Reasoned[str]:
    """Return the folder's name, or one made from the task."""
    if state.folder_name:
        why = Text("the folder's name", "与文件夹同名")
        return Reasoned(state.folder_name, why, as_citation("newft"))
    domain, task = str(state.answers["domain"]), str(state.answers["task"])
    name = domain if domain.endswith(f"_{task}") else f"{domain}-{task}"
    why = Text("from the task", "按任务命名")
    return Reasoned(name.replace("_", "-"), why, as_citation("newft"))


def _parse_as(key: str) -> Callable[[str, WizardState], RawAnswers]:
    """Make the parser of a question whose value is its only answer."""
    return lambda value, _: {key: value}


_QUESTIONS = (
    Question("data", "path", _get_default_data, _parse_data),
    Question("task", "select", _get_default_task, _parse_task, _list_tasks),
    Question(
        "language",
        "select",
        _get_default_language,
        _parse_as("language"),
        lambda _: _list_fixed_choices("language"),
        optional=True,
    ),
    Question(
        "positive",
        "select",
        _get_default_positive_label,
        _parse_as(POSITIVE_KEY),
        _list_labels,
        applies=_is_positive_label_unclear,
    ),
    Question(
        "gpu",
        "select",
        _get_default_gpu,
        _parse_gpu,
        _list_hardware,
        allow_unsure=True,
        allow_other=True,
    ),
    Question(
        "model",
        "select",
        _get_default_model,
        _parse_model,
        _list_models,
        allow_unsure=True,
        allow_other=True,
    ),
    Question("family", "select", _get_default_family, _parse_as("family"), _list_families),
    Question("name", "text", _get_default_name, _parse_as("name"), optional=True),
)
_CONDITIONS = {"hub": _should_ask_hub}  # of the questions that the table of answer keys defines


def _list_fixed_choices(key: str) -> tuple[Choice, ...]:
    """List the choices that the table of answer keys has for a key."""
    entry = find_answer_key(key)
    choices = entry.choices if entry else None
    return tuple(Choice(value, title) for value, title in (choices or {}).items())


def _list_allowed_choices(key: str, state: WizardState) -> tuple[Choice, ...]:
    """List the choices of a key that the policy of the kit allows."""
    policy = state.catalog.starter_kit.policy if state.catalog.starter_kit else None
    allowed = policy.hubs if policy and key == "hub" else ()
    choices = _list_fixed_choices(key)
    return tuple(choice for choice in choices if not allowed or choice.value in allowed)


def _get_suggestion(entry: AnswerKey, state: WizardState) -> Reasoned[str]:
    """Return the choice that the table of answer keys suggests for a key."""
    assert entry.suggestion
    value, why = entry.suggestion
    allowed = [choice.value for choice in _list_allowed_choices(entry.key, state)]
    if value not in allowed:
        return Reasoned(allowed[0], Text("the policy of the kit", "套件的策略"), as_citation("kit"))
    return Reasoned(value, why, as_citation("newft"))


def _make_question(key: str, entry: AnswerKey) -> Question:
    """Make the question that the table of answer keys defines."""
    return Question(
        key,
        "select",
        lambda state: _get_suggestion(entry, state),
        _parse_as(entry.key),
        lambda state: _list_allowed_choices(entry.key, state),
        applies=_CONDITIONS.get(key, _always),
        optional=True,
    )


def _list_questions() -> Iterator[Question]:
    """Yield the questions in the order of the table of answer keys."""
    own = {question.key: question for question in _QUESTIONS}
    for key in dict.fromkeys(entry.question for entry in ANSWER_KEYS if entry.question):
        entry = next(entry for entry in ANSWER_KEYS if entry.question == key)
        yield own.get(key) or _make_question(key, entry)


QUESTIONS = tuple(_list_questions())
