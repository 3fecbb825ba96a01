"""Answers of a YAML file: small, flat, and every fault in it listed with its line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from newft.answers import checked, is_key, key_names, list_of_paths
from newft.errors import UsageError
from newft.file_access import RecordError, expanded, naming_the_file, open_bytes
from newft.given import FILES, Given, Value, unknown
from newft.text import Language, Text
from newft.texts import translated

if TYPE_CHECKING:
    import yaml

LARGEST = 1 << 20  # bytes: thousands of paths, read within seconds
DEEPEST = 10  # levels of lists and mappings: answers have three, as in data.columns.text
MOST_FAULTS = 20  # listed at once
STDIN = "stdin"


def load(path: Path) -> Given:
    """The answers of a YAML file."""
    try:
        with naming_the_file(path), open_bytes(expanded(path)) as file:
            content = file.read(LARGEST + 1)
    except RecordError as error:
        message, hint = (
            translated(text, **error.values) for text in (error.template, error.hint_template)
        )
        raise UsageError(message, where=str(path), hint=hint) from error
    return read(str(path), _text(str(path), content))


def load_stdin() -> Given:
    """The answers that are piped in."""
    content = sys.stdin.buffer.read(LARGEST + 1) if sys.stdin else b""
    return read(STDIN, _text(STDIN, content))


def _text(path: str, content: bytes) -> str:
    if len(content) > LARGEST:
        raise UsageError(
            Text(
                f"the file has more than {LARGEST:,} bytes, too many for answers",
                f"文件超过 {LARGEST:,} 字节，不像答案文件",
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


def read(path: str, text: str) -> Given:
    """The answers in a YAML text; every fault in it is listed, with its line."""
    node = _mapping(path, text)
    if node is None:
        return {}
    given: dict[str, Value] = {}
    faults: list[UsageError] = []
    for key, value in _leaves("", node):
        try:
            _add(given, key, value, where=f"{path}:{value.start_mark.line + 1}")
        except UsageError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise UsageError(Text(_listed(faults, "en"), _listed(faults, "zh")), where=path)
    return given


def _listed(faults: Sequence[UsageError], language: Language) -> str:
    many = len(faults)
    lines = [f"{many} faults" if language == "en" else f"{many} 处错误"]
    for fault in faults[:MOST_FAULTS]:
        message, hint = fault.to(language)
        colon, opened, closed = (": ", " (", ")") if language == "en" else ("：", "（", "）")
        lines.append(f"{fault.where}{colon}{message}" + (f"{opened}{hint}{closed}" if hint else ""))
    return "\n".join([*lines, *["..."][: many > MOST_FAULTS]])


def _mapping(path: str, text: str) -> yaml.MappingNode | None:
    import yaml

    try:
        _refuse_deep(path, yaml.parse(text, Loader=yaml.SafeLoader))
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _not_yaml(path, error) from error
    if node is None or isinstance(node, yaml.MappingNode):
        return node
    raise UsageError(
        Text("the file has no `key: value` pairs", "文件中没有 `键: 值`"),
        where=path,
        hint=Text("write one `key: value` per line", "每行写一个 `键: 值`"),
    )


def _refuse_deep(path: str, events: Iterator[yaml.Event]) -> None:
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
        if depth > DEEPEST:
            message = Text("the values are nested too deeply", "嵌套层数过多")
            hint = Text("write one `key: value` per line", "每行写一个 `键: 值`")
            raise UsageError(message, where=where, hint=hint)


def _not_yaml(path: str, error: yaml.YAMLError) -> UsageError:
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


def _leaves(prefix: str, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
    import yaml

    for key, value in node.value:
        name = f"{prefix}{key.value if isinstance(key, yaml.ScalarNode) else '?'}"
        if isinstance(value, yaml.MappingNode) and name in ("data", "data.columns"):
            yield from _leaves(f"{name}.", value)
        else:
            yield name, value


def _add(given: dict[str, Value], key: str, node: yaml.Node, *, where: str) -> None:
    import yaml

    if not is_key(key):
        raise unknown(key, key_names(), where=where)
    if key in given:
        hint = Text("remove one of the two", "请删去其中一处")
        raise UsageError(
            Text(f"`{key}` is given twice", f"`{key}` 出现了两次"), where=where, hint=hint
        )
    if node.tag == "tag:yaml.org,2002:null":
        return
    if key == FILES and isinstance(node, yaml.SequenceNode):
        given[key] = list_of_paths(node, f"{where}: {key}")
    elif isinstance(node, yaml.ScalarNode):
        value = (node.value,) if key == FILES else node.value
        given[key] = checked(key, value, where=f"{where}: {key}")
    else:
        raise UsageError(
            Text(f"the value of `{key}` must be text", f"`{key}` 的值应为文本"), where=where
        )
