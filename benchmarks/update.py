"""CPU time of an update: newft against copier and cruft, which bring the very same change.

Two versions of newft's templates differ in nine files: six are changed, one is renamed, one is
deleted and one is added. What they render is the template of the others, in which nothing is left
to render. Each tool makes its own project of the first version, a team edits three files of it
and commits, and the tool updates it, in turns with the others. Every outcome is compared with the
one that is expected before anything is timed. Then the time of `newft status` over many projects.

Copier and cruft are installed into an environment of their own: in --peers, or for this run only.

    python benchmarks/update.py [--rounds 15] [--peers FOLDER] [--projects 500]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import child

ROOT = Path(__file__).resolve().parents[1]
NAME = "desk"
NEW = ("new", NAME, "--yes", "--domain", "customer_service", "--model", "embedded", "--gpu", "cpu")
PEERS = ("copier", "cruft", "cookiecutter")
BASE = Path("templates/project")
TRAINING = Path("templates/layers/training/project")
PACKAGE, TRAINING_PACKAGE = (folder / "src/package_name" for folder in (BASE, TRAINING))
# Templates that are left out of both versions, so that the project has about fifty files.
LEFT_OUT = (
    *(folder / "tests" for folder in (BASE, TRAINING)),
    *(PACKAGE / name for name in ("evaluation", "runtime")),
    *(TRAINING_PACKAGE / name for name in ("training", "evaluation", "runtime")),
)
CHANGED = ("chat.py", "check.py", "config.py", "prepare.py", "train.py", "evaluate.py")
RENAMED = ("data/summary.py", "data/summaries.py")
DELETED = "data/row_lengths.py"
ADDED = "data/added.py"
EDITED = ("chat.py", "check.py", "prompts.py")  # by the team: at their end
NEW_LINE, OWN_LINE = "# a line of the new version\n", "# a line of the team\n"


class Tool(NamedTuple):
    """How a tool makes a project of the first version, and updates it to the second."""

    python: str | Path
    create: list[str]
    update: list[str]
    environments: tuple[Mapping[str, str], Mapping[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--projects", type=int, default=500)
    parser.add_argument("--peers", type=Path, help="the environment of the others, made if missing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name).resolve()
        tools = prepare_tools(scratch, options.peers or scratch / "peers")
        compare_updates(tools, scratch, options.rounds)
        measure_status(tools["newft"], scratch, options.projects)


def prepare_tools(scratch: Path, peers: Path) -> dict[str, Tool]:
    """The tools, with the two versions of their templates."""
    # the copies of newft need their bytecode as the installed others have theirs
    home = {"HOME": str(scratch / "home"), "PYTHONDONTWRITEBYTECODE": "", **git_identity()}
    versions = [copy_newft(scratch / version) for version in ("v1", "v2")]
    change_templates(versions[1])
    own = tuple({**home, "PYTHONPATH": str(one / "generator")} for one in versions)
    newft = Tool(
        sys.executable,
        ["-m", "newft", *NEW],
        ["-m", "newft", "update", NAME, "--yes"],
        (own[0], own[1]),
    )
    trees = []
    for version, environment in zip(("v1", "v2"), own, strict=True):
        into = scratch / f"rendered-{version}"
        into.mkdir()
        child.run(newft.create, folder=into, environment=environment)
        shutil.rmtree(into / NAME / ".newft")
        trees.append(into / NAME)
    copier, baked = make_templates(trees, scratch)
    python = install_peers(peers)
    both = (home, home)
    create = ["-m", "copier", "copy", "--quiet", "--defaults", "--vcs-ref", "v1"]
    return {
        "newft": newft,
        "copier": Tool(
            python,
            [*create, str(copier), NAME],
            ["-m", "copier", "update", "--quiet", "--defaults", "--vcs-ref", "v2", NAME],
            both,
        ),
        "cruft": Tool(
            python,
            ["-m", "cruft", "create", "--no-input", "--checkout", "v1", str(baked)],
            ["-m", "cruft", "update", "-y", "--checkout", "v2", "--project-dir", NAME],
            both,
        ),
    }


def copy_newft(folder: Path) -> Path:
    """A copy of newft whose projects have about fifty files."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
    for part in ("generator", "templates", "domains"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for part in LEFT_OUT:
        shutil.rmtree(folder / part)
    for tests in (*folder.glob("domains/*/overlay/*/tests"), *folder.glob("templates/**/tests")):
        shutil.rmtree(tests)
    return folder


def change_templates(newft: Path) -> None:
    """Make the second version of the templates."""
    package = newft / PACKAGE
    for name in CHANGED:
        places = (newft / folder / name for folder in (PACKAGE, TRAINING_PACKAGE))
        module = next(place for place in places if place.exists())
        text = module.read_text(encoding="utf-8")
        head, import_line, rest = text.partition("from __future__ import annotations\n")
        module.write_text(f"{head}{import_line}{NEW_LINE}{rest}", encoding="utf-8")
    (package / RENAMED[0]).rename(package / RENAMED[1])
    (newft / TRAINING_PACKAGE / DELETED).unlink()
    (package / ADDED).write_text(NEW_LINE, encoding="utf-8")


def make_templates(trees: list[Path], scratch: Path) -> tuple[Path, Path]:
    """Repositories with both versions as tags: a template of copier, and one of cookiecutter."""
    copier, baked = scratch / "copier", scratch / "cookiecutter"
    for folder in (copier, baked):
        folder.mkdir()
        git(folder, "init", "-q")
    record = "{{ _copier_answers|to_nice_yaml }}"
    settings = json.dumps({"name": NAME, "_copy_without_render": ["*"]})
    for version, tree in zip(("v1", "v2"), trees, strict=True):
        for folder, place in ((copier, "files"), (baked, "{{cookiecutter.name}}")):
            shutil.rmtree(folder / place, ignore_errors=True)
            shutil.copytree(tree, folder / place)
        (copier / "copier.yml").write_text("_subdirectory: files\n")
        (copier / "files/{{ _copier_conf.answers_file }}.jinja").write_text(record)
        (baked / "cookiecutter.json").write_text(settings)
        for folder in (copier, baked):
            git(folder, "add", "--all", "--force")
            git(folder, "commit", "-q", "-m", version)
            git(folder, "tag", version)
    return copier, baked


def install_peers(folder: Path) -> Path:
    """The Python of an environment with the others in it."""
    python = folder / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PEERS]
        subprocess.run(command, check=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format", "freeze"], capture_output=True, text=True
    ).stdout.splitlines()
    print(*(line for line in listed if line.partition("==")[0] in PEERS))
    return python


