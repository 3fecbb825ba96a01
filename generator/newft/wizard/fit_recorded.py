"""Recorded answers of a project as answers to the questions of today's newft and kit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from newft.answers.fit import (
    FittedAnswers,
    InvalidAnswer,
    KnownAnswer,
    fit_answers,
    format_answer,
)
from newft.answers.keys import (
    ADVICE_PREFIX,
    ANSWER_KEYS,
    COLUMNS_PREFIX,
    FILES_KEY,
    INDETERMINATE_KEY,
    KIT_ANSWERS_PREFIX,
    POSITIVE_KEY,
    RECIPE_PREFIX,
    RECORDED_KEYS,
    ROI_PREFIX,
    SPLIT_COLUMN_KEY,
    AnswerValue,
    RawAnswers,
    find_answer_key,
    get_kit_answers,
)
from newft.catalog.lookup import list_names
from newft.decide.kit.kit_answer_rules import drop_secret_answers
from newft.decide.kit.kit_rules import check_locks, override_answers
from newft.errors import UsageError
from newft.schema.catalog import Catalog
from newft.schema.kit import Lock
from newft.schema.starter_kit import StarterKit
from newft.text import Text


def fit_recorded(recorded: RawAnswers, catalog: Catalog) -> FittedAnswers:
    """Return recorded answers as answers to the questions of newft and of the kit of today."""
    return fit_answers({FILES_KEY: (), **recorded}, _list_known_answers(recorded, catalog))


def apply_newer_kit(
    fitted: FittedAnswers, sets: Mapping[str, AnswerValue], kit: StarterKit | None
) -> FittedAnswers:
    """Let the locks of a kit win, its presets stand where nothing is recorded, and check answers.

    What the caller sets against a lock is refused; what was recorded before the lock gives way.
    """
    if kit is None:
        return fitted
    check_locks(sets, kit)
    _refuse_secrets({**fitted.answers, **sets}, sets, kit)
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


def _refuse_secrets(answers: RawAnswers, sets: Mapping[str, AnswerValue], kit: StarterKit) -> None:
    """Refuse to set a secret: what a file had in its place is not known to an update."""
    secrets = {*answers}.difference(drop_secret_answers(answers, kit))
    given = [key for key in sets if key in secrets]
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
                yield InvalidAnswer(f"{KIT_ANSWERS_PREFIX}{name}", fault)


def _describe_new_lock(key: str, value: AnswerValue, lock: Lock) -> Text:
    old, new = format_answer(value), format_answer(lock.value)
    why = lock.why or Text("", "")
    return Text(
        f"the kit `{lock.kit.en}` locks {key}: {old} -> {new}" + (why.en and f": {why.en}"),
        f"套件 `{lock.kit.zh}` 锁定 {key}：{old} -> {new}" + (why.zh and f"：{why.zh}"),
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
    kit = catalog.kits.get(domain)
    known = kit.tasks.get(task) if kit else None
    scored = known is None or known.positive is not None
    for entry in ANSWER_KEYS:
        if entry.key in (POSITIVE_KEY, INDETERMINATE_KEY) and not scored:
            continue
        choices: Iterable[str] | None = entry.choices
        if entry.names and not entry.allow_other:
            of = domain if domain in catalog.kits else None
            choices = list_names(entry.names, catalog, domain=of)
        yield KnownAnswer(
            entry.key,
            None if choices is None else tuple(choices),
            entry.former_names,
            entry.former_choices,
            entry.repeatable,
        )
    yield from (KnownAnswer(key) for key in RECORDED_KEYS)
    # the plan judges them: which values there are depends on the training method
    judged = (RECIPE_PREFIX, ADVICE_PREFIX, ROI_PREFIX)
    yield from (KnownAnswer(key) for key in recorded if key.startswith(judged))
    if catalog.starter_kit:
        yield from _list_kit_questions(catalog.starter_kit)
    if known:
        yield from (KnownAnswer(f"{COLUMNS_PREFIX}{name}") for name in known.single_fields)
        yield KnownAnswer(SPLIT_COLUMN_KEY)


def _translate(key: str, recorded: RawAnswers) -> str:
    """Return a recorded answer under its name of today."""
    entry = find_answer_key(key)
    assert entry
    values = [recorded[name] for name in (key, *entry.former_names) if name in recorded]
    value = str(values[0]) if values else ""
    return entry.former_choices.get(value, value)
