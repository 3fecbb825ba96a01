from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from newft.system.hardware_probe import probe_machine


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only program on the path: what answers as `nvidia-smi`."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return tmp_path / "nvidia-smi"


def answers(driver: Path, script: str) -> None:
    driver.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    driver.chmod(0o755)


def test_a_machine_without_a_driver_is_a_cpu(driver: Path) -> None:
    assert not driver.exists()
    found = probe_machine()
    assert (found.accelerator, found.count) == ("cpu", 1)
    assert found.memory_gb is not None and found.memory_gb > 0


def test_cores_are_those_this_process_may_use(driver: Path) -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system binds no process to cores")
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert probe_machine().cores == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert probe_machine().cores == len(allowed)
    assert not driver.exists()


def test_cards_are_counted_by_the_name_of_the_first(driver: Path) -> None:
    answers(driver, 'for name in "Tesla T4" "Tesla T4" "NVIDIA A10"; do echo "$name, 15360"; done')
    found = probe_machine()
    assert (found.accelerator, found.count, found.memory_gb) == ("Tesla T4", 2, 15.0)


@pytest.mark.parametrize(
    ("line", "memory_gb", "bf16"),
    [
        ("NVIDIA TITAN RTX, 24576, 7.5", 24.0, False),
        ("NVIDIA RTX A2000, 6144, 8.6", 6.0, True),
        ("NVIDIA GB10, [N/A], 12.1", None, True),
        ("NVIDIA RTX A2000, 6144, [N/A]", 6.0, None),
    ],
)
def test_a_card_says_its_memory_and_whether_it_has_bf16(
    driver: Path, line: str, memory_gb: float | None, bf16: bool | None
) -> None:
    answers(driver, f"echo '{line}'")
    found = probe_machine()
    assert (found.accelerator, found.memory_gb, found.bf16) == (
        line.partition(",")[0],
        memory_gb,
        bf16,
    )


def test_an_old_driver_is_not_asked_for_what_it_does_not_know(driver: Path) -> None:
    answers(driver, 'case "$1" in *compute_cap*) exit 2;; *) echo "Tesla T4, 15360";; esac')
    found = probe_machine()
    assert (found.accelerator, found.memory_gb, found.bf16) == ("Tesla T4", 15.0, None)


def test_a_mac_is_apple_silicon(driver: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not driver.exists()
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    found = probe_machine()
    assert (found.accelerator, found.count, found.bf16) == ("Apple silicon", 1, None)


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("2", ("NVIDIA A10", 1)),
        ("0, 1", ("Tesla T4", 2)),
        ("GPU-8932f937", ("Tesla T4", 1)),
        ("", ("cpu", 1)),
        ("-1", ("cpu", 1)),
    ],
)
def test_hidden_cards_do_not_count(
    driver: Path, monkeypatch: pytest.MonkeyPatch, visible: str, expected: tuple[str, int]
) -> None:
    answers(driver, 'for name in "Tesla T4" "Tesla T4" "NVIDIA A10"; do echo "$name, 15360"; done')
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    found = probe_machine()
    assert (found.accelerator, found.count) == expected


@pytest.mark.parametrize("script", ["echo no devices were found; exit 6", "echo '??'", "exit 0"])
def test_a_driver_that_fails_means_no_accelerator(driver: Path, script: str) -> None:
    answers(driver, script)
    assert probe_machine().accelerator == "cpu"
