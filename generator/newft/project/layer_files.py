"""The files of one template layer, as they lie in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Literal

from newft import emitted
from newft.errors import RenderError
from newft.schema.protected_paths import is_protected_path, is_reserved_path
from newft.text import Text

TEMPLATE_SUFFIX = ".jinja"  # of a template; removed when the file is rendered
# A template whose path begins with this is only included by others.
PARTIAL_PREFIX = "_"
REPLACES_FILE = "replaces.txt"  # in a layer: the files of lower layers that it replaces

_IGNORED_NAMES = (
    "__pycache__",
    "*.py[co]",
    ".*_cache",
    ".hypothesis",
    "*.egg-info",
    ".DS_Store",
    *("~*", ".git", ".svn"),
)
PACKAGE_PLACEHOLDER = "package_name"
_PACKAGE_PATTERN = re.compile(rf"\b{PACKAGE_PLACEHOLDER}\b")


@dataclass(frozen=True)
class Layer:
    """A folder of files, and its name in messages."""

    name: str
    folder: Path
    replaces: tuple[str, ...] | None = None  # None: the file `replaces.txt` says it
    verbatim: bool = False  # the files are rendered already
    keeps: tuple[str, ...] = ()  # files of lower layers that files of this one give way to
    prefer: Literal["kit", "newft"] | None = None  # whose file wins where nothing is declared


@dataclass(frozen=True)
class LayerFile:
    """A file of a layer, as it lies there apart from the name of the package."""

    layer: str
    path: str  # in the project, with the suffix `.jinja` of a template
    content: bytes
    executable: bool
    verbatim: bool = False

    @property
    def target(self) -> str:
        """The path of the rendered file in the project."""
        return self.path if self.verbatim else self.path.removesuffix(TEMPLATE_SUFFIX)

    @property
    def is_template(self) -> bool:
        """Whether the file is to be rendered."""
        return self.path != self.target

    def write(self, folder: Path, path: str) -> None:
        """Write the file below a folder; a tree must not depend on the umask of a checkout."""
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(self.content)
        place.chmod(0o755 if self.executable else 0o644)


def list_emitted_files(package: str, own: Sequence[str]) -> list[LayerFile]:
    """Return modules of newft.emitted as files of a project."""
    folder = Path(emitted.__file__).parent
    return [
        LayerFile(
            "newft",
            f"src/{package}/{name}",
            (folder / PurePosixPath(name).name).read_bytes(),
            executable=False,
        )
        for name in own
    ]


def iterate_files(layer: Layer, package: str) -> Iterator[LayerFile]:
    """Yield the files of a layer, without what tools leave in its folders."""
    for path in sorted(layer.folder.rglob("*")):
        relative = path.relative_to(layer.folder)
        if any(fnmatch(part, leftover) for part in relative.parts for leftover in _IGNORED_NAMES):
            continue
        if path.is_symlink():
            message = Text("a layer must not contain links", "模板层中不能有链接")
            raise RenderError(message, where=f"{layer.name}: {relative}")
        if path.is_dir() or relative.as_posix() == REPLACES_FILE:
            continue
        content, name = path.read_bytes(), relative.as_posix()
        if not layer.verbatim:
            name = name_package_in_path(name, package)
            if path.suffix == ".py":
                content = _name_package(content, package, where=f"{layer.name}: {relative}")
        executable = bool(path.stat().st_mode & 0o100)
        file = LayerFile(layer.name, name, content, executable, layer.verbatim)
        _check_target(file)
        if layer.replaces is not None:  # of a kit
            _refuse_protected(file, package)
        yield file


def _name_package(content: bytes, package: str, *, where: str) -> bytes:
    """Return a Python module with the name of the package for its placeholder."""
    try:
        return _PACKAGE_PATTERN.sub(package, content.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = Text("the file is not UTF-8 text", "文件不是 UTF-8 文本")
        raise RenderError(message, where=f"{where}:{line}") from error


def _check_target(file: LayerFile) -> None:
    """Refuse a file in a folder where no template writes."""
    if is_reserved_path(file.target):
        message = Text("no template writes here", "模板不能写入这里")
        raise RenderError(message, where=f"{file.layer}: {file.target}")


def _refuse_protected(file: LayerFile, package: str) -> None:
    """Refuse a file of a kit that takes the place of one which checks the policy."""
    if is_protected_path(file.target, package):
        message = Text(
            "no kit may bring this file: it takes the place of one that checks the policy",
            "套件不能带来这个文件，它会取代检查策略的文件",
        )
        hint = Text("rename the file, or leave it out", "请给文件改名，或删去它")
        raise RenderError(message, where=f"{file.layer}: {file.target}", hint=hint)


def name_package_in_path(path: str, package: str) -> str:
    """Return a path with the name of the package for its placeholder."""
    return "/".join(_PACKAGE_PATTERN.sub(package, part) for part in path.split("/"))
