"""newft in a terminal, with the keys that a person presses."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pexpect

from support.run_newft import plain_environment

ENTER = "\r"
DOWN = "\x1b[B"
UP = "\x1b[A"
CTRL_C = "\x03"
CTRL_D = "\x04"
CLEAR = "\x15"
BACK = UP + ENTER  # the last line of a list whose first is marked
# a part of each question and message, by the language of the interface
SCREEN_TEXTS = {
    "en": {
        "data": "Your records", "task": "What is it about", "columns": "Is this right",
        "language": "Language of the project",
        "gpu": "Where will it train", "family": "Which model family", "model": "Which model?",
        "hub": "Which hub", "name": "Name of the project",
        "review": "Write the project", "stuck": "cannot be written like this",
        "again": "To repeat this", "saved": "Your answers so far",
    },
    "zh": {
        "data": "你的数据", "task": "要解决什么问题", "columns": "这样对吗",
        "language": "项目语言：",
        "gpu": "在什么硬件上训练", "family": "用哪个模型系列", "model": "用哪个模型？",
        "hub": "从哪里下载模型", "name": "项目名称",
        "review": "写入项目", "stuck": "这样无法写入",
        "again": "重复这次生成的命令", "saved": "目前的选择已保存到",
    },
}  # fmt: skip


def unfold_commands(shown: str) -> str:
    """The text of a screen with each command on one line, as a shell joins its lines."""
    return re.sub(r" \\[\r\n]+\s*", " ", shown)


class Terminal:
    """newft in a pseudo-terminal."""

    def __init__(
        self,
        *words: str,
        cwd: Path,
        lang: str,
        program: Sequence[str] = (sys.executable, "-m", "newft"),
        **variables: str,
    ) -> None:
        extra = {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", "NEWFT_LANG": lang}
        self.words = SCREEN_TEXTS[lang]
        self.process = pexpect.spawn(
            program[0],
            [*program[1:], *words],
            cwd=str(cwd),
            env=plain_environment(cwd) | extra | variables,
            encoding="utf-8",
            dimensions=(50, 100),
            timeout=60,
        )

    def see(self, key: str) -> None:
        """Wait for the question or message of this name."""
        self.process.expect(re.escape(self.words[key]))

    def press(self, keys: str) -> None:
        """Press keys."""
        self.process.send(keys)

    def answer(self, **keys: str) -> None:
        """Wait for each question in turn, and press its keys."""
        for question, pressed in keys.items():
            self.see(question)
            self.press(pressed)

    def take_defaults(self, *questions: str) -> None:
        """Wait for each question in turn, and press Enter."""
        self.answer(**dict.fromkeys(questions, ENTER))

    @property
    def shown(self) -> str:
        """What was shown until the last question or message that was waited for."""
        return remove_escapes(self.process.before)

    def end(self) -> tuple[int, str]:
        """Wait for the end: the exit code, and what was shown until then."""
        self.process.expect(pexpect.EOF)
        self.process.close()
        return self.process.exitstatus, self.shown


def remove_escapes(shown: str) -> str:
    """What a terminal showed, without colours and moves of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
