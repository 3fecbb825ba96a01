"""From the answers and facts that a project records to complete answers of today."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from newft.answers.fit import (
    FittedAnswers,
    InvalidAnswer,
    KnownAnswer,
    fit_answers,
    format_answer,
    list_unmeasured_changes,
)
from newft.answers.keys import (
    ANSWER_KEYS,
    AUTO_GPU,
    COLUMNS_PREFIX,
    FILES_KEY,
    RECORDED_KEYS,
    AnswerValue,
    RawAnswers,
    find_answer_key,
    get_data_files,
)
from newft.answers.parse import merge_answers
from newft.catalog.lookup import list_names
from newft.errors import UsageError
from newft.project.recorded_project import RecordedProject
from newft.schema.catalog import Catalog
from newft.schema.dataset import DataFacts, Facts
from newft.schema.family import is_hub_model, is_local_path
from newft.schema.hardware import Hardware, MachineFacts
from newft.system.hardware_probe import probe_machine
from newft.system.model_config import read_model_folder
from newft.text import Language, Text, join_texts, to_bilingual_text
from newft.wizard.questions import QUESTIONS, fill_defaults
from newft.wizard.services import build_services
from newft.wizard.state import Services, WizardState


@dataclass(frozen=True)
class AnswerChanges:
    """What the caller of an update wants of the answers."""

    sets: Sequence[tuple[str, AnswerValue]] = ()
    remeasure: bool = False
    interface_language: Language = "en"
    ask: Callable[[WizardState, Services], WizardState] | None = None  # None: nobody is there


class CompleteAnswers(NamedTuple):
    """The answers and facts to render with, and what was done to get there."""

    state: WizardState
    hardware: Hardware
    facts: Facts
    notes: tuple[Text, ...]


def complete_answers(
    project: RecordedProject, catalog: Catalog, changes: AnswerChanges
) -> CompleteAnswers:
    """Fit recorded answers to today's questions; ask for what is missing, or take its default.

    Facts stay as recorded unless `remeasure` is set. An answer that the facts do not hold for is
    refused, because its numbers would be those of other records.
    """
    measured = _fit(project.measured_answers, catalog).answers
    given = {key for key, _ in changes.sets}
    kept = {key: value for key, value in project.answers.items() if key not in given}
    fitted = _fit(kept, catalog)
    start = _make_state(project, catalog, fitted, changes)
    _refuse_invalid(fitted.invalid, changes)
    if not changes.remeasure:
        asked = {one.key for one in fitted.invalid}
        _refuse_unmeasured(measured, {**start.answers, **_select(measured, asked)})
    services = _make_services(project, start)
    state = _fill(start, services, changes)
    if not changes.remeasure:
        _refuse_unmeasured(measured, state.answers)
    assert state.hardware  # follows from the answers
    return CompleteAnswers(
        state,
        state.hardware,
        _collect_facts(project, state, changes),
        (*fitted.notes, *_describe_new_answers(project, start, state)),
    )


def _select(answers: RawAnswers, keys: set[str]) -> RawAnswers:
    return {key: value for key, value in answers.items() if key in keys}


def _fit(recorded: RawAnswers, catalog: Catalog) -> FittedAnswers:
    return fit_answers({FILES_KEY: (), **recorded}, _list_known_answers(recorded, catalog))


def _list_known_answers(recorded: RawAnswers, catalog: Catalog) -> Iterator[KnownAnswer]:
    """Yield what the answers may be today; tasks and columns are those of the recorded domain."""
    domain, task = (_translate(key, recorded) for key in ("domain", "task"))
    for entry in ANSWER_KEYS:
        choices: Iterable[str] | None = entry.choices
        if entry.names and not entry.allow_other:
            of = domain if domain in catalog.kits else None
            choices = list_names(entry.names, catalog, domain=of)
        yield KnownAnswer(
            entry.key,
            None if choices is None else tuple(choices),
            entry.former_names,
            entry.former_choices,
        )
    yield from (KnownAnswer(key) for key in RECORDED_KEYS)
    kit = catalog.kits.get(domain)
    if kit and task in kit.tasks:
        fields = kit.tasks[task].single_fields
        yield from (KnownAnswer(f"{COLUMNS_PREFIX}{name}") for name in fields)


def _translate(key: str, recorded: RawAnswers) -> str:
    """Return a recorded answer under its name of today."""
    entry = find_answer_key(key)
    assert entry
    values = [recorded[name] for name in (key, *entry.former_names) if name in recorded]
    value = str(values[0]) if values else ""
    return entry.former_choices.get(value, value)


def _make_state(
    project: RecordedProject, catalog: Catalog, fitted: FittedAnswers, changes: AnswerChanges
) -> WizardState:
    """Return the state before anything is asked: what is recorded, and what the caller sets."""
    answers = dict(merge_answers({}, changes.sets, fitted.answers))
    if answers.get("model") != project.answers.get("model"):
        _drop_source(answers, {key for key, _ in changes.sets})
    facts = None if changes.remeasure else project.facts
    here = answers.get("gpu", AUTO_GPU) == AUTO_GPU
    machine = facts.machine if facts else None
    return WizardState(
        catalog,
        answers,
        detected_tasks=(),  # files are not read to find out the task: the domain or kit changed
        data=facts.data if facts else None,
        machine=(machine or probe_machine()) if here else None,
        interface_language=changes.interface_language,
    )


def _drop_source(answers: dict[str, AnswerValue], given: set[str]) -> None:
    """Drop hub and revision of the model that was recorded where they cannot hold for another."""
    dropped = ["revision"] if is_hub_model(str(answers.get("model", ""))) else ["hub", "revision"]
    for key in dropped:
        if key not in given:
            answers.pop(key, None)


def _make_services(project: RecordedProject, start: WizardState) -> Services:
    """Make the services of the wizard, for a project whose model may lie on another machine."""
    services = build_services(start.catalog, start.machine)
    recorded_model = project.answers.get("model")

    def normalize_model(text: str) -> str:
        return text if text == recorded_model else services.normalize_model(text)

    def profile_data(state: WizardState) -> DataFacts:
        return measure_data(project, state, services)

    return services._replace(normalize_model=normalize_model, profile_data=profile_data)


def _fill(start: WizardState, services: Services, changes: AnswerChanges) -> WizardState:
    open_questions = any(question.has_open_choice(start) for question in QUESTIONS)
    if changes.ask and open_questions:
        return changes.ask(start, services)
    return fill_defaults(start, services)


def measure_data(project: RecordedProject, state: WizardState, services: Services) -> DataFacts:
    """Profile the data files of a project where they lie now."""
    recorded = project.facts.data if project.facts else None
    files = get_data_files(state.answers)
    if not files and recorded:
        files = tuple(file.project_path for file in recorded.files)
    if not files:
        raise UsageError(
            Text("the facts do not say which data files to measure", "没有记录要测量哪些数据文件"),
            where="--remeasure",
            hint=to_bilingual_text(f"--set {FILES_KEY}=data/raw/FILE"),
        )
    paths = tuple(str(project.folder / file) for file in files)
    data = services.profile_data(replace(state, answers={**state.answers, FILES_KEY: paths}))
    measured = tuple(
        replace(file, path=name, project_path=name)
        for file, name in zip(data.files, _name_files(data, project.folder), strict=True)
    )
    known = {file.sha256 for file in recorded.files} if recorded and recorded.sample else set()
    sample = not get_data_files(state.answers) and {file.sha256 for file in measured} == known
    return replace(data, files=measured, sample=sample)


def _name_files(data: DataFacts, folder: Path) -> Iterator[str]:
    """Yield the paths by which the project reads its files: relative to it, if they lie in it."""
    top = folder.resolve()
    for file in data.files:
        path = Path(file.path).resolve()
        yield (path.relative_to(top) if path.is_relative_to(top) else path).as_posix()


def _collect_facts(project: RecordedProject, state: WizardState, changes: AnswerChanges) -> Facts:
    """Return the facts that hold for the answers: recorded ones, or measured in this run."""
    assert state.data
    model = str(state.answers["model"])
    recorded = project.facts
    keep_model = recorded and not changes.remeasure and model == project.answers.get("model")
    if keep_model:
        model_facts = recorded.model if recorded else None
    else:
        model_facts = read_model_folder(model) if is_local_path(model) else None
    machine: MachineFacts | None = state.machine if state.answers["gpu"] == AUTO_GPU else None
    return Facts(state.data, machine, model_facts)


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


# --- refusals ------------------------------------------------------------------------------------


def _refuse_invalid(invalid: Sequence[InvalidAnswer], changes: AnswerChanges) -> None:
    """Refuse answers that are no choice today and cannot be asked, all of them in one error."""
    asked = {key for question in QUESTIONS for key in question.answer_keys} if changes.ask else ()
    left = [one for one in invalid if one.key not in asked]
    if left:
        lines = join_texts([_describe_invalid(one) for one in left], Text("\n", "\n"))
        options = " ".join(f"--set {one.key}=..." for one in left)
        raise UsageError(
            Text(
                f"recorded answers are no longer valid:\n{lines.en}",
                f"以下已记录的答案不再有效：\n{lines.zh}",
            ),
            hint=Text(f"give new ones: {options}", f"请给出新值：{options}"),
        )


def _describe_invalid(one: InvalidAnswer) -> Text:
    listed = ", ".join(one.choices)
    return Text(
        f"  {one.key}: `{one.value}` is not one of: {listed}",
        f"  {one.key}：`{one.value}` 不在可选项中：{listed}",
    )


def _refuse_unmeasured(measured: RawAnswers, answers: RawAnswers) -> None:
    keys = list_unmeasured_changes(measured, answers)
    if keys:
        names = ", ".join(keys)
        raise UsageError(
            Text(
                f"{names} changed, but the recorded facts were measured with the former answer",
                f"{names} 已改变，而已记录的实测信息是按原答案测得的",
            ),
            hint=Text(
                "add --remeasure to measure data/raw and this machine again",
                "请加 --remeasure，重新测量 data/raw 与本机",
            ),
        )
