from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newft.errors import KitSourceError, NewftError, UsageError
from newft.kits.remote_git import UnreachableSourceError
from newft.kits.sources import choose_source, parse_source
from support.git_repository import GitRepository
from support.locate_kit import locate_kit


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    """A kit with two versions, a pre-release, and a commit after them."""
    repository = GitRepository(tmp_path_factory.mktemp("git") / "bank-kit")
    repository.commit({"kit.yaml": "title: 1\n", "overlay/project/run.sh": "#\n"}, tag="v1.9")
    (repository.folder / "overlay/project/run.sh").chmod(0o755)
    repository.commit({"kit.yaml": "title: 2\n"}, tag="v1.10")
    repository.commit({"kit.yaml": "title: 3\n"}, tag="v2.0rc1")
    repository.commit({"kit.yaml": "title: 4\n", ".gitignore": ".env\n"}, tag="latest")
    repository.git("branch", "feature/x", "v1.9")
    repository.git("tag", "-a", "-m", "annotated", "signed", "v1.9")
    return repository


def read_title(folder: Path) -> str:
    return (folder / "kit.yaml").read_text(encoding="utf-8").split()[1]


@pytest.mark.parametrize(
    ("revision", "title", "commit"),
    [
        ("", "2", "v1.10"),
        ("@v1.9", "1", "v1.9"),
        ("@signed", "1", "v1.9"),
        ("@feature/x", "1", "v1.9"),
        ("@main", "4", "main"),
        ("@v2.0rc1", "3", "v2.0rc1"),
    ],
)
def test_a_revision_names_a_tag_a_branch_or_the_newest_version(
    bank: GitRepository, tmp_path: Path, revision: str, title: str, commit: str
) -> None:
    kit = locate_kit(bank.url + revision, scratch=tmp_path)
    assert read_title(Path(kit.folder)) == title
    assert Path(kit.folder).name == "bank-kit"
    assert kit.origin == "repository"
    assert kit.pin.source == bank.url
    assert kit.pin.revision == (revision[1:] or None)
    assert kit.pin.commit == bank.git("rev-parse", f"{commit}^{{commit}}")
    assert kit.pin.tree == bank.git("rev-parse", f"{commit}^{{tree}}")


def test_a_commit_may_be_abbreviated_if_a_ref_names_it(bank: GitRepository, tmp_path: Path) -> None:
    commit = bank.git("rev-parse", "v1.9^{commit}")
    assert locate_kit(f"{bank.url}@{commit}", scratch=tmp_path).pin.commit == commit
    assert locate_kit(f"{bank.url}@{commit[:8]}", scratch=tmp_path).pin.commit == commit


def test_a_commit_that_no_ref_names_is_fetched_while_the_history_has_it(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "kit")
    first = repository.commit({"kit.yaml": "title: 1\n"})
    repository.commit({"kit.yaml": "title: 2\n"})
    kit = locate_kit(f"{repository.url}@{first}", scratch=tmp_path / "scratch")
    assert read_title(Path(kit.folder)) == "1"


def test_a_repository_without_versions_gives_its_default_branch(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "kit")
    repository.commit({"kit.yaml": "title: 1\n"}, tag="not-a-version")
    commit = repository.commit({"kit.yaml": "title: 2\n"})
    assert locate_kit(repository.url, scratch=tmp_path / "scratch").pin.commit == commit


