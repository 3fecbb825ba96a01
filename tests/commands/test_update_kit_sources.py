"""`newft update` with a kit that is newer, has moved, is gone, or was tampered with."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from newft.kits.locate import KitLocator
from newft.kits.vendor import load_stored_kits, pack_kits
from newft.project.snapshot import KIT_FILE
from support.git_repository import GitRepository
from support.kit_folders import write_files
from support.run_newft import run_newft

pytestmark = pytest.mark.slow

QUICK = ("--yes", "--gpu", "cpu", "--task", "intent", "--language", "en")
MANIFEST = "title: {en: Bank, zh: 银行}\nextends: customer_service\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of a kit, and projects of its v1: by the newest version, a tag, a path."""
    folder = tmp_path_factory.mktemp("made")
    bank = GitRepository(folder / "bank-kit")
    commit = bank.commit({"kit.yaml": MANIFEST, "overlay/project/deploy.sh": "one\n"}, tag="v1")
    for name, source in (
        ("newest", bank.url),
        ("tag", f"{bank.url}@v1"),
        ("path", "./bank-kit"),
    ):
        words = ("new", name, "--kit", source, *QUICK, "--trust-kit", commit)
        done = run_newft(*words, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy of these; addresses of the repository lead to the copy."""
    shutil.copytree(made, tmp_path / "made", symlinks=True)
    (tmp_path / "made/.gitconfig").write_text(
        f'[url "file://{tmp_path}/made/"]\n\tinsteadOf = file://{made}/\n'
    )
    return tmp_path / "made"


def publish(place: Path, text: str, tag: str) -> str:
    """Commit another version of the kit."""
    return GitRepository(place / "bank-kit").commit({"overlay/project/deploy.sh": text}, tag=tag)


def update(place: Path, name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return run_newft("update", name, "--yes", *words, cwd=place)


def read_kit(project: Path) -> dict[str, str]:
    answers = yaml.safe_load((project / ".newft/answers.yml").read_text(encoding="utf-8"))
    kit: dict[str, str] = answers["kit"]
    return kit


def test_a_newer_version_is_confirmed_and_carried_in(place: Path, tmp_path: Path) -> None:
    commit = publish(place, "two\n", "v2")
    before = (place / "newest" / KIT_FILE).read_bytes()
    refused = update(place, "newest")
    assert refused.returncode == 2
    assert f"--trust-kit {commit}" in refused.stderr
    assert (place / "newest" / KIT_FILE).read_bytes() == before
    done = update(place, "newest", "--trust-kit", commit)
    assert done.returncode == 0, done.stderr
    assert (place / "newest/deploy.sh").read_text() == "two\n"
    assert read_kit(place / "newest")["commit"] == commit
    [stored] = load_stored_kits(place / "newest", tmp_path / "scratch")
    assert stored.pin.commit == commit
    assert update(place, "newest").returncode == 0  # nothing to do: nothing to confirm
    # a tag stays what it is, and may be answered anew
    assert update(place, "tag").returncode == 0
    assert (place / "tag/deploy.sh").read_text() == "one\n"
    assert update(place, "tag", "--set", "kit.revision=v2", "--trust-kit", commit).returncode == 0
    assert (place / "tag/deploy.sh").read_text() == "two\n"


def test_a_dry_run_shows_a_newer_version_without_confirmation(place: Path) -> None:
    publish(place, "two\n", "v2")
    done = run_newft("update", "newest", "--dry-run", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "deploy.sh" in done.stderr
    assert (place / "newest/deploy.sh").read_text() == "one\n"


def test_a_tag_that_has_moved_is_said(place: Path) -> None:
    old = read_kit(place / "tag")["commit"]
    new = publish(place, "moved\n", "v1")
    done = update(place, "tag", "--trust-kit", new)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "has moved" in said
    assert old in said
    assert new in said
    assert (place / "tag/deploy.sh").read_text() == "moved\n"


@pytest.mark.parametrize("name", ["newest", "tag", "path"])
def test_a_clone_updates_when_the_source_is_gone(place: Path, name: str) -> None:
    shutil.rmtree(place / "bank-kit")
    pin = read_kit(place / name)
    done = update(place, name)
    assert done.returncode == 0, done.stderr
    assert "the copy in .newft/kit.tar is used" in " ".join(done.stderr.split())
    assert read_kit(place / name) == pin
    changed = update(place, name, "--set", "name=other")  # the kit has part in a real update
    if changed.returncode == 2:  # its code is not confirmed on this machine
        assert f"--trust-kit {pin['tree']}" in changed.stderr
        changed = update(place, name, "--set", "name=other", "--trust-kit", pin["tree"])
    assert changed.returncode == 0, changed.stderr
    assert (place / name / "deploy.sh").read_text() == "one\n"


def test_a_tampered_archive_is_confirmed_like_any_other_code(place: Path, tmp_path: Path) -> None:
    shutil.rmtree(place / "bank-kit")
    [stored] = load_stored_kits(place / "tag", tmp_path / "scratch")
    (Path(stored.folder) / "overlay/project/deploy.sh").write_text("evil\n")
    evil = KitLocator(tmp_path / "other")(stored.folder)
    forged = stored._replace(pin=stored.pin._replace(tree=evil.pin.tree))
    (place / "tag" / KIT_FILE).write_bytes(pack_kits([forged]))
    assert stored.pin.commit
    done = update(place, "tag", "--trust-kit", stored.pin.commit)
    assert done.returncode == 2
    assert "has not been confirmed yet" in done.stderr
    assert (place / "tag/deploy.sh").read_text() == "one\n"


def test_a_damaged_archive_is_written_again_while_the_source_is_there(place: Path) -> None:
    good = (place / "tag" / KIT_FILE).read_bytes()
    (place / "tag" / KIT_FILE).write_bytes(good[:3000])
    commit = read_kit(place / "tag")["commit"]
    done = update(place, "tag", "--trust-kit", commit)
    assert done.returncode == 0, done.stderr
    assert "no archive of kits" in done.stderr
    assert (place / "tag" / KIT_FILE).read_bytes() == good
    (place / "tag" / KIT_FILE).write_bytes(good[:3000])
    shutil.rmtree(place / "bank-kit")
    lost = update(place, "tag")
    assert lost.returncode == 1
    said = " ".join(lost.stderr.split())
    assert "there is no such repository" in said
    assert "no archive of kits" in said


def test_a_folder_that_a_change_of_the_answers_names_brings_no_code_unasked(place: Path) -> None:
    project = place / "tag"
    vendor = project / "vendor/k"
    files = {"kit.yaml": MANIFEST, "overlay/project/conftest.py": "print()\n"}
    write_files(vendor, files)
    answers = project / ".newft/answers.yml"
    text = answers.read_text(encoding="utf-8")
    head, _, _ = text.partition("kit:")
    answers.write_text(f"{head}kit:\n  source: ./vendor/k\n", encoding="utf-8")
    refused = update(place, "tag")
    assert refused.returncode == 2
    assert "overlay/project/conftest.py" in refused.stderr
    assert not (project / "conftest.py").exists()
    tree = refused.stderr.split("--trust-kit")[1].split()[0]
    assert update(place, "tag", "--trust-kit", tree).returncode == 0
    assert (project / "conftest.py").exists()


def test_the_author_of_a_kit_in_a_folder_names_it(place: Path) -> None:
    (place / "bank-kit/overlay/project/deploy.sh").write_text("two\n")
    assert update(place, "path").returncode == 2  # a colleague, who has not read it
    done = update(place, "path", "--set", "kit.source=../bank-kit")
    assert done.returncode == 0, done.stderr
    assert (place / "path/deploy.sh").read_text() == "two\n"
    assert update(place, "path").returncode == 0


def test_a_moved_tag_is_said_where_no_revision_was_named(place: Path) -> None:
    old = read_kit(place / "newest")["commit"]
    new = publish(place, "moved\n", "v1")
    done = run_newft("update", "newest", "--dry-run", cwd=place)
    said = " ".join(done.stderr.split())
    assert "the tag v1 of" in said
    assert old in said
    assert new in said
    newer = publish(place, "two\n", "v2")  # the moved tag is not even the one that is used
    done = update(place, "newest", "--trust-kit", newer)
    assert f"the tag v1 of {read_kit(place / 'newest')['source']}" in " ".join(done.stderr.split())
    assert "has moved" not in update(place, "newest").stderr


def status(place: Path, name: str, *words: str) -> tuple[int, str]:
    done = run_newft("status", name, *words, cwd=place)
    return done.returncode, done.stdout + done.stderr


def test_status_asks_the_repository_of_a_kit_for_what_is_new(place: Path) -> None:
    assert status(place, "newest", "--fetch")[0] == 0
    publish(place, "two\n", "v2")
    assert status(place, "newest")[0] == 0  # no network is used
    code, said = status(place, "newest", "--fetch")
    assert code == 3 and "behind its kit" in said
    assert update(place, "newest", *trust_newest(place)).returncode == 0
    assert status(place, "newest", "--fetch")[0] == 0


def test_a_newer_version_than_the_one_that_is_pinned_is_a_note(place: Path) -> None:
    assert "has the version" not in status(place, "tag", "--fetch")[1]
    publish(place, "two\n", "v2")
    code, said = status(place, "tag", "--fetch")
    text = "has the version v2, and the project keeps to v1"
    assert code == 0 and text in " ".join(said.split())
    assert "已有版本 v2" in status(place, "tag", "--fetch", "--lang", "zh")[1]
    dry = update(place, "tag", "--dry-run")
    assert dry.returncode == 0 and text in " ".join((dry.stdout + dry.stderr).split())
    moved = update(place, "tag", "--set", "kit.revision=v2", *trust_newest(place))
    assert moved.returncode == 0, moved.stderr
    assert "has the version" not in status(place, "tag", "--fetch")[1]


def test_a_repository_that_is_gone_fails_a_status_that_asks_it(place: Path) -> None:
    shutil.rmtree(place / "bank-kit")
    assert status(place, "newest")[0] == 0
    assert status(place, "newest", "--fetch")[0] == 1


def trust_newest(place: Path) -> tuple[str, str]:
    return "--trust-kit", GitRepository(place / "bank-kit").git("rev-parse", "HEAD")
