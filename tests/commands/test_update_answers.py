"""`newft update` and the answers of a project: edited, lost, broken, renamed, gone, new, locked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from support.files import read_contents
from support.run_newft import run_newft
from support.terminal import ENTER, Terminal
from support.tickets import GOOD, requests, table
from support.update_cases import OPTIONS, act, installed, make_resources, update

pytestmark = pytest.mark.slow

ANSWERS = ".newft/answers.yml"
KIT = """
title: {en: Team kit, zh: 团队套件}
description: {en: What our projects share, zh: 我们项目的共同部分}
"""


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two versions of the templates, and one without full fine-tuning."""
    folder = tmp_path_factory.mktemp("versions")
    changes = {"notes.md": [["three", "three of v2"]]}
    found = {"v1": make_resources(folder / "v1"), "v2": make_resources(folder / "v2", changes)}
    return found | {"poor": without_full(make_resources(folder / "poor"))}


def without_full(resources: Path) -> Path:
    """Take full fine-tuning out of the resources."""
    methods, family = resources / "templates/methods", resources / "templates/families/smollm2.yaml"
    lora, known = (methods / "lora.yaml").read_bytes(), yaml.safe_load(family.read_bytes())
    for entry in (known, *known["sizes"]):
        entry.get("methods", {}).pop("full", None)
    methods.unlink()
    family.unlink()
    methods.mkdir()
    (methods / "lora.yaml").write_bytes(lora)
    family.write_text(yaml.safe_dump(known, allow_unicode=True), encoding="utf-8")
    return resources


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, versions: dict[str, Path]) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with installed(versions["v1"]):
        run = run_newft("new", "desk", *OPTIONS, cwd=folder)
    assert run.returncode == 0, run.stderr
    return folder / "desk"


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "desk")


def read_answers(desk: Path) -> dict[str, object]:
    return yaml.safe_load((desk / ANSWERS).read_text(encoding="utf-8"))


def refusal(desk: Path, resources: Path, *options: str) -> str:
    """What an update says that must not change anything."""
    before = read_contents(desk)
    with installed(resources):
        run = run_newft("update", str(desk), "--yes", *options, cwd=desk.parent)
    assert run.returncode in (1, 2), run.stderr
    assert read_contents(desk) == before
    return run.stderr


def test_an_edited_answer_is_a_new_answer(desk: Path, versions: dict[str, Path]) -> None:
    act(desk, {ANSWERS: [["method: lora", "method: full"]]})
    with installed(versions["v1"]):
        code, done, _ = update(desk)
    assert (code, done["updated"]) == (0, ["config/run.yaml"])
    assert done["answers"] == [{"key": "method", "old": "lora", "new": "full"}]
    assert "name: full" in (desk / "config/run.yaml").read_text(encoding="utf-8")


def test_set_changes_an_answer_and_the_comments_of_the_team_stay(
    desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {ANSWERS: [["name: desk", "# agreed with Li on Monday\nname: desk"]]})
    with installed(versions["v1"]):
        code, done, _ = update(desk, "--set", "method=full")
        assert update(desk)[1]["updated"] == []
    assert code == 0
    text = (desk / ANSWERS).read_text(encoding="utf-8")
    assert text.startswith("# agreed with Li on Monday\n") and "method: full" in text
    rate = next(one for one in done["values"] if one["key"] == "training.learning_rate")
    assert (rate["old"], rate["new"]) == (0.001, 0.0002)
    assert "measured" in rate["why"] and rate["source"]


def test_an_answer_that_is_changed_and_changed_back_leaves_no_trace(
    desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {"notes.md": [["three", "three of ours"]]})
    before = read_contents(desk)
    with installed(versions["v1"]):
        for value in ("full", "lora"):
            assert update(desk, "--set", f"method={value}")[0] == 0
    shutil.rmtree(desk / ".newft/undo")
    assert read_contents(desk) == before


def test_an_answer_removed_from_the_file_stays_as_it_was_and_is_said(
    desk: Path, versions: dict[str, Path]
) -> None:
    with installed(versions["v1"]):
        assert update(desk, "--set", "method=full")[0] == 0
        act(desk, {ANSWERS: [["method: full\n", ""]]})
        code, done, said = update(desk)
    assert code == 0, said
    assert read_answers(desk)["method"] == "full" and done["answers"] == []
    assert any("method is missing" in note and "had full" in note for note in done["notes"])


