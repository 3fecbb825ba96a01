"""Check what only starter kits have: presets, locks, policy, questions, layers, replacements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from newft.answers.keys import AUTO_GPU, normalize_gpu
from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.license_names import find_meant_license
from newft.catalog.question_rules import find_condition_faults, find_question_faults
from newft.emitted.yaml_lines import KeyPath
from newft.errors import UsageError
from newft.schema.catalog import Catalog
from newft.schema.kit import AnswerText, Kit, Task
from newft.schema.protected_paths import is_protected_path, is_reserved_path
from newft.strict_yaml import Fault
from newft.text import Text, find_nearest_names

PROJECT_OVERLAY = "project"  # the folder of `overlay/` whose files every project of a kit gets
TEMPLATE_SUFFIX = ".jinja"
PACKAGE_PLACEHOLDER = "package_name"
COPIER_FILES = ("copier.yml", "copier.yaml")
# A group with a repetition inside that is repeated itself.
_REPEATED_REPETITION = re.compile(
    r"\((?:[^()\\]|\\.)*(?:[+*]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)(?:[+*]|\{\d+,)"
)
_OWN_FOLDERS = ("overlay", "sample", "tests")  # of a kit, which are no layers


def find_starter_kit_faults(
    kit: Kit, folder: Path, catalog: Catalog, *, extends_template: bool = False
) -> Iterator[Fault]:
    """Yield every fault of a starter kit that shows without the kits that it extends.

    Args:
        kit: The kit.
        folder: Its files.
        catalog: What ships with newft.
        extends_template: Whether a kit that it extends is a copier template, whose files it may
            name: which they are depends on answers.
    """
    yield from find_question_faults(kit)
    yield from _find_contradictions(kit)
    yield from _find_policy_faults(kit, catalog)
    yield from _find_idle_words(kit)
    yield from _find_change_faults(kit)
    yield from _find_task_faults(kit, folder, catalog)
    yield from _find_overlay_faults(kit, folder, extends_template=extends_template)
    yield from _find_layer_faults(kit, folder)


def find_name_faults(
    values: Mapping[str, AnswerText], places: Mapping[str, KeyPath], catalog: Catalog
) -> Iterator[Fault]:
    """Yield the presets or locks that name no family, method or accelerator of newft."""
    known: dict[str, Iterable[str]] = {"family": catalog.families, "method": catalog.methods}
    for key, names in known.items():
        if key in values and values[key] not in [*names]:
            yield Fault(places[key], _explain_unknown_name(str(values[key]), names))
    try:
        if normalize_gpu(gpu := str(values.get("gpu", AUTO_GPU))) != AUTO_GPU:
            parse_gpu(gpu, catalog.accelerators, machine=None)
    except UsageError as error:
        (en, zh), _ = error.texts
        yield Fault(places["gpu"], Text(f"cannot be used: {en}", f"不可用：{zh}"))


def _explain_unknown_name(name: str, known: Iterable[str]) -> Text:
    names = [*known]
    near = find_nearest_names(name, names)
    hint = (
        Text(f"; did you mean `{near[0]}`?", f"，是否想写 `{near[0]}`？")
        if near
        else Text(f"; known: {', '.join(names)}", f"，可选：{'、'.join(names)}")
    )
    return Text(f"names `{name}`, which is not known{hint.en}", f"的 `{name}` 无法识别{hint.zh}")


def _find_contradictions(kit: Kit) -> Iterator[Fault]:
    for key, value in kit.presets.items():
        if key in kit.locked and kit.locked[key].value != value:
            message = Text(
                f"presets `{value}`, but the kit locks `{kit.locked[key].value}`",
                f"预设为 `{value}`，而本套件将它锁定为 `{kit.locked[key].value}`",
            )
            yield Fault(("presets", *key.split(".")), message)


def _find_policy_faults(kit: Kit, catalog: Catalog) -> Iterator[Fault]:
    if kit.policy is None:
        return
    known: dict[str, Iterable[str]] = {
        "families": catalog.families,
        "methods": catalog.methods,
        "hubs": ("huggingface", "modelscope"),
    }
    for key, names in known.items():
        for position, name in enumerate(getattr(kit.policy, key)):
            if name not in [*names]:
                yield Fault(("policy", key, position), _explain_unknown_name(name, names))
    yield from _find_license_faults(kit.policy.licenses)
    for position, path in enumerate(kit.policy.required_files):
        if not _is_project_path(path):
            message = Text("is not a path inside a project", "不是项目内的路径")
            yield Fault(("policy", "required_files", position), message)


def _find_license_faults(licenses: Iterable[str]) -> Iterator[Fault]:
    for position, name in enumerate(licenses):
        if near := find_meant_license(name):
            message = Text(
                f"names `{name}`, which is no known licence; did you mean `{near}`?",
                f"的 `{name}` 不是已知的许可证，是否想写 `{near}`？",
            )
            yield Fault(("policy", "licenses", position), message)


def _find_idle_words(kit: Kit) -> Iterator[Fault]:
    if kit.words and kit.extends is None and not kit.tasks:
        message = Text(
            "needs `extends` or `tasks`: there is no domain that the words would tell",
            "需要 `extends` 或 `tasks`，否则没有可用这些词判断的领域",
        )
        yield Fault(("words",), message)


def _find_change_faults(kit: Kit) -> Iterator[Fault]:
    if kit.task_changes and kit.extends is None:
        message = Text(
            "needs `extends`: there is no task to change", "需要 `extends`，否则没有可改的任务"
        )
        yield Fault(("task_changes",), message)
    for name in kit.task_changes:
        if name in kit.tasks:
            message = Text(
                "is a task of the kit itself: change it there", "是本套件自己的任务，请直接在那里改"
            )
            yield Fault(("task_changes", name), message)


def _find_task_faults(kit: Kit, folder: Path, catalog: Catalog) -> Iterator[Fault]:
    if kit.tasks and not kit.description:
        yield Fault((), Text("lacks `description`", "缺少 `description`"))
    for name, task in kit.tasks.items():
        at = ("tasks", name)
        if name == PROJECT_OVERLAY:
            message = Text(
                "cannot be called `project`: `overlay/project/` holds the files of every task",
                "不能叫 `project`，因为 `overlay/project/` 存放所有任务共用的文件",
            )
            yield Fault(at, message)
        if task.sample_folder is not None:
            message = Text("is set by newft: remove it", "由 newft 设置，请删去")
            yield Fault((*at, "sample_folder"), message)
        labels = [one for one in task.fields.values() if one.role == "label"]
        if len(labels) != 1:
            message = Text(
                "needs one field with the role label", "需要且只能有一个角色为 label 的字段"
            )
            yield Fault((*at, "fields"), message)
        yield from _find_slow_patterns((*at, "leak_patterns"), task.leak_patterns)
        yield from _find_code_faults(at, task, folder / "overlay" / name, catalog)


def _find_slow_patterns(at: KeyPath, patterns: Iterable[str]) -> Iterator[Fault]:
    """Find patterns such as `(a+)+`, which can take forever on the rows of whoever uses a kit."""
    for position, pattern in enumerate(patterns):
        if _REPEATED_REPETITION.search(pattern):
            message = Text(
                "repeats a repetition, which can take forever",
                "对已重复的内容再次重复，匹配可能无法结束",
            )
            yield Fault((*at, position), message)


def _find_code_faults(at: KeyPath, task: Task, overlay: Path, catalog: Catalog) -> Iterator[Fault]:
    """Find a task that has no code, neither of its own nor that of a task of newft."""
    names = [f"{domain.id}/{one}" for domain in catalog.kits.values() for one in domain.tasks]
    if task.overlay_of in names:
        domain, _, name = task.overlay_of.partition("/")
        yield from _find_field_faults(at, task, catalog.kits[domain].tasks[name])
    elif task.overlay_of is not None:
        yield Fault((*at, "overlay_of"), _explain_unknown_name(task.overlay_of, names))
    if task.overlay_of is None and not overlay.is_dir():
        message = Text(
            f"needs `overlay/{overlay.name}/` with its code, or `overlay_of: DOMAIN/TASK` to use "
            "that of a task of newft",
            f"需要存放代码的 `overlay/{overlay.name}/`，"
            "或用 `overlay_of: 领域/任务` 沿用 newft 的任务代码",
        )
        yield Fault(at, message)


def _find_field_faults(at: KeyPath, task: Task, other: Task) -> Iterator[Fault]:
    """Find the fields that the code of the other task reads and this task lacks."""
    for name, field in other.fields.items():
        own = task.fields.get(name)
        if field.required and (own is None or own.role != field.role):
            message = Text(
                f"lacks `{name}` with the role {field.role}, which `{task.overlay_of}` reads",
                f"缺少角色为 {field.role} 的 `{name}`，`{task.overlay_of}` 的代码要读取它",
            )
            yield Fault((*at, "fields"), message)


def _find_overlay_faults(kit: Kit, folder: Path, *, extends_template: bool) -> Iterator[Fault]:
    overlay = folder / "overlay"
    names = sorted(path.name for path in overlay.iterdir()) if overlay.is_dir() else []
    known = (PROJECT_OVERLAY, *kit.tasks)
    for name in names:
        if kit.extends is None and kit.tasks and name not in known:
            message = Text(
                f"has `overlay/{name}/`, but no task of this name",
                f"有 `overlay/{name}/`，却没有同名任务",
            )
            yield Fault(("tasks",), message)
    owned = {file for name in names for file in list_files(overlay / name)}
    yield from _find_file_faults(owned, "overlay")
    # the files of a template depend on answers
    copier = extends_template or any((folder / name).is_file() for name in COPIER_FILES)
    if not copier:
        yield from _find_replacement_faults(("replaces",), kit.replaces, owned)
    for position, path in enumerate(kit.keeps):
        if not copier:
            message = Text(
                "is for kits that have or extend a copier template: leave the file out of the"
                " overlay instead",
                "只用于自带或扩展 copier 模板的套件：请从 overlay 中删去该文件",
            )
            yield Fault(("keeps", position), message)
        elif path in kit.replaces:
            message = Text("is named by `replaces` too", "同时写在 `replaces` 中")
            yield Fault(("keeps", position), message)


def _find_layer_faults(kit: Kit, folder: Path) -> Iterator[Fault]:
    for position, layer in enumerate(kit.layers):
        at: KeyPath = ("layers", position)
        parts = PurePosixPath(layer.folder).parts
        inside = _is_project_path(layer.folder) and parts[0] not in _OWN_FOLDERS
        if not inside or not (folder / layer.folder).is_dir():
            message = Text(
                f"names `{layer.folder}`, which is not a folder of the kit beside "
                f"{', '.join(_OWN_FOLDERS)}",
                f"指定的 `{layer.folder}` 不是套件中的文件夹（{'、'.join(_OWN_FOLDERS)} 除外）",
            )
            yield Fault((*at, "folder"), message)
            continue
        owned = {*list_files(folder / layer.folder)}
        yield from _find_file_faults(owned, layer.folder)
        yield from _find_replacement_faults((*at, "replaces"), layer.replaces, owned)
        yield from find_condition_faults((*at, "when"), layer.when, kit, {*kit.questions})


def list_own_files(kit: Kit) -> list[str]:
    """Return the paths that the files of a kit have in projects, whatever their answers."""
    folder = Path(kit.folder)
    overlay = folder / "overlay"
    parts = [path for path in overlay.iterdir() if path.is_dir()] if overlay.is_dir() else []
    parts += [folder / layer.folder for layer in kit.layers]
    return sorted({file for part in parts for file in list_files(part)})


def list_files(folder: Path) -> Iterator[str]:
    """Yield the paths that the files of a folder have in a project."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            yield path.relative_to(folder).as_posix().removesuffix(TEMPLATE_SUFFIX)


def _find_file_faults(owned: Iterable[str], where: str) -> Iterator[Fault]:
    for file in sorted(owned):
        if not _is_project_path(file) or is_protected_path(file, PACKAGE_PLACEHOLDER):
            message = Text(
                f"would write `{file}` ({where}), which no kit may write",
                f"会写入 `{file}`（{where}），套件不能写这个位置",
            )
            yield Fault((), message)


def _find_replacement_faults(
    at: KeyPath, replaced: Iterable[str], owned: Iterable[str]
) -> Iterator[Fault]:
    files = {*owned}
    for position, path in enumerate(replaced):
        if path.removesuffix(TEMPLATE_SUFFIX) not in files:
            message = Text(
                f"names `{path}`, which the kit does not have", f"的 `{path}` 不在套件中"
            )
            yield Fault((*at, position), message)


def _is_project_path(path: str) -> bool:
    """Return whether a path lies inside a project, apart from its records and from newft's own."""
    parts = PurePosixPath(path).parts
    inside = bool(parts) and path[0] != "/" and ".." not in parts
    return inside and not is_reserved_path("/".join(parts))
