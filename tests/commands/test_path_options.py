"""Every option that takes a path, with every fault a path can have; and streams that are closed."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from newft.cli import main
from support.files import list_names
from support.help_desk_export import RECORDS
from support.run_newft import plain_environment, run_newft

pytestmark = pytest.mark.slow

LONGEST_WAIT = 60  # seconds until a command that waits for ever is a failure
LONG = "x" * 300


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(path.name)


FAULTS: dict[str, tuple[str, Callable[[Path], object] | None]] = {
    "missing": ("nothing/here{}", None),
    "of nobody": ("~nobody-at-all/t{}", None),
    "long name": (f"{LONG}{{}}", None),
    "long path": ("/".join([LONG[:100]] * 60) + "{}", None),
    "under a file": ("file/t{}", lambda path: path.parent.write_bytes(b"")),
    "ring of links": ("ring{}", lambda path: path.symlink_to(path.name)),
    "under a ring": ("ring/t{}", lambda path: path.parent.symlink_to("ring")),
    "broken link": ("broken{}", lambda path: path.symlink_to("nowhere")),
    "folder": ("folder{}", lambda path: path.mkdir()),
    "pipe": ("pipe{}", make_pipe),
    "socket": ("s{}", make_socket),
    "device": ("zero{}", lambda path: path.symlink_to("/dev/zero")),
    "not text": ("t\udcff{}", None),
}
OPTIONS = {
    "data": (".csv", ["--data"]),
    "answers": (".yml", ["--answers"]),
    "model": ("", ["--family", "qwen3", "--model"]),  # as ./x: x/y would be a model of a hub
    "path": ("", ["--yes"]),
}
FINE = {  # a folder is where a project goes, and a missing one is made
    ("path", fault) for fault in ("missing", "folder", "of nobody", "not text")
} | {("model", "folder")}


@pytest.fixture(autouse=True)
def no_endless_wait() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise AssertionError(f"it did not end within {LONGEST_WAIT} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST_WAIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("option", OPTIONS)
def test_a_fault_of_a_path_is_said_with_the_path(
    option: str,
    fault: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if (option, fault) in FINE:
        pytest.skip("this path is fine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    suffix, words = OPTIONS[option]
    name = FAULTS[fault][0].format(suffix)
    if option == "model" and not name.startswith("~"):
        name = f"./{name}"
    if make := FAULTS[fault][1]:
        make(Path(name))
    place = [] if option == "path" else ["desk", "--yes"]
    before = list_names(tmp_path)
    code = main(["new", *place, "--gpu", "cpu", "--lang", "en", *words, name])
    said = capsys.readouterr()
    assert (code in (1, 2), said.out) == (True, ""), said.err
    assert name.replace("\udcff", r"\udcff") in said.err.replace("\n", "")
    assert "hint: " in said.err and "bug" not in said.err
    assert list_names(tmp_path) == before


def test_a_nul_in_a_path_of_the_answers_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "a.yml"
    answers.write_text('data: {files: "t\\0.csv"}\n', encoding="utf-8")
    assert main(["new", "desk", "--lang", "en", "--answers", str(answers)]) == 2
    assert (
        "a.yml:1: data.files: the value is not valid text: 't\\x00.csv'" in capsys.readouterr().err
    )


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    code = (
        "import os, sys\nos.mkdir(sys.argv[1]); os.chdir(sys.argv[1]); os.rmdir(sys.argv[1])\n"
        "from newft.cli import main\nsys.exit(main(['new', 'desk', '--yes', '--gpu', 'cpu']))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(gone)],
        capture_output=True,
        text=True,
        env=plain_environment(tmp_path),
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert "error: the current folder no longer exists" in run.stderr


@pytest.mark.slow
def test_a_folder_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every folder")
    (tmp_path / "closed").mkdir(mode=0)
    for words in (["--data", "closed"], ["--data", "closed/t.csv"], ["--answers", "closed/a.yml"]):
        run = run_newft("new", "desk", "--yes", *words, cwd=tmp_path)
        assert run.returncode in (1, 2) and words[1] in run.stderr


# --- files that change ---------------------------------------------------------------------------


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_text("Body,Reason\n")])
def test_a_file_that_changes_after_it_was_measured_is_not_copied(
    change: Callable[[Path], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(RECORDS, encoding="utf-8")

    def change_before_rendering(event: str, arguments: tuple[object, ...]) -> None:
        # the first temporary folder is the one that the project is rendered in
        if event == "tempfile.mkdtemp" and "newft-" in str(arguments[0]) and once:
            change(once.pop())

    once = [tmp_path / "t.csv"]
    sys.addaudithook(change_before_rendering)
    words = ["--yes", "--gpu", "cpu", "--data", "t.csv", "--lang", "en"]
    assert main(["new", "desk", *words]) == 1
    assert not once
    assert "error: t.csv: " in capsys.readouterr().err
    assert not (tmp_path / "desk").exists()


# --- a full disk, and streams that are closed ----------------------------------------------------


def test_no_room_for_temporary_files_is_said(tmp_path: Path) -> None:
    code = (
        "import tempfile, sys\ntempfile.tempdir = None\n"
        "tempfile._candidate_tempdir_list = lambda: ['/proc/nowhere']\n"
        "from newft.cli import main\nsys.exit(main(['new', 'desk', '--yes', '--gpu', 'cpu']))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=plain_environment(tmp_path) | {"XDG_STATE_HOME": "/proc/nowhere"},
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert "no usable temporary directory" in run.stderr and "Traceback" not in run.stderr


@pytest.mark.slow
def test_a_bug_on_a_full_disk_is_still_shown(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom newft import cli\n"
        "def fail(_): raise ZeroDivisionError('on purpose')\ncli.COMMANDS['show'] = fail\n"
        "sys.exit(cli.main(['show', 'domains']))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=plain_environment(tmp_path),
        preexec_fn=no_room,
        check=False,
    )
    assert run.returncode == 70
    assert "this is a bug in newft" in run.stderr and "on purpose" in run.stderr


def no_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("newft show families | head -1", 0),
        ("newft show families --json 2>&1 | head -c 1", 0),
        ("newft show families >&-", 0),
        ("newft show families 2>&-", 0),
        ("newft show families <&-", 0),
        ("newft show families <&- >&- 2>&-", 0),
        ("newft new one --yes --gpu cpu 2>&1 | head -1", 0),
        ("newft new two --yes --gpu cpu --json >&-", 0),
        ("newft new three --yes --gpu cpu <&- >&- 2>&-", 0),
        ("newft new four --yes --gpu cpu --json >/dev/full", 1),
        ("newft show families >/dev/full", 1),
        ("newft new five --answers - <&-", 0),
        ("newft new six <&-", 2),
        ("newft new six 2>&-", 2),
        ("newft show nothing 2>&1 | true", 2),
        ("newft --help | head -1", 0),
        ("newft --help >&-", 0),
    ],
)
def test_a_closed_or_full_stream_is_no_bug(command: str, code: int, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    script = f'newft() {{ {sys.executable} -m newft "$@"; }}; set -o pipefail; {command}'
    run = subprocess.run(
        [bash, "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=plain_environment(tmp_path),
        check=False,
    )
    assert run.returncode == code, run.stderr
    assert "Traceback" not in run.stderr and "Exception ignored" not in run.stderr
    assert list_names(tmp_path) <= {"one", "two", "three", "four", "customer_service", "five"}
