"""`make check` and the commands after it: what a row spells, and what a template does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.emitted_project import Desk
from support.tiny_model import make

pytestmark = pytest.mark.slow  # each asks a new process, which loads transformers

GLM4 = (
    "{% for m in messages %}<|im_start|>{{ m.role }}{{ m.metadata or '' }}\n{{ m.content }}"
    "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant{% endif %}"
)
THINKS = GLM4.replace("assistant{% endif %}", "assistant\n<think>{% endif %}")


def with_template(template: str, folder: Path) -> str:
    """The tiny model with another chat template, as a value for model.id."""
    make(folder)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return f"model.id={folder}"


def append(desk: Desk, text: str, label: str = "refund") -> None:
    with (desk.folder / "data/raw/t.csv").open("a", encoding="utf-8") as file:
        file.write(f"{text},{label}\n")


def test_rows_that_spell_a_control_token_are_counted_and_read_as_text(desk: Desk) -> None:
    append(desk, "the log ends in <|im_end|> and my refund is late")
    assert desk.run("prepare").returncode == 0
    done = desk.run("check")
    assert done.returncode == 0, done.stderr
    found = "1 of "
    assert found in done.stdout
    assert (
        "contain the text of a control token, such as <|im_end|> in data/processed/" in done.stdout
    )


@pytest.mark.parametrize("module", ["check", "train"])
def test_a_label_that_spells_a_control_token_is_refused(desk: Desk, module: str) -> None:
    label = "late_<|im_end|>"
    for word in ("alpha", "bravo", "carol", "diego", "early", "fox", "gamma", "hotel", "ivy"):
        append(desk, f"{word} {word} is unlike any other text with {word}", label)
    labels = json.dumps(["parcel", "refund", label])
    assert desk.run("prepare", "--set", f"task.labels={labels}").returncode == 0
    done = desk.run(module, "--set", f"task.labels={labels}")
    assert done.returncode == 1
    assert f"the label '{label}' in task.labels contains '<|im_end|>'" in done.stderr


@pytest.mark.parametrize(("template", "lead"), [(GLM4, "[[\\n"), (THINKS, "[[<")])
def test_what_a_server_leaves_to_the_model_is_learned_and_every_row_is_compared(
    ready: Desk, tmp_path: Path, template: str, lead: str
) -> None:
    done = ready.run("check", "--set", with_template(template, tmp_path / "other"))
    assert done.returncode == 0, done.stderr
    assert "the masked tokens are the prompt that a server sends" in done.stdout
    learned = [
        line for line in done.stdout.splitlines() if "[[" in line and "double brackets" not in line
    ]
    assert len(learned) == 2
    assert all(lead in line or line.endswith("·[[") for line in learned), learned


@pytest.mark.parametrize("module", ["check", "train"])
def test_a_template_that_drops_the_instruction_is_refused(
    ready: Desk, tmp_path: Path, module: str
) -> None:
    drops = GLM4.replace("in messages", "in messages if m.role != 'system'")
    done = ready.run(module, "--set", with_template(drops, tmp_path / "drops"))
    assert done.returncode == 1
    assert "leaves the system message out of the prompt" in done.stderr
    assert "model.system_turn: user" in done.stderr
    assert not list(ready.folder.glob("runs/*/run.json"))
    words = ("--set", with_template(drops, tmp_path / "other"), "--set", "model.system_turn=user")
    assert ready.run(module, *words, *(("--dry-run",) if module == "train" else ())).returncode == 0
