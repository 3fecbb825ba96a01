from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newft.errors import ProjectError
from newft.project.staging import STAGING_MARKER
from newft.project.write import list_planned_paths, recover_interrupted, write_project
from support.checkout import GENERATOR
from support.kill import kill_at, run_in_child

FILES = {
    "README.md": b"# new\n",
    "src/acme/a.py": b"a\n",
    "src/acme/b.py": b"b\n",
    "Makefile": b"m",
}
OURS = {"LICENSE": b"mine\n", "src/mine/c.py": b"c\n", ".git/HEAD": b"ref\n"}

World = dict[str, bytes | None]  # path -> content; None is a folder


def build(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def world(folder: Path) -> World:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def world_of(files: dict[str, bytes]) -> World:
    folders = {str(up) for path in files for up in Path(path).parents if str(up) != "."}
    return {**files, **dict.fromkeys(folders)}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return build(tmp_path / "tree", FILES)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_a_new_folder_gets_the_tree(tree: Path, place: Path) -> None:
    written = write_project(tree, place / "desk")
    assert written == ("Makefile", "README.md", "src/acme/a.py", "src/acme/b.py")
    assert world(place / "desk") == world_of(FILES)
    assert names_in(place) == ["desk"]


def test_missing_parents_come_with_it(tree: Path, place: Path) -> None:
    write_project(tree, place / "teams/support/desk")
    assert world(place / "teams/support/desk") == world_of(FILES)
    assert names_in(place) == ["teams"]


def test_a_relative_path_and_the_current_folder_work(
    tree: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    write_project(tree, Path("desk"))
    (place / "here").mkdir()
    monkeypatch.chdir(place / "here")
    write_project(tree, Path())
    assert world(place / "desk") == world(place / "here") == world_of(FILES)


def test_an_existing_folder_keeps_what_it_had(tree: Path, place: Path) -> None:
    write_project(tree, build(place, OURS))
    assert world(place) == world_of(OURS | FILES)


def test_a_folder_behind_a_link_is_the_folder(tree: Path, place: Path) -> None:
    (place / "real").mkdir()
    (place / "link").symlink_to("real")
    write_project(tree, place / "link")
    assert world(place / "real") == world_of(FILES)
    assert (place / "link").is_symlink()


def test_modes_follow_the_umask_and_the_tree(tree: Path, place: Path) -> None:
    (tree / "Makefile").chmod(0o700)
    before = os.umask(0o027)
    try:
        write_project(tree, place / "new")
        (place / "old").mkdir()
        write_project(tree, place / "old")
    finally:
        os.umask(before)
    for folder in (place / "new", place / "old"):
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
        assert modes["Makefile"] == 0o750 and modes["README.md"] == 0o640
        assert modes["acme"] == 0o750
    assert (place / "new").stat().st_mode & 0o777 == 0o750


def test_every_path_in_the_way_is_listed_and_nothing_written(tree: Path, place: Path) -> None:
    build(place, {"README.md": b"mine", "src/acme": b"a file where a folder must be"})
    (place / "Makefile").mkdir()
    before = world(place)
    with pytest.raises(ProjectError) as caught:
        write_project(tree, place)
    assert caught.value.message == (
        "3 paths exist already, nothing was written:\n  Makefile/\n  README.md\n  src/acme"
    )
    assert caught.value.where == str(place)
    assert world(place) == before


@pytest.mark.parametrize("link", ["src", "src/acme", "README.md"])
def test_nothing_is_written_through_a_link(
    tree: Path, place: Path, tmp_path: Path, link: str
) -> None:
    outside = build(tmp_path / "outside", {"kept": b"kept"})
    (place / link).parent.mkdir(exist_ok=True)
    (place / link).symlink_to(outside)
    with pytest.raises(ProjectError) as caught:
        write_project(tree, place)
    assert caught.value.message == (
        f"1 path exists already, nothing was written:\n  {link} -> {outside}"
    )
    assert world(outside) == {"kept": b"kept"}


def test_a_file_or_a_broken_link_is_no_target(tree: Path, place: Path) -> None:
    build(place, {"file": b""})
    (place / "link").symlink_to("nowhere")
    for name in ("file", "link"):
        with pytest.raises(ProjectError, match="this is not a folder"):
            write_project(tree, place / name)
    with pytest.raises(ProjectError, match="cannot be written: not a directory"):
        write_project(tree, place / "file/desk")
    assert names_in(place) == ["file", "link"]


@pytest.mark.parametrize("folder", ["/proc/desk", "/proc/self", "/sys/desk"])
def test_a_place_that_cannot_be_written_is_an_error_that_says_so(tree: Path, folder: str) -> None:
    with pytest.raises(ProjectError) as caught:
        write_project(tree, Path(folder))
    assert caught.value.message.startswith("cannot be written: ")
    assert caught.value.where in (folder, str(Path(folder).resolve()))


@pytest.mark.parametrize("locked", [".", "src"])
def test_a_read_only_folder_is_left_alone(locked: str) -> None:
    def work() -> None:
        if os.geteuid() == 0:  # nothing is read-only to root
            os.setuid(65534)
        base = Path(tempfile.mkdtemp())
        tree, place = build(base / "tree", FILES), build(base / "place", {"src/c.py": b"c"})
        before = world(place)
        (place / locked).chmod(0o555)
        for folder in (place, place / locked / "desk"):
            with pytest.raises(ProjectError, match="cannot be written: permission denied"):
                write_project(tree, folder)
        (place / locked).chmod(0o755)
        after = world(place)
        shutil.rmtree(base)
        assert after == before

    assert run_in_child(work) == 0


@pytest.mark.parametrize("existing", [True, False])
def test_a_full_disk_leaves_nothing_behind(tree: Path, place: Path, existing: bool) -> None:
    build(tree, {"z/large.bin": b"x" * 100_000})
    folder = build(place / "desk", OURS) if existing else place / "desk"
    before = world(place)

    def work() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with pytest.raises(ProjectError, match=os.strerror(errno.EFBIG).lower()):
            write_project(tree, folder)

    assert run_in_child(work) == 0
    assert world(place) == before


def test_a_second_newft_in_the_same_folder_is_refused(tree: Path, place: Path) -> None:
    stage = place / ".newft-apply"
    stage.mkdir()
    holder = "import filelock, sys; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); "
    holder += "print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", holder, str(stage / STAGING_MARKER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        with pytest.raises(ProjectError, match="another newft process is writing here"):
            write_project(tree, place)
        process.communicate()
    write_project(tree, place)
    assert world(place) == world_of(FILES)


# --- killed at any moment ------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("existing", [True, False])
def test_killed_before_any_operation_recovery_gives_the_old_or_the_new(
    tree: Path, tmp_path: Path, existing: bool
) -> None:
    ours = OURS if existing else {}
    old, new = (
        world_of({f"desk/{path}": ours[path] for path in ours}),
        world_of({f"desk/{path}": content for path, content in (ours | FILES).items()}),
    )
    outcomes, killed, step = [], True, 0
    while killed:
        place = tmp_path / f"place-{step}"
        place.mkdir()
        if existing:
            build(place / "desk", ours)
        killed = kill_at(step, lambda place=place: write_project(tree, place / "desk"))  # type: ignore[misc]
        said = recover_interrupted(place / "desk")
        assert world(place) in (old, new), step
        outcomes.append((world(place) == new, said))
        assert recover_interrupted(place / "desk") == "nothing to do"
        step += 1
    finished = [new for new, _ in outcomes]
    assert step > 20 and finished == sorted(finished) and 0 < sum(finished) < step
    assert ((True, "finished") in outcomes) == existing
    assert (False, "finished") not in outcomes and (True, "undone") not in outcomes


@pytest.mark.parametrize("applied", [10, 25, 40, 45, 50])
@pytest.mark.slow
def test_a_recovery_that_is_killed_too_can_be_recovered(
    tree: Path, tmp_path: Path, applied: int
) -> None:
    old, new = world_of(OURS), world_of(OURS | FILES)
    killed, step = True, 0
    while killed:
        place = build(tmp_path / f"place-{step}", OURS)
        kill_at(applied, lambda place=place: write_project(tree, place))  # type: ignore[misc]
        killed = kill_at(step, lambda place=place: recover_interrupted(place))  # type: ignore[misc]
        recover_interrupted(place)
        assert world(place) in (old, new), step
        step += 1


@pytest.mark.slow
def test_a_move_that_fails_is_taken_back_even_when_killed(tree: Path, tmp_path: Path) -> None:
    class Broken(OSError):
        pass

    killed, step = True, 0
    while killed:
        place = build(tmp_path / f"place-{step}", OURS)

        def work(place: Path = place) -> None:
            moves = 0

            def break_third_move(event: str, arguments: tuple[object, ...]) -> None:
                nonlocal moves
                moves += event == "os.rename" and "/after/" in str(arguments[0])
                if moves == 3:
                    moves += 1
                    raise Broken(errno.ENOSPC, "no space")

            sys.addaudithook(break_third_move)
            with pytest.raises(ProjectError, match="cannot be written: no space"):
                write_project(tree, place)
            assert world(place) == world_of(OURS)

        killed = kill_at(step, work)
        recover_interrupted(place)
        assert world(place) in (world_of(OURS), world_of(OURS | FILES)), step
        step += 1
    assert step > 40


WRITE = f"""
import sys
sys.path.insert(0, {str(GENERATOR)!r})
from pathlib import Path
from newft.project.write import write_project
print(flush=True)
write_project(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("existing", [True, False])
def test_killed_from_outside_at_a_random_moment_it_is_old_or_new(
    tmp_path: Path, existing: bool
) -> None:
    files = {f"d{number % 20}/{number}": b"x" * number for number in range(300)}
    tree = build(tmp_path / "tree", files)
    ours = OURS if existing else {}
    chance = random.Random(7)
    longest = 0.05
    for run in range(15):
        place = tmp_path / f"place-{run}"
        place.mkdir()
        folder = build(place / "desk", ours) if existing else place / "desk"
        command = [sys.executable, "-c", WRITE, str(tree), str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout and process.stdout.readline()
            began = time.monotonic()
            try:
                process.wait(timeout=chance.uniform(0, longest))
                longest = time.monotonic() - began
            except subprocess.TimeoutExpired:
                process.kill()
                longest *= 1.2
        recover_interrupted(folder)
        expected = [world_of(ours), world_of(ours | files)]
        assert (world(folder) if folder.exists() else {}) in expected
        assert names_in(place) in ([], ["desk"])


@pytest.mark.slow
def test_what_the_user_put_there_meanwhile_is_never_overwritten(tree: Path, place: Path) -> None:
    step = 0
    while kill_at(step, lambda: write_project(tree, place)):
        if (place / "Makefile").exists() and not (place / "src").exists():
            break
        recover_interrupted(place)
        for path in sorted(place.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        step += 1
    build(place, {"src/acme/b.py": b"of the user"})
    with pytest.raises(ProjectError, match=r"1 path has changed since:\n  src/acme/b\.py"):
        recover_interrupted(place)
    assert (place / "src/acme/b.py").read_bytes() == b"of the user"
    (place / "src/acme/b.py").unlink()
    assert recover_interrupted(place) == "finished"
    assert world(place) == world_of(FILES)


@pytest.mark.slow
def test_applying_where_an_interrupted_one_was_finished_says_so(tree: Path, place: Path) -> None:
    step = 0
    while not (place / ".newft-apply/journal").exists():
        recover_interrupted(place)
        kill_at(step, lambda: write_project(tree, place))
        step += 1
    with pytest.raises(ProjectError, match="an interrupted run of newft was completed just now"):
        write_project(tree, place)
    assert world(place) == world_of(FILES)


@pytest.mark.parametrize("content", ["mine", "journal", "tree/README.md"])
@pytest.mark.parametrize("existing", [True, False])
def test_a_folder_of_the_user_that_is_named_like_a_stage_stays(
    tree: Path, place: Path, existing: bool, content: str
) -> None:
    folder = build(place / "desk", OURS) if existing else place / "desk"
    stage = folder / ".newft-apply" if existing else place / ".desk.newft-apply"
    build(stage, {content: b"of the user"})
    before = world(place)
    for work in (lambda: list_planned_paths(tree, folder), lambda: write_project(tree, folder)):
        with pytest.raises(ProjectError, match="something else has it") as caught:
            work()
        assert caught.value.where == str(stage)
        assert world(place) == before
    assert recover_interrupted(folder) == "nothing to do"
    assert world(place) == before


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_file_or_link_that_is_named_like_a_stage_stays(
    tree: Path, place: Path, tmp_path: Path, kind: str
) -> None:
    outside = build(tmp_path / "outside", {"kept": b"kept"})
    stage = place / ".desk.newft-apply"
    stage.write_bytes(b"mine") if kind == "file" else stage.symlink_to(outside)
    with pytest.raises(ProjectError, match="something else has it"):
        write_project(tree, place / "desk")
    assert names_in(place) == [".desk.newft-apply"] and world(outside) == {"kept": b"kept"}


names = st.sampled_from(["a", "b", "C", "数据", ".x", "a b"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


def fits(path: str, files: dict[str, bytes]) -> bool:
    return not any(f"{path}/".startswith(f"{old}/") or old.startswith(f"{path}/") for old in files)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for path in draw(st.lists(paths, max_size=6)):
        if fits(path, files):
            files[path] = draw(st.binary(max_size=4))
    return files


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(new=trees(), ours=trees())
def test_any_tree_into_any_folder_is_both_together_or_an_error_and_no_change(
    new: dict[str, bytes], ours: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("any")
    tree, folder = build(base / "tree", new), build(base / "folder", ours)
    if all(fits(path, ours) for path in new):
        assert write_project(tree, folder) == tuple(sorted(new))
        assert world(folder) == world_of(ours | new)
    else:
        with pytest.raises(ProjectError):
            write_project(tree, folder)
        assert world(folder) == world_of(ours)
    assert recover_interrupted(folder) == "nothing to do"
