"""Build typed values from a YAML file of the catalogue; list every fault with line and key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from newft.emitted.yaml_lines import (
    KeyPath,
    YamlDocument,
    YamlError,
    YamlFault,
    join_keys,
    read_yaml,
)
from newft.errors import CatalogError
from newft.i18n import translate_template
from newft.os_errors import describe_os_error
from newft.text import Text, find_nearest_names, join_texts, list_lines, to_bilingual_text

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

T = TypeVar("T")
MAX_FAULTS_LISTED = 40
LocatedFault = tuple[int, Text]  # the line and the message


class Fault(NamedTuple):
    """A fault of one key; the message continues a sentence that begins with the key."""

    path: KeyPath
    message: Text


@dataclass(frozen=True)
class CatalogFile:
    """The mapping in a YAML file, with the line of each of its keys."""

    file: Path
    document: YamlDocument

    @classmethod
    def read(cls, file: Path) -> CatalogFile:
        """Read the mapping in a file; refuse keys that are given twice."""
        try:
            document = read_yaml(_read_bytes(file))
        except YamlError as error:
            raise _make_error(file, map(_locate_yaml_fault, error.faults)) from error
        if not isinstance(document.value, dict):
            raise CatalogError(Text("the file has no keys", "文件中没有键"), where=str(file))
        if document.faults:
            raise _make_error(file, map(_locate_yaml_fault, document.faults))
        return cls(file, document)

    def build(
        self,
        kind: type[T],
        *,
        given: Mapping[str, str],
        data: Mapping[str, object] | None = None,
        faults: Sequence[Fault] = (),
    ) -> T:
        """Build one value from the whole file; `given` are fields that the file must not set.

        `data` is the value of the file if it was converted before, with the faults of doing so.
        """
        faults = [*faults, *_find_derived_keys(given, self.document.value, ())]
        data = self.document.value if data is None else data
        return self._validate(kind, {"": {**data, **given}}, outer=1, faults=faults)[""]

    def build_mapping(self, kind: type[T], *, key: str) -> dict[str, T]:
        """Build one value for each top key, which becomes the field `key` of the value."""
        entries: dict[str, object] = {}
        for name, entry in self.document.value.items():
            if isinstance(entry, dict):
                self.refuse(_find_derived_keys((key,), entry, (name,)))
                entry = {key: name, **entry}
            entries[name] = entry
        return self._validate(kind, entries, outer=0)

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Raise one error that lists every fault in the order of the file, if there is any."""
        if found := {self._locate(fault) for fault in faults}:
            raise _make_error(self.file, found)

    def _validate(
        self,
        kind: type[T],
        data: Mapping[str, object],
        *,
        outer: int,
        faults: Sequence[Fault] = (),
    ) -> dict[str, T]:
        """Validate the data; the first `outer` parts of the paths in it are not in the file.

        `faults` are listed with those that are found here.
        """
        from pydantic import ValidationError

        try:
            # As JSON, because strict validation of Python objects refuses a list for a tuple.
            adapter = _make_adapter(kind)  # type: ignore[arg-type]  # classes can be hashed
            values: dict[str, T] = adapter.validate_json(json.dumps(data, default=str))
        except ValidationError as error:
            # The first part names the entry, and is no field of the type.
            converted = [_convert_validation_error(kind, found) for found in error.errors()]
            self.refuse([*faults, *(Fault(one.path[outer:], one.message) for one in converted)])
            raise
        self.refuse(faults)
        return values

    def _locate(self, fault: Fault) -> LocatedFault:
        """Return the line of a fault, and its message behind the key.

        Parts of the path that the file lacks are skipped: pydantic adds the members of a union.
        Several parts may stand in the file as one dotted key, such as `data.columns.text`.
        """
        entries = self.document.entries
        keys: KeyPath = ()
        rest = fault.path
        while rest:
            dotted = (".".join(map(str, rest[:count])) for count in range(len(rest), 1, -1))
            for count, part in zip(range(len(rest), 0, -1), (*dotted, rest[0]), strict=True):
                if (*keys, part) in entries:
                    keys, rest = (*keys, part), rest[count:]
                    break
            else:
                rest = rest[1:]
        name = to_bilingual_text(f"`{join_keys(keys)}`") if keys else Text("the file", "文件")
        en, zh = fault.message
        return entries[keys].line, Text(f"{name.en} {en}", f"{name.zh} {zh}")


def _locate_yaml_fault(fault: YamlFault) -> LocatedFault:
    return fault.line or 0, translate_template(fault.message, **fault.values)


def _make_error(file: Path, faults: Iterable[LocatedFault]) -> CatalogError:
    """Combine faults into one error, in the order of the file; line 0 means that it is unknown."""
    first, *others = [
        (f"{file}:{line}" if line else str(file), message) for line, message in sorted(faults)
    ]
    rest = [Text(f"{where}: {en}", f"{where}：{zh}") for where, (en, zh) in others]
    listed = list_lines([first[1], *rest], most=MAX_FAULTS_LISTED, indent="")
    return CatalogError(listed, where=first[0])


@cache
def _make_adapter(kind: Any) -> TypeAdapter[Any]:
    """Make the validator of a mapping to values of a type, once: many files have the same type."""
    from pydantic import ConfigDict, TypeAdapter

    # The setting reaches the dataclasses inside, as they have none of their own.
    settings = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(dict[str, kind], config=settings)


def _convert_validation_error(kind: type[object], found: ErrorDetails) -> Fault:
    """Convert a fault that pydantic found into words for the author of the file."""
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


def _list_allowed_keys(kind: Any, path: KeyPath) -> tuple[str, ...]:
    """Return the valid keys of the value at `path` in a type; empty if every key is valid."""
    for part in path:
        kind = _get_element_type(kind, part)
    kind = get_origin(kind) or kind
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return tuple(getattr(kind, "_fields", ()))


def _get_element_type(kind: Any, part: str | int) -> Any:
    """Return the type of one field or element of a type."""
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if is_dataclass(origin):
        return _strip_optional(get_type_hints(origin).get(str(part)))
    return _strip_optional(arguments[0 if isinstance(part, int) else -1]) if arguments else kind


def _strip_optional(kind: Any) -> Any:
    """Return the type inside an optional type."""
    others = [argument for argument in get_args(kind) if argument is not NoneType]
    return others[0] if NoneType in get_args(kind) else kind


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise CatalogError(
            Text("this file does not exist", "没有这个文件"), where=str(file)
        ) from error
    except OSError as error:
        reason = describe_os_error(error)
        message = Text(f"cannot be read: {reason.en}", f"无法读取：{reason.zh}")
        raise CatalogError(message, where=str(file)) from error


def _find_derived_keys(
    names: Iterable[str], data: Mapping[str, object], path: KeyPath
) -> Iterator[Fault]:
    """Yield the keys that the file must not set because their values follow from its name."""
    for name in names:
        if name in data:
            yield Fault(
                (*path, name),
                Text("follows from the name: remove it", "由名称决定，请删去"),
            )
