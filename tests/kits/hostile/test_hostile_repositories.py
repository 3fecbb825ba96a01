"""Kits in git repositories that try to write outside, to run something, or to fill a disk."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

import pytest

from newft.errors import KitSourceError
from newft.kits import remote_git
from newft.kits.kit_files import MAX_FILE_BYTES, MAX_FILES
from support.git_repository import GitRepository
from support.locate_kit import locate_kit

pytestmark = pytest.mark.slow

KIT = ("100644", b"title: kit\n")
FILE = ("100644", b"x\n")


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    return GitRepository(tmp_path / "kit")


def refuse(repository: GitRepository, scratch: Path) -> str:
    """The error for a kit; nothing was written."""
    with pytest.raises(KitSourceError) as caught:
        locate_kit(f"{repository.url}@main", scratch=scratch)
    assert not scratch.exists()
    said = [*caught.value.to("en"), *caught.value.to("zh")]
    assert all(said)
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "entry", "reason"),
    [
        ("passwd", ("120000", b"/etc/passwd"), "is a link"),
        ("here", ("120000", b"."), "is a link"),
        ("sub", ("160000", b"1" * 40), "is a submodule"),
        ("a\\b", FILE, "contains a backslash"),
        ("run\r", FILE, "control or invisible character"),
        ("\x1b[2Jred", FILE, "control or invisible character"),
        ("gpj.\u202eexe", FILE, "control or invisible character"),
        ("latin\udce9", FILE, "control or invisible character"),
        ("nul", FILE, "the name of a device on Windows"),
        ("COM1.txt", FILE, "the name of a device on Windows"),
        ("a.", FILE, "ends with a dot or a space"),
        ("a:b", FILE, "contains a colon"),
        (".newft", FILE, "a name that newft itself uses"),
        ("KIT.YAML", FILE, "is the same path as"),
        ("x" * 241, FILE, "has more than 240 characters"),
    ],
)
def test_an_entry_that_no_project_may_get_is_refused_by_name(
    repository: GitRepository, tmp_path: Path, name: str, entry: tuple[str, bytes], reason: str
) -> None:
    repository.commit_tree({"kit.yaml": KIT, name: entry})
    assert reason in refuse(repository, tmp_path / "scratch")


@pytest.mark.parametrize("name", [".git", ".GIT", "git~1", "..", "."])
def test_names_that_git_forbids_too_are_refused(
    repository: GitRepository, tmp_path: Path, name: str
) -> None:
    repository.commit_tree({"kit.yaml": KIT, name: FILE})
    refuse(repository, tmp_path / "scratch")


def test_every_refused_file_is_listed_and_escaped(
    repository: GitRepository, tmp_path: Path
) -> None:
    names = [f"link{number:02}" for number in range(30)]
    repository.commit_tree({"kit.yaml": KIT} | dict.fromkeys(names, ("120000", b"/etc")))
    message = refuse(repository, tmp_path / "scratch")
    assert "link00: is a link" in message
    assert message.endswith("... 10 more")


def test_huge_files_and_very_many_files_are_refused_by_the_listing(
    repository: GitRepository, tmp_path: Path
) -> None:
    repository.commit({"kit.yaml": "x", "huge": b"\0" * (MAX_FILE_BYTES + 1)})
    assert "huge: has 8,388,609 bytes" in refuse(repository, tmp_path / "scratch")
    repository.commit_tree({f"f{number}": FILE for number in range(MAX_FILES + 1)})
    assert "the kit has 4,001 files" in refuse(repository, tmp_path / "scratch")
    big = ("100644", b"\0" * MAX_FILE_BYTES)
    repository.commit_tree({"kit.yaml": KIT} | {f"f{number}": big for number in range(5)})
    assert "bytes together" in refuse(repository, tmp_path / "scratch")


def test_a_repository_cannot_fill_the_disk(
    repository: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_git, "MAX_DOWNLOAD_BYTES", 1 << 20)
    repository.commit({"kit.yaml": "x", "noise": os.urandom(3 << 20)})
    assert "the repository sends more than" in refuse(repository, tmp_path / "scratch")
    (tmp_path / "large").write_bytes(bytes(2 << 20))  # the limit has ended


def test_hooks_filters_attributes_and_configuration_of_a_kit_run_nothing(
    repository: GitRepository, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    program = f"touch {mark}; cat"
    repository.commit(
        {
            "kit.yaml": "title: $Format:%H$\n",
            ".gitattributes": "* filter=evil diff=evil merge=evil export-subst ident\n",
            ".lfsconfig": f"[lfs]\n\turl = file://{tmp_path}\n",
        },
        tag="v1",
    )
    for name in ("evil.clean", "evil.smudge", "evil.process"):
        repository.git("config", f"filter.{name}", program)
    repository.git("config", "core.fsmonitor", program)
    repository.git("config", "core.sshCommand", program)
    repository.git("config", "uploadpack.packObjectsHook", program)
    repository.git("config", "core.pager", program)
    for hook in ("post-checkout", "post-merge", "reference-transaction", "post-index-change"):
        file = repository.folder / ".git/hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\ntouch {mark}\n")
        file.chmod(0o755)
    for source in (repository.url, str(repository.folder)):
        kit = locate_kit(source, scratch=tmp_path / "scratch")
        # neither export-subst nor ident has changed the bytes
        assert (Path(kit.folder) / "kit.yaml").read_text() == "title: $Format:%H$\n"
    assert not mark.exists()


def test_a_folder_that_is_a_partial_clone_does_not_fetch_what_it_lacks(
    repository: GitRepository, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    commit = repository.commit({"kit.yaml": "title: kit\n"})
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::sh -c touch% {mark}",
        "protocol.ext.allow": "always",
    }.items():
        repository.git("config", name, value)
    tree = repository.git("rev-parse", f"{commit}^{{tree}}")
    (repository.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    kit = locate_kit(str(repository.folder), scratch=tmp_path / "scratch")
    assert kit.pin.commit is None
    assert not mark.exists()


def test_a_git_folder_that_names_another_work_tree_gives_no_file_of_it(tmp_path: Path) -> None:
    secret = tmp_path / "home/secret"
    secret.parent.mkdir()
    secret.write_text("secret")
    repository = GitRepository(tmp_path / "kit")
    repository.commit({"kit.yaml": "title: kit\n"})
    repository.git("config", "core.worktree", str(secret.parent))
    with contextlib.suppress(KitSourceError):
        kit = locate_kit(str(repository.folder), scratch=tmp_path / "scratch")
        assert sorted(path.name for path in Path(kit.folder).iterdir()) == ["kit.yaml"]


def test_a_folder_is_checked_as_a_repository_is(tmp_path: Path) -> None:
    folder = tmp_path / "kit"
    (folder / "overlay/project").mkdir(parents=True)
    (folder / "kit.yaml").write_text("title: kit\n")
    (folder / "overlay/project/home").symlink_to(tmp_path)
    (folder / "overlay/project/aux.py").write_text("")
    os.mkfifo(folder / "pipe")
    server = socket.socket(socket.AF_UNIX)
    with contextlib.closing(server), contextlib.chdir(folder):
        server.bind("socket")
        with pytest.raises(KitSourceError) as caught:
            locate_kit(str(folder), scratch=tmp_path / "scratch")
    listed = caught.value.message.splitlines()[1:]
    assert [line.strip() for line in listed] == [
        "overlay/project/home: is a link",
        "pipe: is no regular file",
        "socket: is no regular file",
        "overlay/project/aux.py: is the name of a device on Windows",
    ]


def test_a_folder_with_a_repository_inside_has_a_submodule(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "kit")
    repository.commit({"kit.yaml": "title: kit\n"})
    GitRepository(tmp_path / "kit/inner").commit({"a": "b"})
    with pytest.raises(KitSourceError, match="inner: is a submodule"):
        locate_kit(str(repository.folder), scratch=tmp_path / "scratch")
