"""Stack the template layers of a project, lowest first, and compose their files."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Literal

from newft import emitted, paths
from newft.errors import RenderError
from newft.schema.plan import Plan
from newft.schema.starter_kit import Overlay
from newft.schema.tree import RESERVED_FOLDERS
from newft.system.safe_paths import find_path_faults
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
    "data/cells.py",
    "data/dedup.py",
    "data/delimited.py",
    "data/file_access.py",
    "data/file_format.py",
    "data/given_splits.py",
    "data/header_row.py",
    "data/json_rows.py",
    "data/label_leaks.py",
    "data/label_rules.py",
    "data/near_duplicates.py",
    "data/normalize.py",
    "data/plain_text.py",
    "data/readers.py",
    "data/record_rules.py",
    "data/reject_reasons.py",
    "data/shared_segments.py",
    "data/splits.py",
    "data/table_rows.py",
    "data/text_encoding.py",
    "runtime/yaml_lines.py",
)
MULTILABEL_MODULE = "data/multilabel.py"
QUANTITIES_MODULE = "data/quantities.py"
TABLE_MODULE = "data/table_fields.py"
JSON_MODULES = ("data/json_text.py", "data/record_shapes.py", "data/records.py")
WORKBOOK_MODULE = "data/workbook.py"
SHEETS_MODULE = "data/sheet_choice.py"
CLASS_FOLDERS_MODULE = "data/class_folders.py"
LEGACY_MODULE, PARQUET_MODULE = "data/legacy_workbook.py", "data/parquet_rows.py"
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


def stack_layers(plan: Plan) -> tuple[Layer, ...]:
    """Return the layers of a plan, lowest first: base, those of the plan, domain, kits."""
    root = paths.get_templates_folder()
    named = sorted(plan.layers, key=_get_precedence)
    layers = [Layer("base", root / "project")]
    layers += [Layer(name, root / "layers" / name) for name in named]
    for layer in layers:
        if not layer.folder.is_dir():
            raise RenderError(Text("the layer does not exist", "没有这个模板层"), where=layer.name)
    overlays = [*_list_task_layers(plan), *map(_make_kit_layer, plan.overlays)]
    return (*layers, *(layer for layer in overlays if layer.folder.is_dir()))


def _list_task_layers(plan: Plan) -> Iterator[Layer]:
    """Yield the code of the task: that of the task whose code it uses, and its own."""
    if plan.task.overlay_of is not None:
        domain, task = plan.task.overlay_of.split("/")
        folder = paths.get_domains_folder() / domain / "overlay" / task
        yield Layer(f"domain/{plan.task.overlay_of}", folder)
    domain_folder = Path(plan.kit.folder)
    overlay = domain_folder / "overlay" / plan.task_id
    if domain_folder.is_relative_to(paths.get_domains_folder()):
        yield Layer(f"domain/{plan.kit.id}/{plan.task_id}", overlay)
    else:
        name = f"kit {plan.kit.id}: overlay/{plan.task_id}"
        yield Layer(name, overlay, replaces=plan.kit.replaces)


def _make_kit_layer(overlay: Overlay) -> Layer:
    return Layer(
        overlay.name,
        Path(overlay.folder),
        replaces=overlay.replaces,
        verbatim=overlay.verbatim,
        keeps=overlay.keeps,
        prefer=overlay.prefer,
    )


def list_emitted_modules(plan: Plan) -> tuple[str, ...]:
    """Return the modules of newft.emitted that are copied into the project of a plan."""
    needed = {
        MULTILABEL_MODULE: plan.task.label_rules.separator is not None,
        QUANTITIES_MODULE: plan.task.tabular,
        TABLE_MODULE: plan.task.tabular,
        WORKBOOK_MODULE: plan.data.has_workbook,
        SHEETS_MODULE: plan.data.has_workbook or plan.data.has_legacy_workbook,
        LEGACY_MODULE: plan.data.has_legacy_workbook,
        PARQUET_MODULE: plan.data.has_parquet,
        CLASS_FOLDERS_MODULE: plan.data.has_class_folders,
        POLICY_MODULE: plan.policy is not None,
        **dict.fromkeys(JSON_MODULES, plan.data.has_json),
    }
    return (*EMITTED_MODULES, *(name for name, wanted in needed.items() if wanted))


def compose_layers(
    layers: Sequence[Layer], package: str, into: Path, *, own: Sequence[str] = EMITTED_MODULES
) -> dict[str, str]:
    """Write the composed files to `into`; return the layer of each."""
    chosen = choose_files(layers, package, own=own)
    for file in chosen:
        file.write(into, file.path)
    return {file.path: file.layer for file in chosen}


def choose_files(
    layers: Sequence[Layer], package: str, *, own: Sequence[str] = EMITTED_MODULES
) -> tuple[LayerFile, ...]:
    """Return the files of a project, each from the highest layer that has it."""
    chosen = {file.target: file for file in _list_emitted_files(package, own)}
    for layer in layers:
        files = {
            file.target: file
            for file in _iterate_files(layer, package)
            if not _gives_way(layer, file.target, chosen)
        }
        replaced = _list_replacements(layer, package, files, chosen)
        _check_replacements(layer, files, chosen, replaced)
        for path in replaced:
            del chosen[path]
        chosen |= files
    _refuse_unsafe_paths(chosen)
    return tuple(chosen.values())


def list_owners(
    layers: Sequence[Layer], package: str, own: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the names of the layers that have each file of a project, the lowest first."""
    owners: dict[str, list[str]] = {}
    for files in (
        _list_emitted_files(package, own),
        *(_iterate_files(layer, package) for layer in layers),
    ):
        for file in files:
            owners.setdefault(file.target, []).append(file.layer)
    return {path: tuple(names) for path, names in owners.items()}


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


