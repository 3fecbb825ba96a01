"""What `make check` and `make chat` show of a project in Chinese, and of answers that are none."""

from __future__ import annotations

import re

import pytest

from support.emitted_project import Desk

pytestmark = pytest.mark.slow
RECORDS = "Body,Reason\n" + "".join(
    f"{a * 3}{b * 3}我的{label},{label}\n"
    for label in ("refund", "parcel")
    for a in "东西南北上下左右"
    for b in "春夏秋冬"
)


@pytest.fixture
def chinese(desk: Desk) -> Desk:
    """A project of one's own with formatted Chinese rows, and a label that none of them has."""
    (desk.folder / "data" / "raw" / "t.csv").write_text(RECORDS, encoding="utf-8")
    path = desk.folder / "config" / "run.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  labels:\n", "  labels:\n    - moon\n"), encoding="utf-8")
    assert desk.run("prepare").returncode == 0
    return desk


def test_check_shows_whole_characters_of_two_labels_and_names_the_third(chinese: Desk) -> None:
    run = chinese.run("check")
    assert run.returncode == 0, run.stderr
    assert "\ufffd" not in run.stdout
    assert "的/3·" in run.stdout
    for label in ("refund", "parcel"):
        assert f"[[{'·'.join(label)}·<|im_end|>]]" in run.stdout
    assert "warning: labels without a row in train: moon" in run.stdout


def test_chat_says_that_an_answer_is_no_label_and_keeps_it_apart(chinese: Desk) -> None:
    assert chinese.run("train", "--set", "training.epochs=1").returncode == 0
    run = chinese.run("chat", "--set", "training.epochs=1", "--once", "hello")
    assert run.returncode == 0
    unread, likely = run.stderr.splitlines()
    assert unread == "(not one of task.labels)"
    shown = re.fullmatch(r"\(most likely: (\w+) ([\d.]+), (\w+) ([\d.]+), (\w+) ([\d.]+)\)", likely)
    assert shown and {*shown.groups()[::2]} == {"moon", "refund", "parcel"}
    first, second, third = map(float, shown.groups()[1::2])
    assert 1 >= first >= second >= third and first + second + third == pytest.approx(1, abs=0.02)
    assert run.stdout.endswith("\n")
    assert "task.labels" not in run.stdout and "likely" not in run.stdout
