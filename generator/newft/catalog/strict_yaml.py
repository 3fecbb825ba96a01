"""A YAML file as a typed value: strict, with the line and the key of everything that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

import yaml

from newft.errors import CatalogError
from newft.text import Text, find_nearest_names, join_texts, to_bilingual_text

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# The parser in C is several times faster and is missing from some builds of PyYAML.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

T = TypeVar("T")
PathPart = str | int


class Fault(NamedTuple):
    """What is wrong with one key, as a sentence that goes on after the key."""

    path: tuple[PathPart, ...]
    message: Text


@dataclass(frozen=True)
class YamlDocument:
    """A YAML mapping, and where each of its keys stands."""

    file: Path
    node: yaml.Node
    data: Mapping[str, object]

    @classmethod
    def read(cls, file: Path) -> YamlDocument:
        """The document in a file; a key that stands twice in one mapping is refused."""
        loader = _Loader(_read_text(file))
        try:
            node = loader.get_single_node()
            if not isinstance(node, yaml.MappingNode):
                raise CatalogError(Text("the file has no keys", "文件中没有键"), where=str(file))
            # Before the values are made: making them drops the first of two equal keys.
            faults = list(_find_structure_faults(node, (), ()))
            data = {} if faults else loader.construct_document(node)
        except yaml.YAMLError as error:
            raise _syntax_error(file, error) from error
        document = cls(file, node, data)
        document.refuse(faults)
        return document

    def to(self, kind: type[T], *, given: Mapping[str, str]) -> T:
        """The whole document as one value; `given` are the fields that the file may not set."""
        self.refuse(_find_loader_keys(given, self.data, ()))
        return self._validated(kind, {"": {**self.data, **given}}, outer=1)[""]

    def to_mapping(self, kind: type[T], *, key: str) -> dict[str, T]:
        """One value for each top key; the top key becomes the value's field `key`."""
        entries: dict[str, object] = {}
        for name, entry in self.data.items():
            if isinstance(entry, dict):
                self.refuse(_find_loader_keys((key,), entry, (name,)))
                entry = {key: name, **entry}
            entries[name] = entry
        return self._validated(kind, entries, outer=0)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Raises one error that lists every fault in the order of the file; none is fine."""
        found: set[tuple[int, Text]] = set()
        for fault in faults:
            line, key = self._place(fault.path)
            en, zh = fault.message
            found.add((line, Text(f"{key.en} {en}", f"{key.zh} {zh}")))
        if not found:
            return
        first, *others = [(f"{self.file}:{line}", message) for line, message in sorted(found)]
        rest = (Text(f"\n{where}: {en}", f"\n{where}：{zh}") for where, (en, zh) in others)
        raise CatalogError(join_texts([first[1], *rest], Text("", "")), where=first[0])

    def _validated(self, kind: type[T], data: Mapping[str, object], *, outer: int) -> dict[str, T]:
        """The data as values; the first `outer` parts of a path are not in the file."""
        from pydantic import ConfigDict, TypeAdapter, ValidationError

        # The setting reaches the dataclasses inside, as they have none of their own.
        settings = ConfigDict(extra="forbid", strict=True)
        adapter: TypeAdapter[dict[str, T]] = TypeAdapter(dict[str, kind], config=settings)  # type: ignore[valid-type]
        try:
            # As JSON, because strict validation of Python objects refuses a list for a tuple.
            return adapter.validate_json(json.dumps(data, default=str))
        except ValidationError as error:
            # The first part names the entry, and is no field of the type.
            self.refuse(
                Fault(fault.path[outer:], fault.message)
                for fault in (_convert_validation_error(kind, found) for found in error.errors())
            )
            raise

    def _place(self, path: tuple[PathPart, ...]) -> tuple[int, Text]:
        """The line of a key and its name; parts that the file lacks are passed over."""
        node, mark, key = self.node, self.node.start_mark, ""
        for part in path:
            if isinstance(node, yaml.MappingNode):
                pairs = [pair for pair in node.value if pair[0].value == str(part)]
                if pairs:
                    mark, node = pairs[-1][0].start_mark, pairs[-1][1]
                    key += f".{part}" if key else str(part)
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                node = node.value[part]
                mark = node.start_mark
                key += f"[{part}]"
        name = to_bilingual_text(f"`{key}`") if key else Text("the file", "文件")
        return int(mark.line) + 1, name


def _convert_validation_error(kind: type[object], found: ErrorDetails) -> Fault:
    """What pydantic found, in words for the writer of the file."""
    path, value = found["loc"], found["input"]
    *around, name = path
    if found["type"] in ("missing", "missing_argument"):
        return Fault(tuple(around), Text(f"lacks `{name}`", f"缺少 `{name}`"))
    if found["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        near = find_nearest_names(str(name), _list_allowed_keys(kind, tuple(around[1:])))
        unknown = [Text("is not a valid key here", "不是有效的键")]
        unknown += [Text(f"; did you mean `{one}`?", f"，是否想写 `{one}`？") for one in near[:1]]
        return Fault(path, join_texts(unknown, Text("", "")))
    wish = found["msg"].removeprefix("Input ")
    parts = [Text(wish, f"不符合要求：“{wish}”")]
    if not isinstance(value, dict | list):
        parts.append(Text(f", not `{value}`", f"，现为 `{value}`"))
    if isinstance(value, str) and found["type"] in ("float_type", "int_type"):
        parts.append(
            Text(
                " (text: write numbers with a dot, such as 1.0e-5)",
                "（这是文本；数字要带小数点，如 1.0e-5）",
            )
        )
    return Fault(path, join_texts(parts, Text("", "")))


def _list_allowed_keys(kind: Any, path: tuple[PathPart, ...]) -> tuple[str, ...]:
    """The keys that a value inside a type may have; none where any key will do."""
    for part in path:
        kind = _get_element_type(kind, part)
    kind = get_origin(kind) or kind
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return tuple(getattr(kind, "_fields", ()))


def _get_element_type(kind: Any, part: PathPart) -> Any:
    """The type of one field or element of a type."""
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if is_dataclass(origin):
        return _strip_optional(get_type_hints(origin).get(str(part)))
    return _strip_optional(arguments[0 if isinstance(part, int) else -1]) if arguments else kind


def _strip_optional(kind: Any) -> Any:
    """A type without its `None`."""
    others = [argument for argument in get_args(kind) if argument is not NoneType]
    return others[0] if NoneType in get_args(kind) else kind


def _read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CatalogError(
            Text("this file does not exist", "没有这个文件"), where=str(file)
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        message = Text(f"cannot be read: {error}", f"无法读取：“{error}”")
        raise CatalogError(message, where=str(file)) from error


def _syntax_error(file: Path, error: yaml.YAMLError) -> CatalogError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f"{file}:{mark.line + 1}" if mark else str(file)
    message = Text(f"invalid YAML: {problem}", f"YAML 语法有误：“{problem}”")
    return CatalogError(message, where=where)


def _find_structure_faults(
    node: yaml.Node, path: tuple[PathPart, ...], around: tuple[yaml.Node, ...]
) -> Iterator[Fault]:
    """The keys that stand twice in one mapping, and the aliases that lead back to themselves."""
    if node in around:
        yield Fault(path, Text("contains itself", "包含自身"))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                yield Fault((*path, name), Text("is given twice", "出现了两次"))
            seen.add(name)
            yield from _find_structure_faults(value, (*path, name), (*around, node))
    elif isinstance(node, yaml.SequenceNode):
        for position, element in enumerate(node.value):
            yield from _find_structure_faults(element, (*path, position), (*around, node))


def _find_loader_keys(
    names: Iterable[str], data: Mapping[str, object], path: tuple[PathPart, ...]
) -> Iterator[Fault]:
    for name in names:
        if name in data:
            yield Fault(
                (*path, name),
                Text("follows from the name: remove it", "由名称决定，请删去"),
            )
