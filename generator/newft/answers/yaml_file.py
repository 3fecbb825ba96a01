"""Read answers from a YAML file; list every fault in it with its line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from newft.answers.keys import AnswerValue, RawAnswers, allows_list, is_answer_key, is_repeatable
from newft.answers.parse import parse_list, validate_value
from newft.answers.unknown_names import make_unknown_key_error
from newft.emitted.file_access import RecordError, expand_home, open_regular_file, wrap_file_errors
from newft.emitted.yaml_lines import (
    INVALID_YAML_MESSAGE,
    MAX_YAML_BYTES,
    TOO_LARGE_MESSAGE,
    KeyPath,
    YamlDocument,
    YamlError,
    YamlFault,
    read_yaml,
)
from newft.errors import UsageError
from newft.i18n import translate_template
from newft.text import Language, Text

IsRecorded = Callable[[str, AnswerValue], bool]

MAX_FAULTS_SHOWN = 20
GROUPS = (
    (),
    ("data",),
    ("data", "columns"),
    ("kit",),
    ("kit", "answers"),
    ("recipe",),
    ("advice",),
    ("roi",),
)
STDIN_LABEL = "stdin"
HINTS = {
    INVALID_YAML_MESSAGE: Text(
        "correct this line; quote text that contains `:` or `#`",
        "请修正这一行；含 `:` 或 `#` 的文本要加引号",
    ),
    TOO_LARGE_MESSAGE: Text("give records as --data", "数据请用 --data 给出"),
}


def load_answers(path: Path, *, is_recorded: IsRecorded | None = None) -> RawAnswers:
    """Return the answers of a YAML file; see `parse_answers_yaml`."""
    return parse_answers_yaml(str(path), read_bytes(path), is_recorded=is_recorded)


def read_bytes(path: Path) -> bytes:
    """Read a file that the user names; one byte more than YAML may have tells that it is too large.

    A home folder may be written as `~`.
    """
    try:
        with wrap_file_errors(path), open_regular_file(expand_home(path)) as file:
            return file.read(MAX_YAML_BYTES + 1)
    except RecordError as error:
        message, hint = (
            translate_template(text, **error.values)
            for text in (error.template, error.hint_template)
        )
        raise UsageError(message, where=str(path), hint=hint) from error


def load_stdin() -> RawAnswers:
    """Return the answers on standard input."""
    content = sys.stdin.buffer.read(MAX_YAML_BYTES + 1) if sys.stdin else b""
    return parse_answers_yaml(STDIN_LABEL, content)


def parse_answers_yaml(
    path: str, content: bytes | str, *, is_recorded: IsRecorded | None = None
) -> RawAnswers:
    """Return the answers of a YAML document; raise one error that lists all of its faults.

    `is_recorded` tells which answers an earlier newft gave: these are not compared with the keys
    and choices of today.
    """
    try:
        document = read_yaml(content)
    except YamlError as error:
        raise combine_yaml_faults(path, error.faults) from error
    if document.value is None:
        return {}
    if not isinstance(document.value, dict):
        raise UsageError(
            Text("the file has no `key: value` pairs", "文件中没有 `键: 值`"),
            where=path,
            hint=Text("write one `key: value` per line", "每行写一个 `键: 值`"),
        )
    given: dict[str, AnswerValue] = {}
    faults = [(fault.line or 0, _make_fault(path, fault)) for fault in document.faults]
    for keys in _iterate_leaves(document):
        line = document.entries[keys].line
        try:
            if not (is_recorded and _add_recorded(given, document, keys, is_recorded)):
                _add_answer(given, document, keys, where=f"{path}:{line}")
        except UsageError as error:
            faults.append((line, error))
    if faults:
        faults.sort(key=itemgetter(0))
        raise combine_faults(path, [error for _, error in faults])
    return given


def combine_yaml_faults(path: str, faults: Iterable[YamlFault]) -> UsageError:
    """Combine what is wrong with a YAML file into one error."""
    return combine_faults(path, [_make_fault(path, fault) for fault in faults])


def _make_fault(path: str, fault: YamlFault) -> UsageError:
    return UsageError(
        translate_template(fault.message, **fault.values),
        where=path if fault.line is None else f"{path}:{fault.line}",
        hint=HINTS.get(fault.message),
    )


def combine_faults(
    path: str, faults: Sequence[UsageError], *, hint: Text | None = None
) -> UsageError:
    """Combine faults into one error, with a hint that holds for all of them, if there is one."""
    if len(faults) == 1:
        message, own = faults[0].texts
        return UsageError(message, where=faults[0].where, hint=hint or own)
    message = Text(_format_faults(faults, "en"), _format_faults(faults, "zh"))
    return UsageError(message, where=path, hint=hint)


def _format_faults(faults: Sequence[UsageError], language: Language) -> str:
    count = len(faults)
    lines = [f"{count} faults" if language == "en" else f"{count} 处错误"]
    for fault in faults[:MAX_FAULTS_SHOWN]:
        message, hint = fault.to(language)
        colon, left, right = (": ", " (", ")") if language == "en" else ("：", "（", "）")
        lines.append(f"{fault.where}{colon}{message}" + (f"{left}{hint}{right}" if hint else ""))
    if count > MAX_FAULTS_SHOWN:
        lines.append("...")
    return "\n".join(lines)


def _iterate_leaves(document: YamlDocument) -> Iterator[KeyPath]:
    """Yield the paths of the answers; only the groups of keys may be nested mappings."""
    groups: set[KeyPath] = {()}
    for keys, entry in document.entries.items():
        if keys[:-1] in groups:
            if entry.kind == "mapping" and keys in GROUPS:
                groups.add(keys)
            else:
                yield keys


def _add_recorded(
    given: dict[str, AnswerValue],
    document: YamlDocument,
    keys: KeyPath,
    is_recorded: IsRecorded,
) -> bool:
    """Add an answer that an earlier newft gave, and return True; False for any other."""
    key, entry = ".".join(map(str, keys)), document.entries[keys]
    items = [one for path, one in document.entries.items() if path[:-1] == keys and path]
    value = entry.text if entry.kind == "text" else tuple(item.text for item in items)
    found = entry.kind in ("text", "list") and key not in given and is_recorded(key, value)
    if found:
        given[key] = value
    return found


def _add_answer(
    given: dict[str, AnswerValue], document: YamlDocument, keys: KeyPath, *, where: str
) -> None:
    key, entry = ".".join(map(str, keys)), document.entries[keys]
    if not is_answer_key(key):
        raise make_unknown_key_error(key, where=where)
    if key in given:  # as `data.files` and as `files` in `data`
        hint = Text("remove one of the two", "请删去其中一处")
        raise UsageError(
            Text(f"`{key}` is given twice", f"`{key}` 出现了两次"), where=where, hint=hint
        )
    if entry.kind == "null":
        return
    if allows_list(key) and entry.kind == "list":
        given[key] = parse_list(document, keys, key=key, where=f"{where}: {key}")
    elif entry.kind == "text":
        value = (entry.text,) if is_repeatable(key) else entry.text
        given[key] = validate_value(key, value, where=f"{where}: {key}")
    else:
        raise UsageError(
            Text(f"the value of `{key}` must be text", f"`{key}` 的值应为文本"), where=where
        )
