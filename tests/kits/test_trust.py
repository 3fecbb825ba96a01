from __future__ import annotations

from pathlib import Path

import pytest

from newft.errors import KitSourceError, UsageError
from newft.kits.code_files import list_code_files
from newft.kits.trust import TrustRequest, confirm_trust
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


def confirm(kit: LocatedKit, user: User | None, *trusted: str, named: bool = True) -> None:
    user, ask = (user, user.ask) if user else (User(), None)
    confirm_trust([kit], trusted, named=named, ask=ask, show=user.shown.append)


def test_the_code_of_a_repository_is_confirmed_once_per_state(
    repository: GitRepository, tmp_path: Path
) -> None:
    user, kit = User(), locate_kit(repository.url, scratch=tmp_path / "scratch")
    confirm(kit, user)
    confirm(kit, user)
    assert kit.pin.commit
    shown = f"{repository.url} ({kit.pin.commit[:12]})"
    [asked] = user.asked
    assert asked[:3] == (shown, kit.pin.commit, ("overlay/project/Makefile",))
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


def test_a_folder_that_only_a_file_names_is_confirmed_once_per_state(
    repository: GitRepository, tmp_path: Path
) -> None:
    user, scratch = User(), tmp_path / "scratch"
    kit = locate_kit(str(repository.folder), scratch=scratch)
    with pytest.raises(UsageError, match="has not been confirmed yet"):
        confirm(kit, None, named=False)
    confirm(kit, user, named=False)
    confirm(kit, None, named=False)
    assert len(user.asked) == 1
    repository.commit({"overlay/project/conftest.py": "print()\n"})
    newer = locate_kit(str(repository.folder), scratch=scratch)
    with pytest.raises(UsageError, match="has not been confirmed yet"):
        confirm(newer, None, named=False)
    confirm(newer, None, newer.pin.tree, named=False)  # for this run
    confirm(newer, user)  # the user names it, and it is known from then on
    confirm(newer, None, named=False)
    assert len(user.asked) == 1


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


CODE = """
src/package_name/train.py TRAIN.PY notebook.ipynb tests/test_x.py run.sh model.pkl
weights.safetensors Makefile Makefile.jinja Makefile.local GNUmakefile BUILD.bazel
CMakeLists.txt pyproject.toml.jinja
Dockerfile.gpu Dockerfile-dev cloudbuild.yaml environment.yml config/run.yaml uv.lock Pipfile
requirements-dev.txt requirements/dev.txt dev-requirements.txt constraints.txt package.json
x.egg-info/entry_points.txt .github/workflows/ci.yml .github/README.md .gitlab-ci.yml
.buildkite/a.yml .vscode/tasks.json .mcp.json .cursor/mcp.json .pdbrc
.gdbinit .envrc .gitattributes .data/rows.csv
AGENTS.md CLAUDE.local.md docs/SKILL.md .claude/commands/x.md config.json README.md.j2 tool
""".split()  # noqa: SIM905 - fifty quotes would hide the names
INERT = """
README.md README.md.jinja docs/guide.rst 说明.txt LICENSE NOTICE data/rows.json sample/rows.jsonl
docs/table.csv docs/logo.png docs/policy.md
""".split()  # noqa: SIM905
TEMPLATE_CODE = [
    "{% if x %}main.py{% endif %}.jinja",
    "{% if x %}run.sh{% else %}README.md{% endif %}",
    "{% if x %}run.sh{% endif %}{% if y %}README.md{% endif %}",
    "{% if x %}X{% endif %}AGENTS.md",
    "{% if x %}.github{% endif %}/README.md",
    "{{ name }}.py",
    "{{ name }}",
    "{{ 'CLAUDE' }}.md",
    "{{ folder }}/README.md",
    "{{ name }}.{{ suffix }}.jinja",
    "Makefile",
    "setup.cfg",
]
TEMPLATE_INERT = [
    "copier.yml",
    "{{ _copier_conf.answers_file }}.jinja",
    "{{ _copier_conf.answers_file }}",
    "{% if x %}README.md{% endif %}.jinja",
    "{%- if x == 'a' -%}docs{%- endif -%}/guide.md",
    "sample/rows.csv",
]


def test_only_what_no_tool_runs_or_loads_is_no_code() -> None:
    overlay = {f"overlay/project/{path}": TreeFile(b"x\n") for path in (*CODE, *INERT)}
    own = dict.fromkeys(("kit.yaml", ".gitignore", "sample/rows.py", "tests/a.yml"), TreeFile(b"x"))
    expected = {f"overlay/project/{path}" for path in CODE}
    assert set(list_code_files({**overlay, **own})) == expected
    names = {path: TreeFile(b"x\n") for path in (*TEMPLATE_CODE, *TEMPLATE_INERT)}
    assert set(list_code_files(names)) == set(TEMPLATE_CODE)
    files = {"a/b.md": TreeFile(b"x", "100755"), "a/c.md": TreeFile(b"#!/bin/sh\n")}
    assert list_code_files({**files, "a/d.md": TreeFile(b"x")}) == ("a/b.md", "a/c.md")


def test_what_a_copier_template_says_of_names_is_taken_into_account(tmp_path: Path) -> None:
    answers = "{{ _copier_conf.answers_file }}"
    for number, (config, names, expected) in enumerate(
        (
            ("_answers_file: .mcp.json\n", (answers,), (answers,)),
            ("_answers_file: .copier-answers.risk.yml\n", (answers,), ()),
            ("_templates_suffix: .tmpl\n", ("a.md.tmpl", "a.md.jinja"), ("a.md.jinja",)),
            ("_envops: {variable_start_string: AA}\n", ("AAxBB.md",), ("AAxBB.md",)),
            ("_envops: {variable_start_string: '[['}\n", ("a.md", "[[ a ]].md"), ("[[ a ]].md",)),
        )
    ):
        made = GitRepository(tmp_path / f"kit{number}")
        made.commit({"copier.yml": f"a: 1\n{config}", **dict.fromkeys(names, "x")})
        user = User()
        confirm(locate_kit(made.url, scratch=tmp_path / "scratch"), user)
        assert [path for one in user.asked for path in one.files] == [*expected]


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
    assert user.asked[0].files == ("more.yml", "run[[ '.py' ]].md", "setup.py.txt")


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
