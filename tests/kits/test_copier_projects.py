"""Projects from copier templates: whose files win, what is recorded, what stays secret."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from newft.answers.keys import AnswerValue
from newft.errors import CatalogError, RenderError
from newft.kits.locate import KitLocator
from newft.kits.resolve import resolve_kit
from newft.schema.starter_kit import StarterKit
from support.copier_templates import TEMPLATES
from support.files import read_contents
from support.generate_project import catalog, generate

pytestmark = pytest.mark.slow

SMALL = {
    "domain": "customer_service",
    "task": "intent",
    "language": "en",
    "model": "embedded",
    "gpu": "cpu",
    "name": "Acme Support",
}


def resolve(source: Path, scratch: Path) -> StarterKit:
    kit = resolve_kit(str(source), catalog(), KitLocator(scratch)).starter_kit
    assert kit is not None
    return kit


def make(kit: StarterKit, folder: Path, **answers: AnswerValue) -> dict[str, bytes]:
    given = {**SMALL, **{key.replace("__", "."): value for key, value in answers.items()}}
    generate(given, folder, kit)
    return read_contents(folder)


def write(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def test_the_files_of_a_template_lie_beside_those_of_newft(tmp_path: Path) -> None:
    kit = resolve(TEMPLATES / "python_service", tmp_path / "scratch")
    assert kit.id == "python_service" and kit.questions is not None
    files = make(kit, tmp_path / "desk", kit__answers__team="cards")
    assert files["OWNERS.md"].startswith(b"# Owners\n\nOwned by cards")
    assert files["scripts/start.bat"].count(b"\r\n") == 3
    assert b"Acme Support" in files["README.md"]
    with tarfile.open(tmp_path / "desk/.newft/snapshot.tar") as snapshot:
        assert "scripts/start.bat" in snapshot.getnames()


def test_a_colliding_file_needs_a_declaration(tmp_path: Path) -> None:
    files = {"copier.yml": "a: 1\n", "README.md": "ours\n", "Makefile": "all:\n", "new.txt": ""}
    source = write(tmp_path / "kit", **files)
    plain = resolve(source, tmp_path / "scratch")
    with pytest.raises(RenderError) as caught:
        make(plain, tmp_path / "desk")
    assert caught.value.message.splitlines() == [
        "both the template and newft have Makefile",
        "both the template and newft have README.md",
    ]
    assert "--prefer kit or --prefer newft" in str(caught.value.hint)
    assert "replaces: [Makefile, README.md]" in str(caught.value.hint)
    assert not (tmp_path / "desk").exists()

    write(source, **{"kit.yaml": "title: Kit\nreplaces: [README.md]\nkeeps: [Makefile]\n"})
    made = make(resolve(source, tmp_path / "scratch2"), tmp_path / "desk")
    assert made["README.md"] == b"ours\n"
    assert b"setup:" in made["Makefile"]


@pytest.mark.parametrize("prefer", ["kit", "newft"])
def test_a_user_can_say_whose_files_win(tmp_path: Path, prefer: str) -> None:
    source = write(tmp_path / "kit", **{"copier.yml": "a: 1\n", "README.md": "ours\n"})
    files = make(resolve(source, tmp_path / "scratch"), tmp_path / "desk", kit__prefer=prefer)
    assert (files["README.md"] == b"ours\n") == (prefer == "kit")
    assert f"prefer: {prefer}".encode() in files[".newft/answers.yml"]


def test_secrets_reach_the_files_of_the_project_alone(tmp_path: Path) -> None:
    kit = resolve(TEMPLATES / "release_form", tmp_path / "scratch")
    files = make(
        kit, tmp_path / "desk", kit__answers__ticket="CHG-7", kit__answers__token="s3cret-token"
    )
    assert [path for path, content in files.items() if b"s3cret-token" in content] == [
        "release/registry.env"
    ]
    assert b"ticket: CHG-7" in files[".newft/answers.yml"]


def test_a_kit_file_beside_the_template_adds_presets_and_questions(tmp_path: Path) -> None:
    source = write(
        tmp_path / "kit",
        **{
            "copier.yml": "team: {type: str}\n",
            "team.txt.jinja": "{{ team }} {{ method }}",
            "overlay/project/docs/kit.md": "kit\n",
            "kit.yaml": "title: Kit\n"
            "presets: {kit: {answers: {team: risk}}}\n"
            "questions: {cost_centre: {title: Cost centre, default: '1'}}\n",
        },
    )
    kit = resolve(source, tmp_path / "scratch")
    assert kit.presets["kit.answers.team"] == "risk"
    assert kit.questions is not None and kit.questions.names == ("cost_centre", "team")
    files = make(kit, tmp_path / "desk", kit__answers__team="risk")
    assert files["team.txt"] == b"risk lora" and files["docs/kit.md"] == b"kit\n"
    assert not {"kit.yaml", "copier.yml", "overlay/project/docs/kit.md"} & {*files}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"copier.yml": "a: 1\n"}, "`keeps[0]` is named by `replaces` too"),
        (
            {"overlay/project/a.md": "a"},
            "`keeps[0]` is for kits that have or extend a",
        ),
    ],
)
def test_a_file_is_either_kept_or_replaced(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    manifest = "title: Kit\nreplaces: [a.md]\nkeeps: [a.md]\n"
    source = write(tmp_path / "kit", **files, **{"kit.yaml": manifest})
    with pytest.raises(CatalogError) as caught:
        resolve(source, tmp_path / "scratch")
    assert message in caught.value.message


def test_two_questions_of_one_name_are_refused(tmp_path: Path) -> None:
    source = write(
        tmp_path / "kit",
        **{
            "copier.yml": "team: {type: str}\n",
            "kit.yaml": "title: Kit\nquestions: {team: {title: Team}}\n",
        },
    )
    with pytest.raises(CatalogError, match="`team` is one of the kit `kit` too"):
        resolve(source, tmp_path / "scratch")


def test_a_kit_can_extend_a_template(tmp_path: Path) -> None:
    source = write(
        tmp_path / "bank",
        **{
            "kit.yaml": f"title: Bank\nextends: {TEMPLATES / 'python_service'}\n"
            "presets: {method: lora, kit: {answers: {team: cards}}}\n",
            "overlay/project/BANK.md": "bank\n",
        },
    )
    kit = resolve(source, tmp_path / "scratch")
    files = make(kit, tmp_path / "desk", kit__answers__team="cards")
    assert files["BANK.md"] == b"bank\n"
    assert b"Owned by cards" in files["OWNERS.md"]
