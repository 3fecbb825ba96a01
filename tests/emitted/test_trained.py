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

pytestmark = pytest.mark.slow
RUN = Path("runs") / "intent-lora"


@pytest.fixture(scope="module")
def trained(formatted: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A project whose first reader left after a line: copied, never changed."""
    desk = formatted.copy(tmp_path_factory.mktemp("trained") / "desk")
    with desk.start("train") as training:
        assert training.stdout and training.stderr
        training.stdout.readline()
        training.stdout.close()
        said = training.stderr.read()
    assert training.returncode == 0, said
    return desk


def test_training_that_nobody_reads_goes_on_to_its_end(trained: Desk) -> None:
    result = json.loads((trained.folder / RUN / "result.json").read_text(encoding="utf-8"))
    assert result["best_validation_loss"] > 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (b"my parcel\r\n\r\nis $HOME late\r\n", ""),
        (b" \n", "error: --once is empty"),
        ("退款".encode("gb18030"), "error: the question is not UTF-8"),
    ],
)
def test_a_question_of_several_lines_goes_through_make(
    trained: Desk, asked: bytes, said: str
) -> None:
    run = subprocess.run(
        ["make", "-s", "chat", f"VENV={sys.prefix}", "ARGS=--once -"],
        cwd=trained.folder,
        env=trained.environment,
        input=asked,
        capture_output=True,
        check=False,
    )
    assert (run.returncode == 0) == (not said), run.stderr.decode()
    assert said in run.stderr.decode()
    assert bool(run.stdout.strip()) == (not said)


def test_an_answer_that_nobody_reads_is_no_success(trained: Desk) -> None:
    with trained.start("chat", "--once", "hello") as chat:
        assert chat.stdout and chat.stderr
        chat.stdout.close()
        said = chat.stderr.read()
    assert (chat.returncode, said) == (1, "")


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
