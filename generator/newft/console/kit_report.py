"""The lines and the JSON of `newft kit check`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from newft.console.json_output import Json
from newft.i18n import Messages
from newft.schema.kit import AnswerText, Policy
from newft.schema.kit_check import CheckedProject, KitCheck, UpdateCheck
from newft.schema.starter_kit import StarterKit
from newft.text import Language


def build_kit_rows(check: KitCheck, messages: Messages) -> Iterator[tuple[str, str]]:
    """Yield what a kit is made of, what it adds, and how its projects did: label and text."""
    language, files = messages.language, check.files
    title = check.subject.title.to(language)
    version = check.subject.version or ""
    named = messages("kit_check.title", title=title, id=check.subject.id, version=version)
    yield messages("kit_check.kit"), named.rstrip()
    kit = check.kit
    if kit:
        chain = [one.id for one in kit.chain[:-1]]
        domain = [kit.domain] if kit.domain and kit.domain != check.subject.id else []
        nothing = "kit_check.own_domain" if kit.domain else "kit_check.any_domain"
        extends = messages.join([*domain, *chain]) or messages(nothing)
        yield messages("kit_check.extends"), extends
    yield messages("kit_check.added"), messages.join(files.added) or messages("kit_check.none")
    yield (
        messages("kit_check.replaced"),
        messages.join(files.replaced) or messages("kit_check.none"),
    )
    if kit:
        yield from _build_decision_rows(kit, messages)
    for project in check.projects:
        yield project.name, _describe_project(project, messages)
    yield from _build_update_rows(check.update, messages)


def _build_decision_rows(kit: StarterKit, messages: Messages) -> Iterator[tuple[str, str]]:
    language = messages.language
    presets = [f"{key} = {_format_value(value)}" for key, value in kit.presets.items()]
    locks = []
    for key, lock in kit.locked.items():
        text = f"{key} = {_format_value(lock.value)}"
        why = lock.why and lock.why.to(language)
        locks.append(messages("kit_check.reasoned", value=text, why=why) if why else text)
    colon = messages("error.colon")
    rules = [
        f"{key}{colon}{messages.join(values)}" for key, values in _list_rules(kit.policy).items()
    ]
    questions = list(kit.questions.names) if kit.questions else []
    none = messages("kit_check.none")
    yield messages("kit_check.presets"), messages.join_clauses(presets) or none
    yield messages("kit_check.locked"), messages.join_clauses(locks) or none
    yield messages("kit_check.policy"), messages.join_clauses(rules) or none
    yield messages("kit_check.questions"), messages.join(questions) or none


def _describe_project(project: CheckedProject, messages: Messages) -> str:
    language, tests = messages.language, project.tests
    outcome = messages(
        f"kit_check.tests_{tests.outcome}",
        reason=tests.reason.to(language) if tests.reason else "",
    )
    return messages("kit_check.made", count=project.files, tests=outcome)


def _build_update_rows(update: UpdateCheck, messages: Messages) -> Iterator[tuple[str, str]]:
    label = messages("kit_check.update")
    if update.reason:
        text = messages("kit_check.not_updated", reason=update.reason.to(messages.language))
        yield label, text
        return
    for project in update.projects:
        changed = messages("kit_check.changed", count=len(project.changed))
        conflicts = [messages("kit_check.conflicts", names=messages.join(project.conflicts))]
        text = messages.join_clauses([changed, *(conflicts if project.conflicts else [])])
        yield f"{label} {update.revision}{messages('error.colon')}{project.name}", text


def report_kit_check(check: KitCheck, language: Language) -> dict[str, Json]:
    """Return the report for a program."""
    kit = check.kit
    return {
        "kit": check.subject.id,
        "title": check.subject.title.to(language),
        "version": check.subject.version,
        "source": kit.pin.source if kit else None,
        "commit": kit.pin.commit if kit else None,
        "tree": kit.pin.tree if kit else None,
        "extends": [one.id for one in kit.chain[:-1]] if kit else [],
        "domain": kit.domain if kit else check.subject.id,
        "adds": {
            "files": list(check.files.added),
            "replaces": list(check.files.replaced),
            **(_report_decisions(kit, language) if kit else {}),
        },
        "projects": [
            {
                "name": project.name,
                "files": project.files,
                "tests": project.tests.outcome,
                "reason": project.tests.reason and project.tests.reason.to(language),
            }
            for project in check.projects
        ],
        "update": {
            "from": check.update.revision,
            "reason": check.update.reason and check.update.reason.to(language),
            "projects": [
                {
                    "name": project.name,
                    "changed": list(project.changed),
                    "conflicts": list(project.conflicts),
                }
                for project in check.update.projects
            ],
        },
        "notes": [note.to(language) for note in check.notes],
        "faults": [
            {"where": fault.where, "message": fault.to(language)[0], "hint": fault.to(language)[1]}
            for fault in check.faults
        ],
    }


def _report_decisions(kit: StarterKit, language: Language) -> dict[str, Json]:
    return {
        "presets": {key: _to_json(value) for key, value in kit.presets.items()},
        "locked": {
            key: {"value": _to_json(lock.value), "why": lock.why and lock.why.to(language)}
            for key, lock in kit.locked.items()
        },
        "policy": {key: list(values) for key, values in _list_rules(kit.policy).items()},
        "questions": list(kit.questions.names) if kit.questions else [],
    }


def _list_rules(policy: Policy | None) -> dict[str, tuple[str, ...]]:
    """Return the lists of a policy that allow or require something."""
    if policy is None:
        return {}
    rules = {item.name: getattr(policy, item.name) for item in fields(Policy)}
    return {name: values for name, values in rules.items() if values}


def _format_value(value: AnswerText) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _to_json(value: AnswerText) -> Json:
    return value if isinstance(value, str) else list(value)
