from __future__ import annotations

import base64
import errno
import json
import math
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from newft.errors import ProjectError
from newft.project.staging import STAGING_MARKER
from newft.project.transaction import FileChange
from newft.project.undo import read_undo_record, undo_last_update
from newft.project.write import apply_changes, recover_interrupted
from newft.schema.tree import TreeFile
from support.checkout import GENERATOR
from support.files import mount_tmpfs
from support.kill import kill_at, run_in_child
from support.trees import Files, build_files, list_changes, make_text, read_files

TEAM = {
    "team/own.py": make_text("ours\n"),
    "src/kept.py": make_text("kept\n"),
    ".git/HEAD": make_text("ref: refs/heads/main\n"),
}
OLD: Files = TEAM | {
    "README.md": make_text("old\n"),
    "run.sh": TreeFile(b"#!/bin/sh\n", "100755"),
    "gone/deep/a.py": make_text("a\n"),
    "link": TreeFile(b"README.md", "120000"),
    "swap": make_text("a file\n"),
    "swapped/inner.py": make_text("in a folder\n"),
    ".newft/snapshot.tar": TreeFile(b"\0old"),
}
NEW: Files = TEAM | {
    "README.md": make_text("new\n"),
    "run.sh": TreeFile(b"#!/bin/sh\n", "100644"),
    "src/数据/b.py": make_text("b\n"),
    "link": TreeFile(b"./run.sh", "120000"),
    "swap/inner.py": make_text("now a folder\n"),
    "swapped": make_text("now a file\n"),
    ".newft/snapshot.tar": TreeFile(b"\0new"),
}
CHANGES = list_changes(OLD, NEW)
CHANGED = tuple(change.path for change in CHANGES)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return build_files(tmp_path / "desk", OLD)


def update(project: Path) -> None:
    apply_changes(project, CHANGES, keep_undo=True, index_entries=b"old \0 index")


# --- what an update does -------------------------------------------------------------------------


def test_an_update_writes_removes_and_swaps_files_and_folders(project: Path) -> None:
    apply_changes(project, CHANGES, keep_undo=False)
    assert read_files(project, undo=True) == NEW


def test_the_permissions_of_a_replaced_file_stay(project: Path) -> None:
    (project / "README.md").chmod(0o640)
    (project / "run.sh").chmod(0o750)
    update(project)
    assert (project / "README.md").stat().st_mode & 0o777 == 0o640
    assert (project / "run.sh").stat().st_mode & 0o777 == 0o640
    assert (project / ".newft/undo/last.json").stat().st_mode & 0o777 == 0o600
    undo_last_update(project)
    assert (project / "run.sh").stat().st_mode & 0o777 == 0o750


def test_an_update_without_changes_leaves_the_project_alone(project: Path) -> None:
    update(project)
    before = read_files(project, undo=True)
    same = FileChange("README.md", NEW["README.md"], NEW["README.md"])
    apply_changes(project, [same], keep_undo=True)
    assert read_files(project, undo=True) == before
    undo_last_update(project)
    assert read_files(project) == OLD


@pytest.mark.parametrize("path", ["../out", ".git/config", "/out", "a\udcff"])
def test_a_change_outside_the_project_is_refused(project: Path, path: str) -> None:
    for keep_undo in (False, True):
        with pytest.raises(ProjectError, match="the journal contains"):
            apply_changes(project, [FileChange(path, None, make_text("x"))], keep_undo=keep_undo)
    assert read_files(project, undo=True) == OLD


def test_files_change_places(project: Path) -> None:
    first, second = OLD["README.md"], OLD["run.sh"]
    changes = [
        FileChange("README.md", first, None),
        FileChange("run.sh", None, first),
        FileChange("run.sh", second, None),
        FileChange("README.md", None, second),
    ]
    apply_changes(project, changes, keep_undo=True)
    assert read_files(project) == OLD | {"README.md": second, "run.sh": first}
    undo_last_update(project)
    assert read_files(project) == OLD


def test_files_that_differ_in_case_alone_are_renamed(project: Path) -> None:
    renamed = {path: file for path, file in OLD.items() if path != "README.md"}
    renamed["Readme.md"] = OLD["README.md"]
    apply_changes(project, list_changes(OLD, renamed), keep_undo=False)
    assert read_files(project) == renamed


# --- the undo record -----------------------------------------------------------------------------


