"""newft starts and writes without the calls that only POSIX systems have, as on Windows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.run_newft import plain_environment

pytestmark = pytest.mark.slow

# Modules and names that Python lacks on Windows. What the standard library itself needs at run
# time on this system stays, such as `posix` and `os.O_NONBLOCK`.
HIDE_POSIX = """
import importlib, json, os, pkgutil, signal, sys
for module in "fcntl grp pty pwd readline resource syslog termios tty".split():
    sys.modules[module] = None
names = "O_DIRECTORY chown fchmod fchown fork forkpty getegid geteuid getgid getpgid getuid killpg "
names += "mkfifo nice openpty pread sched_getaffinity setsid statvfs sync sysconf"
for name in names.split():
    vars(os).pop(name, None)
for name in [name for name in dir(signal) if name.startswith("SIG") and name[3] != "_"]:
    if name not in ("SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM"):
        delattr(signal, name)
"""
IMPORT_ALL = """
import newft
for found in pkgutil.walk_packages(newft.__path__, "newft."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
print(json.dumps(sorted(name for name in sys.modules if name.split(".")[0] == "newft")))
"""
WRITE = """
from pathlib import Path
from newft.errors import ProjectError
from newft.project.write import recover_interrupted, write_project
tree = Path("tree")
(tree / "src").mkdir(parents=True)
(tree / "src" / "a.py").write_text("a")
write_project(tree, Path("teams/new"))
Path("old").mkdir()
write_project(tree, Path("old"))
try:
    write_project(tree, Path("old"))
except ProjectError as error:
    message = error.message
recovered = [recover_interrupted(Path(folder)) for folder in ("old", "teams/new")]
print(json.dumps([message, recovered, sorted(path.as_posix() for path in Path().rglob("*"))]))
"""
CREATE = """
from newft.cli import main
sys.exit(main(["new", "desk", "--yes"]))
"""


def run(code: str, cwd: Path, *, before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", before + HIDE_POSIX + code],
        cwd=cwd,
        env=plain_environment(cwd),
        capture_output=True,
        text=True,
        check=True,
    )


def test_every_module_is_imported(tmp_path: Path, repository: Path) -> None:
    # copier and what it stands on ask for the name of the system, not for its modules
    imported = json.loads(run(IMPORT_ALL, tmp_path, before="import copier").stdout)
    modules = list((repository / "generator/newft").rglob("*.py"))
    assert len(imported) == len(modules) - 1  # all but __main__


def test_a_tree_is_written_into_new_and_existing_folders(tmp_path: Path) -> None:
    message, recovered, paths = json.loads(run(WRITE, tmp_path).stdout)
    assert message == "1 path exists already, nothing was written:\n  src/a.py"
    assert recovered == ["nothing to do", "nothing to do"]
    assert paths == [
        "old", "old/src", "old/src/a.py",
        "teams", "teams/new", "teams/new/src", "teams/new/src/a.py",
        "tree", "tree/src", "tree/src/a.py",
    ]  # fmt: skip


def test_a_project_is_created(tmp_path: Path) -> None:
    run(CREATE, tmp_path)
    assert (tmp_path / "desk/config/run.yaml").is_file()
