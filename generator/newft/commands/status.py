"""`newft status`: one line a project, and an exit code that says whether to do something."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path

from newft import __version__
from newft.answers.command_line import find_program_words
from newft.answers.keys import RawAnswers, is_answer_key, is_repeatable
from newft.answers.parse import build_answers
from newft.answers.yaml_file import parse_answers_yaml
from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.loader import load_catalog
from newft.console.console import ConsoleOutput, print_attributes, print_json, print_rows
from newft.console.status_rows import build_status_attributes, build_status_row, status_to_json
from newft.decide.plan import make_plan
from newft.emitted.policy_rules import POLICY_FILE, RUN_FILE, find_policy_faults
from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.errors import NewftError, ProjectError, UsageError
from newft.i18n import Messages, translate_template
from newft.kits.stored_catalogs import StoredCatalogs
from newft.os_errors import explain_os_error
from newft.project.facts_file import read_facts
from newft.project.file_state import read_file
from newft.project.layer_files import Layer
from newft.project.local_edits import find_local_edits
from newft.project.snapshot import ANSWERS_FILE, METADATA_DIR, Snapshot, read_snapshot
from newft.project.template_layers import digest_layers, list_emitted_modules, stack_layers
from newft.project.unresolved import find_unresolved
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.schema.project_status import Need, ProjectStatus
from newft.schema.update import RenderedBy
from newft.text import Text

# Answers that every project has; a snapshot without them is of an earlier newft, or damaged.
_REQUIRED_KEYS = frozenset(
    field.name for field in fields(Answers) if MISSING is field.default is field.default_factory
)
# what an update does away with; the others are in its way
_UPDATED_NEEDS: frozenset[Need] = frozenset({"update", "kit", "answers"})
EXIT_UNREADABLE = 1
EXIT_NEEDED = 3  # something is to be done about a project


def show_status(paths: Sequence[str], *, fetch: bool, as_json: bool, messages: Messages) -> int:
    """Print the state of every project; return the exit code.

    Args:
        paths: Projects, and folders with projects.
        fetch: Whether to ask the repositories of kits for what is new; else no network is used.
        as_json: Whether a program reads it.
        messages: The texts of one language.
    """
    folders = [folder for path in paths or ["."] for folder in _find_projects(path)]
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        catalogs = StoredCatalogs(load_catalog(), Path(scratch).resolve())
        found = [_examine(folder, catalogs, fetch=fetch) for folder in folders]
    if as_json:
        projects = [status_to_json(status, messages) for status in found]
        print_json({"newft": __version__, "projects": projects})
    elif len(found) == 1:
        print_attributes(build_status_attributes(found[0], messages))
    else:
        print_rows([build_status_row(status, messages) for status in found], paged=False)
        waiting = sum(bool(status.needs) for status in found)
        ConsoleOutput(messages).print_message("status.summary", count=waiting, total=len(found))
    updatable = [one.folder for one in found if one.needs and _UPDATED_NEEDS.issuperset(one.needs)]
    if updatable and not as_json:
        command = shlex.join([*find_program_words(), "update", updatable[0], "--dry-run"])
        ConsoleOutput(messages).print_commands("status.what", [command])
    if any(status.fault for status in found):
        return EXIT_UNREADABLE
    return EXIT_NEEDED if any(status.needs for status in found) else 0


def _find_projects(path: str) -> list[str]:
    """Return the folder itself if it is a project, else the projects directly in it."""
    if _is_project(Path(path)):
        return [path]
    try:
        with os.scandir(path) as entries:
            inside = [Path(entry.path) for entry in entries if not entry.is_symlink()]
    except OSError:
        return [path]
    return sorted(str(folder) for folder in inside if _is_project(folder)) or [path]


def _is_project(folder: Path) -> bool:
    return os.path.lexists(folder / METADATA_DIR)


def _examine(folder: str, catalogs: StoredCatalogs, *, fetch: bool) -> ProjectStatus:
    try:
        return _compare(folder, catalogs, fetch=fetch)
    except NewftError as error:
        return ProjectStatus(folder, fault=error)
    except OSError as error:
        return ProjectStatus(folder, fault=explain_os_error(error))


def _compare(path: str, catalogs: StoredCatalogs, *, fetch: bool) -> ProjectStatus:
    """Return the state of a project; raise the reason why it cannot be found out."""
    folder = Path(path)
    _refuse_other_folders(folder)
    snapshot = read_snapshot(folder)
    given = _parse_recorded(snapshot.answers)
    edits = find_local_edits(folder, snapshot.tree)
    kit = snapshot.rendered_by.kit
    catalog = catalogs.get(folder, kit)
    kit_behind, notes = catalogs.is_behind(folder, kit), tuple[Text, ...]()
    if fetch and catalog.starter_kit:
        news = catalogs.fetch_news(folder, catalog.starter_kit.located)
        kit_behind, notes = kit_behind or news.behind, news.notes
    return ProjectStatus(
        folder=path,
        name=str(given.get("name")),
        rendered_by=snapshot.rendered_by.newft,
        behind=_is_behind(folder, snapshot.rendered_by, given, catalog),
        kit=kit,
        kit_behind=kit_behind,
        notes=notes,
        edits=edits,
        broken_files=tuple(_find_broken_files(folder)),
        answers_edited=_are_answers_edited(folder, snapshot.answers, given),
        policy_faults=_find_policy_faults(folder, snapshot),
        conflicts=find_unresolved(folder, snapshot.tree, edits),
    )


def _refuse_other_folders(folder: Path) -> None:
    if not folder.is_dir():
        raise ProjectError(Text("there is no such folder", "没有这个文件夹"))
    if not _is_project(folder):
        raise ProjectError(
            Text(
                "newft did not make this project, nor any directly in this folder",
                "这个项目不是 newft 生成的，它的下一层也没有 newft 的项目",
            ),
            hint=Text("`newft adopt` takes a project over", "可用 `newft adopt` 接管项目"),
        )


def _is_behind(folder: Path, rendered_by: RenderedBy, given: RawAnswers, catalog: Catalog) -> bool:
    """Tell whether this newft has other templates for the project than it was rendered with."""
    unknown = [key for key in given if not is_answer_key(key)]
    if rendered_by.newft != __version__ or unknown or not given.keys() >= _REQUIRED_KEYS:
        return True
    answers, facts = build_answers(given), read_facts(folder)
    hardware = parse_gpu(answers.gpu, catalog.accelerators, machine=facts.machine)
    plan = make_plan(answers, facts, catalog, hardware)
    return _digest(stack_layers(plan), list_emitted_modules(plan)) != rendered_by.templates


@cache  # most projects of a team are made of the same layers
def _digest(layers: tuple[Layer, ...], modules: tuple[str, ...]) -> str:
    return digest_layers(layers, modules)


def _are_answers_edited(folder: Path, rendered: bytes, given: RawAnswers) -> bool:
    """Tell whether the answers differ from those that the project was rendered with."""
    file = read_file(folder, ANSWERS_FILE)
    if file is None or file.content == rendered:
        return False
    try:
        read_yaml(file.content)
        return _parse_recorded(file.content) != given
    except YamlError:  # one of the broken files
        return False
    except UsageError:  # an update says what to do
        return True


def _find_broken_files(folder: Path) -> Iterator[Text]:
    """Yield what is wrong with the answers or settings, which people edit and git merges."""
    for path in (ANSWERS_FILE, RUN_FILE):
        file = read_file(folder, path)
        if file is None and path == ANSWERS_FILE:
            yield Text(f"{path}: missing", f"{path}：缺失")
        try:
            read_yaml(file.content if file else b"")
        except YamlError as error:
            for fault in error.faults:
                place = f"{path}:{fault.line}" if fault.line else path
                message = translate_template(fault.message, **fault.values)
                yield Text(f"{place}: {message.en}", f"{place}：{message.zh}")


def _parse_recorded(content: bytes) -> RawAnswers:
    """Return answers as they are recorded, also those that an earlier newft gave."""
    given = parse_answers_yaml(ANSWERS_FILE, content, is_recorded=lambda _key, _value: True)
    # one value of a list may be written without brackets
    return {
        key: (value,) if is_repeatable(key) and isinstance(value, str) else value
        for key, value in given.items()
    }


def _find_policy_faults(folder: Path, snapshot: Snapshot) -> tuple[Text, ...] | None:
    if POLICY_FILE not in snapshot.tree:
        return None
    return tuple(_explain(folder))


def _explain(folder: Path) -> Iterator[Text]:
    for fault in find_policy_faults(folder):
        if not fault.breaks_rule:
            continue
        message = translate_template(fault.message, **fault.values)
        yield Text(f"{fault.place}: {message.en}", f"{fault.place}：{message.zh}")
