"""Stack the template layers of a project, lowest first, and compose their files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path, PurePosixPath

from newft import emitted, paths
from newft.errors import RenderError
from newft.schema.plan import Plan
from newft.text import Text, join_texts, to_bilingual_text

LAYER_ORDER = (
    "method",
    "device",
    "source",
    "exports",
    "ci",
    "policy",
    "language",
)  # above the base, below the domain
EMITTED_MODULES = (  # of newft.emitted, by their paths in the package of a project
    "data/dedup.py",
    "data/file_access.py",
    "data/label_leaks.py",
    "data/label_rules.py",
    "data/near_duplicates.py",
    "data/normalize.py",
    "data/readers.py",
    "data/record_rules.py",
    "data/reject_reasons.py",
    "data/splits.py",
    "data/text_encoding.py",
    "runtime/yaml_lines.py",
)
MULTILABEL_MODULE = "data/multilabel.py"
QUANTITIES_MODULE = "data/quantities.py"
TABLE_MODULE = "data/table_fields.py"
WORKBOOK_MODULE = "data/workbook.py"
POLICY_MODULE = "runtime/policy_rules.py"
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


@dataclass(frozen=True)
class _File:
    layer: str
    path: str  # in the project, with the suffix `.jinja`
    content: bytes
    executable: bool


def stack_layers(plan: Plan) -> tuple[Layer, ...]:
    """Return the layers of a plan, lowest first: base, those of the plan, domain."""
    root = paths.get_templates_folder()
    named = sorted(plan.layers, key=_get_precedence)
    overlay = Path(plan.kit.folder) / "overlay" / plan.task_id
    layers = [Layer("base", root / "project")]
    layers += [Layer(name, root / "layers" / name) for name in named]
    layers += [Layer(f"domain/{plan.kit.id}/{plan.task_id}", overlay)] if overlay.is_dir() else []
    for layer in layers:
        if not layer.folder.is_dir():
            raise RenderError(Text("the layer does not exist", "没有这个模板层"), where=layer.name)
    return tuple(layers)


def list_emitted_modules(plan: Plan) -> tuple[str, ...]:
    """Return the modules of newft.emitted that are copied into the project of a plan."""
    needed = {
        MULTILABEL_MODULE: plan.task.label_rules.separator is not None,
        QUANTITIES_MODULE: plan.task.tabular,
        TABLE_MODULE: plan.task.tabular,
        WORKBOOK_MODULE: plan.data.has_workbook,
        POLICY_MODULE: plan.policy is not None,
    }
    return (*EMITTED_MODULES, *(name for name, wanted in needed.items() if wanted))


def compose_layers(
    layers: Sequence[Layer], package: str, into: Path, *, own: Sequence[str] = EMITTED_MODULES
) -> dict[str, str]:
    """Write the composed files to `into`; return the layer of each."""
    chosen: dict[str, _File] = {}
    for layer in (None, *layers):
        files = (
            _list_emitted_files(package, own)
            if layer is None
            else list(_iterate_files(layer, package))
        )
        replaced = set() if layer is None else _read_replacements(layer, package)
        _check_replacements(files, chosen, replaced)
        for path in replaced:
            del chosen[_strip_suffix(path)]
        chosen |= {_strip_suffix(file.path): file for file in files}
    for file in chosen.values():
        target = into / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        # fixed modes: a tree must not depend on the umask of the checkout or of pip
        target.chmod(0o755 if file.executable else 0o644)
    return {file.path: file.layer for file in chosen.values()}


def digest_layers(layers: Sequence[Layer], own: Sequence[str]) -> str:
    """Return a digest of all files that a tree is made of, before anything is replaced in them."""
    digest = sha256()
    for files in (
        _list_emitted_files(PACKAGE_PLACEHOLDER, own),
        *(_iterate_files(layer, PACKAGE_PLACEHOLDER) for layer in layers),
    ):
        for file in files:
            digest.update(f"{file.layer}\0{file.path}\0{file.executable:d}\0".encode())
            digest.update(sha256(file.content).digest())
    return digest.hexdigest()


def _get_precedence(name: str) -> int:
    kind = PurePosixPath(name).parts[0]
    if kind not in LAYER_ORDER:
        message = Text(
            f"the kind of a layer must be one of: {', '.join(LAYER_ORDER)}",
            f"模板层的种类只能是：{'、'.join(LAYER_ORDER)}",
        )
        raise RenderError(message, where=name)
    return LAYER_ORDER.index(kind)


def _list_emitted_files(package: str, own: Sequence[str]) -> list[_File]:
    folder = Path(emitted.__file__).parent
    return [
        _File(
            "newft",
            f"src/{package}/{name}",
            (folder / PurePosixPath(name).name).read_bytes(),
            executable=False,
        )
        for name in own
    ]


def _iterate_files(layer: Layer, package: str) -> Iterator[_File]:
    for path in sorted(layer.folder.rglob("*")):
        relative = path.relative_to(layer.folder)
        if any(fnmatch(part, leftover) for part in relative.parts for leftover in _IGNORED_NAMES):
            continue
        if path.is_symlink():
            message = Text("a layer must not contain links", "模板层中不能有链接")
            raise RenderError(message, where=f"{layer.name}: {relative}")
        if path.is_dir() or relative.as_posix() == REPLACES_FILE:
            continue
        content = path.read_bytes()
        if path.suffix == ".py":
            content = _PACKAGE_PATTERN.sub(package, content.decode("utf-8")).encode("utf-8")
        name = _replace_package(relative.as_posix(), package)
        yield _File(layer.name, name, content, executable=bool(path.stat().st_mode & 0o100))


def _read_replacements(layer: Layer, package: str) -> set[str]:
    listing = layer.folder / REPLACES_FILE
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
    return {_replace_package(line.strip(), package) for line in lines if line.strip()}


def _check_replacements(
    files: Sequence[_File], chosen: dict[str, _File], replaced: set[str]
) -> None:
    """Refuse files that hide a lower layer's undeclared, and declarations that replace nothing."""
    faults = [
        Text(
            f"{_strip_suffix(file.path)} of {file.layer} hides {path} of {lower.layer}",
            f"{file.layer} 的 {_strip_suffix(file.path)} 会遮住 {lower.layer} 的 {path}",
        )
        for file in files
        for path, lower in chosen.items()
        if path not in replaced
        and _conflicts(PurePosixPath(path), PurePosixPath(_strip_suffix(file.path)))
    ]
    written = {_strip_suffix(file.path) for file in files}
    faults += [
        Text(
            f"{REPLACES_FILE} names {path}, but no lower layer has it",
            f"{REPLACES_FILE} 写了 {path}，但下层没有这个文件",
        )
        for path in sorted(replaced - set(chosen))
    ]
    faults += [
        Text(
            f"{REPLACES_FILE} names {path}, but this layer does not have it",
            f"{REPLACES_FILE} 写了 {path}，但本层没有这个文件",
        )
        for path in sorted(replaced - written)
    ]
    if faults:
        hint = Text(
            f"rename the file, or name it in {REPLACES_FILE} of the upper layer",
            f"请给文件改名，或写进上层的 {REPLACES_FILE}",
        )
        raise RenderError(join_texts(faults, to_bilingual_text("\n")), where="layers", hint=hint)


def _conflicts(one: PurePosixPath, other: PurePosixPath) -> bool:
    """Return whether two paths exclude each other: equal, or one is a parent of the other."""
    return one.is_relative_to(other) or other.is_relative_to(one)


def _replace_package(path: str, package: str) -> str:
    return "/".join(_PACKAGE_PATTERN.sub(package, part) for part in path.split("/"))


def _strip_suffix(path: str) -> str:
    return path.removesuffix(TEMPLATE_SUFFIX)