def test_a_folder_is_taken_as_it_lies_and_identified_as_git_would(
    bank: GitRepository, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    bank.git("clone", "--quiet", str(bank.folder), str(clone))
    (clone / ".env").write_text("TOKEN=1")  # ignored by git
    (clone / "__pycache__").mkdir()
    (clone / "__pycache__/a.pyc").write_bytes(b"")
    kit = locate_kit(str(clone), scratch=tmp_path / "scratch")
    assert (kit.origin, kit.pin.source) == ("folder", str(clone))
    assert kit.pin.commit == bank.git("rev-parse", "main")
    assert kit.pin.tree == bank.git("rev-parse", "main^{tree}")
    assert not (Path(kit.folder) / ".env").exists()
    (clone / "kit.yaml").write_text("title: edited\n")
    edited = locate_kit(str(clone), scratch=tmp_path / "scratch")
    assert edited.pin.commit is None
    assert read_title(Path(edited.folder)) == "edited"


def test_a_folder_without_git_has_the_tree_id_of_a_repository(
    bank: GitRepository, tmp_path: Path
) -> None:
    kit = locate_kit(bank.url, scratch=tmp_path / "scratch")
    plain = locate_kit(kit.folder, scratch=tmp_path / "scratch")
    assert plain.pin.tree == kit.pin.tree
    assert plain.pin.commit is None
    assert os.access(Path(plain.folder) / "overlay/project/run.sh", os.X_OK)


def test_a_kit_below_the_root_of_a_work_tree_has_the_commit_too(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "mono")
    commit = repository.commit({"kits/bank/kit.yaml": "title: 1\n", "other.txt": "x"})
    kit = locate_kit(str(repository.folder / "kits/bank"), scratch=tmp_path / "scratch")
    assert kit.pin.commit == commit
    assert [path.name for path in Path(kit.folder).iterdir()] == ["kit.yaml"]


def test_a_folder_with_a_revision_is_a_repository(bank: GitRepository, tmp_path: Path) -> None:
    kit = locate_kit("./bank-kit@v1.9", scratch=tmp_path, base=bank.folder.parent)
    assert read_title(Path(kit.folder)) == "1"
    assert kit.pin.source == "./bank-kit"
    bare = tmp_path / "bare.git"
    bank.git("clone", "--quiet", "--bare", str(bank.folder), str(bare))
    kit = locate_kit(str(bare), scratch=tmp_path / "scratch")
    assert (read_title(Path(kit.folder)), Path(kit.folder).name) == ("2", "bare")


@pytest.mark.parametrize(
    ("typed", "recorded"),
    [
        (".", "."),
        ("kits/bank", "./kits/bank"),
        ("kits//bank/", "./kits/bank"),
        ("bank", "./bank"),
        ("../x/./y", "../x/y"),
        ("/srv/kits/", "/srv/kits"),
        ("~/kits", "/home/me/kits"),
    ],
)
def test_a_path_is_recorded_as_it_was_meant(typed: str, recorded: str, tmp_path: Path) -> None:
    (tmp_path / "bank").mkdir()
    with patch.dict(os.environ, {"HOME": "/home/me"}):
        source = parse_source(typed, base=tmp_path)
    assert (source.kind, source.recorded) == ("folder", recorded)
    assert source.location == os.path.normpath(tmp_path / recorded)
    assert parse_source(recorded, base=tmp_path) == source


def test_a_domain_is_no_kit_and_a_folder_has_a_slash(tmp_path: Path) -> None:
    (tmp_path / "legal").mkdir()
    (tmp_path / "legal/kit.yaml").write_text("title: ours\n")
    with pytest.raises(UsageError) as caught:
        locate_kit("legal", scratch=tmp_path / "scratch", base=tmp_path)
    assert caught.value.hint == "use --domain legal; a folder of this name is ./legal"
    ours = locate_kit("./legal", scratch=tmp_path / "scratch", base=tmp_path)
    assert read_title(Path(ours.folder)) == "ours"


def test_an_installed_package_offers_a_kit_and_is_not_imported(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "bank_tools/kits/bank").mkdir(parents=True)
    (site / "bank_tools/__init__.py").write_text("raise SystemExit('imported')\n")
    (site / "bank_tools/kits/bank/kit.yaml").write_text("title: packaged\n")
    info = site / "bank_tools-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bank-tools\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[newft.kits]\nbank = bank_tools.kits.bank\ngone = bank_tools.none\n"
    )
    code = (
        "import sys; from pathlib import Path; from newft.kits.locate import KitLocator\n"
        "for name in ('bank', 'gone'):\n"
        "    kit = KitLocator(Path(sys.argv[1]))(name)\n"
        "    print(kit.origin, kit.pin.source, Path(kit.folder).name, kit.pin.commit)\n"
    )
    path = os.pathsep.join([str(site), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "scratch")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout.splitlines() == ["package bank bank None"]
    assert "an installed package offers the kit `gone`" in done.stderr


@pytest.mark.parametrize(
    ("text", "location", "recorded", "revision"),
    [
        ("https://h.example/a/b.git", "https://h.example/a/b.git", None, None),
        ("git+https://h.example/a/b@v1", "https://h.example/a/b", None, "v1"),
        ("git+ssh://git@h.example/a/b.git@r/x", "ssh://git@h.example/a/b.git", None, "r/x"),
        ("ssh://git@h.example:2222/a.git", "ssh://git@h.example:2222/a.git", None, None),
        ("git@h.example:a/b.git@v1", "git@h.example:a/b.git", None, "v1"),
        ("git@h.example:a/b.git", "git@h.example:a/b.git", None, None),
        ("gh:owner/name@v1", "https://github.com/owner/name.git", "gh:owner/name", "v1"),
        ("gl:group/sub/name", "https://gitlab.com/group/sub/name.git", "gl:group/sub/name", None),
        ("file:///srv/a.git", "file:///srv/a.git", None, None),
        (
            "https://user:secret@h.example/a.git@v1",
            "https://user:secret@h.example/a.git",
            "https://h.example/a.git",
            "v1",
        ),
        (
            "https://token@h.example:8443/a.git",
            "https://token@h.example:8443/a.git",
            "https://h.example:8443/a.git",
            None,
        ),
        (
            "ssh://me:secret@h.example/a.git",
            "ssh://me:secret@h.example/a.git",
            "ssh://me@h.example/a.git",
            None,
        ),
        ("https://h.example/@scope/kit.git", "https://h.example/@scope/kit.git", None, None),
        ("http://localhost:8080/a.git", "http://localhost:8080/a.git", None, None),
    ],
)
def test_addresses_are_read_and_never_recorded_with_a_login(
    text: str, location: str, recorded: str | None, revision: str | None
) -> None:
    source = parse_source(text)
    assert source == ("repository", location, recorded or location, revision)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-oProxyCommand=x",
        "--upload-pack=touch x",
        "ext::sh -c touch% x",
        "git+ext::sh -c x",
        "fd::17",
        "http://h.example/a.git",
        "git://h.example/a.git",
        "ftp://h.example/a.git",
        "ssh://-oProxyCommand=x/a.git",
        "ssh://-u@h.example/a.git",
        "git@-oProxyCommand=x:a.git",
        "-u@h.example:a.git",
        "git@h.example:-a.git",
        "https:///a.git",
        "https://h.example",
        "https://h.example/a.git?token=x",
        "https://h.example/a.git#x",
        "https://h.example/a.git@--upload-pack=x",
        "https://h.example/a.git@-x",
        "https://h.example/a.git@a..b",
        "https://h.example:port/a.git",
        "file://h.example/a.git",
        "https://h.example/a\n.git",
        "https://h.example/\x1b[2J.git",
        "legal@v1",
    ],
)
def test_what_is_no_source_is_refused_before_git_sees_it(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_source(text)
    said = [*caught.value.to("en"), *caught.value.to("zh")]
    assert all(said)
    assert not any("\x1b" in one for one in said)


PIECES = st.sampled_from(
    r"""
    https:// ssh:// git+ file:// ext:: gh: git@ user:pass-word@ @ : / -x --upload-pack=x .. ~
    h.example 127.0.0.1 [::1] a/b.git kit legal v1 %2e%2e ? # \ é
    """.split()  # noqa: SIM905 - quotes would hide the pieces
)


@example("file://https://user:pass-word@h.example/a.git")
@example("https://h.example/https:/user:pass-word@/?")
@given(st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=30))
def test_any_text_is_a_source_or_refused(text: str) -> None:
    try:
        source = parse_source(text, base=Path("/nowhere"))
    except NewftError as error:
        assert "pass-word" not in error.message.partition("://")[2]
        return
    assert not source.location.startswith("-")
    if source.kind == "repository":
        assert source.location.startswith(("https://", "http://", "ssh://", "file://", "git@"))
    assert source.revision is None or not source.revision.startswith("-")
    if source.kind == "repository" and "://" in text:
        assert "pass-word" not in source.recorded.partition("://")[2].partition("/")[0]


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no kit `leagl`") as caught:
        locate_kit("leagl", scratch=tmp_path)
    assert caught.value.hint == "did you mean `legal`?"


