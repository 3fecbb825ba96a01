"""Charges that files write in several ways: newft and the project's data step count them alike."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from support.emitted_project import Desk
from support.run_newft import run_newft

pytestmark = pytest.mark.slow
# rows by what stands in the cell of the charges
WRITTEN = {
    "盗窃": 60,
    "盗窃罪": 30,
    "诈骗罪": 40,
    "盗窃罪、诈骗罪": 6,
    "盗窃\n诈骗": 3,
    "抢劫罪、盗窃罪": 2,
    "故意伤害": 40,
    "走私、贩卖、运输、制造毒品罪": 5,
    "走私、贩卖、运输、制造毒品、盗窃": 3,
}
COUNTED = {  # as most cells spell each
    "故意伤害": 40,
    "盗窃": 60 + 30 + 6 + 3 + 3,
    "诈骗罪": 40 + 6 + 3,
    "走私、贩卖、运输、制造毒品罪": 5 + 3,
}
LEFT_OUT = {"unknown_label": 2}  # 抢劫 stands nowhere alone, and its list in two rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with cases, each told in characters of its own: none nearly repeats another."""
    charges = list(Counter(WRITTEN).elements())
    told = ["".join(map(chr, range(0x4E00 + 40 * row, 0x4E28 + 40 * row))) for row in range(200)]
    rows = [{"案情": text, "罪名": charge} for text, charge in zip(told, charges, strict=False)]
    (tmp_path / "cases.json").write_text(json.dumps(rows), encoding="utf-8")
    return tmp_path


def test_newft_and_the_data_step_count_the_same_charges(folder: Path) -> None:
    run = run_newft(
        *("new", "desk", "--data", "cases.json", "--domain", "legal", "--task", "charge"),
        *("--gpu", "cpu", "--yes", "--json"),
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    desk = Desk(folder / "desk")
    # SmolLM2 spells these rare characters in three tokens each, more than was planned for
    made = desk.run("prepare", "--set", "training.max_length=512")
    assert made.returncode == 0, made.stderr
    summary = json.loads((desk.folder / "data/processed/summary.json").read_text(encoding="utf-8"))
    kept: Counter[str] = sum(map(Counter, summary["labels"].values()), Counter())
    measured = yaml.safe_load((desk.folder / ".newft/facts.yml").read_text(encoding="utf-8"))
    facts = measured["facts"]["data"]
    assert (facts["labels"], facts["rejected"]) == (COUNTED, LEFT_OUT)
    assert (dict(kept), summary["rejects"]) == (COUNTED, LEFT_OUT)
    assert summary["made_by"]["task"]["labels"] == list(COUNTED)
