"""Spellings of a label: which count as the same, and which one an answer has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from newft.emitted.label_rules import find_label
from newft.emitted.normalize import clean_label, normalize_label
from support.run_newft import plain_environment, run_newft
from support.tickets import requests, table

LABEL = st.text(min_size=1, max_size=20).filter(clean_label)
HIDDEN = st.sampled_from(["\u200b", "\u202e", "\u2060", "\u00ad", "\ufeff", "\u0007"])


@given(LABEL)
def test_a_clean_label_is_one_line_and_stays_as_it_is(text: str) -> None:
    label = clean_label(text)
    assert label == clean_label(label)
    assert len(label.splitlines()) == 1
    assert normalize_label(label) == normalize_label(text)


@given(LABEL, HIDDEN, st.data())
def test_what_nobody_sees_makes_no_other_label(text: str, hidden: str, data: st.DataObject) -> None:
    label = clean_label(text)
    at = data.draw(st.integers(0, len(label)))
    spelling = f"\u00a0{label[:at]}{hidden}{label[at:]} "
    assert find_label(spelling, [label]) == label


def test_answers_are_spelled_as_the_records_are(tmp_path: Path) -> None:
    """From a file to the rows that are trained on, in the form that most rows have."""
    spellings = {
        "Refund Request": ["refund_request", "Ｒｅｆｕｎｄ　Ｒｅｑｕｅｓｔ", "Refund\u00a0Request"],
        "退款（运费）": ["退款(运费)"],
    }
    rows = []
    for label, others in spellings.items():
        written = [*others, *[label] * (20 - len(others))]
        rows += [
            (f"{text} {number}", spelling)
            for (text, _), spelling, number in zip(
                requests(label, 20), written, "abcdefghijklmnopqrst", strict=True
            )
        ]
    path = table(tmp_path, rows)
    options = ("--yes", "--json", "--gpu", "cpu")
    run = run_newft("new", "desk", "--data", path.name, *options, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "`Refund Request`" in str(json.loads(run.stdout)["warnings"])
    formatted = subprocess.run(
        [sys.executable, "-m", "desk.prepare"],
        cwd=tmp_path / "desk",
        env=plain_environment(tmp_path) | {"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.returncode == 0, formatted.stderr
    for split in ("train", "validation", "test"):
        rows_file = tmp_path / "desk" / "data" / "processed" / f"{split}.jsonl"
        lines = rows_file.read_text(encoding="utf-8").splitlines()
        answers = {json.loads(line)["messages"][-1]["content"] for line in lines}
        assert answers == {*spellings}
