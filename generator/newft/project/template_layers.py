"""Stack the template layers of a project, lowest first, and compose their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath

from newft import paths
from newft.errors import RenderError
from newft.project.layer_collisions import (
    check_replacements,
    is_overruled,
    list_replacements,
    refuse_unsafe_paths,
)
from newft.project.layer_files import (
    PACKAGE_PLACEHOLDER,
    Layer,
    LayerFile,
    iterate_files,
    list_emitted_files,
)
from newft.schema.plan import Plan
from newft.schema.starter_kit import Overlay
from newft.text import Text

LAYER_ORDER = (
    "training",
    "method",
    "device",
    "batches",
    "source",
    "model",
    "exports",
    "ci",
    "charts",
    "policy",
    "language",
)  # above the base, below the domain
EMITTED_MODULES = (  # of newft.emitted, by their paths in the package of a project
    "data/cells.py",
    "data/dedup.py",
    "data/delimited.py",
    "data/file_access.py",
    "data/file_format.py",
    "data/foreign_files.py",
    "data/given_splits.py",
    "data/header_row.py",
    "data/json_rows.py",
    "data/json_text.py",
    "data/label_leaks.py",
    "data/label_rules.py",
    "data/markup_text.py",
    "data/near_duplicates.py",
    "data/normalize.py",
    "data/optional_readers.py",
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
MARKDOWN_MODULE = "runtime/markdown_text.py"
TRAINING_LAYER = "training/project"
MULTILABEL_MODULE = "data/multilabel.py"
OUTCOME_MODULE = "data/outcome_rules.py"
QUANTITIES_MODULE = "data/quantities.py"
TABLE_MODULE = "data/table_fields.py"
_RECORD_MODULES = (
    "data/annotations.py",
    "data/class_names.py",
    "data/record_shapes.py",
    "data/records.py",
)
KIND_MODULES: Mapping[str, tuple[str, ...]] = {  # that only files of a kind need
    "json": _RECORD_MODULES,
    "jsonl": _RECORD_MODULES,
    "yaml": (*_RECORD_MODULES, "data/yaml_records.py"),
    "parquet": (*_RECORD_MODULES, "data/missing_library.py", "data/parquet_rows.py"),
    "xlsx": ("data/sheet_choice.py", "data/workbook.py"),
    "xls": (
        "data/sheet_choice.py",
        "data/missing_library.py",
        "data/legacy_workbook.py",
    ),
    "html": ("data/markup_table.py",),
    "folder": ("data/class_folders.py",),
}
POLICY_MODULE = "runtime/policy_rules.py"


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
        MARKDOWN_MODULE: TRAINING_LAYER in plan.layers,  # of `make plan`
        MULTILABEL_MODULE: plan.task.label_rules.separator is not None,
        OUTCOME_MODULE: plan.task.positive is not None,
        QUANTITIES_MODULE: plan.task.tabular,
        TABLE_MODULE: plan.task.tabular,
        POLICY_MODULE: plan.policy is not None,
    }
    of_task = (name for name, wanted in needed.items() if wanted)
    of_files = (name for kind in sorted(plan.data.kinds) for name in KIND_MODULES.get(kind, ()))
    return tuple(dict.fromkeys((*EMITTED_MODULES, *of_task, *of_files)))


def choose_files(
    layers: Sequence[Layer], package: str, *, own: Sequence[str] = EMITTED_MODULES
) -> tuple[LayerFile, ...]:
    """Return the files of a project, each from the highest layer that has it."""
    chosen = {file.target: file for file in list_emitted_files(package, own)}
    for layer in layers:
        files = {
            file.target: file
            for file in iterate_files(layer, package)
            if not is_overruled(layer, file.target, chosen)
        }
        replaced = list_replacements(layer, package, files, chosen)
        check_replacements(layer, files, chosen, replaced)
        for path in replaced:
            del chosen[path]
        chosen |= files
    refuse_unsafe_paths(chosen)
    return tuple(chosen.values())


def list_owners(
    layers: Sequence[Layer], package: str, own: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return the names of the layers that have each file of a project, the lowest first."""
    owners: dict[str, list[str]] = {}
    for files in (
        list_emitted_files(package, own),
        *(iterate_files(layer, package) for layer in layers),
    ):
        for file in files:
            owners.setdefault(file.target, []).append(file.layer)
    return {path: tuple(names) for path, names in owners.items()}


def digest_layers(layers: Sequence[Layer], own: Sequence[str]) -> str:
    """Return a digest of all files that a tree is made of, before anything is replaced in them."""
    digest = sha256()
    for files in (
        list_emitted_files(PACKAGE_PLACEHOLDER, own),
        *(iterate_files(layer, PACKAGE_PLACEHOLDER) for layer in layers),
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
