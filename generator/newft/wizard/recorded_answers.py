"""From the answers and facts that a project records to complete answers of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from newft.answers.fit import (
    FittedAnswers,
    InvalidAnswer,
    format_answer,
    list_unmeasured_changes,
)
from newft.answers.keys import (
    AUTO_GPU,
    KIT_ANSWERS_PREFIX,
    AnswerValue,
    RawAnswers,
)
from newft.answers.parse import merge_answers
from newft.decide.kit.kit_answer_rules import drop_secret_answers, list_open_questions
from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.errors import UsageError
from newft.project.recorded_project import RecordedProject
from newft.project.snapshot import ANSWERS_FILE
from newft.schema.catalog import Catalog
from newft.schema.dataset import Facts
from newft.schema.family import is_hub_model
from newft.schema.hardware import Hardware
from newft.schema.starter_kit import StarterKit
from newft.schema.update import AnswerChange
from newft.system.hardware_probe import probe_machine
from newft.text import Language, Text, join_names, join_texts
from newft.wizard.default_answers import fill_defaults
from newft.wizard.fit_recorded import apply_newer_kit, fit_recorded
from newft.wizard.kit_questions import list_questions
from newft.wizard.questions import QUESTIONS
from newft.wizard.recorded_facts import collect_recorded_facts, make_recorded_services
from newft.wizard.state import Services, WizardState


@dataclass(frozen=True)
class AnswerRequest:
    """What the user of an update wants of the answers, and whether there is a user to ask."""

    sets: Sequence[tuple[str, AnswerValue]] = ()
    remeasure: bool = False
    interface_language: Language = "en"
    ask: Callable[[WizardState, Services], WizardState] | None = None  # None: nobody is there


class CompleteAnswers(NamedTuple):
    """The answers and facts to render with, and what was done to get there."""

    state: WizardState
    hardware: Hardware
    facts: Facts
    changes: tuple[AnswerChange, ...]  # since the last update
    notes: tuple[Text, ...]


def complete_answers(
    project: RecordedProject, catalog: Catalog, request: AnswerRequest
) -> CompleteAnswers:
    """Fit recorded answers to today's questions; ask for what is missing, or take its default.

    Facts stay as recorded unless `remeasure` is set. An answer that the facts do not hold for is
    refused, because its numbers would be those of other records.
    """
    measured = fit_recorded(project.measured_answers, catalog).answers
    given = {key for key, _ in request.sets}
    kept = {key: value for key, value in project.answers.items() if key not in given}
    fitted = apply_newer_kit(fit_recorded(kept, catalog), dict(request.sets), catalog.starter_kit)
    start = _make_state(project, catalog, fitted, request)
    _refuse_invalid(fitted.invalid, start, request, project.folder)
    if not request.remeasure:
        asked = {one.key for one in fitted.invalid}
        _refuse_unmeasured(measured, {**start.answers, **_select(measured, asked)})
    services = make_recorded_services(project, start)
    state = _fill(start, services, request)
    if not request.remeasure:
        _refuse_unmeasured(measured, state.answers)
    assert state.hardware  # follows from the answers
    return CompleteAnswers(
        state,
        state.hardware,
        collect_recorded_facts(project, state, remeasure=request.remeasure),
        _list_answer_changes(measured, drop_secret_answers(state.answers, catalog.starter_kit)),
        (
            *fitted.notes,
            *_describe_new_answers(project, start, state),
            *_describe_other_language(measured, state),
        ),
    )


def _select(answers: RawAnswers, keys: set[str]) -> RawAnswers:
    return {key: value for key, value in answers.items() if key in keys}


def _make_state(
    project: RecordedProject, catalog: Catalog, fitted: FittedAnswers, request: AnswerRequest
) -> WizardState:
    """Return the state before anything is asked: what is recorded, and what the caller sets."""
    answers = dict(merge_answers({}, request.sets, fitted.answers))
    answers |= _list_secret_defaults(answers, catalog.starter_kit)
    if answers.get("model") != project.answers.get("model"):
        _drop_source(answers, {key for key, _ in request.sets})
    facts = None if request.remeasure else project.facts
    here = answers.get("gpu", AUTO_GPU) == AUTO_GPU
    machine = facts.machine if facts else None
    return WizardState(
        catalog,
        answers,
        detected_tasks=(),  # files are not read to find out the task: the domain or kit changed
        data=facts.data if facts else None,
        machine=(machine or probe_machine()) if here else None,
        interface_language=request.interface_language,
    )


def _list_secret_defaults(answers: RawAnswers, kit: StarterKit | None) -> RawAnswers:
    """Return the default of every secret question of a kit, as its answer.

    The answers to such questions are not recorded. The files are rendered with the default, and the
    secret, which only the files of the project have, counts as an edit of the team.
    """
    questions = kit.questions if kit else None
    described = [questions.describe(name, answers) for name in questions.names] if questions else []
    return {
        f"{KIT_ANSWERS_PREFIX}{one.name}": one.default
        for one in described
        if one and one.secret and one.default is not None
    }


def _drop_source(answers: dict[str, AnswerValue], given: set[str]) -> None:
    """Drop hub and revision of the model that was recorded where they cannot hold for another."""
    dropped = ["revision"] if is_hub_model(str(answers.get("model", ""))) else ["hub", "revision"]
    for key in dropped:
        if key not in given:
            answers.pop(key, None)


def _fill(start: WizardState, services: Services, request: AnswerRequest) -> WizardState:
    questions = list_questions(start.catalog)
    if request.ask and any(
        one.is_missing(start) and one.has_open_choice(start) for one in questions
    ):
        return request.ask(start, services)
    return fill_defaults(start, services)


def _list_answer_changes(old: RawAnswers, new: RawAnswers) -> tuple[AnswerChange, ...]:
    """Return what differs between the answers of the last update and today's."""
    recorded = [key for key in dict.fromkeys([*old, *new]) if not key.startswith("kit.")]
    kit = [key for key in new if key.startswith(KIT_ANSWERS_PREFIX)]
    return tuple(
        AnswerChange(key, old.get(key), new.get(key))
        for key in [*recorded, *kit]
        if old.get(key) != new.get(key)
    )