def test_a_source_that_cannot_be_used_says_why_and_what_to_do(
    bank: GitRepository, tmp_path: Path
) -> None:
    sources = {
        (tmp_path / "gone.git").as_uri(): (UnreachableSourceError, "there is no such repository"),
        str(tmp_path / "gone"): (KitSourceError, "there is no such folder"),
        "https://me:secret@127.0.0.1:9/a.git": (UnreachableSourceError, "cannot be reached"),
        f"{bank.url}@v1.99": (KitSourceError, "no tag, branch or commit `v1.99`"),
        f"{bank.url}@{'1' * 40}": (UnreachableSourceError, f"the commit {'1' * 40} is not in"),
        str(tmp_path): (KitSourceError, "this is no kit"),
    }
    for source, (kind, message) in sources.items():
        with pytest.raises(kind) as caught:
            locate_kit(source, scratch=tmp_path / "scratch")
        error: NewftError = caught.value
        assert message in error.message
        assert error.hint
        assert "\n" not in error.message
        assert "secret" not in f"{error} {error.hint}"
        assert all(error.to("zh"))


def test_an_empty_repository_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(KitSourceError, match="no commit on its default branch"):
        locate_kit(GitRepository(tmp_path / "kit").url, scratch=tmp_path / "scratch")


def test_the_environment_gives_a_kit_where_the_answers_give_none() -> None:
    environment = {"NEWFT_KIT": "https://h.example/a.git@v1"}
    assert choose_source({}, environment) == ("https://h.example/a.git@v1", None)
    assert choose_source({"kit.source": "./x"}, environment) == ("./x", None)
    assert choose_source({"kit.source": "none"}, environment) is None
    assert choose_source({}, {}) is None


def test_a_revision_behind_the_source_comes_before_the_recorded_one() -> None:
    recorded = {"kit.source": "git@h.example:a.git", "kit.revision": "v1"}
    assert choose_source(recorded, {}) == ("git@h.example:a.git", "v1")
    newer = {"kit.source": "git@h.example:a.git@v2", "kit.revision": "v1"}
    assert choose_source(newer, {}) == ("git@h.example:a.git@v2", None)


def test_the_user_s_own_git_configuration_finds_the_repository(
    bank: GitRepository, tmp_path: Path
) -> None:
    (tmp_path / ".gitconfig").write_text(
        f'[url "{bank.folder.parent.as_uri()}/"]\n\tinsteadOf = file:///mirror/\n'
    )
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "none")}
    with patch.dict(os.environ, home):
        kit = locate_kit("file:///mirror/bank-kit@v1.9", scratch=tmp_path / "scratch")
    assert kit.pin.source == "file:///mirror/bank-kit"
    assert read_title(Path(kit.folder)) == "1"
