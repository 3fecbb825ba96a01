"""A run is used where its base model has moved to, and trains to its end where nobody reads on."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.emitted_project import Desk
from support.warm_process import run_warm

pytestmark = pytest.mark.slow
RUN = Path("runs") / "intent-lora"


@pytest.fixture(scope="module")
def trained(formatted: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project whose first reader left after a line: copied, never changed."""
    desk = formatted.copy(tmp_path_factory.mktemp("trained") / "desk")
    training = desk.start("train")
    assert training.stdout and training.stderr
    training.stdout.readline()
    training.stdout.close()
    with training.stderr:
        said = training.stderr.read()
    assert training.wait() == 0, said
    return desk


def test_training_that_nobody_reads_goes_on_to_its_end(trained: Desk) -> None:
    result = json.loads((trained.folder / RUN / "result.json").read_text(encoding="utf-8"))
    assert result["best_validation_loss"] > 0


def test_a_question_of_several_lines_goes_through_make(trained: Desk) -> None:
    run = subprocess.run(
        ["make", "-s", "chat", f"VENV={sys.prefix}", "ARGS=--once -"],
        cwd=trained.folder,
        env=trained.environment,
        input=b"my parcel\r\n\r\nis $HOME late\r\n",
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    assert run.stdout.strip()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (b" \n", "error: --once is empty"),
        ("退款".encode("gb18030"), "error: the question is not UTF-8"),
    ],
)
def test_no_question_is_read_from_other_bytes(trained: Desk, asked: bytes, error: str) -> None:
    run = run_warm("desk.chat", ["--once", "-"], trained.folder, trained.environment, stdin=asked)
    assert (run.returncode, run.stdout) == (1, "")
    assert error in run.stderr


def test_an_answer_that_nobody_reads_is_no_success(trained: Desk) -> None:
    chat = trained.start("chat", "--once", "hello")
    assert chat.stdout and chat.stderr
    chat.stdout.close()
    with chat.stderr:
        said = chat.stderr.read()
    assert (chat.wait(), said) == (1, "")


def test_a_run_is_used_where_its_base_model_is_now(trained: Desk, tmp_path: Path) -> None:
    desk = trained.copy(tmp_path / "desk")
    path = desk.folder / "config" / "run.yaml"
    text = path.read_text(encoding="utf-8")
    (before,) = re.findall(r'(?m)^  id: "?(.*?)"?$', text)
    shutil.copytree(before, tmp_path / "moved")
    path.write_text(text.replace(before, str(tmp_path / "moved")), encoding="utf-8")
    shutil.move(before, tmp_path / "gone")
    try:
        for words in (("evaluate",), ("chat", "--once", "hello"), ("train",)):
            run = desk.run(*words)
            assert run.returncode == 0, run.stderr
            assert "run.yaml differs" not in run.stderr
        with (tmp_path / "moved" / "model.safetensors").open("r+b") as weights:
            weights.seek(-1, 2)
            weights.write(b"!")
        for words in (("evaluate",), ("chat", "--once", "hello")):
            run = desk.run(*words)
            assert run.returncode == 1
            assert run.stderr == (
                f"error: {tmp_path / 'moved'} is not the base model with which {RUN} was started"
                "\n\nhint: set model.id in config/run.yaml to the current location of "
                f"{Path(before).name}, or set another run.name\n"
            )
    finally:
        shutil.move(tmp_path / "gone", before)
