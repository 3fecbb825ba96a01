"""What the commands of a project print, they print in its language alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.emitted_project import RECORDS, Desk, make_desk

pytestmark = pytest.mark.e2e

NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
RECORDS_ZH = "Body,Reason\n" + "".join(
    f"我是{name}，我的{label}一直没有到,{label}\n" for label in ("退款", "包裹") for name in NAMES
)
MODULES = ("prepare", "check", "train", "evaluate", "chat")
HELP = f"""
import importlib
for name in {MODULES}:
    module = importlib.import_module(f"desk.{{name}}")
    try:
        module.run_command(
            module.main,
            module.HELP,
            ["--help"],
            getattr(module, "add_options", None),
            how=getattr(module, "INPUT_HINT", ""),
        )
    except SystemExit:
        pass
"""
# code, commands, paths and options may be in what is said in any language
CODE = r"`[^`]*`|python -m \S+|\S*/\S+|--\w+|iconv -f \S+ -t \S+"
# no English sentence does without one of these
ENGLISH = re.compile(
    r"\b(?:an?|and|are|as|at|by|for|from|has|in|is|it|not|of|on|the|to|with)\b", re.I
)
BETWEEN_TOKENS = "·"
HAN = re.compile("[\u4e00-\u9fff]")


def everything_said(desk: Desk) -> list[str]:
    """All that the commands print: their help, one whole run, and failures on the way."""
    said: list[str] = []

    def run(*words: str, code: int = 0) -> None:
        done = desk.run(*words)
        assert done.returncode == code, done.stderr
        said.extend([*done.stdout.splitlines(), *done.stderr.splitlines()])

    helps = subprocess.run(
        [sys.executable, "-c", HELP],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    said.extend(helps.stdout.splitlines())
    run("prepare", "--nothing", code=2)
    run("prepare", "--set", "training.epoch=0", "--set", "training.warmup_ratio=2", code=1)
    records = desk.folder / "data" / "raw" / "t.csv"
    shutil.move(records, records.with_suffix(".old"))
    run("prepare", code=1)
    shutil.move(records.with_suffix(".old"), records)
    run("check", code=1)  # there are no rows yet
    run("prepare")
    run("check")
    run("evaluate", code=1)  # there is no adapter yet
    run("train")
    run("train", "--set", "training.epochs=9", code=1)
    run("evaluate", "--set", "evaluation.few_shot_examples=2")
    run("chat", "--once", "?")
    said.extend(
        (desk.folder / "runs/intent-lora/adapter/README.md").read_text("utf-8").splitlines()
    )
    return said


def prose(lines: list[str]) -> list[str]:
    """The lines without code, examples token by token, and what a library says of a short run."""
    text = re.sub(r"```python.*?```", "", "\n".join(lines), flags=re.DOTALL)
    # the Trainer says it of checkpoints that are written within a second
    said = [line for line in text.splitlines() if "mtime may not be reliable" not in line]
    return [re.sub(CODE, "", line) for line in said if BETWEEN_TOKENS not in line]


def test_a_chinese_project_says_nothing_in_english(tmp_path: Path) -> None:
    said = everything_said(make_desk(tmp_path, RECORDS_ZH, "zh"))
    assert [line for line in prose(said) if ENGLISH.search(line)] == []


def test_an_english_project_says_nothing_in_chinese(tmp_path: Path) -> None:
    said = everything_said(make_desk(tmp_path, RECORDS, "en"))
    assert [line for line in said if HAN.search(line)] == []
