"""git is started without what the user or a repository has configured, and its faults are said."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from newft.errors import GitError
from newft.system.git import find_git, run_git


def write_program(path: Path, lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)


def is_running(process: int) -> bool:
    """Whether a process runs; one that nobody has waited for is over."""
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


def test_it_returns_the_bytes_and_the_code(tmp_path: Path) -> None:
    run_git(["init", "-q", "--bare"], folder=tmp_path)
    written = run_git(["hash-object", "-w", "--stdin"], folder=tmp_path, stdin=b"a\r\n\0")
    oid = written.output.decode().strip()
    assert run_git(["cat-file", "blob", oid], folder=tmp_path).output == b"a\r\n\0"
    assert run_git(["cat-file", "-e", "0" * 40], folder=tmp_path, accept=(0, 1)).code == 1


def test_nothing_of_the_user_has_a_part_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "git").mkdir(parents=True)
    (home / ".gitconfig").write_text(
        "[core]\n\tquotePath = nonsense\n[init]\n\tdefaultBranch = x\n"
    )
    (home / "git/ignore").write_text("*.py\n")
    for name, value in {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "GIT_DIR": str(tmp_path / "elsewhere"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "nonsense",
        "LANG": "zh_CN.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    project = tmp_path / "project"
    project.mkdir()
    run_git(["init", "-q"], folder=project)
    (project / "a.py").write_text("a")
    listed = run_git(["ls-files", "-o", "--exclude-standard"], folder=project)
    assert listed.output == b"a.py\n"
    assert not (tmp_path / "elsewhere").exists()


def test_programs_that_a_repository_names_are_not_run(tmp_path: Path) -> None:
    write_program(tmp_path / "spy", f"touch {tmp_path}/was-run")
    project = tmp_path / "project"
    project.mkdir()
    run_git(["init", "-q"], folder=project)
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand"):
        run_git(["config", "--", key, str(tmp_path / "spy")], folder=project)
    write_program(project / ".git/hooks/post-index-change", f"touch {tmp_path}/was-run")
    (project / "a").write_text("a")
    run_git(["add", "--", "a"], folder=project)
    run_git(["status", "--short"], folder=project)
    assert not (tmp_path / "was-run").exists()


def test_a_failure_names_the_command_and_the_reason(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        run_git(["-c", "a.b=c", "rev-parse", "--verify", "nothing"], folder=tmp_path)
    assert caught.value.message.startswith("`git rev-parse` failed: fatal: ")
    assert caught.value.where == str(tmp_path)


def test_a_missing_or_old_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(GitError, match="git is needed and was not found") as caught:
        find_git()
    assert caught.value.hint == "install git 2.38 or newer"
    write_program(tmp_path / "old/git", "echo git version 2.37.9")
    monkeypatch.setenv("PATH", str(tmp_path / "old"))
    with pytest.raises(
        GitError, match=r"git 2\.38 or newer is needed; found: git version 2\.37\.9"
    ):
        run_git(["init"], folder=tmp_path)


def test_what_git_has_started_is_stopped_with_it(tmp_path: Path) -> None:
    write_program(tmp_path / "ssh", f"echo $$ > {tmp_path}/pid; sleep 60")
    variables = {"GIT_SSH_COMMAND": str(tmp_path / "ssh")}
    run_git(["init", "-q"], folder=tmp_path)
    with pytest.raises(GitError, match="git did not finish within 1 seconds: git fetch"):
        command = ["fetch", "--", "ssh://nowhere.invalid/x"]
        run_git(command, folder=tmp_path, environment=variables, timeout=1)
    process = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 10
    while is_running(process) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_running(process)


def test_a_git_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="git did not finish within 0 seconds: git ls-files"):
        subprocess.run(["mkfifo", tmp_path / ".gitignore"], check=True)
        run_git(["init", "-q"], folder=tmp_path)
        run_git(["ls-files", "-o", "--exclude-standard"], folder=tmp_path, timeout=0.3)
