"""`newft update` over time: what it refuses, how it is taken back, and branches that are merged."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from support.files import read_contents
from support.run_newft import run_newft
from support.terminal import DOWN, ENTER, Terminal
from support.update_cases import (
    OPTIONS,
    act,
    commit_all,
    git,
    installed,
    make_resources,
    update,
)

pytestmark = pytest.mark.slow

V2 = {"notes.md": [["three", "three of v2"]], "guide.md": [["lock the door", "lock both doors"]]}
V3 = {
    "notes.md": [["three", "three of v3"], ["nine", "nine of v3"]],
    "guide.md": [["lock the door", "lock both doors"]],
    "new.md": "new in v3\n",
}


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("versions")
    changes = {"v1": {}, "v2": V2, "v3": V3}
    made = {name: make_resources(folder / name, tree) for name, tree in changes.items()}
    for resources in made.values():
        act(resources / "templates/layers/ci", {"github/ci.md": "a\n", "gitlab/lab.md": "b\n"})
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, versions: dict[str, Path]) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with installed(versions["v1"]):
        run = run_newft("new", "desk", *OPTIONS, cwd=folder)
    assert run.returncode == 0, run.stderr
    git(folder / "desk", "init", "-q", "-b", "main")
    commit_all(folder / "desk")
    return folder / "desk"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "desk")


def refusal(desk: Path, *options: str, code: int = 1) -> str:
    before = read_contents(desk) if desk.is_dir() else {}
    run = run_newft("update", str(desk), *options, cwd=desk.parent)
    assert run.returncode == code, run.stderr
    assert (read_contents(desk) if desk.is_dir() else {}) == before
    return run.stderr


# --- over time -----------------------------------------------------------------------------------


def test_two_updates_with_edits_between_keep_everything(
    desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {"notes.md": [["one", "one of ours"]]})
    with installed(versions["v2"]):
        assert update(desk)[1]["merged"] == ["notes.md"]
    act(desk, {"notes.md": [["six", "six of ours"]], "ours.md": "ours\n"})
    with installed(versions["v3"]):
        code, done, _ = update(desk)
    assert (code, done["merged"], done["added"]) == (0, ["notes.md"], ["new.md"])
    assert (desk / "notes.md").read_text() == (
        "one of ours\ntwo\nthree of v3\nfour\nfive\nsix of ours\nseven\neight\nnine of v3\nten\n"
    )
    assert (desk / "ours.md").read_text() == "ours\n"


def test_going_back_to_older_templates_is_a_merge_too(
    desk: Path, versions: dict[str, Path]
) -> None:
    with installed(versions["v3"]):
        assert update(desk)[0] == 0
    act(desk, {"notes.md": [["six", "six of ours"]]})
    with installed(versions["v1"]):
        code, done, _ = update(desk)
    assert (code, done["removed"], done["merged"]) == (0, ["new.md"], ["notes.md"])
    assert "three\n" in (desk / "notes.md").read_text()
    assert "six of ours\n" in (desk / "notes.md").read_text()


def test_an_update_that_changes_nothing_writes_nothing(
    desk: Path, versions: dict[str, Path]
) -> None:
    times = {path: path.stat().st_mtime_ns for path in desk.rglob("*")}
    with installed(versions["v1"]):
        run = run_newft("update", "--yes", cwd=desk)
    assert (run.returncode, run.stderr.strip()) == (0, "desk is up to date")
    left = {path: path.stat().st_mtime_ns for path in desk.rglob("*") if "state" not in path.parts}
    assert left == times


def test_attributes_of_the_archives_are_added_where_none_are(
    desk: Path, versions: dict[str, Path]
) -> None:
    file = desk / ".newft/.gitattributes"
    file.unlink()
    with installed(versions["v1"]):
        run = run_newft("update", "--yes", cwd=desk)
        assert (run.returncode, file.read_text()) == (0, "*.tar binary linguist-generated\n")
        assert "no file of the project changes" in run.stderr
        file.write_text("*.tar filter=lfs\n")
        run = run_newft("update", "--yes", cwd=desk)
    assert "is up to date" in run.stderr and file.read_text() == "*.tar filter=lfs\n"


def test_conflicts_must_be_resolved_also_where_they_were_committed(
    desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {"notes.md": [["three", "three of ours"]]})
    with installed(versions["v2"]):
        assert update(desk)[0] == 3
        commit_all(desk)
    with installed(versions["v3"]):
        said = refusal(desk, "--yes")
        assert "not resolved yet" in said and "notes.md" in said and "--undo" in said
        text = (desk / "notes.md").read_text()
        start, end = text.index("<<<<<<<"), text.index("four\n")
        (desk / "notes.md").write_text(text[:start] + "three of ours and v2\n" + text[end:])
        assert update(desk)[0] == 3  # v3 changes the same line once more
    assert "three of ours and v2" in (desk / "notes.md").read_text()


def test_undo_brings_files_and_index_back_and_once_more_the_update(
    desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {"notes.md": [["three", "three of ours"]]})
    git(desk, "add", "notes.md")
    before, staged = read_contents(desk), git(desk, "ls-files", "-s")
    with installed(versions["v2"]):
        assert update(desk)[0] == 3
    after, unmerged = read_contents(desk), git(desk, "ls-files", "-u")
    assert unmerged.count("notes.md") == 3
    for files, listed in ((before, ""), (after, unmerged), (before, "")):
        run = run_newft("update", str(desk), "--undo", cwd=desk.parent)
        assert run.returncode == 0, run.stderr
        found = read_contents(desk)
        assert {path: found.get(path) for path in V2} == {path: files.get(path) for path in V2}
        assert git(desk, "ls-files", "-u") == listed
    assert git(desk, "ls-files", "-s") == staged


def test_undo_refuses_edits_since_then_unless_told_to(
    desk: Path, versions: dict[str, Path]
) -> None:
    with installed(versions["v2"]):
        assert update(desk)[0] == 0
    act(desk, {"notes.md": [["six", "six of ours"]]})
    assert "notes.md" in refusal(desk, "--undo")
    run = run_newft("update", str(desk), "--undo", "--yes", cwd=desk.parent)
    assert run.returncode == 0, run.stderr
    assert "three\n" in (desk / "notes.md").read_text()
    assert run_newft("update", str(desk), "--undo", cwd=desk.parent).returncode == 0
    assert "six of ours" in (desk / "notes.md").read_text()


def test_an_update_of_the_records_alone_leaves_the_one_before_to_be_undone(
    desk: Path, versions: dict[str, Path]
) -> None:
    before = read_contents(desk)
    with installed(versions["v2"]):
        assert update(desk)[0] == 0
        facts = (desk / ".newft/facts.yml").read_bytes()
        (desk / ".newft/.gitattributes").unlink()
        assert "no file of the project" in run_newft("update", "--yes", cwd=desk).stderr
        run = run_newft("update", "--undo", cwd=desk)
    assert run.returncode == 0, run.stderr
    left = {path: file for path, file in read_contents(desk).items() if "undo/" not in path}
    assert {path: left[path] for path in V2} == {path: before[path] for path in V2}
    assert left[".newft/snapshot.tar"] == before[".newft/snapshot.tar"]
    assert left[".newft/facts.yml"] == facts


def test_an_update_of_the_records_alone_is_undone_and_made_again(
    desk: Path, versions: dict[str, Path]
) -> None:
    file = desk / ".newft/.gitattributes"
    file.unlink()
    with installed(versions["v1"]):
        assert update(desk)[0] == 0
        for is_there in (False, True, False):
            assert run_newft("update", "--undo", cwd=desk).returncode == 0
            assert file.exists() == is_there


# --- branches and repositories -------------------------------------------------------------------


@pytest.mark.parametrize("side", ["--ours", "--theirs", "untouched"])
def test_branches_that_both_updated_are_brought_up_to_date_from_either_snapshot(
    side: str, desk: Path, versions: dict[str, Path]
) -> None:
    """One branch went to v2, the other to v3 and another method; both have edits of their own."""
    git(desk, "checkout", "-q", "-b", "other")
    with installed(versions["v2"]):
        act(desk, {"docs/first.md": [["epsilon last", "epsilon of other"]]})
        assert update(desk)[0] == 0
        commit_all(desk, "v2")
    git(desk, "checkout", "-q", "main")
    with installed(versions["v3"]):
        act(desk, {"docs/second.md": [["north wind", "north wind of main"]]})
        assert update(desk)[0] == 0
        commit_all(desk, "v3")
    merged = git(desk, "merge", "--no-commit", "-X", "ours", "other", accept=(0, 1))
    assert "snapshot.tar" in merged
    if side != "untouched":  # the state "both modified" is fine too
        git(desk, "checkout", side, "--", ".newft")
    with installed(versions["v3"]):
        code, done, said = update(desk)
        assert code == 0, said
        assert done["conflicts"] == []
        again = update(desk)[1]
    assert [again[kind] for kind in ("updated", "added", "removed", "merged")] == [[], [], [], []]
    assert "three of v3" in (desk / "notes.md").read_text()
    assert "epsilon of other" in (desk / "docs/first.md").read_text()
    assert "north wind of main" in (desk / "docs/second.md").read_text()
    assert (desk / "new.md").read_text() == "new in v3\n"


def update_two_branches(desk: Path, versions: dict[str, Path], *sides: str) -> str:
    """Give each of two branches an answer of its own, merge them, and return what git says."""
    git(desk, "checkout", "-q", "-b", "other")
    for branch, side in zip(("main", "other"), sides, strict=True):
        git(desk, "checkout", "-q", branch)
        with installed(versions["v1"]):
            assert update(desk, "--set", side)[0] == 0
        commit_all(desk, side)
    git(desk, "checkout", "-q", "main")
    return git(desk, "merge", "other", accept=(0, 1))


def list_settings(desk: Path) -> list[bool]:
    """Whether answers and files have full fine-tuning and the files of continuous integration."""
    answers = (desk / ".newft/answers.yml").read_text(encoding="utf-8")
    method = (desk / "config/run.yaml").read_text(encoding="utf-8")
    ci = (desk / "ci.md").exists()
    return ["method: full" in answers, "name: full" in method, "ci: github" in answers, ci]


@pytest.mark.parametrize("committed", [False, True], ids=["unfinished", "committed"])
@pytest.mark.parametrize("side", ["--ours", "--theirs", "untouched"])
def test_merged_branches_keep_the_answers_of_both(
    side: str, committed: bool, desk: Path, versions: dict[str, Path]
) -> None:
    merged = update_two_branches(desk, versions, "method=full", "ci=github")
    assert "snapshot.tar" in merged
    if side != "untouched":
        git(desk, "checkout", side, "--", ".newft")
    if committed and side != "untouched":
        commit_all(desk, "merged")
    with installed(versions["v1"]):
        code, done, said = update(desk)
        assert code == 0, said
        assert list_settings(desk) == [True, True, True, True]
        assert done["conflicts"] == []
        assert "is up to date" in run_newft("update", "--yes", cwd=desk).stderr


def test_a_method_that_the_answers_do_not_have_is_said_without_history(
    desk: Path, versions: dict[str, Path]
) -> None:
    """As after a squash of a branch whose `.newft/` was not taken."""
    shutil.rmtree(desk / ".git")
    kept = shutil.copytree(desk / ".newft", desk.parent / "kept")
    with installed(versions["v1"]):
        assert update(desk, "--set", "method=full")[0] == 0
        shutil.rmtree(desk / ".newft")
        kept.rename(desk / ".newft")
        said = run_newft("update", "--yes", cwd=desk).stderr
        assert "but the answers have method lora" in " ".join(said.split())
        code, _, said = update(desk, "--set", "method=full")
        assert (code, list_settings(desk)[:2]) == (0, [True, True]), said
        assert "method lora" not in run_newft("update", "--yes", cwd=desk).stderr


def test_an_answer_that_both_branches_changed_is_refused_until_it_is_given(
    desk: Path, versions: dict[str, Path]
) -> None:
    update_two_branches(desk, versions, "ci=github", "ci=gitlab")
    git(desk, "checkout", "--ours", "--", ".newft")
    with installed(versions["v1"]):
        said = refusal(desk, "--yes", code=2)
        assert "ci: github | gitlab" in said and "--set ci=..." in said
        assert update(desk, "--set", "ci=gitlab")[0] == 0
        assert "is up to date" in run_newft("update", "--yes", cwd=desk).stderr
    assert (desk / "lab.md").exists() and not (desk / "ci.md").exists()


def test_a_merge_that_took_all_of_one_side_needs_nothing(
    desk: Path, versions: dict[str, Path]
) -> None:
    git(desk, "branch", "other")
    update_sides = {"main": "method=full", "other": "ci=github"}
    for branch, side in update_sides.items():
        git(desk, "checkout", "-q", branch)
        with installed(versions["v1"]):
            assert update(desk, "--set", side)[0] == 0
        commit_all(desk, side)
    git(desk, "merge", "-q", "-s", "ours", "main")
    with installed(versions["v1"]):
        assert "is up to date" in run_newft("update", "--yes", cwd=desk).stderr
    assert list_settings(desk) == [False, False, True, True]


def test_a_project_in_a_folder_of_a_monorepo_conflicts_there_alone(
    made: Path, tmp_path: Path, versions: dict[str, Path]
) -> None:
    desk = shutil.copytree(made, tmp_path / "repo/apps/desk", ignore=shutil.ignore_patterns(".git"))
    (tmp_path / "repo/notes.md").write_text("one\ntwo\nthree\n")
    git(tmp_path / "repo", "init", "-q")
    commit_all(tmp_path / "repo")
    act(desk, {"notes.md": [["three", "three of ours"]]})
    with installed(versions["v2"]):
        assert update(desk)[0] == 3
    unmerged = git(tmp_path / "repo", "diff", "--name-only", "--diff-filter=U")
    assert unmerged == "apps/desk/notes.md\n"
    assert (tmp_path / "repo/notes.md").read_text() == "one\ntwo\nthree\n"


def test_a_submodule_inside_the_project_is_not_touched(
    desk: Path, tmp_path: Path, versions: dict[str, Path]
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "guide.md").write_bytes((desk / "guide.md").read_bytes())
    git(library, "init", "-q")
    commit_all(library)
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib")
    git(desk, *add)
    commit_all(desk)
    before = read_contents(desk / "lib")
    with installed(versions["v2"]):
        code, done, _ = update(desk)
    assert (code, done["updated"]) == (0, ["guide.md", "notes.md"])
    assert read_contents(desk / "lib") == before
    assert git(desk, "status", "--porcelain", "lib") == ""


def test_facts_with_markers_of_a_merge_are_told_with_a_way_out(
    desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {".newft/facts.yml": [["facts:\n", "<<<<<<< HEAD\n=======\n>>>>>>> b\nfacts:\n"]]})
    with installed(versions["v2"]):
        said = refusal(desk, "--yes")
        assert "facts.yml:2: the file has conflict markers" in said
        assert "git checkout --ours -- .newft" in said


# --- refusals ------------------------------------------------------------------------------------


def test_a_folder_that_newft_did_not_make_is_refused_with_the_way_to_adopt_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "other").mkdir()
    said = refusal(tmp_path / "other", "--yes")
    assert "newft did not make this project" in said and "newft adopt" in said
    assert "there is no such folder" in refusal(tmp_path / "nowhere", "--yes")


def test_metadata_behind_a_link_is_refused(desk: Path, tmp_path: Path) -> None:
    (desk / ".newft").rename(tmp_path / "elsewhere")
    (desk / ".newft").symlink_to(tmp_path / "elsewhere")
    assert "`.newft` is a link" in refusal(desk, "--yes")


def test_the_project_of_a_newer_newft_is_refused(desk: Path, versions: dict[str, Path]) -> None:
    archive = desk / ".newft/snapshot.tar"
    archive.write_bytes(archive.read_bytes().replace(b"newft: 0.1.0", b"newft: 9.9.9"))
    with installed(versions["v2"]):
        said = refusal(desk, "--yes")
    assert "made with newft 9.9.9" in said and "install newft 9.9.9 or newer" in said


@pytest.mark.parametrize("content", [None, b"", b"x" * 2000])
def test_a_damaged_snapshot_is_refused_with_a_way_out(
    content: bytes | None, desk: Path, versions: dict[str, Path]
) -> None:
    archive = desk / ".newft/snapshot.tar"
    archive.unlink()
    if content is not None:
        archive.write_bytes(content)
    with installed(versions["v2"]):
        assert "newft adopt" in refusal(desk, "--yes")


def test_a_snapshot_that_would_write_elsewhere_is_refused(
    desk: Path, versions: dict[str, Path]
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("../outside", ".newft/answers.yml", ".newft/rendered_by.yml"):
            tar.addfile(tarfile.TarInfo(name))
    (desk / ".newft/snapshot.tar").write_bytes(buffer.getvalue())
    with installed(versions["v2"]):
        refusal(desk, "--yes")


def test_json_is_one_object_and_does_not_stand_for_yes(
    desk: Path, versions: dict[str, Path]
) -> None:
    with installed(versions["v2"]):
        assert "--yes" in refusal(desk, "--json", code=2)
        run = run_newft("update", "--json", "--diff", cwd=desk)
        patch = run_newft("update", "--diff", cwd=desk)
    assert json.loads(run.stdout)["diff"] == patch.stdout.removesuffix("\n")


def test_without_a_terminal_something_must_say_what_to_do(
    desk: Path, versions: dict[str, Path]
) -> None:
    with installed(versions["v2"]):
        said = refusal(desk, code=2)
    assert "no terminal to confirm" in said and "--yes" in said and "--dry-run" in said


def test_without_a_terminal_what_is_wrong_is_said_before_a_confirmation_is_missed(
    desk: Path, versions: dict[str, Path]
) -> None:
    with installed(versions["v1"]):
        assert "did you mean `rank`" in refusal(desk, "--set", "recipe.rnak=3", code=2)
        assert "no such folder" in run_newft("update", "nowhere", cwd=desk).stderr
        run = run_newft("update", cwd=desk)
    assert (run.returncode, run.stderr.strip()) == (0, "desk is up to date")


@pytest.mark.parametrize("option", ["--dry-run", "--diff", "--json", "--remeasure", "--set=a=b"])
def test_undo_takes_no_other_option(option: str, desk: Path) -> None:
    assert option.partition("=")[0] in refusal(desk, "--undo", option, code=2)


def test_a_wrong_set_is_a_usage_error(desk: Path, versions: dict[str, Path]) -> None:
    with installed(versions["v1"]):
        assert "did you mean `method`?" in refusal(desk, "--yes", "--set", "metod=full", code=2)
        assert "`fool` is not known" in refusal(desk, "--yes", "--set", "method=fool", code=2)


# --- what is shown -------------------------------------------------------------------------------


def test_a_dry_run_says_what_is_then_done_and_writes_nothing(
    desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {"notes.md": [["three", "three of ours"]], "guide.md": None})
    before = read_contents(desk)
    with installed(versions["v3"]):
        code, planned, _ = update(desk, "--dry-run")
        assert read_contents(desk) == before
        assert update(desk)[:2] == (3, planned)
    assert code == 0  # nothing was left to resolve
    assert planned["kept"] == ["guide.md"] and planned["added"] == ["new.md"]


def test_the_difference_can_be_applied_by_git(desk: Path, versions: dict[str, Path]) -> None:
    with installed(versions["v3"]):
        run = run_newft("update", str(desk), "--diff", cwd=desk.parent)
        assert run.returncode == 0, run.stderr
        assert git(desk, "status", "--porcelain") == ""
        (desk.parent / "update.patch").write_text(run.stdout)
        git(desk, "apply", "../update.patch")
        applied = read_contents(desk)
        git(desk, "checkout", "-q", ".")
        git(desk, "clean", "-qfd")
        assert update(desk)[0] == 0
    written = read_contents(desk)
    assert {path: written[path] for path in V3} == {path: applied[path] for path in V3}


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            ["merged", "conflict  1", "notes.md: lines 3-9", "edit the parts between", "--undo"],
        ),
        ("zh", ["冲突", "notes.md：第 3-9 行", "解决冲突", "撤销这次更新"]),
    ],
)
def test_the_screen_says_what_happened(
    language: str, told: list[str], desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {"notes.md": [["three", "three of ours"]], "guide.md": [["open the", "open our"]]})
    with installed(versions["v2"]):
        run = run_newft("update", "--yes", "--lang", language, cwd=desk)
    assert run.returncode == 3
    assert [part for part in told if part not in run.stderr] == []
    assert run.stdout == ""
    assert max(map(len, run.stderr.splitlines())) <= 100


def test_names_of_files_cannot_steer_the_terminal(desk: Path, versions: dict[str, Path]) -> None:
    act(desk, {"notes.md": [["three", "three \x1b[31mof ours"]], "guide.md": None})
    with installed(versions["v3"]):
        for options in (["--dry-run"], ["--diff"], ["--yes"]):
            run = run_newft("update", *options, cwd=desk)
            assert "\x1b" not in run.stderr + run.stdout


def test_at_a_terminal_the_update_is_confirmed(tmp_path: Path) -> None:
    """A project of today's templates with a changed answer: asked, looked at, confirmed."""
    run = run_newft("new", "desk", *OPTIONS, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    before = read_contents(tmp_path / "desk")
    words = ("update", "desk", "--set", "method=full")
    terminal = Terminal(*words, cwd=tmp_path, lang="en", PAGER="cat")
    terminal.process.expect("Update the project")
    terminal.press(DOWN + ENTER)
    terminal.process.expect("diff --git a/README.md")
    terminal.process.expect("Update the project")
    terminal.press(DOWN + DOWN + ENTER)
    code, shown = terminal.end()
    assert code == 130 and "interrupted, nothing was written" in shown
    assert read_contents(tmp_path / "desk") == before
    terminal = Terminal(*words, cwd=tmp_path, lang="en")
    terminal.process.expect("Update the project")
    terminal.press(ENTER)
    code, shown = terminal.end()
    assert code == 0 and "To take it back" in shown
    assert b"method: full" in (tmp_path / "desk/.newft/answers.yml").read_bytes()
