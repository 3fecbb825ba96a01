"""The keys that the released training tools accept, read from their argument classes."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import released_tools
from released_tools import AXOLOTL, MS_SWIFT, NEW_ARGUMENTS, OLD_ARGUMENTS, Release

Choices = frozenset[object] | None  # of a key; None: any value


@cache
def read_dataclass_keys(*releases: Release) -> Mapping[str, Choices]:
    """The fields of every class of the releases, and the values that a Literal allows."""
    keys: dict[str, Choices] = {}
    for release in releases:
        for path in sorted(release.folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for item in node.body if isinstance(node, ast.ClassDef) else ():
                    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                        keys[item.target.id] = _read_choices(item.annotation)
    return keys


def read_llama_factory_keys(release: Release) -> Mapping[str, Choices]:
    """The keys of LLaMA-Factory: its own, and those of the transformers that it asks for."""
    old = release == released_tools.OLD_LLAMA_FACTORY
    return read_dataclass_keys(release, OLD_ARGUMENTS if old else NEW_ARGUMENTS)


def read_ms_swift_keys() -> Mapping[str, Choices]:
    """The keys of ms-swift, and those of transformers."""
    return read_dataclass_keys(NEW_ARGUMENTS, MS_SWIFT)


def read_defaults(*releases: Release) -> Mapping[str, object]:
    """The constants that the fields of the classes have by default; the first one wins."""
    found: dict[str, object] = {}
    for release in releases:
        for path in sorted(release.folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    default = _find_default(node.value)
                    if isinstance(default, ast.Constant):
                        found.setdefault(node.target.id, default.value)
    return found


def _find_default(value: ast.expr | None) -> ast.expr | None:
    """The default of a field, which may stand in a call of `field`."""
    if not isinstance(value, ast.Call):
        return value
    return next((one.value for one in value.keywords if one.arg == "default"), None)


def list_template_names(release: Release) -> set[str]:
    """The names of the chat templates that LLaMA-Factory registers."""
    names = set()
    for call in _iterate_calls(release.folder / "llamafactory/data/template.py"):
        if getattr(call.func, "id", "").strip("_") == "register_template":
            values = {one.arg: one.value for one in call.keywords}
            names.add(ast.literal_eval(values["name"]))
    return names


def read_model_templates(release: Release) -> dict[str, str | None]:
    """The chat template that LLaMA-Factory takes for each model that it lists."""
    found = {}
    for call in _iterate_calls(release.folder / "llamafactory/extras/constants.py"):
        if getattr(call.func, "id", "") != "register_model_group":
            continue
        values = {one.arg: one.value for one in call.keywords}
        template = ast.literal_eval(values["template"]) if "template" in values else None
        models = values["models"]
        assert isinstance(models, ast.Dict)
        for hubs in models.values:
            assert isinstance(hubs, ast.Dict)
            found |= {ast.literal_eval(one): template for one in hubs.values}
    return found


def validate_axolotl(values: Mapping[str, Any]) -> dict[str, Any]:
    """What axolotl's own pydantic classes read of a configuration; they drop unknown keys."""
    with _stand_in_imports():
        from axolotl.utils.schemas.config import (  # type: ignore[import-not-found]
            AxolotlInputConfig,
        )

        return dict(AxolotlInputConfig(**values).model_dump(exclude_unset=True, mode="json"))


@contextmanager
def _stand_in_imports() -> Iterator[None]:
    """Let axolotl's schemas be imported without axolotl, which needs a GPU's libraries."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _StandIn(types.ModuleType):
    __path__: ClassVar[list[str]] = []

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_given, **_named: None


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - Python passes it
        target: types.ModuleType | None = None,  # noqa: ARG002 - Python passes it
    ) -> importlib.machinery.ModuleSpec | None:
        own = name.startswith("axolotl.utils.schemas")
        if name.split(".")[0] in ("axolotl", "PIL") and not own:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = _StandIn(spec.name)
        if spec.name == "axolotl.utils":
            module.__path__ = [str(AXOLOTL.folder / "axolotl/utils")]
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave the stand-in empty."""


def _iterate_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def _read_choices(annotation: ast.expr) -> Choices:
    """The values of a Literal; None for any other annotation."""
    if not (isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal"):
        return None
    elements = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
    return frozenset(ast.literal_eval(one) for one in elements) or None
