from __future__ import annotations

from pathlib import Path

import pytest

from newft.errors import KitSourceError, UsageError
from newft.kits.trust import TrustRequest, confirm_trust, list_code_files
from newft.schema.starter_kit import LocatedKit
from newft.schema.tree import TreeFile
from support.git_repository import GitRepository
from support.locate_kit import locate_kit


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    made = GitRepository(tmp_path / "bank")
    made.commit({"kit.yaml": "title: x\n", "overlay/project/Makefile": "all:\n"})
    return made


class User:
    """Whoever is asked, with one answer for all requests."""

    def __init__(self, answer: bool = True) -> None:
        self.answer, self.asked, self.shown = answer, list[TrustRequest](), list[TrustRequest]()

    def ask(self, request: TrustRequest) -> bool:
        self.asked.append(request)
        return self.answer


def confirm(kit: LocatedKit, user: User | None, *trusted: str) -> None:
    user, ask = (user, user.ask) if user else (User(), None)
    confirm_trust([kit], trusted, ask=ask, show=user.shown.append)


def test_the_code_of_a_repository_is_confirmed_once_per_state(
    repository: GitRepository, tmp_path: Path
) -> None:
    user, kit = User(), locate_kit(repository.url, scratch=tmp_path / "scratch")
    confirm(kit, user)
    confirm(kit, user)
    assert kit.pin.commit
    shown = f"{repository.url} ({kit.pin.commit[:12]})"
    assert user.asked == [(shown, kit.pin.commit, ("overlay/project/Makefile",))]
    # what a clone has stored is the same code, and is known by its files
    confirm(kit._replace(origin="stored", pin=kit.pin._replace(commit="1" * 40)), None)
    repository.commit({"overlay/project/train.py": "print()\n"})
    confirm(locate_kit(repository.url, scratch=tmp_path / "scratch"), user)
    assert user.asked[1].files == ("overlay/project/Makefile", "overlay/project/train.py")


def test_a_refusal_is_not_remembered(repository: GitRepository, tmp_path: Path) -> None:
    user, kit = User(answer=False), locate_kit(repository.url, scratch=tmp_path / "scratch")
    for _ in range(2):
        with pytest.raises(KitSourceError, match="was not confirmed; nothing was written"):
            confirm(kit, user)
    assert len(user.asked) == 2


def test_without_a_terminal_the_commit_must_be_named(
    repository: GitRepository, tmp_path: Path
) -> None:
    kit = locate_kit(repository.url, scratch=tmp_path / "scratch")
    assert kit.pin.commit
    with pytest.raises(UsageError) as caught:
        confirm(kit, None)
    assert "overlay/project/Makefile" in caught.value.message
    assert f"--trust-kit {kit.pin.commit}" in str(caught.value.hint)
    with pytest.raises(UsageError, match="has not been confirmed yet"):
        confirm(kit, None, "1234567")
    confirm(kit, None, "1234567", kit.pin.commit[:7].upper())
    with pytest.raises(UsageError):
        confirm(kit, None)  # the option holds for one run


@pytest.mark.parametrize("value", ["", "abc", "12345g7", "-x", "1" * 41, "*"])
def test_what_is_no_commit_trusts_nothing(
    value: str, repository: GitRepository, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="is no commit"):
        confirm(locate_kit(repository.url, scratch=tmp_path / "scratch"), None, value)


def test_the_commit_that_an_archive_claims_is_not_trusted(
    repository: GitRepository, tmp_path: Path
) -> None:
    kit = locate_kit(repository.url, scratch=tmp_path / "scratch")
    assert kit.pin.commit
    stored = kit._replace(origin="stored")
    with pytest.raises(UsageError, match="has not been confirmed yet"):
        confirm(stored, None, kit.pin.commit)
    confirm(stored, None, kit.pin.tree)