def _list_emitted_files(package: str, own: Sequence[str]) -> list[LayerFile]:
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


def _iterate_files(layer: Layer, package: str) -> Iterator[LayerFile]:
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
            name = _replace_package(name, package)
            if path.suffix == ".py":
                content = _name_package(content, package, where=f"{layer.name}: {relative}")
        executable = bool(path.stat().st_mode & 0o100)
        file = LayerFile(layer.name, name, content, executable, layer.verbatim)
        _check_target(file)
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
    path = file.target.casefold()
    if any(path == folder or path.startswith(f"{folder}/") for folder in RESERVED_FOLDERS):
        message = Text("no template writes here", "模板不能写入这里")
        raise RenderError(message, where=f"{file.layer}: {file.target}")


def _gives_way(layer: Layer, path: str, chosen: Container[str]) -> bool:
    """Return whether a file of a layer is left out because a lower layer has it."""
    declared = layer.replaces or ()
    preferred = layer.prefer == "newft" and path not in declared
    return path in chosen and (path in layer.keeps or preferred)


def _refuse_unsafe_paths(files: Mapping[str, LayerFile]) -> None:
    """Refuse paths that some disk takes for another, such as `makefile` beside `Makefile`."""
    faults = find_path_faults(files)
    if faults:
        path = faults[0].path
        lines = [Text(f"{path} {en}", f"{path} {zh}") for path, (en, zh) in faults]
        hint = Text("rename the file", "请给文件改名")
        message = join_texts(lines, to_bilingual_text("\n"))
        raise RenderError(message, where=f"{files[path].layer}: {path}", hint=hint)


def _list_replacements(
    layer: Layer,
    package: str,
    files: Mapping[str, LayerFile],
    chosen: Mapping[str, LayerFile],
) -> Sequence[str]:
    """Return the files of lower layers that a layer replaces.

    Those of a kit are declared for all of its folders; each folder replaces what it has. Which
    files a copier template has, and which it meets, depends on the answers.
    """
    if layer.verbatim:
        wins = {*files} if layer.prefer == "kit" else {*(layer.replaces or ())}
        return [path for path in files if path in chosen and path in wins]
    if layer.replaces is None:
        listing = layer.folder / REPLACES_FILE
        lines = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
        names = [line.strip() for line in lines if line.strip()]
    else:
        names = list(layer.replaces)
    names = [_replace_package(name.removesuffix(TEMPLATE_SUFFIX), package) for name in names]
    return [name for name in dict.fromkeys(names) if layer.replaces is None or name in files]


def _check_replacements(
    layer: Layer,
    files: Mapping[str, LayerFile],
    chosen: Mapping[str, LayerFile],
    replaced: Sequence[str],
) -> None:
    """Refuse files that hide a lower layer's undeclared, and declarations that replace nothing."""
    listing = REPLACES_FILE if layer.replaces is None else "replaces"
    faults = [
        Text(
            f"{path} of {layer.name} hides {hidden} of {chosen[hidden].layer}",
            f"{layer.name} 的 {path} 会遮住 {chosen[hidden].layer} 的 {hidden}",
        )
        for path, hidden in _find_hidden(files, {*chosen}.difference(replaced))
    ]
    faults += [
        Text(
            f"{listing} names {path}, but no lower layer has it",
            f"{listing} 写了 {path}，但下层没有这个文件",
        )
        for path in sorted({*replaced}.difference(chosen))
    ]
    faults += [
        Text(
            f"{listing} names {path}, but this layer does not have it",
            f"{listing} 写了 {path}，但本层没有这个文件",
        )
        for path in sorted({*replaced}.difference(files))
    ]
    if faults:
        met = sorted({*files} & {*chosen})
        hint = (
            _explain_choice(met)
            if layer.verbatim
            else Text(
                f"rename the file, or name it in {listing} of the upper layer",
                f"请给文件改名，或写进上层的 {listing}",
            )
        )
        where = "layers" if layer.replaces is None else layer.name
        raise RenderError(join_texts(faults, to_bilingual_text("\n")), where=where, hint=hint)


def _explain_choice(paths: Sequence[str]) -> Text:
    """Return how to say whose files win where a copier template and newft both have them."""
    listed = f"[{', '.join(paths)}]"
    return Text(
        "say whose files win: for this project with --prefer kit or --prefer newft, or for all"
        " projects in a kit.yaml beside copier.yml, file by file:\n"
        f"  title: ...\n  replaces: {listed}  # the template's win\n  keeps: []  # newft's win",
        "请指明以谁的文件为准：只对本项目可用 --prefer kit 或 --prefer newft；"
        "对所有项目则在 copier.yml 旁的 kit.yaml 中逐个写明：\n"
        f"  title: ...\n  replaces: {listed}  # 用模板的\n  keeps: []  # 用 newft 的",
    )


def _find_hidden(files: Iterable[str], lower: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the files that exclude a lower one, with it: equal, or one is a parent of the other."""
    inside: dict[str, str] = {}  # a lower file in each folder
    for path in sorted(lower, reverse=True):
        inside |= dict.fromkeys([path, *_list_parents(path)], path)
    present = {*inside.values()} | {*lower}
    for path in files:
        hidden = [one for one in (path, *_list_parents(path)) if one in present]
        if hidden or path in inside:
            yield path, hidden[0] if hidden else inside[path]


def _list_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]


def _replace_package(path: str, package: str) -> str:
    return "/".join(_PACKAGE_PATTERN.sub(package, part) for part in path.split("/"))