def test_another_language_says_that_the_sample_records_stay(desk: Path, tmp_path: Path) -> None:
    resources = make_resources(tmp_path / "resources")
    words = resources / "templates/layers/language/zh/src/package_name/runtime/messages.json"
    content = words.read_bytes()
    words.unlink()  # a link, which no layer that is rendered may have
    words.write_bytes(content)
    with installed(resources):
        code, done, said = update(desk, "--set", "language=zh", "--dry-run")
    assert code == 0, said
    note = next(note for note in done["notes"] if "sample records stay in `en`" in note)
    assert "data/raw/" in note and "newft new --language zh" in note


def test_a_renamed_package_names_the_files_that_import_the_old_one(
    desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {"tools/ours.py": "from desk.task import first\n", "tools/other.py": "import os\n"})
    with installed(versions["v1"]):
        code, done, said = update(desk, "--set", "name=front", "--dry-run")
    assert code == 0, said
    assert any("still import `desk`:\n  tools/ours.py" in note for note in done["notes"])


def add_hub_layers(resources: Path) -> None:
    """Let projects have a model of a hub, of which the small templates hold no code."""
    for name in ("hub", "huggingface"):
        (resources / "templates/layers/source" / name).mkdir(parents=True, exist_ok=True)


def test_the_language_of_the_interface_decides_nothing(
    desk: Path, versions: dict[str, Path]
) -> None:
    add_hub_layers(versions["v1"])
    options = ("--set", "model=HuggingFaceTB/SmolLM2-135M-Instruct", "--lang", "zh")
    with installed(versions["v1"]):
        assert update(desk, *options)[0] == 0
    assert read_answers(desk)["hub"] == "huggingface"


def test_lost_answers_are_those_of_the_last_update(desk: Path, versions: dict[str, Path]) -> None:
    kept = (desk / ANSWERS).read_bytes()
    (desk / ANSWERS).unlink()
    with installed(versions["v2"]):
        code, done, said = update(desk)
    assert (code, done["updated"]) == (0, ["notes.md"])
    assert "answers of the last update are used" in said
    assert (desk / ANSWERS).read_bytes() == kept


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("task: intent", "task: [intent", "answers.yml:"),
        ("method: lora", "metod: full", "did you mean `method`?"),
        ("language: en", "language: fr", "answers.yml:4: language: `fr` is not known"),
        ("method: lora", "<<<<<<< HEAD\nmethod: lora\n=======\nmethod: full\n>>>>>>> b", ":8: "),
    ],
)
def test_broken_answers_are_told_with_line_and_way_out(
    old: str, new: str, told: str, desk: Path, versions: dict[str, Path]
) -> None:
    act(desk, {ANSWERS: [[old, new]]})
    said = refusal(desk, versions["v2"])
    assert told in said
    assert "remove .newft/answers.yml" in said or "answers of both sides" in said


def test_a_choice_that_is_gone_is_refused_with_the_option(
    desk: Path, versions: dict[str, Path]
) -> None:
    with installed(versions["v1"]):
        assert update(desk, "--set", "method=full")[0] == 0
    said = refusal(desk, versions["poor"])
    assert "method: `full` is not one of: lora" in said
    assert "--set method=..." in said
    with installed(versions["poor"]):
        assert update(desk, "--set", "method=lora")[0] == 0


def test_answers_that_were_measured_with_others_are_refused(
    desk: Path, versions: dict[str, Path]
) -> None:
    said = refusal(desk, versions["v1"], "--set", "data.columns.text=channel")
    assert "data.columns.text" in said and "--remeasure" in said


def test_another_model_drops_what_belongs_to_the_old_one(
    made: Path, tmp_path: Path, versions: dict[str, Path]
) -> None:
    desk = shutil.copytree(made, tmp_path / "desk")
    resources = versions["v1"]
    add_hub_layers(resources)
    with installed(resources):
        hub = ("--set", "model=HuggingFaceTB/SmolLM2-135M-Instruct", "--set", "revision=main")
        assert update(desk, *hub)[0] == 0
        assert read_answers(desk)["revision"] == "main"
        code, _, said = update(desk, "--set", "model=embedded")
    assert code == 0, said
    assert {"hub", "revision"} & {*read_answers(desk)} == set()


