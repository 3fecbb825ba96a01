from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.errors import KitSourceError, NewftError
from newft.kits.kit_files import compute_tree_id, read_kit_folder, write_kit_files
from newft.kits.locate import KitLocator
from newft.kits.vendor import load_stored_kits, pack_kits
from newft.project.snapshot import KIT_FILE
from newft.schema.starter_kit import LocatedKit
from newft.schema.tree import TreeFile
from support.git_repository import GitRepository
from support.locate_kit import locate_kit


@pytest.fixture
def house(tmp_path: Path) -> GitRepository:
    repository = GitRepository(tmp_path / "house-kit")
    repository.commit({"kit.yaml": "title: house\n", "overlay/project/x.sh": "#!/bin/sh\n"})
    repository.git("update-index", "--chmod=+x", "overlay/project/x.sh")
    repository.git("commit", "--quiet", "-m", "mode")
    repository.git("tag", "v1")
    return repository


def store(project: Path, *kits: LocatedKit) -> Path:
    archive = project / KIT_FILE
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.write_bytes(pack_kits(kits))
    return archive


def test_stored_kits_come_back_as_they_were(house: GitRepository, tmp_path: Path) -> None:
    bank = GitRepository(tmp_path / "bank")
    bank.commit({"kit.yaml": f"extends: {house.url}@v1\n", "说明/读我.md": "一\r\n"})
    kits = [locate_kit(one, scratch=tmp_path / "a") for one in (f"{house.url}@v1", bank.url)]
    archive = store(tmp_path / "project", *kits)
    again = load_stored_kits(tmp_path / "project", tmp_path / "b")
    assert [kit.pin for kit in again] == [kit.pin for kit in kits]
    assert {kit.origin for kit in again} == {"stored"}
    for one, other in zip(kits, again, strict=True):
        assert read_kit_folder(Path(one.folder)) == read_kit_folder(Path(other.folder))
    assert archive.read_bytes() == pack_kits(again)
    with tarfile.open(archive) as tar:
        assert {(entry.mtime, entry.uid, entry.uname) for entry in tar} == {(0, 0, "")}


def test_a_project_without_stored_kits_has_none(tmp_path: Path) -> None:
    assert load_stored_kits(tmp_path, tmp_path / "scratch") == ()


@pytest.mark.parametrize("revision", [None, "v1"])
def test_the_stored_kit_takes_the_place_of_a_source_that_is_gone(
    house: GitRepository, tmp_path: Path, revision: str | None
) -> None:
    text = f"{house.url}@{revision}" if revision else house.url
    project = tmp_path / "project"
    store(project, locate_kit(text, scratch=tmp_path / "a"))
    house.folder.rename(tmp_path / "moved")
    locator = KitLocator(
        tmp_path / "b", base=project, stored=load_stored_kits(project, tmp_path / "b")
    )
    kit = locator(house.url, revision=revision)
    assert kit.origin == "stored"
    assert kit.pin.commit
    [note] = locator.notes
    assert "there is no such repository" in note.en
    assert "the copy in .newft/kit.tar is used" in note.en
    assert kit.pin.commit in note.zh
    with pytest.raises(KitSourceError):
        locator(house.url, revision="v2")


