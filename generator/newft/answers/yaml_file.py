"""Answers of a YAML file: small, flat, and every fault in it listed with its line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from newft.answers.keys import (
    AnswerValue,
    RawAnswers,
    is_answer_key,
    is_repeatable,
    list_answer_keys,
    make_unknown_name_error,
)
from newft.answers.parse import parse_path_list, validate_value
from newft.emitted.file_access import RecordError, expand_home, open_bytes, wrap_file_errors
from newft.errors import UsageError
from newft.i18n import translate_template
from newft.text import Language, Text

if TYPE_CHECKING:
    import yaml

MAX_FILE_BYTES = 1 << 20  # bytes: thousands of paths, read within seconds
MAX_NESTING = 10  # levels of lists and mappings: answers have three, as in data.columns.text
MAX_FAULTS_SHOWN = 20  # listed at once
STDIN_LABEL = "stdin"


def load_answers(path: Path) -> RawAnswers:
    """The answers of a YAML file."""
    try:
        with wrap_file_errors(path), open_bytes(expand_home(path)) as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except RecordError as error:
        message, hint = (
            translate_template(text, **error.values)
            for text in (error.template, error.hint_template)
        )
        raise UsageError(message, where=str(path), hint=hint) from error
    return parse_answers_yaml(str(path), _decode_yaml(str(path), content))


def load_stdin() -> RawAnswers:
    """The answers that are piped in."""
    content = sys.stdin.buffer.read(MAX_FILE_BYTES + 1) if sys.stdin else b""
    return parse_answers_yaml(STDIN_LABEL, _decode_yaml(STDIN_LABEL, content))


def _decode_yaml(path: str, content: bytes) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(
            Text(
                f"the file has more than {MAX_FILE_BYTES:,} bytes, too many for answers",
                f"文件超过 {MAX_FILE_BYTES:,} 字节，不像答案文件",
            ),
            where=path,
            hint=Text("give records as --data", "数据请用 --data 给出"),
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(
            Text("the answers are not UTF-8 text", "答案文件不是 UTF-8 文本"),
            where=f"{path}:{line}",
            hint=Text("save the file as UTF-8", "请另存为 UTF-8"),
        ) from error


def parse_answers_yaml(path: str, text: str) -> RawAnswers:
    """The answers in a YAML text; every fault in it is listed, with its line."""
    node = _compose_mapping(path, text)
    if node is None:
        return {}
    given: dict[str, AnswerValue] = {}
    faults: list[UsageError] = []
    for key, value in _iterate_leaves("", node):
        try:
            _add_answer(given, key, value, where=f"{path}:{value.start_mark.line + 1}")
        except UsageError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise UsageError(
            Text(_format_faults(faults, "en"), _format_faults(faults, "zh")), where=path
        )
    return given


def _format_faults(faults: Sequence[UsageError], language: Language) -> str:
    many = len(faults)
    lines = [f"{many} faults" if language == "en" else f"{many} 处错误"]
    for fault in faults[:MAX_FAULTS_SHOWN]:
        message, hint = fault.to(language)
        colon, opened, closed = (": ", " (", ")") if language == "en" else ("：", "（", "）")
        lines.append(f"{fault.where}{colon}{message}" + (f"{opened}{hint}{closed}" if hint else ""))
    return "\n".join([*lines, *["..."][: many > MAX_FAULTS_SHOWN]])


def _compose_mapping(path: str, text: str) -> yaml.MappingNode | None:
    import yaml

    try:
        _refuse_deep_nesting(path, yaml.parse(text, Loader=yaml.SafeLoader))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _make_yaml_syntax_error(path, error) from error
    if node is None or isinstance(node, yaml.MappingNode):
        return node
    raise UsageError(
        Text("the file has no `key: value` pairs", "文件中没有 `键: 值`"),
        where=path,
        hint=Text("write one `key: value` per line", "每行写一个 `键: 值`"),
    )


def _refuse_deep_nesting(path: str, events: Iterator[yaml.Event]) -> None:
    """Refuse what a parser would need much time or memory for, before it is built."""
    import yaml

    depth = 0
    for event in events:
        where = f"{path}:{event.start_mark.line + 1}" if event.start_mark else path
        if isinstance(event, yaml.AliasEvent):
            message = Text(
                f"`*{event.anchor}` refers to another value", f"`*{event.anchor}` 引用了别处的值"
            )
            hint = Text("write the value itself", "请直接写出值")
            raise UsageError(message, where=where, hint=hint)
        depth += isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent))
        depth -= isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent))
        if depth > MAX_NESTING:
            message = Text("the values are nested too deeply", "嵌套层数过多")
            hint = Text("write one `key: value` per line", "每行写一个 `键: 值`")
            raise UsageError(message, where=where, hint=hint)


def _make_yaml_syntax_error(path: str, error: yaml.YAMLError) -> UsageError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return UsageError(
        Text(f"invalid YAML ({problem})", f"YAML 语法有误（“{problem}”）"),
        where=f"{path}:{mark.line + 1}" if mark else path,
        hint=Text(
            "correct this line; quote text that contains `:` or `#`",
            "请修正这一行；含 `:` 或 `#` 的文本要加引号",
        ),
    )


def _iterate_leaves(prefix: str, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
    import yaml

    for key, value in node.value:
        name = f"{prefix}{key.value if isinstance(key, yaml.ScalarNode) else '?'}"
        if isinstance(value, yaml.MappingNode) and name in ("data", "data.columns"):
            yield from _iterate_leaves(f"{name}.", value)
        else:
            yield name, value


def _add_answer(given: dict[str, AnswerValue], key: str, node: yaml.Node, *, where: str) -> None:
    import yaml

    if not is_answer_key(key):
        raise make_unknown_name_error(key, list_answer_keys(), where=where)
    if key in given:
        hint = Text("remove one of the two", "请删去其中一处")
        raise UsageError(
            Text(f"`{key}` is given twice", f"`{key}` 出现了两次"), where=where, hint=hint
        )
    if node.tag == "tag:yaml.org,2002:null":
        return
    if is_repeatable(key) and isinstance(node, yaml.SequenceNode):
        given[key] = parse_path_list(node, key, f"{where}: {key}")
    elif isinstance(node, yaml.ScalarNode):
        value = (node.value,) if is_repeatable(key) else node.value
        given[key] = validate_value(key, value, where=f"{where}: {key}")
    else:
        raise UsageError(
            Text(f"the value of `{key}` must be text", f"`{key}` 的值应为文本"), where=where
        )
