"""Characters that control a terminal never reach it, wherever in the user's data they stand."""

from __future__ import annotations

import csv
import json
import unicodedata

import pytest

from support.emitted_project import WORDS, Desk

pytestmark = pytest.mark.slow

# escape, bell, control sequence introducer, right-to-left override, zero-width space, isolate
PLANTED = "\x1b[31m\x07\x9b2J\u202e\u200b\u2066"
COLUMN, FILE = f"Bo{PLANTED}dy", f"t{PLANTED}.csv"
LABELS = ["refund", "parcel"]


def unsafe(text: str) -> set[str]:
    """The characters of a text that a terminal would obey, or that hide or turn what follows."""
    return {
        character
        for character in text
        if unicodedata.category(character) in ("Cc", "Cf") and character != "\n"
    }


@pytest.fixture(scope="module")
def hostile(fresh: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project whose file, columns, labels and texts all hold such characters."""
    desk = fresh.copy(tmp_path_factory.mktemp("hostile") / "desk")
    raw = desk.folder / "data" / "raw"
    rows = [
        (f"{word} my {PLANTED} {i} is late", label)
        for i, label in enumerate(LABELS)
        for word in WORDS
    ]
    rows += [(f"{word} unknown {PLANTED}", f"moon{PLANTED}") for word in WORDS[:2]]
    with (raw / FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([COLUMN, "Reason"])
        writer.writerows(rows)
    (raw / "t.csv").unlink()
    return desk


def hostile_words() -> list[str]:
    values = {
        "data.files": [f"data/raw/{FILE}"],
        "data.columns": {"text": [COLUMN], "label": ["Reason"]},
        "task.labels": sorted(LABELS),
        "task.system": f"Name the {PLANTED} intent.",
        "task.out_of_scope": None,
    }
    return [
        word for key, value in values.items() for word in ("--set", f"{key}={json.dumps(value)}")
    ]


def test_no_command_hands_them_to_the_terminal(hostile: Desk) -> None:
    words = hostile_words()
    for module, *more in (
        ["prepare"],
        ["check"],
        ["train"],
        ["evaluate"],
        ["chat", "--once", f"my {PLANTED} parcel"],
    ):
        run = hostile.run(module, *words, *more)
        assert run.returncode == 0, (module, run.stderr)
        assert unsafe(run.stdout + run.stderr) == set(), module


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("prepare", ["--set", f"run.{PLANTED}=1"]),
        ("prepare", ["--set", f"task.labels=[a, a{PLANTED}"]),
        ("prepare", ["--set", f'run.name="{PLANTED}"']),
        ("prepare", [f"--{PLANTED}"]),
        ("prepare", ["--config", f"{PLANTED}.yaml"]),
        ("prepare", ["--set", f'data.files=["{PLANTED}.csv"]']),
        ("check", ["--set", f'model.id="/{PLANTED}"']),
        ("check", ["--set", f'model.pad="{PLANTED}"']),
        ("train", ["--set", f'training.device="{PLANTED}"']),
        ("train", ["--set", f'adapter.target_modules="{PLANTED}"']),
        ("chat", ["--once", PLANTED, PLANTED]),
    ],
)  # fmt: skip
def test_no_error_hands_them_to_the_terminal(ready: Desk, module: str, words: list[str]) -> None:
    words = [json.dumps(word)[1:-1].replace('\\"', '"') if "=" in word else word for word in words]
    run = ready.run(module, *words)
    assert run.returncode in (1, 2)
    assert "Traceback" not in run.stderr
    assert unsafe(run.stdout + run.stderr) == set()