def test_a_folder_is_shown_and_not_asked_about(repository: GitRepository, tmp_path: Path) -> None:
    user = User()
    confirm(locate_kit(str(repository.folder), scratch=tmp_path / "scratch"), user)
    [request] = user.shown
    assert request.source.startswith(str(repository.folder))
    assert user.asked == []


def test_a_kit_without_code_needs_no_confirmation(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path / "bank")
    repository.commit({"kit.yaml": "title: x\n", "overlay/project/README.md": "x\n"})
    confirm(locate_kit(repository.url, scratch=tmp_path / "scratch"), None)


def test_a_configuration_folder_without_access_only_costs_the_memory(
    repository: GitRepository, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("a file in its place")
    kit = locate_kit(repository.url, scratch=tmp_path / "scratch")
    user = User()
    confirm(kit, user)
    confirm(kit, user)
    assert len(user.asked) == 2


CODE = [
    "overlay/project/src/package_name/train.py",
    "overlay/project/Makefile",
    "overlay/project/Makefile.jinja",
    "overlay/project/pyproject.toml.jinja",
    "overlay/project/.github/workflows/ci.yml",
    "overlay/project/.gitlab-ci.yml",
    "overlay/project/.vscode/tasks.json",
    "overlay/project/Dockerfile.gpu",
    "overlay/project/requirements-dev.txt",
    "overlay/project/TRAIN.PY",
    "overlay/project/notebook.ipynb",
    "overlay/project/tests/test_x.py",
    "layers/ci/run.sh",
    "{% if x %}main.py{% endif %}.jinja",
    "{{ name }}.py",
    "{{ name }}",
    "{{ name }}.{{ suffix }}.jinja",
]
INERT = [
    "kit.yaml",
    "overlay/project/README.md.jinja",
    "overlay/project/config/run.yaml",
    "overlay/project/说明.txt",
    "{{ _copier_conf.answers_file }}.jinja",
    "sample/rows.py",
    "tests/answers.yml",
    "tests/conftest.py",
]


def test_what_python_make_a_shell_or_ci_would_run_is_code() -> None:
    files = {path: TreeFile(b"x\n") for path in (*CODE, *INERT)}
    assert set(list_code_files(files)) == set(CODE)
    files = {"a": TreeFile(b"x", "100755"), "b": TreeFile(b"#!/bin/sh\n"), "c": TreeFile(b"x")}
    assert list_code_files(files) == ("a", "b")


def test_a_copier_template_cannot_hide_code_behind_a_suffix_or_brackets_of_its_own(
    tmp_path: Path,
) -> None:
    made = GitRepository(tmp_path / "hidden")
    made.commit(
        {
            "copier.yml": "---\n!include more.yml\n",
            "more.yml": '"_templates\\u005fsuffix": .txt\n',
            "setup.py.txt": "x",
            "run[[ '.py' ]].md": "x",
            "notes.md.txt": "x",
        }
    )
    user = User()
    confirm(locate_kit(made.url, scratch=tmp_path / "scratch"), user)
    assert user.asked[0].files == ("run[[ '.py' ]].md", "setup.py.txt")


def test_only_the_subdirectory_of_a_copier_template_reaches_the_project(tmp_path: Path) -> None:
    names = ("setup.py", "template/setup.py")
    for folder, more, expected in (
        ("template", {}, names[1:]),
        ("'{{ a }}'", {}, names),
        ("template", {"kit.yaml": "title: x\n"}, names),  # which may name folders of its own
    ):
        made = GitRepository(tmp_path / f"kit{len(folder)}{len(more)}")
        config = {"copier.yml": f"_subdirectory: {folder}\n"}
        made.commit({**config, **more, **dict.fromkeys(names, "x")})
        user = User()
        confirm(locate_kit(made.url, scratch=tmp_path / "scratch"), user)
        assert user.asked[0].files == expected


def test_every_folder_of_a_copier_template_can_reach_the_project() -> None:
    files = {path: TreeFile(b"x\n") for path in ("copier.yml", "tests/a.py", "sample/b.py")}
    assert list_code_files(files) == ("sample/b.py", "tests/a.py")
