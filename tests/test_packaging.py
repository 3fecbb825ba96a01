"""What is shipped: nothing lost and nothing added, and it works where no checkout is."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from newft import __version__
from support.warm_process import run_warm

pytestmark = pytest.mark.slow

NAME = f"newft-{__version__}"
IN_WHEEL = {"generator/newft/": "newft/", "templates/": "newft/templates/"}
IN_WHEEL |= {"domains/": "newft/domains/"}
METADATA = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
# hatchling adds the .gitignore that it obeyed
PROJECT_FILES = ("README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", ".gitignore")
IN_SDIST = ("generator/", "templates/", "domains/", *PROJECT_FILES)


def hide_checkout() -> dict[str, str]:
    """The environment without what knows of this checkout."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST")
    return {key: value for key, value in os.environ.items() if key not in hidden}


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; its environment knows nothing of this checkout."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=hide_checkout(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tracked(repository: Path) -> list[str]:
    if not (repository / ".git").exists():
        pytest.skip("only a checkout says which files there must be")
    return [path for path in run("git", "ls-files", "-z", cwd=repository).split("\0") if path]


@pytest.fixture(scope="module")
def built(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder)
    run(*build, repository, cwd=folder)
    return folder


def test_the_source_distribution_holds_what_a_wheel_is_made_from(
    built: Path, tracked: list[str]
) -> None:
    with tarfile.open(built / f"{NAME}.tar.gz") as archive:
        files = {member.name for member in archive.getmembers() if not member.isdir()}
    expected = {f"{NAME}/{path}" for path in tracked if path.startswith(IN_SDIST)}
    assert files == expected | {f"{NAME}/PKG-INFO"}


def test_the_wheel_holds_the_package_the_templates_and_the_domains(
    built: Path, tracked: list[str]
) -> None:
    with zipfile.ZipFile(built / f"{NAME}-py3-none-any.whl") as archive:
        files = {name for name in archive.namelist() if not name.endswith("/")}
    expected = {
        place + path.removeprefix(root)
        for path in tracked
        for root, place in IN_WHEEL.items()
        if path.startswith(root)
    }
    assert "newft/templates/project/.gitignore" in expected
    assert files == expected | {f"{NAME}.dist-info/{name}" for name in METADATA}


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and what newft needs seen from the running one."""

    python: Path
    newft: Path


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin/python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps")
    run(*pip, built / f"{NAME}-py3-none-any.whl", cwd=folder)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", ask, cwd=folder).strip())
    # a path line does not make Python read the .pth files there: an editable newft stays unseen
    paths = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (packages / "running.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")
    return Installed(python, folder / "bin/newft")


def test_the_installed_newft_knows_nothing_of_the_checkout(
    installed: Installed, repository: Path, tmp_path: Path
) -> None:
    ask = "import sys, newft.paths as r; print(r.get_resource_root(), *sys.path, sep='\\n')"
    root, *paths = map(Path, run(installed.python, "-c", ask, cwd=tmp_path).splitlines())
    assert root.is_relative_to(installed.python.parents[1])
    assert not [path for path in paths if path.is_relative_to(repository / "generator")]


def test_a_project_of_the_installed_newft_passes_its_own_tests(
    installed: Installed, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="a project's own dependencies are not installed")
    run(installed.newft, "new", "desk", "--yes", "--gpu", "cpu", cwd=tmp_path)
    desk = tmp_path / "desk"
    assert [path for path in desk.rglob("*") if path.name == "__pycache__"] == []
    done = run_warm("pytest", ["-q", "-p", "no:cacheprovider"], desk, hide_checkout())
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "skipped" not in done.stdout
