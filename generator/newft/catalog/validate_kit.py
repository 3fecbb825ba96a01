"""Check a kit for faults that its types cannot express."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from newft.catalog.strict_yaml import Fault
from newft.schema.kit import Kit, SystemPrompts, Task
from newft.text import Language, Text, fold_name

_NOT_IDENTIFIER_MESSAGE = Text(
    "not an identifier (a letter, then letters, digits and `_`)",
    "不是合法标识符（以字母开头，只含字母、数字和 `_`）",
)


def find_kit_faults(kit: Kit, folder: Path) -> Iterator[Fault]:
    """Yield every fault of a kit that its types do not rule out."""
    if not _is_identifier(kit.id):
        message = Text(
            f"is in the folder `{kit.id}`, which is {_NOT_IDENTIFIER_MESSAGE.en}",
            f"所在的文件夹名 `{kit.id}` {_NOT_IDENTIFIER_MESSAGE.zh}",
        )
        yield Fault((), message)
    yield from _find_bad_identifiers(("tasks",), kit.tasks)
    for name, task in kit.tasks.items():
        at = ("tasks", name)
        yield from _find_bad_identifiers((*at, "fields"), task.fields)
        yield from _find_repeated_synonyms((*at, "fields"), task)
        yield from _find_misplaced_label_lists((*at, "prompts"), task.prompts, "{labels}")
        for listed in ("{labels}", "{recommendations}"):
            within = (*at, "prompts_with_outcome")
            yield from _find_misplaced_label_lists(within, task.prompts_with_outcome, listed)
        yield from _find_missing_placeholders((*at, "question_template"), task)
        yield from _find_missing_languages(at, task)
        yield from _find_missing_samples((*at, "sample"), task, folder / "sample")


def _is_identifier(name: str) -> bool:
    return name.isascii() and name.isidentifier()


def _find_bad_identifiers(at: tuple[str, ...], names: Iterable[str]) -> Iterator[Fault]:
    message = Text(f"is {_NOT_IDENTIFIER_MESSAGE.en}", _NOT_IDENTIFIER_MESSAGE.zh)
    return (Fault((*at, name), message) for name in names if not _is_identifier(name))


def _find_repeated_synonyms(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    for name, field in task.fields.items():
        first: dict[str, str] = {}
        for position, synonym in enumerate(field.synonyms):
            if fold_name(synonym) in first:
                earlier = first[fold_name(synonym)]
                message = Text(f"repeats `{earlier}`", f"与 `{earlier}` 重复")
                yield Fault((*at, name, "synonyms", position), message)
            first.setdefault(fold_name(synonym), synonym)


def _find_misplaced_label_lists(
    at: tuple[str, ...], prompts: Mapping[Language, SystemPrompts], listed: str
) -> Iterator[Fault]:
    for language, told in prompts.items():
        if listed in told.tuned:
            message = Text(f"must not list the `{listed}`", f"不能列出 `{listed}`")
            yield Fault((*at, language, "tuned"), message)
        if listed not in told.untuned:
            message = Text(f"must list the `{listed}`", f"必须列出 `{listed}`")
            yield Fault((*at, language, "untuned"), message)


def _find_missing_placeholders(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    for language, question in task.question_template.items():
        if "{type}" not in question:
            message = Text("must say where the `{type}` goes", "必须用 `{type}` 标出类型的位置")
            yield Fault((*at, language), message)


def _find_missing_languages(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    texts: dict[str, Mapping[Language, object]] = {
        "prompts": task.prompts,
        "sample": task.sample,
        "question": task.question,
    }
    if task.question_template:
        texts["question_template"] = task.question_template
    if task.prompts_with_outcome:
        texts["prompts_with_outcome"] = task.prompts_with_outcome
    elif any(field.role == "outcome" for field in task.fields.values()):
        message = Text(
            "has an outcome field but lacks `prompts_with_outcome`",
            "有 outcome 字段，却缺少 `prompts_with_outcome`",
        )
        yield Fault(at, message)
    for key, text in texts.items():
        missing = [language for language in get_args(Language) if language not in text]
        yield from (
            Fault((*at, key), Text(f"lacks `{language}`", f"缺少 `{language}`"))
            for language in missing
        )


def _find_missing_samples(at: tuple[str, ...], task: Task, folder: Path) -> Iterator[Fault]:
    for language, name in task.sample.items():
        if not (folder / name).is_file():
            message = Text(
                f"names `{name}`, which is not a file of `sample/`",
                f"指定的 `{name}` 不在 `sample/` 中",
            )
            yield Fault((*at, language), message)