def test_an_undo_brings_the_state_before_back_and_then_the_update_again(project: Path) -> None:
    update(project)
    assert read_files(project) == NEW
    assert (project / ".newft/undo/.gitignore").read_bytes() == b"*\n"
    undone = undo_last_update(project, index_entries=b"new index")
    assert (undone.paths, undone.index_entries) == (CHANGED, b"old \0 index")
    assert read_files(project) == OLD
    undone = undo_last_update(project)
    assert (undone.paths, undone.index_entries) == (CHANGED, b"new index")
    assert read_files(project) == NEW


def test_without_an_update_there_is_nothing_to_undo(project: Path) -> None:
    assert read_undo_record(project) is None
    with pytest.raises(ProjectError, match="there is no update to undo here"):
        undo_last_update(project)


def test_edits_since_the_update_are_refused_by_name_or_kept_in_the_record(project: Path) -> None:
    update(project)
    (project / "README.md").write_bytes(b"new, edited\n")
    (project / "run.sh").unlink()
    edited = read_files(project)
    with pytest.raises(ProjectError) as caught:
        undo_last_update(project)
    assert caught.value.message == (
        "2 paths changed since the update, nothing was written:\n  README.md\n  run.sh"
    )
    assert read_files(project) == edited
    undo_last_update(project, discard_edits=True)
    assert read_files(project) == OLD
    undo_last_update(project)
    assert read_files(project) == edited


def test_what_the_team_took_back_itself_is_no_edit(project: Path) -> None:
    update(project)
    (project / "README.md").write_bytes(OLD["README.md"].content)
    (project / "gone/deep").mkdir(parents=True)
    (project / "gone/deep/a.py").write_bytes(OLD["gone/deep/a.py"].content)
    assert "README.md" not in undo_last_update(project).paths
    assert read_files(project) == OLD


def test_a_folder_where_a_file_was_is_never_removed_by_an_undo(project: Path) -> None:
    update(project)
    (project / "README.md").unlink()
    build_files(project, {"README.md/notes": make_text("mine")})
    before = read_files(project, undo=True)
    for discard in (False, True):
        with pytest.raises(ProjectError, match=r"README\.md"):
            undo_last_update(project, discard_edits=discard)
    assert read_files(project, undo=True) == before


