"""Faults of a kit that show beside the kits and the domain that it extends."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from newft.answers.conditions import list_values
from newft.answers.keys import COLUMNS_PREFIX, KIT_ANSWERS_PREFIX
from newft.catalog.lookup import find_family
from newft.catalog.question_rules import find_value_fault
from newft.emitted.yaml_lines import KeyPath
from newft.schema.catalog import Catalog
from newft.schema.kit import AnswerText, Kit, KitQuestion, Lock, Policy
from newft.schema.starter_kit import AnswerTexts
from newft.strict_yaml import Fault
from newft.text import Text, join_names

_POLICY_KEYS = {"family": "families", "method": "methods", "hub": "hubs"}


def add_family(answers: AnswerTexts, catalog: Catalog) -> AnswerTexts:
    """Return answers of a kit with the family of their model, so that one replaces both."""
    family = find_family(str(answers.get("model")), catalog)
    return answers if family is None else {"family": family, **answers}


def find_lock_faults(kit: Kit, locked: Mapping[str, Lock], catalog: Catalog) -> Iterator[Fault]:
    """Yield presets and locks that contradict a lock of a lower kit."""
    for section, answers in _list_sections(kit):
        for key, value in add_family(answers, catalog).items():
            lock = locked.get(key)
            if lock is None or list_values(lock.value) == list_values(value):
                continue
            at = key if key in answers else "model"
            message = Text(
                f"is `{answers[at]}`, but the kit `{lock.kit.en}`, which `{kit.title.en}` extends, "
                f"locks `{key}` to `{lock.value}`",
                f"为 `{answers[at]}`，而 `{kit.title.zh}` 所扩展的套件 `{lock.kit.zh}` "
                f"将 `{key}` 锁定为 `{lock.value}`",
            )
            yield Fault((section, *at.split(".")), message)
    yield from _find_family_faults(kit, catalog)


def _find_family_faults(kit: Kit, catalog: Catalog) -> Iterator[Fault]:
    """Yield a model and a family of one kit that do not belong together."""
    answers = {
        key: (name, value) for name, part in _list_sections(kit) for key, value in part.items()
    }
    if "model" not in answers or "family" not in answers:
        return
    section, model = answers["model"]
    family, owner = answers["family"][1], find_family(str(model), catalog)
    if owner not in (None, family):
        message = Text(
            f"is `{model}` of the family `{owner}`, not of `{family}`",
            f"为 `{model}`，属于 `{owner}` 系列，而不是 `{family}`",
        )
        yield Fault((section, "model"), message)


def find_unknown_names(kit: Kit, domain: Kit | None, catalog: Catalog) -> Iterator[Fault]:
    """Yield presets and locks that name no domain, task or field of the projects of the kit."""
    domains = [domain] if domain else [*catalog.kits.values()]
    tasks = [task for one in domains for task in one.tasks.values()]
    allowed: dict[str, Sequence[str]] = {
        "domain": [one.id for one in domains],
        "task": sorted({name for one in domains for name in one.tasks}),
    }
    fields = sorted({field for task in tasks for field in task.single_fields})
    for section, answers in _list_sections(kit):
        for key, value in answers.items():
            at = (section, *key.split("."))
            if key in allowed and value not in allowed[key]:
                listed = join_names(allowed[key])
                yield Fault(
                    at, Text(f"should be one of: {listed.en}", f"应为以下之一：{listed.zh}")
                )
            elif key.startswith(COLUMNS_PREFIX) and key.removeprefix(COLUMNS_PREFIX) not in fields:
                listed = join_names(fields)
                message = Text(
                    f"is not a field: the tasks have {listed.en}",
                    f"不是字段，任务的字段有：{listed.zh}",
                )
                yield Fault(at, message)


def find_question_collisions(kit: Kit, owners: Mapping[str, str]) -> Iterator[Fault]:
    """Yield questions that a lower kit asks too; `owners` has the kit of each question."""
    for name in kit.questions:
        if name in owners:
            message = Text(
                f"is a question of the kit `{owners[name]}` too, which `{kit.id}` extends",
                f"与所扩展的套件 `{owners[name]}` 的问题同名",
            )
            yield Fault(("questions", name), message)


def find_unknown_questions(kit: Kit, names: Container[str]) -> Iterator[Fault]:
    """Yield answers and conditions of a kit that are about no question of the chain."""
    places: list[KeyPath] = [
        *((name, *key.split(".")) for name, part in _list_sections(kit) for key in part),
        *(
            ("questions", name, "when", key)
            for name, one in kit.questions.items()
            for key in one.when
        ),
        *(("layers", at, "when", key) for at, layer in enumerate(kit.layers) for key in layer.when),
    ]
    for place in places:
        _, prefix, name = ".".join(map(str, place)).partition(KIT_ANSWERS_PREFIX)
        if prefix and name not in names:
            yield Fault(place, Text("is not a question of the kit", "不是本套件的问题"))


def find_refused_answers(kit: Kit, questions: Mapping[str, KitQuestion]) -> Iterator[Fault]:
    """Yield presets and locks that are no answer to a question of the chain."""
    for section, answers in _list_sections(kit):
        for key, value in answers.items():
            question = questions.get(key.removeprefix(KIT_ANSWERS_PREFIX))
            if question is None or not key.startswith(KIT_ANSWERS_PREFIX):
                continue
            several = question.type == "choices"
            if fault := find_value_fault(question, list_values(value) if several else value):
                message = Text(f"is no answer: {fault.en}", f"不是有效答案：{fault.zh}")
                yield Fault((section, *key.split(".")), message)


def find_policy_contradictions(kit: Kit, policy: Policy | None) -> Iterator[Fault]:
    """Yield presets and locks that the policy of the chain does not allow."""
    for section, answers in _list_sections(kit):
        for key, name in _POLICY_KEYS.items():
            allowed = getattr(policy, name) if policy else ()
            if allowed and key in answers and answers[key] not in allowed:
                listed = join_names(allowed)
                message = Text(
                    f"is `{answers[key]}`, but the policy allows only {listed.en}",
                    f"为 `{answers[key]}`，而策略只允许：{listed.zh}",
                )
                yield Fault((section, key), message)


def _list_sections(kit: Kit) -> tuple[tuple[str, Mapping[str, AnswerText]], ...]:
    locked = {key: lock.value for key, lock in kit.locked.items()}
    return (("presets", kit.presets), ("locked", locked))
