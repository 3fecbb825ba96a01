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


NPU_TABLE = """\
+------------------------------------------------------------------------------------------------+
| npu-smi 24.1.rc1                 Version: 24.1.rc1                                             |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 0     {name:<20}| OK            | 101.8       43                0    / 0             |
| 0                         | 0000:C1:00.0  | 0           0    / 0          3318 / {memory:<15}|
+===========================+===============+====================================================+
| 1     {name:<20}| Warning       | 92.0        39                0    / 0             |
| 0                         | 0000:C2:00.0  | 0           0    / 0          59356/ {memory:<15}|
+===========================+===============+====================================================+
| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |
+===========================+===============+====================================================+
| 1       0                 | 1712733       | python                   | 48954                   |
+===========================+===============+====================================================+
"""


@pytest.mark.parametrize(
    ("name", "memory", "visible", "expected"),
    [
        ("910B3", 65536, None, ("910B", 2, 64.0)),
        ("910B2C", 65536, "1", ("910B", 1, 64.0)),
        ("910B4", 32768, None, ("910B", 2, 32.0)),
        ("310P3", 21527, None, ("cpu", 1, None)),
        ("910B3", 65536, "", ("cpu", 1, None)),
    ],
)
def test_an_ascend_card_is_read_from_its_driver(
    driver: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    memory: int,
    visible: str | None,
    expected: tuple[str, int, float | None],
) -> None:
    table = NPU_TABLE.format(name=name, memory=memory)
    answers(
        driver.with_name("npu-smi"), f"while read -r line; do echo \"$line\"; done <<'X'\n{table}X"
    )
    monkeypatch.delenv("ASCEND_RT_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("ASCEND_RT_VISIBLE_DEVICES", visible)
    found = probe_machine()
    assert (found.accelerator, found.count) == expected[:2]
    assert expected[2] in (found.memory_gb, None)


@pytest.mark.parametrize("script", ["echo no devices were found; exit 6", "echo '??'", "exit 0"])
def test_a_driver_that_fails_means_no_accelerator(driver: Path, script: str) -> None:
    answers(driver, script)
    assert probe_machine().accelerator == "cpu"
