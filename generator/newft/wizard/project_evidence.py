"""Read what the files of a project say of the answers that it could be rendered from."""

from __future__ import annotations

import filecmp
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from newft.answers.guess import (
    GUESS_FILES,
    README_FILE,
    RUN_FILE,
    Guess,
    find_hardware_hint,
    is_newft_project,
    list_guesses,
)
from newft.answers.keys import (
    AUTO_GPU,
    COLUMNS_PREFIX,
    FILES_KEY,
    KIT_KEY,
    KIT_REVISION_KEY,
    POSITIVE_KEY,
    RawAnswers,
    get_data_files,
)
from newft.answers.yaml_file import load_answers
from newft.decide.project_name import derive_package_name, validate_name
from newft.emitted.file_access import DATA_SUFFIXES
from newft.errors import NewftError, ProjectError, UsageError
from newft.project.facts_file import read_facts
from newft.project.file_state import read_file
from newft.project.local_edits import list_team_files
from newft.project.snapshot import ANSWERS_FILE, DATA_DIR, FACTS_FILE
from newft.schema.catalog import Catalog
from newft.schema.dataset import DataFacts, Facts
from newft.schema.tree import FileTree, TreeFile
from newft.text import Text
from newft.wizard.adoption import Evidence
from newft.wizard.state import Services, WizardState

MAX_FILE_BYTES = 1 << 20  # a larger file was not rendered
MAX_BYTES = 1 << 26  # of all files that are compared


class ProjectEvidence(NamedTuple):
    """What a project says of itself."""

    files: FileTree
    guesses: Mapping[str, Guess]  # by the key of the answer
    facts: Facts | None  # as recorded
    search: Evidence
    made_by_newft: bool

    @property
    def answers(self) -> RawAnswers:
        """The guessed answers."""
        return {key: guess.value for key, guess in self.guesses.items()}


class _DataEvidence(NamedTuple):
    guesses: tuple[Guess, ...] = ()  # the data files, and the task if they are its sample
    facts: Facts | None = None


def read_evidence(folder: Path, given: RawAnswers, catalog: Catalog) -> ProjectEvidence:
    """Read the files of a project; what `given` answers is not guessed."""
    files = _read_files(folder)
    contents = {name: files[name].content for name in GUESS_FILES if name in files}
    recorded = _read_recorded_answers(folder)
    guesses = _collect_guesses(folder, files, contents, recorded, catalog)
    data = (
        _DataEvidence()
        if FILES_KEY in given
        else _find_data(folder, guesses.get(FILES_KEY), recorded, catalog)
    )
    guesses |= {guess.key: guess for guess in data.guesses}
    if "gpu" not in recorded and data.facts and data.facts.machine:
        guesses["gpu"] = Guess("gpu", AUTO_GPU, f"{FACTS_FILE}: facts.machine")
    found = {} if recorded else {key: guesses[key].value for key in filter(_is_tried, guesses)}
    sure = {key: one for key, one in guesses.items() if key not in given and key not in found}
    evidence = Evidence(
        hardware=find_hardware_hint(contents),
        readme=contents.get(README_FILE, b"").decode("utf-8", errors="replace"),
        found={key: value for key, value in found.items() if key not in given},
    )
    made_by_newft = bool(recorded) or is_newft_project(contents)
    return ProjectEvidence(files, sure, data.facts, evidence, made_by_newft)


def _is_tried(key: str) -> bool:
    """Return whether an answer is recorded only where the records do not lead to it anyway."""
    return key == POSITIVE_KEY or key.startswith(COLUMNS_PREFIX)


def name_data_files(services: Services, folder: Path) -> Services:
    """Return services whose data facts name the files of a project as the project reads them."""

    def profile_data(state: WizardState) -> DataFacts:
        data = services.profile_data(state)
        return data if data.sample else _name_files(data, folder.resolve())

    return services._replace(profile_data=profile_data)


def _name_files(data: DataFacts, top: Path) -> DataFacts:
    inside = {
        file.path: path.relative_to(top).as_posix()
        for file in data.files
        if (path := Path(file.path).resolve()).is_relative_to(top)
    }
    files = (
        replace(file, project_path=inside.get(file.path, file.project_path)) for file in data.files
    )
    return replace(data, files=tuple(files))


def _read_files(folder: Path) -> dict[str, TreeFile]:
    files, left = {}, MAX_BYTES
    for path in list_team_files(folder):
        with suppress(OSError):  # a file that cannot be read counts as one that is not there
            size = (folder / path).lstat().st_size
            file = read_file(folder, path) if size <= min(left, MAX_FILE_BYTES) else None
            if file and file.mode != "120000":
                files[path], left = file, left - size
    return files


def _read_recorded_answers(folder: Path) -> RawAnswers:
    file = folder / ANSWERS_FILE
    return load_answers(file) if file.exists() else {}


