"""Every question as data: its answers, what may be chosen, and the default with its reason.

All of it follows from the state of the wizard; nothing here asks, prints or reads a file. The
texts of a question are `questions.<key>.text` and `.help` of the interface.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import chain, count

from newft.answers.keys import (
    ANSWER_KEYS,
    FILES_KEY,
    AnswerKey,
    RawAnswers,
    find_answer_key,
)
from newft.errors import UsageError
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text
from newft.wizard.model_questions import (
    get_default_family,
    get_default_gpu,
    get_default_method,
    get_default_model,
    list_families,
    list_hardware,
    list_methods,
    list_models,
    parse_family,
    parse_gpu,
    parse_model,
    should_ask_hub,
)
from newft.wizard.outcome_questions import INDETERMINATE_QUESTION, POSITIVE_QUESTION
from newft.wizard.question import Choice, Question, always
from newft.wizard.state import Refusal, WizardState, list_open_tasks
from newft.wizard.task_errors import make_unclear_task_error

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
    if state.no_task:
        place = {name: position for position, name in enumerate(state.no_task.likely)}
        choices = tuple(sorted(choices, key=lambda one: place.get(one.value, len(place))))
    detected = tuple(c for c in choices if c.value in (state.detected_tasks or ()))
    others = tuple(choice for choice in choices if choice not in detected)
    return detected if len(detected) == 1 else (*detected, *others)


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
    if not detected and state.no_task:
        raise _make_no_task_error(state.no_task)
    raise make_unclear_task_error(detected or names, state.detection, several=bool(detected))


def _make_no_task_error(refusal: Refusal) -> UsageError:
    """Make the error for records that fit no task: what was seen, and what helps."""
    message = Text(
        f"the records fit none of the tasks\n{refusal.seen.en}",
        f"数据不符合任何任务\n{refusal.seen.zh}",
    )
    return UsageError(message, where="domain, task", hint=refusal.hint)


def _parse_task(value: str, _: WizardState) -> RawAnswers:
    domain, task = value.split("/")
    return {"domain": domain, "task": task}


# --- the language -------------------------------------------------------------------------------


def _get_default_language(state: WizardState) -> Reasoned[str]:
    """Return the language of the data, or of the interface if there are no data files yet."""
    if state.data:
        why = Text("as in the data", "与数据一致")
        return Reasoned(state.data.language, why, as_citation("data"))
    why = Text("as in this conversation", "与当前界面一致")
    return Reasoned(state.interface_language, why, as_citation("newft"))


# --- the name ------------------------------------------------------------------------------------


def _get_default_name(state: WizardState) -> Reasoned[str]:
    """Return the folder's name, or one made from the task."""
    if state.folder_name:
        why = Text("the folder's name", "与文件夹同名")
        return Reasoned(state.folder_name, why, as_citation("newft"))
    domain, task = str(state.answers["domain"]), str(state.answers["task"])
    name = domain if domain.endswith(f"_{task}") else f"{domain}-{task}"
    why = Text("from the task", "按任务命名")
    free = _find_free_name(name.replace("_", "-"), state.taken_names)
    return Reasoned(free, why, as_citation("newft"))


def _find_free_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: the first with a number behind it, if need be."""
    numbered = (f"{name}-{number}" for number in count(2))
    return next(one for one in chain([name], numbered) if one not in taken)


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
    POSITIVE_QUESTION,
    INDETERMINATE_QUESTION,
    Question(
        "gpu",
        "select",
        get_default_gpu,
        parse_gpu,
        list_hardware,
        allow_unsure=True,
        allow_other=True,
    ),
    Question(
        "model",
        "select",
        get_default_model,
        parse_model,
        list_models,
        allow_unsure=True,
        allow_other=True,
    ),
    Question(
        "family",
        "select",
        get_default_family,
        parse_family,
        list_families,
        allow_unsure=True,
        allow_other=True,
        other_applies=lambda state: "model" not in state.answers,
    ),
    Question(
        "method",
        "select",
        get_default_method,
        _parse_as("method"),
        list_methods,
        on_request=True,
    ),
    Question("name", "text", _get_default_name, _parse_as("name")),
)
_CONDITIONS = {"hub": should_ask_hub}  # of the questions that the table of answer keys defines


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
        applies=_CONDITIONS.get(key, always),
        optional=True,
    )


def _list_questions() -> Iterator[Question]:
    """Yield the questions in the order of the table of answer keys."""
    own = {question.key: question for question in _QUESTIONS}
    for key in dict.fromkeys(entry.question for entry in ANSWER_KEYS if entry.question):
        entry = next(entry for entry in ANSWER_KEYS if entry.question == key)
        yield own.get(key) or _make_question(key, entry)


QUESTIONS = tuple(_list_questions())
