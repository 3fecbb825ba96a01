"""Kits and templates of version 1 and 2: updated projects still pass their tests and train."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.checkout import TESTS
from support.emitted_project import Desk, make_desk
from support.git_repository import GitRepository
from support.run_newft import run_newft
from support.update_cases import act, installed

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

ROOT = TESTS.parent
KIT = {
    "kit.yaml": """
        title: Support desk
        extends: customer_service
        presets: {method: lora}
        questions:
          owner: {title: "Who answers for it?", default: ml-platform}
    """,
    "overlay/project/OWNERS.md.jinja": (
        "# Owners\n\n{{ answers.kit.answers.owner }}\n\nAsk before you deploy.\n"
    ),
    "overlay/project/scripts/release.sh": "#!/bin/sh\nset -eu\necho release\n",
}
KIT_V2 = {
    "overlay/project/OWNERS.md.jinja": (
        "# Owners\n\n{{ answers.kit.answers.owner }}\n\nAsk in the channel before you deploy.\n"
    ),
    "overlay/project/scripts/notify.sh": "#!/bin/sh\necho notify\n",
}
COPIER = {
    "copier.yml": """
        project_name: {type: str}
        owner: {type: str, default: ml-platform, help: "Who answers for it?"}
        _tasks: [touch never]
    """,
    "OWNERS.md.jinja": "# Owners\n\n{{ owner }}\n\nAsk before you deploy.\n",
    "scripts/release.sh": "#!/bin/sh\nset -eu\necho release\n",
    "{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
}
COPIER_V2 = {
    "OWNERS.md.jinja": "# Owners\n\n{{ owner }}\n\nAsk in the channel before you deploy.\n",
    "scripts/notify.sh": "#!/bin/sh\necho notify\n",
}


def commit_version(kit: GitRepository, files: Mapping[str, str], tag: str) -> str:
    """Commit files of a kit under a tag, and return the commit."""
    texts = {
        path: "\n".join(line.removeprefix(" " * 8) for line in text.strip("\n").split("\n")) + "\n"
        if path.endswith((".yaml", ".yml"))
        else text
        for path, text in files.items()
    }
    return kit.commit(texts, tag=tag)


def make_second_version(folder: Path) -> Path:
    """The templates and domains of a later newft: a renamed module, an edited and a new file."""
    for name in ("templates", "domains"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
    base, training = (
        folder / "templates" / name for name in ("project", "layers/training/project")
    )
    (base / "src/package_name/NOTES.md").write_text("New in version 2.\n", encoding="utf-8")
    module = training / "src/package_name/runtime/progress_line.py"
    text = module.read_text(encoding="utf-8")
    module.with_name("progress_text.py").write_text(text, encoding="utf-8")
    module.unlink()
    for path in folder.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if "progress_line" in source:
            path.write_text(source.replace("progress_line", "progress_text"), encoding="utf-8")
    return folder


def run_own_tests(desk: Desk) -> None:
    """Run the tests of a project, except those that train for long: the project is trained here."""
    ignored = [f"--ignore=tests/test_{name}.py" for name in ("train", "time_budget", "auto_setup")]
    own = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *ignored],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert own.returncode == 0, own.stdout[-3000:]


def train(desk: Desk) -> None:
    """Format the data of a project and train."""
    for module in ("prepare", "train"):
        done = desk.run(module)
        assert done.returncode == 0, done.stderr
    result = json.loads((desk.folder / "runs/intent-lora/result.json").read_text(encoding="utf-8"))
    assert result["best_validation_loss"] > 0


@pytest.mark.parametrize(
    ("first", "second"), [(KIT, KIT_V2), (COPIER, COPIER_V2)], ids=["kit", "copier template"]
)
def test_two_edited_projects_take_version_2_and_still_train(
    first: Mapping[str, str], second: Mapping[str, str], tmp_path: Path
) -> None:
    kit = GitRepository(tmp_path / "team-kit")
    commit = commit_version(kit, first, "v1.0.0")
    options = ("--kit", kit.url, "--trust-kit", commit, "--domain", "customer_service")
    desks = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        desks.append(make_desk(tmp_path / name, options=options))
    one, two = desks
    act(one.folder, {"OWNERS.md": [["ml-platform", "the search team"]]})
    act(one.folder, {"src/desk/ours.py": "OURS = 1\n"})
    edited = one.folder / "src/desk/runtime/progress_line.py"
    edited.write_text(edited.read_text(encoding="utf-8") + "\n# ours\n", encoding="utf-8")
    act(two.folder, {"scripts/release.sh": None, "README.md": [["# desk", "# desk of two"]]})

    second_commit = commit_version(kit, second, "v1.1.0")
    with installed(make_second_version(tmp_path / "v2")):
        for desk in desks:
            words = ("update", str(desk.folder), "--yes", "--json", "--trust-kit", second_commit)
            done = run_newft(*words, cwd=desk.folder.parent)
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["conflicts"] == []

    owners = (one.folder / "OWNERS.md").read_text(encoding="utf-8")
    assert owners == "# Owners\n\nthe search team\n\nAsk in the channel before you deploy.\n"
    moved = (one.folder / "src/desk/runtime/progress_text.py").read_text(encoding="utf-8")
    assert moved.endswith("# ours\n") and not edited.exists()
    assert (one.folder / "src/desk/ours.py").read_text(encoding="utf-8") == "OURS = 1\n"
    assert not (two.folder / "scripts/release.sh").exists()
    assert (two.folder / "README.md").read_text(encoding="utf-8").startswith("# desk of two\n")
    for desk in desks:
        assert (desk.folder / "scripts/notify.sh").is_file()
        assert (desk.folder / "src/desk/NOTES.md").is_file()
    if first is KIT:  # a copier template adds files and leaves the code as it is
        run_own_tests(one)
    train(two)
