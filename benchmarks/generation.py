"""CPU time of a new project: newft against copier and cookiecutter writing the very same tree.

The others get the files that newft has just written as a template in which nothing is left to
render: no questions, no repository, the least they can be asked to do. newft reads its catalogue,
measures the sample, decides and renders. All three run with this Python, in turns, none of them
with the user's own settings; who is not installed is left out.

    pip install copier cookiecutter
    python benchmarks/generation.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import child

NAME = "desk"
NEW = ("--yes", "--domain", "customer_service", "--model", "embedded", "--gpu", "cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare(Path(scratch), options.rounds)


def compare(scratch: Path, rounds: int) -> None:
    home = {"HOME": str(scratch / "home")}  # where the user's own settings are not
    commands = {"newft": ["-m", "newft", "new", NAME, *NEW]}
    expected = scratch / "warm" / "newft"
    expected.mkdir(parents=True)
    child.run(commands["newft"], folder=expected, environment=home)
    commands |= {
        name: command
        for name, command in peers(expected / NAME, scratch).items()
        if find_spec(name)
    }
    for name in list(commands)[1:]:
        warm = scratch / "warm" / name
        warm.mkdir()
        child.run(commands[name], folder=warm, environment=home)  # fills the caches
        if contents(warm / NAME) != contents(expected / NAME):
            sys.exit(f"{name} wrote another tree")
    costs: dict[str, list[child.Cost]] = {name: [] for name in commands}
    for number in range(rounds):
        for name, command in commands.items():
            folder = scratch / f"{number}-{name}"
            folder.mkdir()
            costs[name].append(child.run(command, folder=folder, environment=home))
            shutil.rmtree(folder)
    print(f"{len(contents(expected / NAME))} files, {rounds} rounds")
    for name, runs in costs.items():
        print(child.format_line(name, runs, costs["newft"]))


def peers(tree: Path, scratch: Path) -> dict[str, list[str]]:
    """The commands of the others, each with the tree as its template."""
    template = scratch / "copier"
    shutil.copytree(tree, template / "files")
    (template / "copier.yml").write_text("_subdirectory: files\n")
    baked = scratch / "cookiecutter"
    shutil.copytree(tree, baked / "{{cookiecutter.name}}")
    (baked / "cookiecutter.json").write_text(
        json.dumps({"name": NAME, "_copy_without_render": ["*"]})
    )
    return {
        "copier": ["-m", "copier", "copy", "--quiet", "--defaults", str(template), NAME],
        "cookiecutter": ["-m", "cookiecutter", "--no-input", str(baked)],
    }


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a tree."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


if __name__ == "__main__":
    main()
