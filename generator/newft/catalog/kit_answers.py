"""Read the presets and the locks of a kit: answers by key, nested or dotted, as in other files.

The canonical form is dotted: `data: {columns: {text: Body}}` is read as `data.columns.text: Body`.
A lock is an answer, or a mapping of its `value` and `why` the kit fixes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from newft.answers.keys import (
    KIT_ANSWERS_PREFIX,
    allows_list,
    find_answer_key,
    is_answer_key,
    is_repeatable,
    list_answer_keys,
    normalize_value,
)
from newft.answers.yaml_file import GROUPS
from newft.emitted.yaml_lines import KeyPath, YamlDocument
from newft.schema.family import is_local_path
from newft.schema.kit import AnswerText
from newft.strict_yaml import Fault
from newft.text import Text, find_nearest_names, join_names, to_bilingual_text

SECTIONS = ("presets", "locked")
LOCK_KEYS = ("value", "why")
# What belongs to one user or to one project; a kit has no say in it.
_NOT_FOR_KITS = ("data.files", "name")
_EMPTY_VALUE = Text("has no value", "缺少值")


@dataclass
class KitAnswers:
    """The answers of one section by their keys, with the places where they are written."""

    values: dict[str, AnswerText] = field(default_factory=dict)
    reasons: dict[str, object] = field(default_factory=dict)  # `why` of a lock
    places: dict[str, KeyPath] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_kit_answers(document: YamlDocument, section: str) -> KitAnswers:
    """Read the presets or the locks of a kit.yaml."""
    answers = KitAnswers()
    entry = document.entries.get((section,))
    if entry and entry.kind not in ("mapping", "null"):
        answers.faults.append(Fault((section,), Text("should hold keys", "应为若干“键: 值”")))
    for keys in _list_leaves(document, section):
        key = ".".join(map(str, keys[1:]))
        if fault := _find_key_fault(key):
            answers.faults.append(Fault(keys, fault))
        elif key in answers.values:
            answers.faults.append(Fault(keys, Text("is given twice", "出现了两次")))
        else:
            answers.places[key] = keys
            _read_value(document, keys, key, answers)
    return answers


def _list_leaves(document: YamlDocument, section: str) -> Iterator[KeyPath]:
    """Yield the paths of the answers of a section; only the groups of keys may be nested."""
    groups: set[KeyPath] = {(section,)}
    for keys, entry in document.entries.items():
        if keys[:-1] in groups and keys not in groups:
            if entry.kind == "mapping" and keys[1:] in GROUPS:
                groups.add(keys)
            else:
                yield keys


def _find_key_fault(key: str) -> Text | None:
    """Return why a kit cannot give the answer of a key."""
    if key in _NOT_FOR_KITS or (key.startswith("kit.") and not key.startswith(KIT_ANSWERS_PREFIX)):
        return Text("is not for a kit to answer", "不能由套件给出")
    if is_answer_key(key):
        return None
    near = find_nearest_names(key, list_answer_keys())
    hint = (
        Text(f"; did you mean `{near[0]}`?", f"，是否想写 `{near[0]}`？") if near else Text("", "")
    )
    return Text(
        f"is not the key of an answer{hint.en}",
        f"不是答案的键{hint.zh}",
    )


def _read_value(document: YamlDocument, keys: KeyPath, key: str, answers: KitAnswers) -> None:
    entry = document.entries[keys]
    if entry.kind == "mapping" and keys[0] == "locked":
        _read_lock(document, keys, key, answers)
    elif entry.kind == "text" and entry.text:
        _add_value(answers, keys, key, entry.text)
    elif entry.kind == "list" and allows_list(key):
        items = [one for path, one in document.entries.items() if path[:-1] == keys and path]
        values = tuple(item.text for item in items)
        if any(item.kind != "text" for item in items):
            answers.faults.append(Fault(keys, Text("should be a list of texts", "应为文本列表")))
        elif wrong := _find_choice_fault(keys, key, values):
            answers.faults.append(wrong)
        else:
            answers.values[key] = normalize_value(key, values)
    else:
        fault = (
            _EMPTY_VALUE if entry.kind in ("null", "text") else Text("should be a text", "应为文本")
        )
        answers.faults.append(Fault(keys, fault))


def _read_lock(document: YamlDocument, keys: KeyPath, key: str, answers: KitAnswers) -> None:
    """Read a lock that is written as a mapping of `value` and `why`."""
    inner = {path[-1]: path for path in document.entries if path[:-1] == keys}
    for name, path in inner.items():
        if name not in LOCK_KEYS:
            message = Text(
                "is not a valid key here: a lock has `value` and `why`",
                "不是有效的键：锁定项只有 `value` 和 `why`",
            )
            answers.faults.append(Fault(path, message))
    if "value" not in inner:
        answers.faults.append(Fault(keys, Text("lacks `value`", "缺少 `value`")))
        return
    _read_value(document, (*keys, "value"), key, answers)
    if "why" in inner:
        answers.reasons[key] = _read_reason(document, inner["why"], answers)


def _read_reason(document: YamlDocument, keys: KeyPath, answers: KitAnswers) -> object:
    entry = document.entries[keys]
    if entry.kind == "text":
        return to_bilingual_text(entry.text)._asdict()
    texts = {path[-1]: one.text for path, one in document.entries.items() if path[:-1] == keys}
    if entry.kind != "mapping" or {*texts} != {*Text._fields}:
        message = Text(
            "should be one text, or `en` and `zh`", "应为一段文本，或分别写 `en` 和 `zh`"
        )
        answers.faults.append(Fault(keys, message))
        return None
    return texts


def _add_value(answers: KitAnswers, keys: KeyPath, key: str, value: str) -> None:
    if fault := _find_choice_fault(keys, key, (value,)):
        answers.faults.append(fault)
    else:
        normal = _normalize(key, value)
        answers.values[key] = (normal,) if is_repeatable(key) else normal


def _find_choice_fault(keys: KeyPath, key: str, values: tuple[str, ...]) -> Fault | None:
    """Return the fault of values that are not among the choices of a key."""
    entry = find_answer_key(key)
    if entry is None or not entry.choices or all(value in entry.choices for value in values):
        return None
    listed = join_names(entry.choices)
    return Fault(keys, Text(f"should be one of: {listed.en}", f"应为以下之一：{listed.zh}"))


def _normalize(key: str, value: str) -> str:
    """Return a value in the form that answers have, so that both can be compared."""
    if key == "model" and is_local_path(value):
        with suppress(OSError, RuntimeError, ValueError):  # an unknown home folder, or no path
            folder = Path(value).expanduser()
            return folder.resolve().as_posix() if folder.is_dir() else value
    return str(normalize_value(key, value))
