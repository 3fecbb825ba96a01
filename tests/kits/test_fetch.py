"""Kits from servers: the smart protocol, plain files, logins."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from newft.kits.remote_git import UnreachableSourceError
from support.git_repository import GitRepository
from support.git_servers import LOGIN, serve_git
from support.locate_kit import locate_kit


@pytest.fixture(scope="module")
def commits() -> list[str]:
    return []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, commits: list[str]) -> Iterator[str]:
    """The address of a server with the same kit in three places."""
    folder = tmp_path_factory.mktemp("git")
    repository = GitRepository(folder / "kit")
    commits.append(repository.commit({"kit.yaml": "title: 1\n"}))
    commits.append(repository.commit({"kit.yaml": "title: 2\n"}, tag="v1"))
    commits.append(repository.commit({"kit.yaml": "title: 3\n"}))
    for place in ("smart", "plain", "private"):
        bare = folder / "served" / place / "kit.git"
        subprocess.run(
            ["git", "clone", "--quiet", "--bare", str(repository.folder), str(bare)], check=True
        )
        subprocess.run(["git", "update-server-info"], cwd=bare, check=True)
    with serve_git(folder / "served") as address:
        yield address


@pytest.mark.parametrize("place", ["smart", "plain"])
def test_tags_branches_and_old_commits_are_fetched(
    server: str, commits: list[str], place: str, tmp_path: Path
) -> None:
    revisions = {"": 1, "@v1": 1, "@main": 2, f"@{commits[0]}": 0, f"@{commits[1]}": 1}
    for revision, number in revisions.items():
        kit = locate_kit(f"{server}/{place}/kit.git{revision}", scratch=tmp_path)
        assert kit.pin.commit == commits[number]
        assert (Path(kit.folder) / "kit.yaml").read_text() == f"title: {number + 1}\n"
        assert kit.pin.source == f"{server}/{place}/kit.git"


def test_a_login_in_the_address_is_used_and_not_recorded(
    server: str, commits: list[str], tmp_path: Path
) -> None:
    address = server.replace("http://", f"http://{':'.join(LOGIN)}@")
    kit = locate_kit(f"{address}/private/kit.git@v1", scratch=tmp_path)
    assert kit.pin.commit == commits[1]
    assert kit.pin.source == f"{server}/private/kit.git"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("private/kit.git", "the repository needs a login"),
        ("smart/gone.git", "there is no such repository"),
        ("plain/gone.git", "there is no such repository"),
        ("away/kit.git", "cannot be reached"),
    ],
)
@pytest.mark.parametrize("login", ["", "me:wrong-word@"])
def test_a_server_that_refuses_is_answered_with_an_error(
    server: str, path: str, message: str, login: str, tmp_path: Path
) -> None:
    address = server.replace("http://", f"http://{login}")
    with pytest.raises(UnreachableSourceError) as caught:
        locate_kit(f"{address}/{path}", scratch=tmp_path)
    error = caught.value
    assert message in error.message
    assert "wrong-word" not in f"{error} {error.hint}"
    assert "\n" not in error.message
    assert error.where == f"{server}/{path}"
    assert error.hint
    assert all(error.to("zh"))


def test_a_commit_that_the_server_does_not_have_is_said(server: str, tmp_path: Path) -> None:
    for place in ("smart", "plain"):
        with pytest.raises(UnreachableSourceError, match=f"the commit {'a' * 40} is not in"):
            locate_kit(f"{server}/{place}/kit.git@{'a' * 40}", scratch=tmp_path)


def test_a_proxy_of_the_environment_is_used(server: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("http_proxy", "http://127.0.0.1:9")
        with pytest.raises(UnreachableSourceError, match="cannot be reached"):
            locate_kit(f"{server}/smart/kit.git", scratch=tmp_path)


def test_an_address_is_only_replaced_by_one_of_a_safe_protocol(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for target, message in {
        "ssh://git@127.0.0.1:9/": "git: .*ssh",
        f"{server}/smart/": "transport 'http' not allowed",
        f"ext::touch {tmp_path}/ran ": "transport 'ext' not allowed",
    }.items():
        (tmp_path / ".gitconfig").write_text(
            f'[url "{target}"]\n\tinsteadOf = https://git.example/\n[protocol]\n\tallow = always\n'
        )
        with pytest.raises(UnreachableSourceError, match=message):
            locate_kit("https://git.example/kit.git", scratch=tmp_path / "scratch")
    assert not (tmp_path / "ran").exists()
