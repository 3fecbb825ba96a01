"""Scenarios of an update, as `tests/cases/update/` writes them: what each side does, what results.

A project is small: the templates of these tests have a dozen files of a few lines. What newft is
installed with, the folder of its templates and domains, is another one for each version.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import yaml

from newft.catalog.loader import load_catalog
from support.checkout import TESTS
from support.run_newft import run_newft

CASES = TESTS / "cases" / "update"
ROOT = TESTS.parent
# What the catalogue and every render of the small project need of the real resources.
CATALOG_FILES = (
    "templates/families/smollm2.yaml",
    "templates/methods",
    "templates/hardware.yaml",
    "templates/practice.yaml",
    "templates/advice.yaml",
    "templates/rollout.yaml",
    "templates/roi.yaml",
    "templates/layers/language/zh/src/package_name/runtime/messages.json",
    "domains/synonyms",
    "domains/protected_terms.yaml",
    "domains/customer_service/kit.yaml",
    "domains/customer_service/sample",
)
LAYERS = (
    *(
        "training/project",
        "method/blocks",
        "method/lora_base",
        "method/lora",
        "method/full",
        "device/cpu",
        "batches/padded",
        "source/embedded",
        "language/en",
    ),
    *("exports/llama_factory", "ci/github", "ci/gitlab", "policy/kit"),
)
OPTIONS = ("--yes", "--gpu", "cpu", "--model", "embedded", "--exports", "none")
Action = str | list[list[str]] | dict[str, Any] | None
Tree = Mapping[str, Action]


class Case(NamedTuple):
    """One row of the matrix."""

    name: str
    about: str
    team: Tree
    template: Tree
    changes: Mapping[str, list[str]]  # what `--json` lists, by kind; kinds that are not here: none
    files: Mapping[str, str | None]  # whole texts afterwards; None: no such file
    has: Mapping[str, list[str]]  # parts of texts afterwards
    lines: Mapping[str, list[list[int]]]  # of conflicts
    options: list[str]
    git_only: bool
    commits: int  # of the repository, before and after
    index: list[str]  # what git lists as unmerged


def load_cases() -> list[Case]:
    """Every row of every file of the matrix."""
    rows = []
    for file in sorted(CASES.glob("[a-z]*.yml")):
        for name, row in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            given = {field: row.pop(field, {}) for field in ("team", "template", "files", "has")}
            given |= {field: row.pop(field, {}) for field in ("changes", "lines")}
            given |= {"options": row.pop("options", []), "git_only": row.pop("git_only", False)}
            given["commits"] = row.pop("commits", 1)
            given["index"] = row.pop("index", given["changes"].get("conflicts", []))
            rows.append(Case(name, row.pop("about"), **given))
            assert not row, f"{name}: unknown {[*row]}"
    return rows


def make_resources(folder: Path, changes: Tree | None = None) -> Path:
    """The templates and domains of one version of newft: v1 of the cases, and changes to it."""
    for name in CATALOG_FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    for layer in LAYERS:
        (folder / "templates/layers" / layer).mkdir(parents=True, exist_ok=True)
    _add_policy(folder / "templates/layers/policy/kit")
    project = folder / "templates/project"
    act(project, yaml.safe_load((CASES / "_v1.yml").read_text(encoding="utf-8")))
    act(project, changes or {})
    return folder


def _add_policy(layer: Path) -> None:
    """Add what newft requires of a project whose kit has locks, as far as these templates go."""
    templates = ROOT / "templates"
    shutil.copytree(templates / "layers/policy/kit/config", layer / "config")
    shutil.copy(templates / "project/_entry.jinja", layer)
    shutil.copy(templates / "layers/language/en/_words.jinja", layer)
    recipe = "policy:\n\t$(RUN).policy --config $(CONFIG) $(ARGS)\n"
    (layer / "Makefile").write_text(recipe, encoding="utf-8")


@contextmanager
def installed(resources: Path) -> Iterator[None]:
    """Let newft have these templates and domains in the block."""
    load_catalog.cache_clear()
    try:
        with patch("newft.paths.get_resource_root", lambda: resources):
            yield
    finally:
        load_catalog.cache_clear()


def act(folder: Path, tree: Tree) -> None:
    """Do to each path what a case says."""
    for path, action in tree.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if action is None:
            shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
        elif isinstance(action, str):
            place.write_bytes(action.encode())
        elif isinstance(action, list):
            text = place.read_bytes().decode()
            for old, new in action:
                assert text.count(old) == 1, f"{path}: {old!r} is there {text.count(old)} times"
                text = text.replace(old, new)
            place.write_bytes(text.encode())
        else:
            _act_specially(folder, place, action)


def _act_specially(folder: Path, place: Path, action: Mapping[str, Any]) -> None:
    ((verb, value),) = action.items()
    match verb:
        case "move":
            (folder / value).parent.mkdir(parents=True, exist_ok=True)
            place.rename(folder / value)
        case "bytes":
            place.write_bytes(bytes.fromhex(value))
        case "mode":
            place.chmod(int(value, 8))
        case "link":
            place.unlink(missing_ok=True)
            place.symlink_to(value, target_is_directory=True)
        case "folder":
            if place.is_file():
                place.unlink()
            place.mkdir(exist_ok=True)
        case "run":
            git(place, *value.split())
        case _:
            raise AssertionError(verb)


def git(folder: Path, *words: str, accept: tuple[int, ...] = (0,)) -> str:
    """Run git as a user with a name, and return what it prints."""
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode in accept, f"{words}: {done.stderr}{done.stdout}"
    return done.stdout


def commit_all(folder: Path, message: str = "one") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def update(folder: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Run `newft update --yes --json`: the exit code, the answer, and what it says beside."""
    run = run_newft("update", str(folder), "--yes", "--json", *options, cwd=folder.parent)
    return run.returncode, json.loads(run.stdout or "{}"), run.stderr
