"""What stands on a terminal of 80 columns and 24 lines, read off a real one: tmux."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.help_desk_export import RECORDS
from support.run_newft import plain_environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux"),
]
PATIENCE = 60  # seconds for a screen to come up


class Screen:
    """newft in a window of tmux."""

    def __init__(self, folder: Path, *words: str, lang: str, pager: str = "cat") -> None:
        self._socket = str(folder / "tmux")
        variables = plain_environment(folder) | {
            "NEWFT_LANG": lang, "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "TERM": "screen",
            "PAGER": pager,
        }  # fmt: skip
        del variables["COLUMNS"]  # the terminal tells its own
        told = [f"{name}={value}" for name, value in variables.items()]
        command = shlex.join(["env", "-i", *told, sys.executable, "-m", "newft", *words])
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24"),
            *("-c", str(folder), f"{command}; sleep 100"),
        )

    def _tmux(self, *words: str) -> str:
        run = ["tmux", "-S", self._socket, *words]
        return subprocess.run(run, check=True, capture_output=True, text=True).stdout

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def see(self, text: str) -> list[str]:
        """The lines of the screen once the text is on the last question of it."""
        end = time.monotonic() + PATIENCE
        while True:
            lines = self._tmux("capture-pane", "-p").rstrip("\n").split("\n")
            asked = [line for line in lines if line.startswith("? ")]
            if asked and text in asked[-1]:
                return lines
            assert time.monotonic() < end, "\n".join(lines)
            time.sleep(0.1)

    def everything(self) -> str:
        """The screen with what has scrolled off it."""
        return self._tmux("capture-pane", "-p", "-S", "-")

    def close(self) -> None:
        self._tmux("kill-server")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tickets.csv").write_text(RECORDS, encoding="utf-8")
    return tmp_path


@pytest.fixture(params=["en", "zh"])
def screen(request: pytest.FixtureRequest, folder: Path) -> Iterator[Screen]:
    words = ("new", "desk", "--data", "tickets.csv", "--language", "en")
    screen = Screen(folder, *words, lang=request.param)
    yield screen
    screen.close()


ASKED = {
    "en": ("right?", "train?", "Which model family?", "Which model?"),
    "zh": ("对吗？", "训练？", "哪个模型系列？", "哪个模型？"),
}


def test_lists_are_bounded_and_leave_nothing_behind(
    screen: Screen, request: pytest.FixtureRequest
) -> None:
    right, gpu, family, _ = ASKED[request.node.callspec.params["screen"]]
    screen.see(right)
    screen.press("Enter")
    lines = screen.see(gpu)
    assert sum("GB" in line for line in lines) <= 12  # half of the screen
    screen.press("4", "0", "9", "0", "Enter")
    screen.see(family)
    assert screen.everything().count("RTX 4090") == 1  # the answer; the list is gone
    assert "V100" not in screen.everything()


def test_an_error_stands_above_its_question_and_a_refusal_below(
    screen: Screen, request: pytest.FixtureRequest
) -> None:
    right, gpu, family, model = ASKED[request.node.callspec.params["screen"]]
    screen.see(right)
    screen.press("Enter")
    screen.see(gpu)
    screen.press("Up", "Enter")  # the last: something else
    screen.see("1x24GB")
    screen.press("V1000", "Enter")
    lines = screen.see(gpu)
    error = next(n for n, line in enumerate(lines) if "`V1000`" in line)
    question = next(n for n, line in enumerate(lines) if n > error and gpu in line)
    assert question - error <= 6
    screen.press("1x24GB"[0])  # filters
    screen.press("C-u", "r", "t", "x", "Space", "3", "0", "9", "0", "Enter")
    screen.see(family)
    screen.press("Enter")
    screen.see(model)
    screen.press("3", "2", "b", "Enter")
    time.sleep(1)
    lines = screen.see(model)  # still there, and says why
    assert any("does not fit" in line or "放不下" in line for line in lines)
    assert any("choose" in line or "选择" in line for line in lines[-4:])


def test_the_screens_of_the_chinese_readme_are_what_appears(repository: Path, folder: Path) -> None:
    shutil.copy(repository / "domains/legal/sample/charges_zh.json", folder / "cases.json")
    screen = Screen(folder, "new", lang="zh")
    try:
        screen.see("你的数据")
        screen.press("cases.json", "Enter")
        questions = (
            "对吗？",
            "项目语言",
            "训练？",
            "模型系列？",
            "哪个模型？",
            "项目名称",
            "写入项目？",
        )
        for question in questions:
            screen.see(question)
            screen.press("Enter")
        while "已写入" not in screen.everything():
            time.sleep(0.1)
        shown = {line.rstrip() for line in screen.everything().split("\n")}
    finally:
        screen.close()
    readme = (repository / "README.zh.md").read_text(encoding="utf-8")
    block = readme.partition("$ newft new --lang zh\n")[2].partition("```")[0]
    counted = ("...", "已写入")  # how many files there are changes with each that is added
    missing = [line for line in block.split("\n") if line not in shown]
    assert [line for line in missing if not line.startswith(counted)] == []


def test_a_table_that_is_longer_than_the_screen_goes_through_the_pager(folder: Path) -> None:
    screen = Screen(folder, "show", "hardware", lang="en", pager="sh -c 'head -2; echo ? paged'")
    try:
        lines = screen.see("paged")
    finally:
        screen.close()
    assert lines[0].startswith("id ")
    assert len(lines) == 3
