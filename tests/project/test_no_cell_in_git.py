"""No cell of the user's files reaches what git keeps of a project; labels are the exception."""

from __future__ import annotations

import csv
import json
import random
import string
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from support.run_newft import plain_environment, run_newft

pytestmark = pytest.mark.slow

MARK = "zqx"  # in every cell that is no label of the project
CHANCE = random.Random(1)
SENTENCES = [
    f"{MARK} " + " ".join(CHANCE.choices(string.ascii_lowercase, k=20)) for _ in range(100)
]

Record = Mapping[str, str]


def requests() -> list[Record]:
    """Messages of a few customers, one of whom writes most; a label of one row, and a leak."""
    return [
        {
            "message": f"{text} {f'[intent: {label}]' if row in (3, 5) else ''}",
            "intent": label if row else f"{MARK} rare",
            "customer_id": f"{MARK}{max(0, row - 30)}@example.com",
            "team": f"{MARK} {label}",
            "remark": f"{MARK} {row}",
        }
        for row, (text, label) in enumerate(zip(SENTENCES, ["refund", "parcel"] * 50, strict=True))
    ]


def applications() -> list[Record]:
    """A table with a protected column, an id, a column that tells the level, and mixed units."""
    return [
        {
            "customer_id": f"{MARK}-{row // 30}",
            "risk_level": "high" if row % 3 else "low",
            "gender": f"{MARK}{row % 2}",
            "history": text,
            "purpose": f"{MARK} {row % 7}",
            "band": f"{MARK} {row % 3}",
            "case_id": f"{MARK}{row}",
        }
        for row, text in enumerate(SENTENCES)
    ]


def written(path: Path, records: Sequence[Record]) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    else:
        path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "records", "options"),
    [
        ("records.csv", requests(), ()),
        ("records.jsonl", requests(), ()),
        ("records.csv", applications(), ("--task", "risk", "--positive", "high")),
    ],
    ids=["requests-csv", "requests-jsonl", "applications"],
)
def test_git_keeps_no_cell_of_the_data(
    name: str, records: list[Record], options: tuple[str, ...], tmp_path: Path
) -> None:
    written(tmp_path / name, records)
    given = ("--yes", "--gpu", "cpu", "--data", name, *options)
    run = run_newft("new", "desk", *given, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    desk, environment = tmp_path / "desk", plain_environment(tmp_path) | {"PYTHONPATH": "src"}

    def call(*words: str) -> bytes:
        done = subprocess.run(words, cwd=desk, env=environment, capture_output=True, check=True)
        return done.stdout

    call(sys.executable, "-m", "desk.prepare")
    call("git", "init", "-q")
    call("git", "add", "-A")
    kept = call("git", "ls-files", "-z").decode().strip("\0").split("\0")
    assert {"config/run.yaml", ".newft/facts.yml", ".newft/snapshot.tar"} <= {*kept}
    assert [path for path in kept if MARK.encode() in (desk / path).read_bytes()] == []
