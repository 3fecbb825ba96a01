"""`newft kit new`: a kit that resolves, in either language, on any base, written whole or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.kits.locate import KitLocator
from newft.kits.resolve import resolve_kit
from newft.schema.catalog import Catalog
from support.generate_project import catalog
from support.kit_folders import write_files
from support.run_newft import run_newft
from support.terminal import DOWN, ENTER, Terminal

pytestmark = pytest.mark.slow


def resolve(folder: Path, scratch: Path) -> Catalog:
    return resolve_kit(str(folder), catalog(), KitLocator(scratch))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_new_kit_resolves(language: str, tmp_path: Path) -> None:
    run = run_newft("kit", "new", "bank-kit", "--language", language, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "bank-kit/tests/default.yml").is_file()
    kit = resolve(tmp_path / "bank-kit", tmp_path / "scratch").starter_kit
    assert kit and kit.id == "bank_kit"
    assert (kit.title.en, kit.domain) == ("Bank kit", None)
    assert kit.policy and kit.policy.required_files == ("docs/handover.md",)
    readme = (tmp_path / "bank-kit/README.md").read_text(encoding="utf-8")
    assert "team/bank-kit.git@v0.1.0" in readme


@pytest.mark.parametrize("title", ["Credit: desk", "'quoted' \"title\"", "信贷 # 一", "yes", "$x"])
def test_a_title_is_text_whatever_it_holds(title: str, tmp_path: Path) -> None:
    run = run_newft("kit", "new", "k", "--extends", "legal", "--title", title, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    kit = resolve(tmp_path / "k", tmp_path / "scratch").starter_kit
    assert kit and (kit.title.en, kit.domain) == (title, "legal")


def test_a_kit_can_extend_another_and_both_can_move(tmp_path: Path) -> None:
    (tmp_path / "kits").mkdir()
    for words in (["base"], ["sub-kit", "--extends", "./base"]):
        run = run_newft("kit", "new", *words, cwd=tmp_path / "kits")
        assert run.returncode == 0, run.stderr
    (tmp_path / "kits").rename(tmp_path / "moved")
    kit = resolve(tmp_path / "moved/sub-kit", tmp_path / "scratch").starter_kit
    assert kit and kit.questions
    assert [one.id for one in kit.chain] == ["base", "sub_kit"]
    assert kit.questions.names == ("owner", "sub_kit_owner")


def test_a_kit_on_a_copier_template_settles_its_collisions(tmp_path: Path) -> None:
    config = "team: {type: str, default: risk}\nsite: {type: str}\n"
    files = {"README.md.jinja": "# {{ team }}\n", "pyproject.toml": "[project]\nname = 'x'\n"}
    write_files(tmp_path / "template", {"copier.yml": config, **files})
    run = run_newft("kit", "new", "desk-kit", "--extends", "./template", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    manifest = tmp_path / "desk-kit/kit.yaml"
    text = manifest.read_text(encoding="utf-8")
    assert "replaces: [README.md, pyproject.toml]" in text
    check = ("kit", "check", "desk-kit", "--no-tests")
    run = run_newft(*check, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    settled = "replaces: [README.md]\nkeeps: [pyproject.toml]"
    manifest.write_text(text.replace("replaces: [README.md, pyproject.toml]", settled))
    new = ("new", "desk", "--kit", "./desk-kit", "--answers", "desk-kit/tests/default.yml")
    run = run_newft(*new, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "desk/README.md").read_text() == "# risk\n"
    assert "name = 'x'" not in (tmp_path / "desk/pyproject.toml").read_text()
    manifest.write_text(text.replace("replaces: [README.md, pyproject.toml]", ""))
    run = run_newft(*check, cwd=tmp_path)
    assert run.returncode == 1 and "of a kit that extends the template" in run.stderr


def test_keeps_needs_a_template_in_the_chain(tmp_path: Path) -> None:
    write_files(tmp_path / "base", {"kit.yaml": "title: Base\n"})
    text = "title: Desk\nextends: ../base\nkeeps: [README.md]\nreplaces: [Makefile]\n"
    write_files(tmp_path / "desk", {"kit.yaml": text})
    run = run_newft("kit", "check", "./desk", cwd=tmp_path)
    assert run.returncode == 1
    assert "extend a copier template" in run.stderr
    assert "names `Makefile`, which the kit does not have" in run.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["k", "--extends", "leagl"], "`legal`"),
        (["k", "--extends", "./nowhere"], "no such folder"),
        (["full"], "kit.yaml"),
        ([""], "empty"),
    ],
)
def test_what_cannot_be_written_leaves_nothing(words: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/kit.yaml").write_text("mine\n")
    run = run_newft("kit", "new", *words, cwd=tmp_path)
    assert run.returncode in (1, 2)
    assert said in run.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) in (["full"], ["full", "state"])
    assert (tmp_path / "full/kit.yaml").read_text() == "mine\n"


def test_title_and_base_are_asked_in_a_terminal(tmp_path: Path) -> None:
    terminal = Terminal("kit", "new", "desk-kit", cwd=tmp_path, lang="zh")
    terminal.process.expect("套件名称")
    terminal.press("信贷" + ENTER)
    terminal.process.expect("项目基于什么")
    terminal.press(DOWN + ENTER)
    terminal.process.expect("newft kit check")
    terminal.process.wait()
    text = (tmp_path / "desk-kit/kit.yaml").read_text(encoding="utf-8")
    assert "title: 信贷\n" in text
    assert "extends: credit_risk\n" in text
    assert "起步套件" in text  # the comments are in the language of the conversation
