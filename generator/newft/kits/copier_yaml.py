"""Read the copier.yml of a template as YAML nodes, which have no values and run no code.

Copier reads the file itself afterwards. What its parser would choke on is refused here: aliases
that multiply, deep nesting, tags of objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import yaml

from newft.emitted.yaml_lines import MAX_YAML_BYTES, MAX_YAML_DEPTH
from newft.errors import CatalogError
from newft.text import Text

CONFIG_NAMES = ("copier.yml", "copier.yaml")
COOKIECUTTER_FILE = "cookiecutter.json"
INCLUDE_TAG = "!include"
LIST_KEYS = ("_exclude", "_jinja_extensions", "_secret_questions", "_skip_if_exists")
DEFAULT_SUFFIX = ".jinja"
DEFAULT_ANSWERS_FILE = ".copier-answers.yml"
PLAIN_NAME = r"[\w\s./@+~,=-]*"  # of paths in which no template has an expression
NULL_TAG = "tag:yaml.org,2002:null"
MAX_VALUES = 50_000  # of a file, each alias counted with all that it stands for


def find_config_file(folder: Path) -> Path | None:
    """Return the copier.yml or copier.yaml of a folder; None if it is no copier template."""
    found = [folder / name for name in CONFIG_NAMES if (folder / name).is_file()]
    if len(found) > 1:
        message = Text(
            "the template has both copier.yml and copier.yaml",
            "模板同时有 copier.yml 和 copier.yaml",
        )
        raise CatalogError(message, where=str(folder), hint=Text("keep one", "请只保留一个"))
    return found[0] if found else None


def make_cookiecutter_error(where: str) -> CatalogError:
    """Make the error for a cookiecutter template, which is no kit but can become one."""
    message = Text(
        "this is a cookiecutter template, which newft does not read",
        "这是 cookiecutter 模板，newft 不读取",
    )
    hint = Text(
        "convert it to a copier template: move the questions of cookiecutter.json to copier.yml,"
        " and write {{ name }} instead of {{ cookiecutter.name }}",
        "可转换为 copier 模板：把 cookiecutter.json 的问题移到 copier.yml，"
        "并把 {{ cookiecutter.name }} 改写为 {{ name }}",
    )
    return CatalogError(message, where=where, hint=hint)


def read_key_lines(file: Path) -> dict[str, int]:
    """Return the line of every key at the top of a file; refuse what a parser would choke on."""
    lines: dict[str, int] = {}
    for path, document in _compose_all(file):
        _check_nodes(document, path)
        if path == file and isinstance(document, yaml.MappingNode):
            lines |= {str(key.value): key.start_mark.line + 1 for key, _ in document.value}
    return lines


class TemplateNames(NamedTuple):
    """What a copier.yml says of the names that its files get in a project."""

    suffixes: tuple[str, ...] = (DEFAULT_SUFFIX,)  # of templates; they lose it
    folder: str = ""  # the only one whose files are rendered, with a slash at its end
    answers_files: tuple[str, ...] = (DEFAULT_ANSWERS_FILE,)
    word_marks: bool = False  # an expression may look like any other part of a name


def read_template_names(folder: Path) -> TemplateNames:
    """Return what the copier.yml of a folder says of names, as far as it says so for any answers.

    Where several documents or included files say it, it is not known here which of them holds.
    """
    file = find_config_file(folder)
    settings: dict[str, list[yaml.Node]] = {}
    for _, document in _compose_all(file) if file else ():
        for key, value in document.value if isinstance(document, yaml.MappingNode) else ():
            settings.setdefault(str(key.value), []).append(value)
    suffixes = _list_texts(settings, "_templates_suffix", DEFAULT_SUFFIX)
    folders = _list_texts(settings, "_subdirectory", "")
    plain = len(folders) == 1 and re.fullmatch(r"[\w-]+(/[\w-]+)*", folders[0])
    return TemplateNames(
        suffixes,
        f"{folders[0]}/" if plain else "",
        _list_texts(settings, "_answers_file", DEFAULT_ANSWERS_FILE),
        any(map(_has_word_marks, settings.get("_envops", ()))),
    )


def _list_texts(
    settings: Mapping[str, Sequence[yaml.Node]], key: str, default: str
) -> tuple[str, ...]:
    nodes = settings.get(key, ())
    return tuple(default if one.tag == NULL_TAG else str(one.value) for one in nodes) or (default,)


def _has_word_marks(envops: yaml.Node) -> bool:
    """Return whether Jinja's own marks are replaced by one that a plain name may contain."""
    for key, value in envops.value if isinstance(envops, yaml.MappingNode) else ():
        is_mark = str(key.value).endswith(("_string", "_prefix")) and value.tag != NULL_TAG
        if is_mark and re.fullmatch(PLAIN_NAME, str(value.value)):
            return True
    return False


