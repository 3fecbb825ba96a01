"""What a kit changes in the tasks of the domain or kit that it extends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from newft.catalog.validate_kit import find_missing_samples, find_prompt_faults
from newft.schema.kit import Field, FieldChanges, Kit, SystemPrompts, Task, TaskChanges
from newft.strict_yaml import Fault
from newft.text import Text, find_nearest_names


def change_tasks(tasks: Mapping[str, Task], kit: Kit) -> dict[str, Task]:
    """Return the tasks with the changes of a kit, and with its own tasks over those of its base."""
    changed = {
        name: _change_task(task, kit.task_changes[name], kit) if name in kit.task_changes else task
        for name, task in tasks.items()
    }
    return {**changed, **kit.tasks}


def find_change_faults(tasks: Mapping[str, Task], kit: Kit) -> Iterator[Fault]:
    """Yield the changes that do not fit the tasks of the base."""
    for name, changes in kit.task_changes.items():
        at = ("task_changes", name)
        if name not in tasks:
            yield Fault(at, _explain_unknown_name(name, tasks))
            continue
        task = tasks[name]
        unknown = [field for field in changes.fields if field not in task.fields]
        yield from (
            Fault((*at, "fields", field), _explain_unknown_name(field, task.fields))
            for field in unknown
        )
        yield from _find_missing_prompts((*at, "prompts"), task, changes)
        yield from find_missing_samples(
            (*at, "sample"), changes.sample, Path(kit.folder) / "sample"
        )
        if changes.sample and {*changes.sample} != {*task.sample}:
            message = Text(
                f"should name a file for each of: {', '.join(task.sample)}",
                f"应为每种语言各指定一个文件：{'、'.join(task.sample)}",
            )
            yield Fault((*at, "sample"), message)
        if not unknown:
            changed = _change_task(task, changes, kit)
            prompts = {language: changed.prompts[language] for language in changes.prompts}
            checked = replace(changed, prompts=prompts)  # the prompts of the base are not at fault
            yield from find_prompt_faults((*at, "prompts"), checked)


def _change_task(task: Task, changes: TaskChanges, kit: Kit) -> Task:
    prompts = {**task.prompts}
    for language, change in changes.prompts.items():
        old = prompts.get(language, SystemPrompts("", ""))
        prompts[language] = SystemPrompts(change.tuned or old.tuned, change.base or old.base)
    fields = {
        name: _extend_field(field, changes.fields[name]) if name in changes.fields else field
        for name, field in task.fields.items()
    }
    sample_folder = str(Path(kit.folder) / "sample") if changes.sample else task.sample_folder
    return replace(
        task,
        title=changes.title or task.title,
        description=changes.description or task.description,
        fields=fields,
        prompts=prompts,
        sample={**task.sample, **changes.sample},
        sample_folder=sample_folder,
        question={**task.question, **changes.question},
    )


def _extend_field(field: Field, changes: FieldChanges) -> Field:
    return replace(
        field,
        title=changes.title or field.title,
        synonyms=tuple(dict.fromkeys((*changes.synonyms, *field.synonyms))),
        typical=tuple(dict.fromkeys((*changes.typical, *field.typical))),
    )


def _find_missing_prompts(at: tuple[str, ...], task: Task, changes: TaskChanges) -> Iterator[Fault]:
    """Yield the languages that the base lacks and for which the kit has only one prompt."""
    for language, change in changes.prompts.items():
        if language not in task.prompts and (change.tuned is None or change.base is None):
            yield Fault((*at, language), Text("needs `tuned` and `base`", "需要 `tuned` 和 `base`"))


def _explain_unknown_name(name: str, known: Mapping[str, object]) -> Text:
    near = (find_nearest_names(name, known) or [*known])[0]
    return Text(
        f"is not in what the kit extends; the nearest is `{near}`",
        f"不在所扩展的内容中，最接近的是 `{near}`",
    )
