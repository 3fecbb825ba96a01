"""What `make chat` takes as one question, typed, pasted and piped in."""

from __future__ import annotations

import json
import os
import pty
import readline
import select
import signal
import time
from collections.abc import Iterator

import pytest

from support.checkout import TESTS
from support.emitted_project import Desk
from support.warm_process import run_warm, start_warm

pytestmark = pytest.mark.slow
LONGEST_WAIT = 120  # seconds, on a machine with other work


def listen(several: bool) -> tuple[str, list[str]]:
    """The module and the words of a command that prints the questions that chat would answer."""
    return "support.listen_to_chat", ["several"] * several


def find_modules(desk: Desk) -> dict[str, str]:
    """The environment of a project in which that command is found too."""
    path = os.pathsep.join([desk.environment["PYTHONPATH"], str(TESTS)])
    return desk.environment | {"PYTHONPATH": path}


def heard(output: str) -> list[str]:
    """The questions in what such a command printed."""
    lines = output.replace("\r", "\n").split("\n")
    return [json.loads(line.split(": ", 1)[1]) for line in lines if line.startswith("question: ")]


class Terminal:
    """A listener at a terminal of its own."""

    def __init__(self, desk: Desk, *, several: bool, kind: str = "dumb") -> None:
        self.master, slave = pty.openpty()
        environment = find_modules(desk) | {"TERM": kind}
        self.process = start_warm(*listen(several), desk.folder, environment, [slave] * 3)
        os.close(slave)
        self.output, self.waited = "", 0  # characters of it
        self.until("ready")

    def until(self, shown: str) -> None:
        """Read on until this is shown after what was waited for before."""
        while (place := self.output.find(shown, self.waited)) < 0:
            assert select.select([self.master], [], [], LONGEST_WAIT)[0], self.output
            self.output += os.read(self.master, 65_536).decode(errors="replace")
        self.waited = place + len(shown)

    def type(self, text: str) -> None:
        """Send text, as fast as the terminal takes it."""
        data = text.encode()
        for place in range(0, len(data), 1_000):
            os.write(self.master, data[place : place + 1_000])
            time.sleep(0.02)


@pytest.fixture(params=[False, True], ids=["line", "several lines"])
def several(request: pytest.FixtureRequest) -> bool:
    """Whether the questions of the task have several lines."""
    return bool(request.param)


@pytest.fixture
def terminal(fresh: Desk, several: bool) -> Iterator[Terminal]:
    """A listener at a terminal, ended afterwards."""
    terminal = Terminal(fresh, several=several)
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.master)


@pytest.mark.parametrize(
    ("typed", "lines", "paragraphs"),
    [
        ("", [], []),
        ("\n \n\n", [], []),
        ("one\n", ["one"], ["one"]),
        ("exit\n\nquit", ["exit", "quit"], ["exit", "quit"]),  # as records may say
        ("one\ntwo\n\n\nthree", ["one", "two", "three"], ["one\ntwo", "three"]),
        ("one\r\n two \r\n\r\nthree\r\n", ["one", "two", "three"], ["one\ntwo", "three"]),
    ],
)
def test_what_is_piped_in_is_a_question_a_line_or_a_paragraph(
    fresh: Desk,
    several: bool,
    typed: str,
    lines: list[str],
    paragraphs: list[str],
) -> None:
    run = run_warm(*listen(several), fresh.folder, find_modules(fresh), stdin=typed.encode())
    assert run.returncode == 0, run.stderr
    assert heard(run.stdout) == (paragraphs if several else lines)


@pytest.mark.parametrize("several", [True], indirect=True)
def test_an_empty_line_ends_a_question_of_several_lines(terminal: Terminal) -> None:
    terminal.type("one\n")
    time.sleep(0.5)
    terminal.type("two\n")
    time.sleep(0.5)
    terminal.type("\n")
    terminal.until("question: ")
    terminal.until("> ")
    terminal.type("begun\n")
    time.sleep(0.5)
    terminal.type("\x04")
    terminal.until("the end")
    assert heard(terminal.output) == ["one\ntwo", "begun"]


@pytest.mark.skipif("GNU" not in str(readline.__doc__), reason="libedit takes a paste line by line")
def test_a_paste_is_taken_as_a_whole(fresh: Desk, several: bool) -> None:
    terminal = Terminal(fresh, several=several, kind="xterm")
    terminal.until("> ")
    terminal.type("\x1b[200~non_compete\nFirst.\n\nLast.\x1b[201~")  # as a terminal marks a paste
    terminal.until("Last.")
    terminal.type("\n")
    time.sleep(0.5)
    terminal.type("\n")
    terminal.until("question: ")
    terminal.type("\x04")
    terminal.until("the end")
    lines = ["non_compete", "First.", "Last."]
    assert heard(terminal.output) == (["\n".join(lines)] if several else lines)
    terminal.process.wait()
    os.close(terminal.master)


def test_a_word_leaves_at_a_terminal(terminal: Terminal, several: bool) -> None:
    terminal.type("exit the contract\n")
    if several:
        time.sleep(0.5)
        terminal.type("exit\n")  # goes on with the question
        time.sleep(0.5)
        terminal.type("\n")
    terminal.until("question: ")
    terminal.until("> ")
    terminal.type(" \u9000\u51fa \n" if several else "QUIT\n")
    terminal.until("the end")
    assert heard(terminal.output) == ["exit the contract" + several * "\nexit"]


@pytest.mark.parametrize("several", [False], indirect=True)
def test_a_line_longer_than_a_terminal_takes_by_itself_is_whole(terminal: Terminal) -> None:
    facts = "被告人马某窃走现金。" * 200  # 6,000 bytes
    terminal.type(f"{facts}\n")
    terminal.until("question: ")
    terminal.until("> ")
    terminal.type("\x04")
    terminal.until("the end")
    assert heard(terminal.output) == [facts]


@pytest.mark.parametrize("several", [False], indirect=True)
def test_what_ctrl_c_leaves_to_say_starts_a_line(terminal: Terminal) -> None:
    terminal.type("begun")
    terminal.until("begun")
    time.sleep(0.5)
    terminal.process.send_signal(signal.SIGINT)
    terminal.until("KeyboardInterrupt")
    assert "begun\r\nTraceback" in terminal.output
