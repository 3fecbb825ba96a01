"""The template folders a project is stacked from, lowest first, and the tree they make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from newft import resources
from newft.errors import RenderError
from newft.model import Plan
from newft.text import Text, as_text, join_texts

PRECEDENCE = ("method", "source", "language")  # above the base, below the domain
OWN_MODULES = (
    "file_access.py",
    "keys.py",
    "label_leaks.py",
    "quantities.py",
    "records.py",
    "text_encoding.py",
)
OF_SEVERAL_LABELS, OF_WORKBOOKS = "several.py", "workbook.py"
SUFFIX = ".jinja"  # of a template; it goes when the file is rendered
PARTIAL = "_"  # begins the path of a template that others include, and that is no file of a project
REPLACES = "replaces.txt"  # in a layer: the lower layers' files it replaces, one path a line

_LEFTOVERS = (
    "__pycache__",
    "*.py[co]",
    ".*_cache",
    ".hypothesis",
    "*.egg-info",
    ".DS_Store",
    *("~*", ".git", ".svn"),
)
_PLACEHOLDER = re.compile(r"\bpackage_name\b")


@dataclass(frozen=True)
class Layer:
    """A folder of files, and what messages call it."""

    name: str
    folder: Path


@dataclass(frozen=True)
class _File:
    layer: str
    path: str  # in the project, as composed: with `.jinja`
    content: bytes
    executable: bool


def stack(plan: Plan) -> tuple[Layer, ...]:
    """The layers of a plan, lowest first: the base, the plan's own by precedence, the domain's."""
    root = resources.templates()
    named = sorted(plan.layers, key=_rank)
    overlay = Path(plan.kit.folder) / "overlay" / plan.task_id
    layers = [Layer("base", root / "project")]
    layers += [Layer(name, root / "layers" / name) for name in named]
    layers += [Layer(f"domain/{plan.kit.id}/{plan.task_id}", overlay)] if overlay.is_dir() else []
    for layer in layers:
        if not layer.folder.is_dir():
            raise RenderError(Text("the layer does not exist", "没有这个模板层"), where=layer.name)
    return tuple(layers)


def own_modules(plan: Plan) -> tuple[str, ...]:
    """The modules of newft itself that a project needs as they are."""
    needed = {
        OF_SEVERAL_LABELS: bool(plan.task.separator),
        OF_WORKBOOKS: plan.data.has_workbook,
    }
    return (*OWN_MODULES, *(name for name, wanted in needed.items() if wanted))


def compose(
    layers: Sequence[Layer], package: str, into: Path, *, own: Sequence[str] = OWN_MODULES
) -> dict[str, str]:
    """The layer that each composed file came from; the files themselves are written to `into`."""
    chosen: dict[str, _File] = {}
    for layer in (None, *layers):
        files = _own_files(package, own) if layer is None else list(_files(layer, package))
        replaced = set() if layer is None else _declared(layer, package)
        _check(files, chosen, replaced)
        for path in replaced:
            del chosen[_rendered(path)]
        chosen |= {_rendered(file.path): file for file in files}
    for file in chosen.values():
        target = into / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        # fixed modes: the tree must not depend on the umask of a checkout or of pip
        target.chmod(0o755 if file.executable else 0o644)
    return {file.path: file.layer for file in chosen.values()}


def _rank(name: str) -> int:
    kind = PurePosixPath(name).parts[0]
    if kind not in PRECEDENCE:
        message = Text(
            f"the kind of a layer must be one of: {', '.join(PRECEDENCE)}",
            f"模板层的种类只能是：{'、'.join(PRECEDENCE)}",
        )
        raise RenderError(message, where=name)
    return PRECEDENCE.index(kind)


def _own_files(package: str, own: Sequence[str]) -> list[_File]:
    folder = Path(__file__).parents[1]
    return [
        _File("newft", f"src/{package}/{name}", (folder / name).read_bytes(), executable=False)
        for name in own
    ]


def _files(layer: Layer, package: str) -> Iterator[_File]:
    for path in sorted(layer.folder.rglob("*")):
        relative = path.relative_to(layer.folder)
        if any(fnmatch(part, leftover) for part in relative.parts for leftover in _LEFTOVERS):
            continue
        if path.is_symlink():
            message = Text("a layer must not contain links", "模板层中不能有链接")
            raise RenderError(message, where=f"{layer.name}: {relative}")
        if path.is_dir() or relative.as_posix() == REPLACES:
            continue
        content = path.read_bytes()
        if path.suffix == ".py":
            content = _PLACEHOLDER.sub(package, content.decode("utf-8")).encode("utf-8")
        name = _renamed(relative.as_posix(), package)
        yield _File(layer.name, name, content, executable=bool(path.stat().st_mode & 0o100))


def _declared(layer: Layer, package: str) -> set[str]:
    listing = layer.folder / REPLACES
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
    return {_renamed(line.strip(), package) for line in lines if line.strip()}


def _check(files: Sequence[_File], chosen: dict[str, _File], replaced: set[str]) -> None:
    """Refuse a file that hides a lower layer's, and a declaration that replaces nothing."""
    faults = [
        Text(
            f"{_rendered(file.path)} of {file.layer} hides {path} of {lower.layer}",
            f"{file.layer} 的 {_rendered(file.path)} 会遮住 {lower.layer} 的 {path}",
        )
        for file in files
        for path, lower in chosen.items()
        if path not in replaced and _meet(PurePosixPath(path), PurePosixPath(_rendered(file.path)))
    ]
    written = {_rendered(file.path) for file in files}
    faults += [
        Text(
            f"{REPLACES} names {path}, but no lower layer has it",
            f"{REPLACES} 写了 {path}，但下层没有这个文件",
        )
        for path in sorted(replaced - set(chosen))
    ]
    faults += [
        Text(
            f"{REPLACES} names {path}, but this layer does not have it",
            f"{REPLACES} 写了 {path}，但本层没有这个文件",
        )
        for path in sorted(replaced - written)
    ]
    if faults:
        hint = Text(
            f"rename the file, or name it in {REPLACES} of the upper layer",
            f"请给文件改名，或写进上层的 {REPLACES}",
        )
        raise RenderError(join_texts(faults, as_text("\n")), where="layers", hint=hint)


def _meet(one: PurePosixPath, other: PurePosixPath) -> bool:
    """Whether the two cannot both be: the same file, or one where the other needs a folder."""
    return one.is_relative_to(other) or other.is_relative_to(one)


def _renamed(path: str, package: str) -> str:
    return "/".join(_PLACEHOLDER.sub(package, part) for part in path.split("/"))


def _rendered(path: str) -> str:
    return path.removesuffix(SUFFIX)
