"""Guess the answers of a project from the files that it keeps, where `.newft/` does not say them.

The files may come from anyone, so that all values are data: they are checked like those of an
option, and what is not valid is left out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from newft.answers.keys import (
    COLUMNS_PREFIX,
    FILES_KEY,
    INDETERMINATE_KEY,
    KIT_ANSWERS_PREFIX,
    KIT_KEY,
    KIT_REVISION_KEY,
    POSITIVE_KEY,
    AnswerValue,
    is_repeatable,
)
from newft.answers.parse import validate_value
from newft.emitted.yaml_lines import YamlDocument, YamlError, join_keys, read_yaml
from newft.errors import UsageError

RUN_FILE = "config/run.yaml"
PYPROJECT_FILE = "pyproject.toml"
README_FILE = "README.md"
COPIER_ANSWERS_FILE = ".copier-answers.yml"
RECIPE_FILE = "config/llama_factory.yaml"  # of a project that does not train its model
GUESS_FILES = (RUN_FILE, PYPROJECT_FILE, README_FILE, COPIER_ANSWERS_FILE, RECIPE_FILE)
MAX_TITLE_LENGTH = 200
# Keys of run.yaml whose value is that of an answer, by the key of the answer.
_RUN_KEYS = (
    ("revision", ("model", "revision")),
    ("method", ("method", "name")),
    (POSITIVE_KEY, ("task", "positive")),
    (INDETERMINATE_KEY, ("task", "indeterminate")),
)
# What `git describe` says of a commit without a tag: no name that a repository knows.
_DESCRIBED_COMMIT = re.compile(r"-\d+-g[0-9a-f]+$")
# The name of the model in that recipe, and how the recipe's head says that its folder is filled.
_MODEL_NAME = "model_name_or_path"
_DOWNLOAD = re.compile(
    r"download (?:--model )?(?P<model>[\w./-]+)(?: --revision (?P<revision>\S+))?"
    r" --local[-_]dir (?P<folder>\S+)"
)
_COPIER_NAME = "project_name"  # which newft answers to a template with the project's own name
_FORMER_METHOD_KEY = "adapter"  # the section of projects that knew no method but LoRA


class Guess(NamedTuple):
    """A value that an answer may have had, and where it was found."""

    key: str
    value: AnswerValue
    source: str  # a file, and the key in it


class HardwareHint(NamedTuple):
    """What a project says of its hardware."""

    device: str  # cpu, cuda, npu, mps
    processes: int  # one for each accelerator


def list_guesses(files: Mapping[str, bytes]) -> tuple[Guess, ...]:
    """Return the valid guesses, the better one first where a key has several."""
    names = (RUN_FILE, COPIER_ANSWERS_FILE, RECIPE_FILE)
    run, copier, recipe = (_read(files.get(name)) for name in names)
    found = [*_guess_from_run(run), *_guess_kit(copier), *_guess_names(files)]
    found += _guess_from_recipe(recipe, files.get(RECIPE_FILE, b""))
    return tuple(guess for guess in found if _is_valid(guess))


def find_hardware_hint(files: Mapping[str, bytes]) -> HardwareHint | None:
    """Return what run.yaml says of the hardware."""
    run = _read(files.get(RUN_FILE))
    device, count = (_get_text(run, ("training", key)) for key in ("device", "processes"))
    if device is None:
        return None
    return HardwareHint(device, int(count) if count and count.isdecimal() else 1)


def is_newft_project(files: Mapping[str, bytes]) -> bool:
    """Return whether run.yaml has the sections that newft writes."""
    value = _read(files.get(RUN_FILE)).value
    return isinstance(value, dict) and value.keys() >= {"run", "data", "task"}


def _read(content: bytes | None) -> YamlDocument:
    with suppress(YamlError):
        return read_yaml(content or b"")
    return read_yaml(b"")


def _guess_from_run(run: YamlDocument) -> Iterator[Guess]:
    for key, keys in _RUN_KEYS:
        value: AnswerValue | None = _get_text(run, keys)
        if is_repeatable(key):  # projects of an earlier newft have one text
            value = (str(value),) if value else _get_texts(run, keys)
        if value:
            yield Guess(key, value, _describe(RUN_FILE, keys))
    if (_FORMER_METHOD_KEY,) in run.entries:
        yield Guess("method", "lora", _describe(RUN_FILE, (_FORMER_METHOD_KEY,)))
    yield from _guess_model(run)
    if files := _get_texts(run, ("data", "files")):
        yield Guess(FILES_KEY, files, _describe(RUN_FILE, ("data", "files")))
    for path in [path for path in run.entries if path[:-1] == ("data", "columns")]:
        columns = _get_texts(run, path)
        if len(columns) == 1:  # answers name one column of a field
            yield Guess(f"{COLUMNS_PREFIX}{path[-1]}", columns[0], _describe(RUN_FILE, path))


def _guess_model(run: YamlDocument) -> Iterator[Guess]:
    source, model = (_get_text(run, ("model", key)) for key in ("source", "id"))
    where = _describe(RUN_FILE, ("model",))
    if source == "embedded":
        yield Guess("model", source, where)
    elif model:
        yield Guess("model", model, where)
    if source in ("huggingface", "modelscope"):
        yield Guess("hub", source, where)


def _guess_from_recipe(recipe: YamlDocument, text: bytes) -> Iterator[Guess]:
    """Yield the model that another tool trains: the one that was downloaded, if it has a folder."""
    folder = _get_text(recipe, (_MODEL_NAME,))
    for download in _DOWNLOAD.finditer(text.decode("utf-8", errors="replace")):
        if folder == download["folder"]:
            yield Guess("model", download["model"], RECIPE_FILE)
            if revision := download["revision"]:
                yield Guess("revision", revision, RECIPE_FILE)
            return
    for key, name in (("model", _MODEL_NAME), ("revision", "model_revision")):
        if value := _get_text(recipe, (name,)):
            yield Guess(key, value, _describe(RECIPE_FILE, (name,)))


def _guess_names(files: Mapping[str, bytes]) -> Iterator[Guess]:
    """Yield names of the project: the title of the README, then that of the package."""
    first = files.get(README_FILE, b"").partition(b"\n")[0][:MAX_TITLE_LENGTH]
    title = first.decode("utf-8", errors="replace").removeprefix("\ufeff")
    if title.startswith("# "):
        yield Guess("name", title.removeprefix("# ").strip(), README_FILE)
    with suppress(tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        table: Any = tomllib.loads(files.get(PYPROJECT_FILE, b"").decode("utf-8"))
        project = table.get("project")
        name = project.get("name") if isinstance(project, dict) else None
        if isinstance(name, str):
            yield Guess("name", name, f"{PYPROJECT_FILE}: project.name")


def _guess_kit(copier: YamlDocument) -> Iterator[Guess]:
    """Yield the copier template of a project as its kit, with what was answered to it."""
    if not isinstance(copier.value, dict):
        return
    for key, name in ((KIT_KEY, "_src_path"), (KIT_REVISION_KEY, "_commit")):
        value = _get_text(copier, (name,))
        if value and not (key == KIT_REVISION_KEY and _DESCRIBED_COMMIT.search(value)):
            yield Guess(key, value, _describe(COPIER_ANSWERS_FILE, (name,)))
    if title := _get_text(copier, (_COPIER_NAME,)):
        yield Guess("name", title, _describe(COPIER_ANSWERS_FILE, (_COPIER_NAME,)))
    for name in copier.value:
        answer: AnswerValue | None = _get_text(copier, (name,)) or _get_texts(copier, (name,))
        if answer and not name.startswith("_"):
            source = _describe(COPIER_ANSWERS_FILE, (name,))
            yield Guess(f"{KIT_ANSWERS_PREFIX}{name}", answer, source)


def _get_text(document: YamlDocument, path: tuple[str | int, ...]) -> str | None:
    entry = document.entries.get(path)
    return entry.text if entry and entry.kind == "text" else None


def _get_texts(document: YamlDocument, path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return the texts of a list; empty where the value is no list of texts."""
    items = [entry for keys, entry in document.entries.items() if keys[:-1] == path and keys]
    if any(item.kind != "text" for item in items) or document.entries.get(path, None) is None:
        return ()
    return tuple(item.text for item in items) if document.entries[path].kind == "list" else ()


def _describe(file: str, path: Iterable[str | int]) -> str:
    return f"{file}: {join_keys(tuple(path))}"


def _is_valid(guess: Guess) -> bool:
    try:
        return validate_value(guess.key, guess.value, where=guess.source) == guess.value
    except UsageError:
        return False