def compare_updates(tools: Mapping[str, Tool], scratch: Path, rounds: int) -> None:
    """Time the updates of all tools in turns, each of a fresh copy of its project."""
    projects = {name: make_project(tool, scratch / "made" / name) for name, tool in tools.items()}
    for name, tool in tools.items():
        update_copy(tool, projects[name], scratch / "once" / name)  # fills the caches
        check_outcome(name, scratch / "once" / name / NAME)
    costs: dict[str, list[child.Cost]] = {name: [] for name in tools}
    for number in range(rounds):
        for name, tool in tools.items():
            costs[name].append(update_copy(tool, projects[name], scratch / f"{number}-{name}"))
            shutil.rmtree(scratch / f"{number}-{name}")
    files = sum(path.is_file() for path in list_project(projects["newft"]))
    print(f"update of a project of {files} files, {rounds} rounds")
    for name, runs in costs.items():
        print(child.format_line(name, runs, costs["newft"]))


def make_project(tool: Tool, folder: Path) -> Path:
    """A project of the first version that a team has edited and committed."""
    folder.mkdir(parents=True)
    child.run(tool.create, folder=folder, environment=tool.environments[0], python=tool.python)
    project = folder / NAME
    for name in EDITED:
        file = project / "src" / NAME / name
        file.write_text(file.read_text(encoding="utf-8") + OWN_LINE, encoding="utf-8")
    git(project, "init", "-q")
    git(project, "add", "--all", "--force")
    git(project, "commit", "-q", "-m", "our edits")
    return project


def update_copy(tool: Tool, project: Path, folder: Path) -> child.Cost:
    shutil.copytree(project, folder / NAME)
    return child.run(
        tool.update, folder=folder, environment=tool.environments[1], python=tool.python
    )


def check_outcome(name: str, project: Path) -> None:
    """Stop if an update did not bring the whole change, or lost an edit of the team."""
    package = project / "src" / NAME
    texts = {
        path.relative_to(package).as_posix(): path.read_text(encoding="utf-8")
        for path in package.rglob("*.py")
    }
    right = all(NEW_LINE in texts[path] for path in (*CHANGED, ADDED))
    right = right and all(texts[path].endswith(OWN_LINE) for path in EDITED)
    right = right and RENAMED[1] in texts and not texts.keys() & {RENAMED[0], DELETED}
    if not right:
        sys.exit(f"{name} updated to another outcome")


def measure_status(newft: Tool, scratch: Path, count: int) -> None:
    """Time `newft status` over many projects of the usual number of files."""
    environment = {**newft.environments[1], "PYTHONPATH": str(ROOT / "generator")}
    many = scratch / "many"
    many.mkdir()
    child.run(newft.create, folder=many, environment=environment)
    files = sum(path.is_file() for path in list_project(many / NAME))
    for number in range(1, count):
        shutil.copytree(many / NAME, many / f"{NAME}-{number}")
    runs = [
        child.run(["-m", "newft", "status", str(many)], environment=environment) for _ in range(3)
    ]
    seconds, peak = (statistics.median(values) for values in zip(*runs, strict=True))
    print(f"status of {count} projects of {files} files: {seconds:.2f} s of CPU, {peak:.0f} MB")


def list_project(project: Path) -> list[Path]:
    return [path for path in project.rglob("*") if ".git" not in path.parts]


def git(folder: Path, *words: str) -> None:
    environment = {**os.environ, **git_identity()}
    subprocess.run(["git", *words], cwd=folder, check=True, env=environment)


def git_identity() -> dict[str, str]:
    """An author, and nothing of the user's own settings of git."""
    names = ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL")
    identity = dict.fromkeys(names, "team@example.org")
    return {**identity, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


if __name__ == "__main__":
    main()