def _collect_guesses(
    folder: Path,
    files: FileTree,
    contents: Mapping[str, bytes],
    recorded: RawAnswers,
    catalog: Catalog,
) -> dict[str, Guess]:
    """Return one guess a key; recorded answers are better than all others."""
    found: dict[str, Guess] = {}
    for guess in list_guesses(contents):
        if guess.key not in found and guess.key != "name":
            found[guess.key] = guess
    hardware = find_hardware_hint(contents)
    if hardware and hardware.device == "cpu":
        found["gpu"] = Guess("gpu", "cpu", f"{RUN_FILE}: training.device")
    names = [guess for guess in list_guesses(contents) if guess.key == "name"]
    names.append(Guess("name", folder.resolve().name, "PATH"))
    if name := _choose_name(names, files, catalog):
        found["name"] = name
    if "method" in found and found["method"].value not in catalog.methods:
        del found["method"]
    if KIT_KEY in found and not _is_repository(str(found[KIT_KEY].value)):
        found.pop(KIT_REVISION_KEY, None)
    if not recorded:
        return found
    sure = {key: guess for key, guess in found.items() if not _is_tried(key)}
    return {**sure, **{key: Guess(key, value, ANSWERS_FILE) for key, value in recorded.items()}}


def _is_repository(source: str) -> bool:
    """Return whether a kit can have revisions: all do but folders without a repository."""
    folder = Path(source)
    return not folder.is_dir() or (folder / ".git").exists()


def _choose_name(names: Sequence[Guess], files: FileTree, catalog: Catalog) -> Guess | None:
    """Return the first valid name, those first whose package the project has."""
    valid = [guess for guess in names if _is_valid_name(str(guess.value))]
    packages = {path.split("/")[1] for path in files if path.startswith("src/")}

    def has_package(guess: Guess) -> bool:
        name = str(guess.value)
        return any(derive_package_name(name, domain=kit) in packages for kit in catalog.kits)

    return next(iter([*filter(has_package, valid), *valid]), None)


def _is_valid_name(name: str) -> bool:
    try:
        return bool(validate_name(name))
    except UsageError:
        return False


def _find_data(
    folder: Path, named: Guess | None, recorded: RawAnswers, catalog: Catalog
) -> _DataEvidence:
    """Return the facts that are recorded, or else the data files that can be measured."""
    if facts := _read_recorded_facts(folder):
        paths = tuple(file.project_path for file in facts.data.files)
        names = () if facts.data.sample else paths
        return _DataEvidence((Guess(FILES_KEY, names, FACTS_FILE),), facts)
    if recorded and FILES_KEY not in recorded:
        return _DataEvidence((Guess(FILES_KEY, (), ANSWERS_FILE),))  # the sample
    wanted = get_data_files({FILES_KEY: named.value}) if named else ()
    files = [path for path in wanted or _list_raw_files(folder) if _is_data_file(folder, path)]
    if not files or (wanted and len(files) < len(wanted)):
        raise _make_missing_data_error(folder, [path for path in wanted if path not in files])
    if sample := _find_sample(folder, files, catalog):
        return _DataEvidence(tuple(Guess(key, sample[key], files[0]) for key in sample))
    paths = tuple(str(folder / path) for path in files)
    return _DataEvidence((Guess(FILES_KEY, paths, named.source if named else DATA_DIR),))


def _read_recorded_facts(folder: Path) -> Facts | None:
    try:
        return read_facts(folder)
    except NewftError:  # of another version: the data files are measured again
        return None


def _list_raw_files(folder: Path) -> list[str]:
    raw = folder / DATA_DIR
    names = sorted(path.name for path in raw.iterdir()) if raw.is_dir() else []
    return [f"{DATA_DIR}/{name}" for name in names if name.lower().endswith(DATA_SUFFIXES)]


def _is_data_file(folder: Path, path: str) -> bool:
    """Return whether a path is a regular file in the project; what lies outside is not read."""
    place = folder / path
    try:
        inside = place.resolve().is_relative_to(folder.resolve())
        return inside and place.is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def _find_sample(folder: Path, files: Sequence[str], catalog: Catalog) -> RawAnswers:
    """Return the task whose sample is the only data file of a project, and no data files."""
    tasks = [(kit, task) for kit in catalog.kits.values() for task in kit.tasks]
    for kit, task in tasks:
        for language in kit.tasks[task].sample:
            sample = Path(kit.get_sample(kit.tasks[task], language))
            if len(files) == 1 and filecmp.cmp(folder / files[0], sample, shallow=False):
                return {FILES_KEY: (), "domain": kit.id, "task": task}
    return {}


def _make_missing_data_error(folder: Path, missing: Sequence[str]) -> ProjectError:
    message = (
        Text(
            f"data files of the project are not here: {', '.join(missing)}",
            f"缺少项目的数据文件：{'、'.join(missing)}",
        )
        if missing
        else Text("the project has no data files to measure", "项目中没有可测量的数据文件")
    )
    hint = Text(
        f"the numbers of a project follow from its records; name them: --set {FILES_KEY}=PATH",
        f"项目中的数值由数据推出，请指明数据：--set {FILES_KEY}=PATH",
    )
    return ProjectError(message, where=str(folder / DATA_DIR), hint=hint)
