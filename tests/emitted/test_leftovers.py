"""What a run leaves behind says how to use it, and nothing about the machine it ran on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from support.emitted_project import Desk

pytestmark = pytest.mark.slow
ADAPTER = Path("runs") / "intent-lora" / "adapter"


@pytest.fixture(scope="module")
def evaluated(formatted: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project whose data files are named by their whole path, trained and evaluated."""
    desk = formatted.copy(tmp_path_factory.mktemp("evaluated") / "desk")
    path = desk.folder / "config" / "run.yaml"
    text = path.read_text(encoding="utf-8").replace("- data/raw", f"- {desk.folder}/data/raw")
    path.write_text(text, encoding="utf-8")
    for module in ("prepare", "train", "evaluate"):
        run = desk.run(module)
        assert run.returncode == 0, run.stderr
    return desk


def test_nothing_that_a_run_leaves_names_a_folder_of_this_machine(evaluated: Desk) -> None:
    # the base model, the environment and the caches all lie below one of these
    places = {str(path) for path in (Path.home(), evaluated.folder, evaluated.folder.parents[2])}
    files = [path for path in (evaluated.folder / "runs").rglob("*") if path.is_file()]
    names = {path.name for path in files}
    assert {"README.md", "adapter_config.json", "training_args.bin", "config.yaml"} <= names
    naming = {
        path.relative_to(evaluated.folder).as_posix()
        for path in files
        for place in places
        if place.encode() in path.read_bytes()
    }
    assert naming == set()


def test_a_run_whose_places_were_left_out_is_used_and_trained_on(evaluated: Desk) -> None:
    run = evaluated.run("train")
    assert (run.returncode, run.stderr) == (0, "")
    assert "is trained" in run.stdout
    chat = evaluated.run("chat", "--once", "hello")
    assert chat.returncode == 0, chat.stderr
    assert "run.yaml differs" not in chat.stderr


def test_the_model_card_says_how_to_ask_what_was_measured_and_on_what(evaluated: Desk) -> None:
    card = (evaluated.folder / ADAPTER / "README.md").read_text(encoding="utf-8")
    _, metadata, text = card.split("---\n", 2)
    assert yaml.safe_load(metadata)["library_name"] == "peft"
    assert "More Information Needed" not in card
    run_yaml = yaml.safe_load((evaluated.folder / "config" / "run.yaml").read_text("utf-8"))
    assert run_yaml["task"]["system"] in text
    for label in run_yaml["task"]["labels"]:
        assert label in text
    for told in (r"accuracy \| 0\.\d{3} \[", "training.learning_rate", "[0-9a-f]{64}", "torch"):
        assert re.search(told, text), told


def test_only_the_adapter_has_a_card(evaluated: Desk) -> None:
    cards = [path.parent.name for path in (evaluated.folder / "runs").rglob("README.md")]
    assert cards == ["adapter"]