def _describe_new_answers(
    project: RecordedProject, start: WizardState, state: WizardState
) -> Iterator[Text]:
    for key, value in state.answers.items():
        if key not in start.answers and key not in project.answers:
            text = format_answer(value)
            yield Text(f"new answer: {key}: {text}", f"新增答案：{key}：{text}")
    recorded = project.facts.machine if project.facts else None
    if state.machine and recorded and state.machine != recorded:
        yield Text("this machine was measured again", "已重新测量本机")


def _describe_other_language(measured: RawAnswers, state: WizardState) -> Iterator[Text]:
    """Yield that the sample records stay in the language in which they were written."""
    old, new = measured.get("language"), state.answers.get("language")
    if old and old != new and state.data and state.data.sample:
        files = join_names(file.project_path for file in state.data.files)
        yield Text(
            f"prompts and messages are now in `{new}`, but the sample records stay in `{old}`"
            f" ({files.en}): put records of your own there and add --remeasure, or make a new "
            f"project with `newft new --language {new}`",
            f"提示词和消息改为 `{new}`，但示例数据仍是 `{old}`（{files.zh}）：请换成自己的数据并加"
            f" --remeasure，或用 `newft new --language {new}` 新建项目",
        )


# --- refusals ------------------------------------------------------------------------------------


def _refuse_invalid(
    invalid: Sequence[InvalidAnswer], start: WizardState, request: AnswerRequest, folder: Path
) -> None:
    """Refuse answers that are no choice today and cannot be asked, all of them in one error.

    Questions of the kit without answer and default are listed with them.
    """
    kit = start.catalog.starter_kit
    asked = {key for question in QUESTIONS for key in question.answer_keys}
    left = [
        one
        for one in invalid
        if not request.ask or not (one.key in asked or one.key.startswith(KIT_ANSWERS_PREFIX))
    ]
    if not left:
        return
    known = {one.key for one in left}
    missing = [
        key
        for question in list_open_questions(start.answers, kit)
        if question.default is None and (key := f"{KIT_ANSWERS_PREFIX}{question.name}") not in known
    ]
    lines = [_describe_invalid(one, _find_place(folder, one.key)) for one in left]
    lines += [Text(f"  {key}: no answer yet", f"  {key}：尚无答案") for key in missing]
    listed = join_texts(lines, Text("\n", "\n"))
    options = " ".join(f"--set {key}=..." for key in [*known, *missing])
    raise UsageError(
        Text(
            f"recorded answers are no longer valid:\n{listed.en}",
            f"以下已记录的答案不再有效：\n{listed.zh}",
        ),
        hint=Text(f"give new ones: {options}", f"请给出新值：{options}"),
    )


def _describe_invalid(one: InvalidAnswer, place: str) -> Text:
    return Text(f"  {place}{one.key}: {one.reason.en}", f"  {place}{one.key}：{one.reason.zh}")


def _find_place(folder: Path, key: str) -> str:
    """Return file and line of a recorded answer; nothing where the file does not have it."""
    with suppress(OSError, YamlError):
        entry = read_yaml((folder / ANSWERS_FILE).read_bytes()).entries.get((*key.split("."),))
        return f"{ANSWERS_FILE}:{entry.line}: " if entry else ""
    return ""


def _refuse_unmeasured(measured: RawAnswers, answers: RawAnswers) -> None:
    keys = list_unmeasured_changes(measured, answers)
    if keys:
        names = join_names(keys)
        raise UsageError(
            Text(
                f"{names.en} changed, but the recorded facts were measured with the former answer",
                f"{names.zh} 已改变，而已记录的实测信息是按原答案测得的",
            ),
            hint=Text(
                "add --remeasure to measure data/raw and this machine again",
                "请加 --remeasure，重新测量 data/raw 与本机",
            ),
        )
