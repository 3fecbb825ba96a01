"""Check a kit for faults that its types cannot express."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from newft.catalog.rollout_rules import find_hypothesis_faults
from newft.emitted.label_rules import read_label
from newft.schema.kit import OPTIONAL_PART_PATTERN, Kit, Task
from newft.strict_yaml import Fault
from newft.text import Language, Text, fold_name

_PART_MARK_PATTERN = re.compile(r"\{[#^/](\w+)\}")

_NOT_IDENTIFIER_MESSAGE = Text(
    "not an identifier (a letter, then letters, digits and `_`)",
    "不是合法标识符（以字母开头，只含字母、数字和 `_`）",
)


LANGUAGES: tuple[Language, ...] = get_args(Language)
# of a word that tells a domain: one Chinese character stands in texts of every kind
MIN_WORD_CHARS: Mapping[Language, int] = {"en": 3, "zh": 2}


def find_kit_faults(
    kit: Kit, folder: Path, *, languages: Sequence[Language] = LANGUAGES
) -> Iterator[Fault]:
    """Yield every fault of the tasks of a kit, which need texts in all of its languages."""
    if not _is_identifier(kit.id):
        message = Text(
            f"is in the folder `{kit.id}`, which is {_NOT_IDENTIFIER_MESSAGE.en}",
            f"所在的文件夹名 `{kit.id}` {_NOT_IDENTIFIER_MESSAGE.zh}",
        )
        yield Fault((), message)
    yield from _find_bad_words(("words",), kit)
    yield from _find_bad_identifiers(("tasks",), kit.tasks)
    yield from find_hypothesis_faults(kit.hypotheses)
    yield from _find_unknown_tasks(kit)
    for name, task in kit.tasks.items():
        at = ("tasks", name)
        yield from _find_bad_identifiers((*at, "fields"), task.fields)
        yield from _find_repeated_synonyms((*at, "fields"), task)
        yield from find_prompt_faults((*at, "prompts"), task)
        yield from _find_missing_placeholders((*at, "question_template"), task)
        yield from _find_bad_patterns((*at, "leak_patterns"), task.leak_patterns)
        yield from _find_repeated_aliases((*at, "label_rules", "aliases"), task)
        yield from _find_missing_languages(at, task, languages)
        yield from find_missing_samples((*at, "sample"), task.sample, folder / "sample")


def _find_unknown_tasks(kit: Kit) -> Iterator[Fault]:
    """Yield the tasks of hypotheses and of legal duties that the kit does not have."""
    if kit.extends:  # then the tasks of what it extends count too
        return
    for key, items in (("hypotheses", kit.hypotheses), ("compliance", kit.compliance)):
        for name, item in items.items():
            for position, task in enumerate(item.tasks):
                if task not in kit.tasks:
                    message = Text(f"names `{task}`, which is no task", f"的 `{task}` 不是任务")
                    yield Fault((key, name, "tasks", position), message)


def is_plain_name(name: str) -> bool:
    """Return whether a path leads into no other folder."""
    return not {"/", "\\", ".."} & {*name, name}


def _is_identifier(name: str) -> bool:
    return name.isascii() and name.isidentifier()


def _find_bad_identifiers(at: tuple[str, ...], names: Iterable[str]) -> Iterator[Fault]:
    message = Text(f"is {_NOT_IDENTIFIER_MESSAGE.en}", _NOT_IDENTIFIER_MESSAGE.zh)
    return (Fault((*at, name), message) for name in names if not _is_identifier(name))


def _find_bad_words(at: tuple[str, ...], kit: Kit) -> Iterator[Fault]:
    """Find words that occur in any text, and words that are listed twice."""
    for language, words in kit.words.items():
        first: dict[str, str] = {}
        for position, word in enumerate(words):
            key = word.casefold().strip()
            if len(key) < MIN_WORD_CHARS[language]:
                message = Text("is too short to tell a domain", "太短，无法用来判断领域")
                yield Fault((*at, language, position), message)
            elif key in first:
                message = Text(f"repeats `{first[key]}`", f"与 `{first[key]}` 重复")
                yield Fault((*at, language, position), message)
            first.setdefault(key, word)


def _find_repeated_synonyms(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    for name, field in task.fields.items():
        first: dict[str, str] = {}
        for position, synonym in enumerate(field.synonyms):
            if fold_name(synonym) in first:
                earlier = first[fold_name(synonym)]
                message = Text(f"repeats `{earlier}`", f"与 `{earlier}` 重复")
                yield Fault((*at, name, "synonyms", position), message)
            first.setdefault(fold_name(synonym), synonym)


def find_prompt_faults(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    """Find misplaced lists in the prompts, with each optional field and without any."""
    optional = [name for name, field in task.single_fields.items() if not field.required]
    # a list, and the fields of the records for which a prompt must hold it
    lists = [("{labels}", frozenset[str]()), ("{labels}", frozenset(optional))]
    lists += [
        ("{recommendations}", frozenset((name,)))
        for name, field in task.fields.items()
        if field.role == "recommendation"
    ]
    for language, prompts in task.prompts.items():
        for key in ("tuned", "base"):
            for name in _find_misplaced_parts(getattr(prompts, key), optional):
                message = Text(
                    f"has a part for `{name}`, which is not an optional field of the task or is "
                    "not closed",
                    f"中 `{name}` 对应的部分没有闭合，或它不是该任务的可选字段",
                )
                yield Fault((*at, language, key), message)
        for listed, fields in lists:
            selected = prompts.select_parts(fields)
            if listed in selected.tuned:
                message = Text(f"must not list the `{listed}`", f"不能列出 `{listed}`")
                yield Fault((*at, language, "tuned"), message)
            if listed not in selected.base:
                message = Text(f"must list the `{listed}`", f"必须列出 `{listed}`")
                yield Fault((*at, language, "base"), message)


def _find_misplaced_parts(prompt: str, optional: Sequence[str]) -> Iterator[str]:
    """Yield the names of parts that are not closed or that belong to no optional field."""
    for part in OPTIONAL_PART_PATTERN.finditer(prompt):
        if part[2] not in optional:
            yield part[2]
    yield from _PART_MARK_PATTERN.findall(OPTIONAL_PART_PATTERN.sub(r"\3", prompt))


def _find_missing_placeholders(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    placeholder = f"{{{task.context_field}}}"
    for language, template in task.question_template.items():
        if task.context_field is None:
            message = Text("needs a field with the role context", "需要一个角色为 context 的字段")
            yield Fault((*at, language), message)
        elif placeholder not in template:
            message = Text(f"must contain `{placeholder}`", f"必须包含 `{placeholder}`")
            yield Fault((*at, language), message)


def _find_bad_patterns(at: tuple[str, ...], patterns: Sequence[str]) -> Iterator[Fault]:
    for position, pattern in enumerate(patterns):
        try:
            re.compile(pattern)
        except re.error as error:
            message = Text(
                f"is not a regular expression: {error}", f"不是合法的正则表达式：{error}"
            )
            yield Fault((*at, position), message)


def _find_repeated_aliases(at: tuple[str, ...], task: Task) -> Iterator[Fault]:
    affixes = replace(task.label_rules, aliases={})
    owners = {read_label(label, affixes): label for label in task.label_rules.aliases}
    for label, aliases in task.label_rules.aliases.items():
        for position, alias in enumerate(aliases):
            owner = owners.setdefault(read_label(alias, affixes), label)
            if owner != label or read_label(alias, affixes) == read_label(label, affixes):
                message = Text(f"already names `{owner}`", f"已是 `{owner}` 的名称")
                yield Fault((*at, label, position), message)


def _find_missing_languages(
    at: tuple[str, ...], task: Task, languages: Sequence[Language]
) -> Iterator[Fault]:
    texts: dict[str, Mapping[Language, object]] = {
        "prompts": task.prompts,
        "sample": task.sample,
        "question": task.question,
    }
    if task.question_template:
        texts["question_template"] = task.question_template
    for key, text in texts.items():
        missing = [language for language in languages if language not in text]
        yield from (
            Fault((*at, key), Text(f"lacks `{language}`", f"缺少 `{language}`"))
            for language in missing
        )


def find_missing_samples(
    at: tuple[str, ...], sample: Mapping[Language, str], folder: Path
) -> Iterator[Fault]:
    """Yield the samples that are not files of the folder of samples."""
    for language, name in sample.items():
        if not is_plain_name(name) or not (folder / name).is_file():
            message = Text(
                f"names `{name}`, which is not a file of `sample/`",
                f"指定的 `{name}` 不在 `sample/` 中",
            )
            yield Fault((*at, language), message)