def test_remeasure_profiles_the_records_of_today(tmp_path: Path, versions: dict[str, Path]) -> None:
    table(tmp_path, GOOD)
    options = ("--data", "tickets.csv", "--set", "data.columns.label=intent", *OPTIONS)
    with installed(versions["v1"]):
        run = run_newft("new", "desk", *options, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        desk = tmp_path / "desk"
        table(desk / "data/raw", [*GOOD, *requests("login", 15)])
        records = (desk / "data/raw/tickets.csv").read_bytes()
        assert update(desk)[1]["updated"] == []  # facts stay as they were measured
        assert "login" not in (desk / ".newft/facts.yml").read_text(encoding="utf-8")
        code, _, said = update(desk, "--remeasure")
        assert code == 0, said
        text = (desk / ".newft/facts.yml").read_text(encoding="utf-8")
        assert "login: 15" in text and "data/raw/tickets.csv" in text and str(desk) not in text
        assert (desk / "data/raw/tickets.csv").read_bytes() == records
        (desk / ".newft/facts.yml").unlink()
        assert "--remeasure" in refusal(desk, versions["v1"])
        assert update(desk, "--remeasure")[0] == 0
        assert (desk / ".newft/facts.yml").read_text(encoding="utf-8") == text
        (desk / "data/raw/tickets.csv").unlink()
        assert "tickets.csv: there is no such file" in refusal(desk, versions["v1"], "--remeasure")


def test_the_machine_is_measured_where_the_project_trains_on_it(
    desk: Path, versions: dict[str, Path]
) -> None:
    with installed(versions["v1"]):
        assert update(desk, "--set", "gpu=auto")[0] == 0
        assert "cores:" in (desk / ".newft/facts.yml").read_text(encoding="utf-8")
        assert update(desk)[1]["updated"] == []
        assert update(desk, "--set", "gpu=cpu")[0] == 0
    assert "machine: null" in (desk / ".newft/facts.yml").read_text(encoding="utf-8")


class TestKit:
    """A kit in a folder, whose questions change from one version to the next."""

    def make(self, kit: Path, questions: str, **files: str) -> None:
        shutil.rmtree(kit, ignore_errors=True)
        (kit / "overlay/project").mkdir(parents=True)
        (kit / "kit.yaml").write_text(KIT + questions, encoding="utf-8")
        text = "{% for name, value in answers.kit.answers.items() %}\n{{ name }}={{ value }}\n"
        (kit / "overlay/project/kit.txt.jinja").write_text(text + "{% endfor %}\n")
        for name, content in files.items():
            (kit / "overlay/project" / name).write_text(content)

    @pytest.fixture
    def project(self, tmp_path: Path, versions: dict[str, Path]) -> Path:
        questions = (
            "questions:\n"
            "  team: {title: {en: Team, zh: 团队}, default: core}\n"
            "  tier: {title: {en: Tier, zh: 级别}, type: choice, default: gold,"
            " choices: {gold: {en: gold, zh: 金}, tin: {en: tin, zh: 锡}}}\n"
            "  room: {title: {en: Room, zh: 房间}, default: '12'}\n"
        )
        self.make(tmp_path / "kit", questions)
        answers = ("--set", "kit.answers.tier=tin", "--set", "kit.answers.room=7")
        with installed(versions["v1"]):
            run = run_newft("new", "desk", "--kit", "kit", *answers, *OPTIONS, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        assert (tmp_path / "desk/kit.txt").read_text() == "room=7\nteam=core\ntier=tin\n"
        return tmp_path / "desk"

    def test_renamed_questions_and_choices_keep_their_answers_and_gone_ones_are_said(
        self, project: Path, versions: dict[str, Path]
    ) -> None:
        questions = (
            "questions:\n"
            "  group: {title: {en: Group, zh: 组}, former_names: [team]}\n"
            "  tier: {title: {en: Tier, zh: 级别}, type: choice, former_choices: {tin: bronze},"
            " choices: {gold: {en: gold, zh: 金}, bronze: {en: bronze, zh: 铜}}}\n"
            "  floor: {title: {en: Floor, zh: 楼层}, default: '3'}\n"
        )
        self.make(project.parent / "kit", questions, **{"extra.md": "new\n"})
        with installed(versions["v1"]):
            code, done, said = update(project)
        assert code == 0, said
        assert (project / "kit.txt").read_text() == "floor=3\ngroup=core\ntier=bronze\n"
        assert done["added"] == ["extra.md"]
        assert done["notes"] == [
            "`kit.answers.room` is no longer asked: the answer `7` is dropped",
            "`kit.answers.team` is now `kit.answers.group`",
            "kit.answers.tier: `tin` is now called `bronze`",
            "new answer: kit.answers.floor: 3",
        ]
        assert done["from"]["kit"]["tree"] != done["to"]["kit"]["tree"]

    def test_all_that_must_be_answered_is_refused_in_one_list(
        self, project: Path, versions: dict[str, Path]
    ) -> None:
        questions = (
            "questions:\n"
            "  team: {title: {en: Team, zh: 团队}, pattern: '[0-9]+',"
            " pattern_message: {en: is no number, zh: 不是数字}}\n"
            "  tier: {title: {en: Tier, zh: 级别}, type: choice,"
            " choices: {gold: {en: gold, zh: 金}}}\n"
            "  owner: {title: {en: Owner, zh: 负责人}}\n"
        )
        self.make(project.parent / "kit", questions)
        said = refusal(project, versions["v1"])
        for name in ("team", "tier", "owner"):
            assert f"--set kit.answers.{name}=..." in said
        given = ("team=1", "tier=gold", "owner=li")
        options = [word for one in given for word in ("--set", f"kit.answers.{one}")]
        with installed(versions["v1"]):
            code, _, said = update(project, *options)
        assert code == 0, said
        assert (project / "kit.txt").read_text() == "owner=li\nteam=1\ntier=gold\n"

    def test_at_a_terminal_what_is_open_is_asked(self, tmp_path: Path) -> None:
        self.make(tmp_path / "kit", "presets: {method: lora}\n")
        run = run_newft("new", "desk", "--kit", "kit", *OPTIONS, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        self.make(tmp_path / "kit", "questions:\n  owner: {title: {en: Owner, zh: 负责人}}\n")
        terminal = Terminal("update", "desk", cwd=tmp_path, lang="en")
        terminal.process.expect("Owner")
        terminal.press("li" + ENTER)
        terminal.process.expect("Update the project")
        terminal.press(ENTER)
        code, shown = terminal.end()
        assert code == 0, shown
        assert (tmp_path / "desk/kit.txt").read_text() == "owner=li\n"

    def test_the_lock_of_a_newer_kit_wins_and_is_said(
        self, project: Path, versions: dict[str, Path]
    ) -> None:
        self.make(
            project.parent / "kit",
            "locked:\n  method: {value: full, why: {en: the auditors say so, zh: 审计要求}}\n",
        )
        assert "locks `method` to `full`" in refusal(
            project, versions["v1"], "--set", "method=lora"
        )
        with installed(versions["v1"]):
            code, done, said = update(project)
        assert code == 0, said
        assert "the kit `Team kit` locks method: lora -> full: the auditors say so" in done["notes"]
        assert read_answers(project)["method"] == "full"

    def test_a_preset_of_a_newer_kit_leaves_recorded_answers_alone(
        self, project: Path, versions: dict[str, Path]
    ) -> None:
        self.make(project.parent / "kit", "presets:\n  method: full\n")
        with installed(versions["v1"]):
            assert update(project)[0] == 0
        assert read_answers(project)["method"] == "lora"

    def test_a_clone_updates_from_the_stored_kit(
        self, project: Path, versions: dict[str, Path]
    ) -> None:
        shutil.rmtree(project.parent / "kit")
        with installed(versions["v2"]):
            assert update(project, "--dry-run")[1]["updated"] == ["notes.md"]
            tree = read_answers(project)["kit"]["tree"]  # type: ignore[index]
            code, done, said = update(project, "--trust-kit", tree)
        assert (code, done["updated"]) == (0, ["notes.md"]), said
        assert (project / "kit.txt").read_text() == "room=7\nteam=core\ntier=tin\n"

    def test_a_project_leaves_its_kit(self, project: Path, versions: dict[str, Path]) -> None:
        with installed(versions["v1"]):
            code, done, said = update(project, "--set", "kit.source=none")
        assert (code, done["removed"]) == (0, ["kit.txt"]), said
        assert "kit" not in read_answers(project)
        assert not (project / ".newft/kit.tar").exists()