def test_a_folder_that_is_gone_is_replaced_by_the_stored_kit(tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    folder.mkdir()
    (folder / "kit.yaml").write_text("title: kit\n")
    store(tmp_path / "project", locate_kit("./kit", scratch=tmp_path / "a", base=tmp_path))
    folder.rename(tmp_path / "away")
    stored = load_stored_kits(tmp_path / "project", tmp_path / "b")
    locator = KitLocator(tmp_path / "b", base=tmp_path, stored=stored)
    assert locator("./kit").origin == "stored"
    assert "there is no such folder" in locator.notes[0].en


def test_the_kit_that_a_stored_one_extends_is_a_stored_one(tmp_path: Path) -> None:
    for name in ("house", "bank"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kit.yaml").write_text(f"title: {name}\n")
    locate = KitLocator(tmp_path / "a", base=tmp_path)
    leaf = locate("./bank")
    store(tmp_path / "project", locate("../house", parent=leaf), leaf)
    (tmp_path / "bank").rename(tmp_path / "away")
    stored = load_stored_kits(tmp_path / "project", tmp_path / "b")
    locator = KitLocator(tmp_path / "b", base=tmp_path, stored=stored)
    again = locator("./bank")
    # what lies at ../house of the project is another folder
    assert locator("../house", parent=again) == stored[0]
    assert [kit.pin.source for kit in stored] == ["../house", "./bank"]


def test_a_tag_that_has_moved_is_said_with_both_commits(
    house: GitRepository, tmp_path: Path
) -> None:
    old = locate_kit(f"{house.url}@v1", scratch=tmp_path / "a")
    new = house.commit({"kit.yaml": "title: other\n"}, tag="v1")
    locator = KitLocator(tmp_path / "a", stored=[old._replace(origin="stored")])
    assert locator(house.url, revision="v1").pin.commit == new
    [note] = locator.notes
    assert f"the tag v1 of {house.url} has moved" in note.en
    assert old.pin.commit
    assert old.pin.commit in note.en
    assert new in note.zh
    # a branch is expected to move
    branch = old._replace(pin=old.pin._replace(revision="main"), tag=None)
    locator = KitLocator(tmp_path / "a", stored=[branch])
    locator(house.url, revision="main")
    assert locator.notes == []


def pack(entries: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


TREE = compute_tree_id({"kit.yaml": TreeFile(b"title: x\n")})
PIN = f"kits:\n- source: s\n  tree: {TREE}\n".encode()


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"pins.yml": b"kits: 1\n"},
        {"pins.yml": b"!!python/object/apply:os.system [x]\n"},
        {"pins.yml": b"kits: &a [*a]\n"},
        {"pins.yml": PIN},
        {"pins.yml": PIN, "0/kit.yaml": b"title: y\n"},
        {"pins.yml": PIN, "0/kit.yaml": b"title: x\n", "1/kit.yaml": b""},
        {"pins.yml": PIN, "0/kit.yaml": b"title: x\n", "x": b""},
        {"pins.yml": PIN + b"  other: x\n", "0/kit.yaml": b"title: x\n"},
        {"pins.yml": PIN + b"  commit: --upload-pack=x\n", "0/kit.yaml": b"title: x\n"},
        {"pins.yml": PIN + b"  revision: -x\n", "0/kit.yaml": b"title: x\n"},
        {"pins.yml": PIN, "0/kit.yaml": b"title: x\n", "0/../../x": b""},
        {"pins.yml": PIN, "0/kit.yaml": b"title: x\n", "0/.git/config": b""},
        {"pins.yml": PIN, "0/kit.yaml": b"title: x\n", "0/.newft/answers.yml": b""},
        {"pins.yml": PIN, "0/kit.yaml": b"title: x\n", "0/KIT.yaml": b""},
        {"pins.yml": PIN, "0/kit.yaml": b"title: x\n", "0/nul": b""},
    ],
)
def test_an_archive_that_newft_cannot_have_written_is_refused(
    entries: dict[str, bytes], tmp_path: Path
) -> None:
    archive = tmp_path / "project" / KIT_FILE
    archive.parent.mkdir(parents=True)
    archive.write_bytes(pack(entries))
    with pytest.raises(NewftError) as caught:
        load_stored_kits(tmp_path / "project", tmp_path / "scratch")
    assert str(archive) in (caught.value.where or "")
    assert all(caught.value.to("zh"))
    assert not (tmp_path / "scratch").exists()


def test_the_archive_of_these_tests_is_otherwise_accepted(tmp_path: Path) -> None:
    archive = tmp_path / KIT_FILE
    archive.parent.mkdir()
    archive.write_bytes(pack({"pins.yml": PIN, "0/kit.yaml": b"title: x\n"}))
    [kit] = load_stored_kits(tmp_path, tmp_path / "scratch")
    assert kit.pin == ("s", None, None, TREE)
    for length in range(0, 2048, 512):
        archive.write_bytes(archive.read_bytes()[:length])
        with pytest.raises(KitSourceError):
            load_stored_kits(tmp_path, tmp_path / "scratch")


NAMES = st.text("ab.-_é", min_size=1, max_size=4).filter(lambda name: name.strip(". "))


@pytest.mark.slow
@given(
    st.dictionaries(
        st.lists(NAMES, min_size=1, max_size=3).map("/".join),
        st.builds(TreeFile, st.binary(max_size=9), st.sampled_from(["100644", "100755"])),
        min_size=1,
        max_size=8,
    )
)
def test_the_tree_id_is_that_of_git(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, TreeFile]
) -> None:
    if any(other.startswith(f"{path}/") for path in files for other in files):
        return
    folder = tmp_path_factory.mktemp("tree")
    repository = GitRepository(folder)
    for path in files:
        if path.split("/")[0] == ".git":
            return
    for path, file in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(file.content)
        (folder / path).chmod(0o755 if file.mode == "100755" else 0o644)
    repository.git("add", "--all", "--force")
    assert compute_tree_id(files) == repository.git("write-tree")


def test_files_are_written_with_their_modes(tmp_path: Path) -> None:
    files = {"a/run": TreeFile(b"x", "100755"), "b": TreeFile(b"y")}
    write_kit_files(files, tmp_path / "kit")
    assert read_kit_folder(tmp_path / "kit") == files
