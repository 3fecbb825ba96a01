"""Which settings of a copier template newft accepts, and what its migrations are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from packaging.version import InvalidVersion, Version

from newft.emitted.normalize import escape_controls
from newft.errors import CatalogError
from newft.text import Text, join_names, join_texts, to_bilingual_text

# Extensions that come with Jinja and add syntax alone. All others are Python code to import.
SAFE_EXTENSIONS = frozenset({"jinja2.ext.do", "jinja2.ext.loopcontrols"})
SAFE_ENVOPS = frozenset(
    """
    autoescape block_end_string block_start_string comment_end_string comment_start_string
    keep_trailing_newline line_comment_prefix line_statement_prefix lstrip_blocks newline_sequence
    trim_blocks undefined variable_end_string variable_start_string
    """.split()  # noqa: SIM905 - fifteen quotes would hide the words
)
UNDEFINED_CLASSES = ("jinja2.Undefined", "jinja2.StrictUndefined")
_NAME_PATTERN = re.compile(r"[^\W\d][\w-]*")

Config = Mapping[str, Any]


class ConfigFault(NamedTuple):
    """A key of copier.yml that newft does not accept; the message continues its name."""

    key: str
    message: Text
    hint: Text = Text("", "")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_text_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_task_list(value: object) -> bool:
    tasks = value if isinstance(value, list) else [None]
    commands = [task.get("command") if isinstance(task, dict) else task for task in tasks]
    return all(isinstance(command, str | list) for command in commands)


_TEXT = (_is_text, Text("must be a text", "应为文本"))
_TEXT_LIST = (_is_text_list, Text("must be a list of texts", "应为文本列表"))
_SHAPES: Mapping[str, tuple[Callable[[object], bool], Text]] = {
    "_answers_file": _TEXT,
    "_exclude": _TEXT_LIST,
    "_jinja_extensions": _TEXT_LIST,
    "_message_after_copy": _TEXT,
    "_min_copier_version": (
        lambda value: isinstance(value, str | int | float),
        Text("must be a version", "应为版本号"),
    ),
    "_envops": (lambda value: isinstance(value, dict), Text("must be a mapping", "应为映射")),
    "_secret_questions": _TEXT_LIST,
    "_skip_if_exists": _TEXT_LIST,
    "_subdirectory": _TEXT,
    "_tasks": (_is_task_list, Text("must be a list of commands", "应为命令列表")),
    "_templates_suffix": (
        lambda value: value is None or isinstance(value, str),
        Text("must be a text", "应为文本"),
    ),
}


def check_config(config: Config, file: Path, lines: Mapping[str, int]) -> None:
    """Refuse settings that newft cannot honour, all of them in one error."""
    faults = [*_find_faults(config)]
    if not faults:
        return
    parts = [Text(f"`{key}` {message.en}", f"`{key}` {message.zh}") for key, message, _ in faults]
    hints = [hint for *_, hint in faults if hint.en]
    line = lines.get(faults[0].key)
    raise CatalogError(
        join_texts(parts, Text("; ", "；")),
        where=f"{file}:{line}" if line else str(file),
        hint=join_texts(hints, Text("; ", "；")) if hints else None,
    )


def _find_faults(config: Config) -> Iterator[ConfigFault]:
    for key, (fits, message) in _SHAPES.items():
        if key in config and not fits(config[key]):
            yield ConfigFault(key, message)
            return
    unsafe = [name for name in config.get("_jinja_extensions", ()) if name not in SAFE_EXTENSIONS]
    if unsafe:
        listed = join_names(f"`{name}`" for name in unsafe)
        yield ConfigFault(
            "_jinja_extensions",
            Text(
                f"loads Python code, and newft runs no code of a kit: {listed.en}",
                f"会加载 Python 代码，而 newft 不运行套件的代码：{listed.zh}",
            ),
            Text(
                "remove it and what uses it, or render the template with copier itself",
                "请删去它以及用到它的内容，或直接用 copier 生成",
            ),
        )
    if config.get("_external_data"):
        yield ConfigFault(
            "_external_data",
            Text("reads files outside the template", "会读取模板以外的文件"),
            Text("make its values questions of the template", "请把这些值改为模板的问题"),
        )
    yield from _find_envops_faults(config.get("_envops", {}))
    for name in config:
        if not str(name).startswith("_") and not _NAME_PATTERN.fullmatch(str(name)):
            message = Text("is no name for a question", "不能作为问题的名称")
            hint = Text("use letters, digits, _ and -", "请用字母、数字、_ 和 -")
            yield ConfigFault(str(name), message, hint)


def _find_envops_faults(envops: Mapping[str, object]) -> Iterator[ConfigFault]:
    for name, value in envops.items():
        if name not in SAFE_ENVOPS or not isinstance(value, str | bool | None):
            message = Text(f"must not set `{name}`", f"不能设置 `{name}`")
            yield ConfigFault("_envops", message)
    if envops.get("undefined", UNDEFINED_CLASSES[0]) not in UNDEFINED_CLASSES:
        names = " | ".join(UNDEFINED_CLASSES)
        yield ConfigFault("_envops", to_bilingual_text(f"undefined: {names}"))


def list_migrations(config: Config, since: str | None, until: str | None) -> tuple[str, ...]:
    """Return the migrations between two revisions as they are written, with their versions.

    Where a revision is not a version, it is not known which of them apply: all are returned.
    """
    first, last = _parse_version(since), _parse_version(until)
    value = config.get("_migrations")
    return tuple(
        escape_controls(text)
        for entry in (value if isinstance(value, list) else [])
        for version, text in _list_migration_commands(entry)
        if (at := _parse_version(version)) is None
        or first is None
        or last is None
        or first < at <= last
    )


def _list_migration_commands(entry: object) -> Iterator[tuple[str | None, str]]:
    if not isinstance(entry, dict):
        yield None, _join_command(entry)
        return
    version = str(entry["version"]) if "version" in entry else None
    commands = [entry["command"]] if "command" in entry else []
    for name in ("before", "after"):  # of templates for earlier versions of copier
        commands += entry[name] if isinstance(entry.get(name), list) else []
    for command in commands:
        text = _join_command(command)
        yield version, f"{version}: {text}" if version else text


def _join_command(command: object) -> str:
    return " ".join(map(str, command)) if isinstance(command, list) else str(command)


def _parse_version(text: str | None) -> Version | None:
    try:
        return Version(text or "")
    except InvalidVersion:
        return None