def test_a_record_cannot_reach_outside_or_into_the_folder_of_git(project: Path) -> None:
    update(project)
    file = project / ".newft/undo/last.json"
    record = json.loads(file.read_bytes())
    content = base64.urlsafe_b64encode(b"#!/bin/sh\nrm -rf ~\n").decode()
    for path in (
        "../out",
        "/out",
        "a//b",
        "./a",
        "",
        "a/../../out",
        ".git/hooks/post-checkout",
        "sub/.GIT/config",
        "a\0b",
    ):
        entry = {
            "path": path,
            "mode": "100755",
            "content": content,
            "after": {"mode": "absent", "sha256": ""},
        }
        file.write_text(json.dumps(record | {"entries": [entry]}), encoding="utf-8")
        with pytest.raises(ProjectError, match="the journal contains"):
            undo_last_update(project, discard_edits=True)
    assert read_files(project) == NEW and not (project.parent / "out").exists()


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[" * 100_000, b'{"entries": 1}', b"\xff\0", None]
)
def test_a_damaged_record_is_an_error_that_names_it(project: Path, content: bytes | None) -> None:
    update(project)
    file = project / ".newft/undo/last.json"
    record = file.read_bytes()
    file.write_bytes(record[: len(record) // 2] if content is None else content)
    with pytest.raises(ProjectError, match="this file is damaged") as caught:
        undo_last_update(project)
    assert caught.value.where == str(file)


# --- what is not as expected ---------------------------------------------------------------------


def put_link(place: Path) -> None:
    place.unlink()
    place.symlink_to("/etc/hostname")


def put_folder(place: Path) -> None:
    place.unlink()
    (place / "inner").mkdir(parents=True)


def put_fifo(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        ("README.md", lambda place: place.write_bytes(b"edited"), "README.md (edited meanwhile)"),
        ("README.md", lambda place: place.chmod(0o755), "README.md (edited meanwhile)"),
        ("README.md", lambda place: place.unlink(), "README.md (removed meanwhile)"),
        ("README.md", put_link, "README.md (a link)"),
        ("README.md", put_folder, "README.md (a folder)"),
        ("README.md", put_fifo, "README.md (not a regular file)"),
        ("gone/deep/a.py", put_link, "gone/deep/a.py (a link)"),
        ("src/数据", lambda place: place.symlink_to("/etc"), "(src/数据 is no folder)"),
        ("src/数据", lambda place: place.touch(), "(src/数据 is no folder)"),
        ("src/数据/b.py", put_fifo, "src/数据/b.py (not a regular file)"),
        ("src/数据/b.py", lambda place: place.mkdir(parents=True), "src/数据/b.py (a folder)"),
        ("swapped/empty", lambda place: place.mkdir(), "swapped (a folder)"),
        ("link", lambda place: place.unlink(), "link (removed meanwhile)"),
        ("swapped/more.py", lambda place: place.touch(), "swapped (a folder)"),
    ],
)  # fmt: skip
def test_a_path_that_is_not_as_expected_is_named_and_nothing_is_written(
    project: Path, path: str, change: Callable[[Path], None], said: str
) -> None:
    place = project / path
    if change is put_fifo and not place.parent.exists():
        place.parent.mkdir()
        place.touch()
    change(place)
    kinds = {found: found.lstat().st_mode for found in project.rglob("*")}
    with pytest.raises(ProjectError) as caught:
        update(project)
    assert caught.value.message.startswith("1 path cannot be changed, nothing was written:\n  ")
    assert caught.value.message.endswith(said)
    assert {found: found.lstat().st_mode for found in project.rglob("*")} == kinds
    assert recover_interrupted(project) == "nothing to do"


@pytest.mark.parametrize(
    ("locked", "said"),
    [
        (".", "cannot be written: permission denied"),
        ("gone/deep", "cannot be written: permission denied"),
        ("src", "cannot be written: permission denied"),
        ("README.md", r"nothing was written:\n  README.md \(read-only\)"),
        ("gone/deep/a.py", r"nothing was written:\n  gone/deep/a.py \(read-only\)"),
    ],
)
def test_read_only_files_and_folders_are_left_alone(locked: str, said: str) -> None:
    def work() -> None:
        if os.geteuid() == 0:  # nothing is read-only to root
            os.setuid(65534)
        project = build_files(Path(tempfile.mkdtemp()), OLD)
        place = project / locked
        place.chmod(place.stat().st_mode & 0o555)
        with pytest.raises(ProjectError, match=said):
            update(project)
        place.chmod(place.stat().st_mode | 0o200)
        assert read_files(project, undo=True) == OLD
        shutil.rmtree(project)

    assert run_in_child(work) == 0


@pytest.mark.parametrize("limit", [10, 100_000])
def test_a_file_that_may_not_grow_that_large_leaves_the_old_tree(project: Path, limit: int) -> None:
    changes = [*CHANGES, FileChange("large.bin", None, TreeFile(b"x" * 200_000))]

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with pytest.raises(ProjectError, match=os.strerror(errno.EFBIG).lower()):
            apply_changes(project, changes, keep_undo=True)

    assert run_in_child(work) == 0
    assert read_files(project, undo=True) == OLD


def test_a_full_disk_leaves_the_old_tree(tmp_path: Path) -> None:
    if mount_tmpfs("size=256k", tmp_path).returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        project = build_files(tmp_path / "desk", OLD)
        (project / "data").write_bytes(b"x" * 100_000)
        with pytest.raises(ProjectError, match="cannot be written: no space left"):
            apply_changes(
                project,
                [*CHANGES, FileChange("large.bin", None, TreeFile(b"x" * 100_000))],
                keep_undo=True,
            )
        (project / "data").unlink()
        assert read_files(project, undo=True) == OLD
    finally:
        subprocess.run(["umount", tmp_path], check=True)


# --- killed at any moment ------------------------------------------------------------------------


def get_state(project: Path) -> str:
    """Whether the project is as before, as after, or has a journal; anything else is an error."""
    if (project / ".newft-apply/journal").exists():
        return "journal"
    files = {p: f for p, f in read_files(project).items() if not p.startswith(".newft-apply/")}
    assert files in (OLD, NEW)
    return "old" if files == OLD else "new"


@pytest.mark.slow
def test_killed_before_any_operation_an_update_is_old_or_new_or_finished_by_the_next_run(
    tmp_path: Path,
) -> None:
    update(build_files(tmp_path / "warm", OLD))  # what this imports is not imported in each child
    states, killed, step = [], True, 0
    while killed:
        project = build_files(tmp_path / f"desk-{step}", OLD)
        killed = kill_at(step, lambda project=project: update(project))  # type: ignore[misc]
        states.append(get_state(project))
        recovered = recover_interrupted(project)
        assert read_files(project) == (OLD if states[-1] == "old" else NEW), step
        assert recovered != ("finished" if states[-1] == "old" else "undone"), step
        assert recover_interrupted(project) == "nothing to do"
        if states[-1] != "old":
            assert undo_last_update(project).index_entries == b"old \0 index"
            assert read_files(project) == OLD, step
        step += 1
    assert sorted(states, key=["old", "journal", "new"].index) == states
    assert min(map(states.count, ("old", "journal", "new"))) > 3


@pytest.mark.slow
def test_a_recovery_may_be_killed_too(tmp_path: Path) -> None:
    update(build_files(tmp_path / "warm", OLD))
    chance = random.Random(7)
    committed, killed = False, True
    first = 0
    while killed:
        project = build_files(tmp_path / "desk", OLD)
        killed = kill_at(first, lambda project=project: update(project))  # type: ignore[misc]
        committed = committed or get_state(project) == "journal"
        kills = 0
        while kill_at(chance.randrange(12), lambda project=project: recover_interrupted(project)):  # type: ignore[misc]
            kills += 1
        recover_interrupted(project)
        assert get_state(project) == ("new" if committed else "old"), (first, kills)
        shutil.rmtree(project)
        first += 3
    assert committed


@pytest.mark.slow
@pytest.mark.parametrize("failing", [1, 4, 7, 10])
def test_an_update_that_fails_is_taken_back_even_when_killed(tmp_path: Path, failing: int) -> None:
    update(build_files(tmp_path / "warm", OLD))

    def work(project: Path) -> None:
        operations = 0

        def fail(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal operations
            moves = event == "os.rename" and "/after/" in str(arguments[0])
            removes = event == "os.remove" and ".newft-apply" not in str(arguments[0])
            operations += moves or removes
            if operations == failing:
                operations += 1000
                raise OSError(errno.EIO, "broken")

        sys.addaudithook(fail)
        with pytest.raises(ProjectError, match="cannot be written: broken"):
            update(project)
        assert read_files(project, undo=True) == OLD

    killed, step = True, 0
    while killed:
        project = build_files(tmp_path / "desk", OLD)
        killed = kill_at(step, lambda project=project: work(project))  # type: ignore[misc]
        recover_interrupted(project)
        assert read_files(project) in (OLD, NEW), step
        shutil.rmtree(project)
        step += 2
    assert step > 100


def kill_in_steps(project: Path, changes: list[FileChange], *, done: int) -> bool:
    """Whether an update was killed after its commit point, when so many files had been changed."""

    def work() -> None:
        left: float = done

        def kill(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            moves = event == "os.rename" and "/after/" in str(arguments[0])
            left -= moves or (event == "os.remove" and ".newft-apply" not in str(arguments[0]))
            if left < 0:
                left = math.inf  # the kill is an event too
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(kill)
        apply_changes(project, changes, keep_undo=True)

    return os.WIFSIGNALED(run_in_child(work))


@pytest.mark.parametrize("done", [0, 3, 6, 9])
def test_what_was_edited_between_kill_and_recovery_is_never_overwritten(
    project: Path, tmp_path: Path, done: int
) -> None:
    assert kill_in_steps(project, CHANGES, done=done)
    moved = (project / "README.md").read_bytes() == NEW["README.md"].content
    edited = {"README.md": make_text("edited\n"), "src/数据/b.py": make_text("edited too\n")}
    build_files(project, edited)
    before = read_files(project)
    with pytest.raises(ProjectError) as caught:
        recover_interrupted(project)
    assert "because 2 paths have changed since:" in caught.value.message
    assert all(f"\n  {path}" in caught.value.message for path in edited)
    assert "move them out of this folder" in str(caught.value.hint)
    assert read_files(project) == before
    for path in edited:  # as the hint says
        shutil.move(project / path, tmp_path / Path(path).name)
    # the new README.md is lost with its edits if it had been moved to its place: all is taken back
    assert recover_interrupted(project) == ("undone" if moved else "finished")
    assert read_files(project) == (OLD if moved else NEW)


@pytest.mark.parametrize("moved", [0, 3, 6])
def test_what_was_brought_back_by_hand_after_a_kill_is_taken_back_altogether(
    project: Path, moved: int
) -> None:
    assert kill_in_steps(project, CHANGES, done=moved)
    for path in ("README.md", ".newft/snapshot.tar"):  # as git checkout does
        (project / path).unlink()
        (project / path).write_bytes(OLD[path].content)
    expected = "finished" if moved == 0 else "undone"
    assert recover_interrupted(project) == expected
    assert read_files(project) == (NEW if moved == 0 else OLD)


@pytest.mark.parametrize("moved", range(7))
def test_a_file_that_changes_after_the_commit_point_takes_everything_back(
    project: Path, moved: int
) -> None:
    def work() -> None:
        left, hooked = moved, True

        def edit(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left, hooked
            left -= event == "os.rename" and "/after/" in str(arguments[0])
            if left < 0 and hooked:
                hooked = False
                build_files(project, {"gone/deep/a.py": make_text("edited\n")})

        sys.addaudithook(edit)
        with pytest.raises(ProjectError, match=r"gone/deep/a\.py \(edited meanwhile\)"):
            update(project)

    assert run_in_child(work) == 0
    assert read_files(project, undo=True) == OLD | {"gone/deep/a.py": make_text("edited\n")}


def test_a_recovery_that_the_system_refuses_says_where_and_is_repeated() -> None:
    def work() -> None:
        if os.geteuid() == 0:  # nothing is read-only to root
            os.setuid(65534)
        project = build_files(Path(tempfile.mkdtemp()), OLD)
        assert kill_in_steps(project, CHANGES, done=2)
        (project / "src").chmod(0o555)
        with pytest.raises(ProjectError, match="cannot be completed: permission denied") as caught:
            recover_interrupted(project)
        assert str(caught.value.where).startswith(str(project / "src"))
        (project / "src").chmod(0o755)
        assert recover_interrupted(project) == "finished"
        assert read_files(project) == NEW
        shutil.rmtree(project)

    assert run_in_child(work) == 0


def test_an_update_where_an_interrupted_one_was_finished_says_so(project: Path) -> None:
    assert kill_in_steps(project, CHANGES, done=2)
    with pytest.raises(ProjectError, match="an interrupted run of newft was completed just now"):
        apply_changes(project, [FileChange("x", None, make_text("x"))], keep_undo=False)
    assert read_files(project) == NEW
    kill_at(20, lambda: undo_last_update(project))
    with pytest.raises(ProjectError, match="an interrupted run of newft was taken back just now"):
        undo_last_update(project)
    assert read_files(project) == NEW
    undo_last_update(project)
    assert read_files(project) == OLD


IMPORTS = f"""
import sys
sys.path.insert(0, {str(GENERATOR)!r})
from pathlib import Path
from newft.errors import ProjectError
from newft.project.transaction import FileChange
from newft.project.write import apply_changes, write_project
from newft.schema.tree import TreeFile
folder, name = Path(sys.argv[1]), sys.argv[2]
print(flush=True)
sys.stdin.readline()
"""
UPDATE = f"""{IMPORTS}
changes = [FileChange(f"d{{n % 7}}/{{n}}", None, TreeFile(name.encode())) for n in range(50)]
try:
    apply_changes(folder, changes, keep_undo=True)
except ProjectError as error:
    print(error.message.splitlines()[0])
else:
    print("done")
"""
UPDATE_AGAIN_AND_AGAIN = f"""{IMPORTS}
before, said, number = None, set(), 0
while number < 50 and len(said) < 3:
    after = TreeFile(str(number).encode())
    try:
        apply_changes(folder, [FileChange(name, before, after)], keep_undo=False)
    except ProjectError as error:
        said.add(error.message)
    else:
        before, number = after, number + 1
        said.add("done")
print(" | ".join(sorted(said)))
"""
WRITE_NEW = f"""{IMPORTS}
try:
    write_project(folder / "tree", folder / "projects" / "new")
except ProjectError as error:
    print(error.message.splitlines()[0])
else:
    print("done")
"""


def run_at_once(script: str, folder: Path) -> list[str]:
    """Run a script in four processes that start together, and return what each printed last."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(4)
    ]
    for process in processes:
        assert process.stdout
        process.stdout.readline()
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[0].strip() for process in processes]


@pytest.mark.slow
def test_of_processes_that_update_at_once_one_wins_and_the_others_say_why(tmp_path: Path) -> None:
    said = run_at_once(UPDATE, tmp_path)
    assert said.count("done") == 1
    assert set(said) <= {
        "done",
        "another newft process is writing here",
        "50 paths cannot be changed, nothing was written:",
    }
    files = read_files(tmp_path)
    winner = str(said.index("done"))
    assert len(files) == 50 and {file.content.decode() for file in files.values()} == {winner}


@pytest.mark.slow
def test_processes_that_come_and_go_only_ever_find_the_folder_busy(tmp_path: Path) -> None:
    said = run_at_once(UPDATE_AGAIN_AND_AGAIN, tmp_path)
    assert set(said) <= {"done", "another newft process is writing here | done"}
    assert sorted(read_files(tmp_path)) == ["0", "1", "2", "3"]


@pytest.mark.slow
def test_of_processes_that_make_one_project_at_once_one_wins(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / "tree" / str(number)).mkdir(parents=True)
        (tmp_path / "tree" / str(number) / "file").write_text(str(number))
    said = run_at_once(WRITE_NEW, tmp_path)
    assert said.count("done") == 1
    assert set(said) <= {
        "done",
        "another newft process is writing here",
        "50 paths exist already, nothing was written:",
    }
    assert len(read_files(tmp_path / "projects")) == 50


# --- journals that newft did not write -----------------------------------------------------------


def write_journal(project: Path, content: object, name: str = "journal") -> Path:
    stage = project / ".newft-apply"
    (stage / "after").mkdir(parents=True)
    (stage / "before").mkdir()
    (stage / STAGING_MARKER).touch()
    (stage / name).write_text(json.dumps(content), encoding="utf-8")
    return stage


def make_hostile_journal(path: str, folder: str = "new") -> dict[str, object]:
    absent = {"mode": "absent", "sha256": ""}
    sha256 = "a" * 64
    entry = {"path": path, "before": {"mode": "100644", "sha256": sha256}, "after": absent}
    return {"format": 1, "entries": [entry], "folders": [folder]}


@pytest.mark.parametrize("mark", ["journal", "undo"])
@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("../out", "new"),
        ("/etc/hostname", "new"),
        ("a/../../out", "new"),
        ("a//b", "new"),
        ("", "new"),
        (".git/config", "new"),
        ("sub/.Git /hooks/post-merge", "new"),
        (".g\u200cit/config", "new"),
        (".newft-apply/journal", "new"),
        ("a", "../out"),
        ("a", "/tmp"),
    ],
)
def test_a_journal_made_by_hand_cannot_reach_outside(
    project: Path, mark: str, path: str, folder: str
) -> None:
    out = build_files(project.parent / "out", {"secret": make_text("s")})
    write_journal(project, make_hostile_journal(path, folder), mark)
    before = read_files(project, undo=True)
    with pytest.raises(ProjectError, match="the journal contains"):
        recover_interrupted(project)
    assert read_files(project, undo=True) == before and (out / "secret").exists()


@pytest.mark.parametrize("mark", ["journal", "undo"])
@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        {"format": 2, "entries": [], "folders": []},
        {"files": ["a"], "folders": []},
        "x" * 100,
    ],
)
def test_a_damaged_journal_is_an_error_that_says_what_to_do(
    project: Path, mark: str, content: object
) -> None:
    stage = write_journal(project, content, mark)
    with pytest.raises(ProjectError, match="this file is damaged, or another version") as caught:
        recover_interrupted(project)
    assert caught.value.where == str(stage / mark)
    assert str(stage) in str(caught.value.hint)
    (stage / mark).unlink()
    (stage / mark).symlink_to("/dev/zero")
    with pytest.raises(ProjectError, match="this file is damaged"):
        recover_interrupted(project)
    shutil.rmtree(stage)  # as the hint says
    assert recover_interrupted(project) == "nothing to do"
    assert read_files(project) == OLD


def test_staged_content_behind_links_is_never_moved(project: Path) -> None:
    out = build_files(project.parent / "out", {"0": make_text("secret\n")})
    assert kill_in_steps(project, CHANGES, done=0)
    stage = project / ".newft-apply"
    shutil.rmtree(stage / "after")
    (stage / "after").symlink_to(out)
    with pytest.raises(ProjectError, match="this file is damaged"):
        recover_interrupted(project)
    (stage / "after").unlink()
    (stage / "after").mkdir()
    (stage / "after/0").symlink_to(out / "0")
    assert recover_interrupted(project) == "undone"
    assert read_files(project) == OLD and read_files(out) == {"0": make_text("secret\n")}


def test_a_journal_never_moves_a_file_through_a_link(project: Path) -> None:
    out = build_files(project.parent / "out", {"x": make_text("x")})
    assert kill_in_steps(project, CHANGES, done=0)
    (project / "src/数据").symlink_to(out)
    with pytest.raises(ProjectError, match=r"1 path has changed since:\n  src/数据/b\.py"):
        recover_interrupted(project)
    assert read_files(out) == {"x": make_text("x")}


def test_a_marker_that_is_a_link_is_never_opened(project: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (project / ".newft-apply").mkdir()
    (project / ".newft-apply" / STAGING_MARKER).symlink_to(precious)
    with pytest.raises(ProjectError, match="something else has it"):
        update(project)
    assert recover_interrupted(project) == "nothing to do"
    assert precious.read_bytes() == b"precious"


# --- any changes ---------------------------------------------------------------------------------

names = st.sampled_from(["a", "b", "C", "数据", ".x", "a b", "-", "é"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
files = st.builds(
    TreeFile, st.binary(max_size=3), st.sampled_from(["100644", "100755"])
) | st.sampled_from([TreeFile(b"a/b", "120000"), TreeFile(b"../..", "120000")])


@st.composite
def draw_tree(draw: st.DrawFn) -> Files:
    tree: Files = {}
    for path, file in draw(st.dictionaries(paths, files, max_size=7)).items():
        if not any(f"{path}/".startswith(f"{o}/") or o.startswith(f"{path}/") for o in tree):
            tree[path] = file
    return tree


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    old=draw_tree(),
    new=draw_tree(),
    step=st.integers(0, 80),
)
@pytest.mark.slow
def test_any_changes_are_made_together_undone_and_made_again(
    old: Files, new: Files, step: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = build_files(tmp_path_factory.mktemp("any"), old)
    changes = list_changes(old, new)
    assume(changes)
    killed = kill_at(step, lambda: apply_changes(project, changes, keep_undo=True))
    recovered = recover_interrupted(project)
    if killed and recovered != "finished" and read_files(project) == old:
        apply_changes(project, changes, keep_undo=True)
    assert read_files(project) == new
    undo_last_update(project)
    assert read_files(project) == old
    undo_last_update(project)
    assert read_files(project) == new


EDIT = make_text("typed between kill and recovery")


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=draw_tree(), new=draw_tree(), data=st.data())
def test_no_edit_between_kill_and_recovery_is_lost_and_without_it_all_ends_old_or_new(
    old: Files, new: Files, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = build_files(tmp_path_factory.mktemp("any"), old)
    changes = list_changes(old, new)
    moved = data.draw(st.integers(0, len(changes)))
    kill_in_steps(project, changes, done=moved)
    there = sorted(
        path for path in read_files(project) if not path.startswith(".newft") and path[-1] != "/"
    )
    edited = data.draw(st.sets(st.sampled_from(there), max_size=2)) if there else set()
    for path in edited:
        (project / path).unlink()
        build_files(project, {path: EDIT})
    moved_out: set[str] = set()
    try:
        recover_interrupted(project)
    except ProjectError as error:
        assert edited and "move them out of this folder" in str(error.hint)
        assert all(read_files(project)[path] == EDIT for path in edited)
        for path in edited:
            if old.get(path) != new.get(path):  # others are in nobody's way
                (project / path).unlink()
        recover_interrupted(project)
        moved_out = {path for path in edited if old.get(path) != new.get(path)}
        edited -= moved_out
    left = read_files(project)
    assert all(left[path] == EDIT for path in edited)
    # taking back leaves alone what was not changed yet, and so what was moved out stays away
    others = edited | (moved_out - set(left))
    assert any(
        {path: file for path, file in left.items() if path not in others}
        == {path: file for path, file in tree.items() if path not in others}
        for tree in (old, new)
    )