def _compose_all(file: Path) -> Iterator[tuple[Path, yaml.Node]]:
    """Yield the documents of copier.yml and of the files that it includes."""
    pending, seen = [file], set()
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        for document in _compose(path):
            pending += _list_included_files(document, file.parent)
            yield path, document


def _compose(file: Path) -> list[yaml.Node]:
    """Return the documents of a YAML file as nodes, which have no values and run no code."""
    try:
        content = file.read_bytes()
        if len(content) > MAX_YAML_BYTES:
            limit = f"{MAX_YAML_BYTES:,}"
            message = Text(f"has more than {limit} bytes", f"超过 {limit} 字节")
            raise CatalogError(message, where=str(file))
        text = content.decode("utf-8-sig")
        _check_depth(file, text)
        documents = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node]
        if sum(_count_values(document, {}) for document in documents) > MAX_VALUES:
            raise CatalogError(
                Text(
                    f"has more than {MAX_VALUES:,} values once its aliases are written out",
                    f"展开别名后超过 {MAX_VALUES:,} 个值",
                ),
                where=str(file),
            )
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = error.problem or "invalid YAML"
        message = Text(f"invalid YAML: {problem}", f"YAML 无效：{problem}")
        raise CatalogError(message, where=f"{file}{line}") from error
    except (yaml.YAMLError, ValueError, OSError) as error:
        raise CatalogError(
            Text(f"cannot be read: {error}", f"无法读取：{error}"), where=str(file)
        ) from error
    return documents


def _check_depth(file: Path, text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_YAML_DEPTH:
            message = Text(
                f"values are nested more than {MAX_YAML_DEPTH} levels deep",
                f"嵌套超过 {MAX_YAML_DEPTH} 层",
            )
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise CatalogError(message, where=f"{file}:{line}")


def _count_values(node: yaml.Node, counted: dict[int, int]) -> int:
    """Count the values of a node with aliases written out; an alias within itself is endless."""
    if id(node) not in counted:
        counted[id(node)] = MAX_VALUES + 1  # what an alias within the node itself counts
        counted[id(node)] = 1 + sum(_count_values(part, counted) for part in _list_parts(node))
    return counted[id(node)]


def _list_parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _check_nodes(node: yaml.Node, file: Path) -> None:
    """Refuse tags that would make objects, and texts in the place of lists."""
    where = f"{file}:{node.start_mark.line + 1}"
    plain = node.tag.startswith("tag:yaml.org,2002:") and ":python/" not in node.tag
    if not plain and node.tag != INCLUDE_TAG:
        message = Text(f"the tag {node.tag} is not supported", f"不支持标签 {node.tag}")
        raise CatalogError(message, where=where)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            # copier would take such a text for a list of its letters
            if key.value in LIST_KEYS and value.tag == "tag:yaml.org,2002:str":
                message = Text(f"`{key.value}` must be a list", f"`{key.value}` 应为列表")
                raise CatalogError(message, where=f"{file}:{key.start_mark.line + 1}")
    for part in _list_parts(node):
        _check_nodes(part, file)


def _list_included_files(node: yaml.Node, root: Path) -> Iterator[Path]:
    """Yield the files within the template that `!include` names; copier refuses all others."""
    pattern = str(node.value) if node.tag == INCLUDE_TAG else ""
    if pattern and ".." not in pattern and not pattern.startswith("/"):
        with suppress(ValueError, OSError):  # a pattern that is none, which copier refuses
            yield from (path for path in sorted(root.glob(pattern)) if path.is_file())
    for part in _list_parts(node):
        yield from _list_included_files(part, root)
