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
    KIT_ANSWERS_PREFIX,
    RECORDED_KEYS,
    AnswerValue,
    RawAnswers,
    find_answer_key,
    get_data_files,
    get_kit_answers,
)
from newft.answers.parse import merge_answers
from newft.catalog.lookup import list_names
from newft.decide.kit_questions import drop_secret_answers, list_open_questions
from newft.decide.kit_rules import check_locks, override_answers
from newft.errors import UsageError
from newft.project.recorded_project import RecordedProject
from newft.schema.catalog import Catalog
from newft.schema.dataset import DataFacts, Facts
from newft.schema.family import is_hub_model, is_local_path
from newft.schema.hardware import Hardware, MachineFacts
from newft.schema.kit import Lock
from newft.schema.starter_kit import StarterKit
from newft.schema.update import AnswerChange
from newft.system.hardware_probe import probe_machine
from newft.system.model_config import read_model_folder
from newft.text import Language, Text, join_texts, to_bilingual_text
from newft.wizard.kit_questions import list_questions
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
    changes: tuple[AnswerChange, ...]  # since the last update
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
    fitted = _apply_kit(_fit(kept, catalog), changes, catalog.starter_kit)
    start = _make_state(project, catalog, fitted, changes)
    _refuse_invalid(fitted.invalid, start, changes)
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
        _list_answer_changes(measured, drop_secret_answers(state.answers, catalog.starter_kit)),
        (*fitted.notes, *_describe_new_answers(project, start, state)),
    )


def _select(answers: RawAnswers, keys: set[str]) -> RawAnswers:
    return {key: value for key, value in answers.items() if key in keys}


def _fit(recorded: RawAnswers, catalog: Catalog) -> FittedAnswers:
    return fit_answers({FILES_KEY: (), **recorded}, _list_known_answers(recorded, catalog))


def _apply_kit(
    fitted: FittedAnswers, changes: AnswerChanges, kit: StarterKit | None
) -> FittedAnswers:
    """Let the locks of a kit win, its presets stand where nothing is recorded, and check answers.

    What the caller sets against a lock is refused; what was recorded before the lock gives way.
    """
    if kit is None:
        return fitted
    check_locks(dict(changes.sets), kit)
    _refuse_secrets({**fitted.answers, **dict(changes.sets)}, changes, kit)
    locked = {key: lock.value for key, lock in kit.locked.items()}
    notes = [
        _describe_new_lock(key, fitted.answers[key], lock)
        for key, lock in kit.locked.items()
        if fitted.answers.get(key, lock.value) != lock.value
    ]
    answers = override_answers(kit.presets, override_answers(fitted.answers, locked))
    faults = {one.key: one for one in _find_kit_faults(answers, kit)}
    return FittedAnswers(
        {key: value for key, value in answers.items() if key not in faults},
        (*fitted.notes, *notes),
        (*(one for one in fitted.invalid if one.key not in locked), *faults.values()),
    )


def _refuse_secrets(answers: RawAnswers, changes: AnswerChanges, kit: StarterKit) -> None:
    """Refuse to set a secret: what a file had in its place is not known to an update."""
    secrets = {*answers}.difference(drop_secret_answers(answers, kit))
    given = [key for key, _ in changes.sets if key in secrets]
    if given:
        raise UsageError(
            Text(
                "is a secret, which is in the files of the project alone",
                "是机密，只存在于项目的文件中",
            ),
            where=", ".join(given),
            hint=Text("edit it there; updates keep it", "请直接在文件中修改，更新会保留"),
        )


def _find_kit_faults(answers: RawAnswers, kit: StarterKit) -> Iterator[InvalidAnswer]:
    """Yield the answers to questions of a kit that are no longer valid."""
    if questions := kit.questions:
        for name, value in get_kit_answers(answers).items():
            asked = questions.describe(name, answers)
            fault = questions.find_fault(name, value, answers) if asked else None
            if fault:
                yield InvalidAnswer(f"{KIT_ANSWERS_PREFIX}{name}", format_answer(value), fault)


def _describe_new_lock(key: str, value: AnswerValue, lock: Lock) -> Text:
    old, new = format_answer(value), format_answer(lock.value)
    why = lock.why or Text("", "")
    return Text(
        f"the kit `{lock.kit}` now locks {key}: {old} -> {new}" + (why.en and f": {why.en}"),
        f"套件 `{lock.kit}` 已锁定 {key}：{old} -> {new}" + (why.zh and f"：{why.zh}"),
    )


def _list_kit_questions(kit: StarterKit) -> Iterator[KnownAnswer]:
    former = {name: one for member in kit.chain for name, one in member.questions.items()}
    for name in kit.questions.names if kit.questions else ():
        known = KnownAnswer(f"{KIT_ANSWERS_PREFIX}{name}")
        if name in former:
            names = tuple(f"{KIT_ANSWERS_PREFIX}{one}" for one in former[name].former_names)
            known = known._replace(former_names=names, former_choices=former[name].former_choices)
        yield known


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
    if catalog.starter_kit:
        yield from _list_kit_questions(catalog.starter_kit)
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
    answers |= _list_secret_defaults(answers, catalog.starter_kit)
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


def _list_secret_defaults(answers: RawAnswers, kit: StarterKit | None) -> RawAnswers:
    """Return the defaults of questions whose answers are not recorded, to render without them.

    The secret itself is in the files of the project alone, where it counts as an edit of the team.
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
    questions = list_questions(start.catalog)
    if changes.ask and any(question.has_open_choice(start) for question in questions):
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


# --- refusals ------------------------------------------------------------------------------------


def _refuse_invalid(
    invalid: Sequence[InvalidAnswer], start: WizardState, changes: AnswerChanges
) -> None:
    """Refuse answers that are no choice today and cannot be asked, all of them in one error.

    Questions of the kit without answer and default are listed with them.
    """
    kit = start.catalog.starter_kit
    asked = {key for question in QUESTIONS for key in question.answer_keys}
    left = [
        one
        for one in invalid
        if not changes.ask or not (one.key in asked or one.key.startswith(KIT_ANSWERS_PREFIX))
    ]
    if not left:
        return
    known = {one.key for one in left}
    missing = [
        key
        for question in list_open_questions(start.answers, kit)
        if question.default is None and (key := f"{KIT_ANSWERS_PREFIX}{question.name}") not in known
    ]
    lines = [_describe_invalid(one) for one in left]
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


def _describe_invalid(one: InvalidAnswer) -> Text:
    return Text(
        f"  {one.key}: `{one.value}` {one.reason.en}", f"  {one.key}：`{one.value}` {one.reason.zh}"
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
