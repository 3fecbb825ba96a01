"""What a GPU answer means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.loader import load_accelerators
from newft.errors import UsageError
from newft.paths import get_templates_folder
from newft.schema.hardware import Accelerator, Hardware, MachineFacts
from newft.schema.reasoned import as_citation
from newft.text import Text

ACCELERATORS = load_accelerators(get_templates_folder() / "hardware.yaml")
NAMES = [(name, a) for a in ACCELERATORS.values() for name in (a.id, *a.aliases)]


def parse(text: str) -> Hardware:
    return parse_gpu(text, ACCELERATORS, machine=None)


@given(
    named=st.sampled_from(NAMES),
    count=st.integers(1, 16),
    case=st.sampled_from([str, str.upper, str.lower]),
    times=st.sampled_from(["x", "X", " x ", "×", "*"]),
)
def test_every_name_is_understood_in_any_case_and_number(named, count, case, times) -> None:  # type: ignore[no-untyped-def]
    name, accelerator = named
    assert parse(case(name)) == Hardware(accelerator, 1)
    assert parse(f"{count}{times}{case(name)}") == Hardware(accelerator, count)


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [
        ("v100", "V100-16GB", 1),
        ("V100-32GB", "V100-32GB", 1),
        ("2xV100-32GB", "V100-32GB", 2),
        ("v100 32g", "V100-32GB", 1),
        ("RTX4090", "RTX4090", 1),
        ("rtx 4090", "RTX4090", 1),
        ("2x4090", "RTX4090", 2),
        ("910B", "910B", 1),
        ("8x910B", "910B", 8),
        ("cpu", "cpu", 1),
        ("NVIDIA A100-SXM4-80GB", "A100-80GB", 1),
    ],
)
def test_the_usual_ways_to_name_a_card(text: str, name: str, count: int) -> None:
    assert parse(text) == Hardware(ACCELERATORS[name], count)


def test_auto_takes_the_memory_of_an_npu_from_the_machine() -> None:
    machine = MachineFacts(accelerator="910B", count=8, cores=192, memory_gb=32.0, bf16=None)
    found = parse_gpu("auto", ACCELERATORS, machine=machine)
    assert (found.accelerator.kind, found.count, found.accelerator.memory_gb) == ("npu", 8, 32.0)
    assert found.accelerator.bf16


@given(
    count=st.integers(1, 16),
    memory=st.integers(1, 999),
    unit=st.sampled_from(["GB", "gb", "G", " GiB"]),
)
def test_plain_memory_leaves_the_rest_unknown(count: int, memory: int, unit: str) -> None:
    assert parse(f"{count}x{memory}{unit}") == Hardware(
        Accelerator(
            id=f"{memory}GB",
            title=f"{memory}GB",
            kind="cuda",
            memory_gb=float(memory),
            bf16=None,
            fp16=None,
            flash_attention=None,
            int4=None,
            peak_tflops=None,
            source=Text("as answered", "由用户填写"),
            desktop=True,
        ),
        count,
    )


@pytest.mark.parametrize(
    ("text", "near"), [("V100-33GB", "V100-32GB"), ("rtx4099", "RTX4090"), ("2xH10", "H100")]
)
def test_an_unknown_card_is_refused_with_near_ones(text: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert caught.value.hint is not None
    assert near in caught.value.hint


@pytest.mark.parametrize("text", ["", " ", "x", "2x", "0xT4", "0x24GB", "1x0GB", "-1xT4", "🙂"])
def test_what_is_no_hardware_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse(text)


@given(text=st.text(max_size=30))
def test_any_text_is_hardware_or_refused_by_name(text: str) -> None:
    try:
        assert parse(text).count >= 1
    except UsageError as error:
        assert error.where == "gpu"


def test_auto_is_the_card_of_the_machine() -> None:
    machine = MachineFacts("NVIDIA GeForce RTX 4090", 2, 32, 128.0, bf16=True)
    hardware = parse_gpu("Auto", ACCELERATORS, machine=machine)
    assert hardware == Hardware(ACCELERATORS["RTX4090"], 2)


def test_auto_on_a_processor_knows_its_memory_and_precision() -> None:
    machine = MachineFacts("cpu", 1, 2, 7.6, bf16=False)
    hardware = parse_gpu("auto", ACCELERATORS, machine=machine)
    assert hardware.accelerator.kind == "cpu"
    assert (hardware.accelerator.memory_gb, hardware.accelerator.bf16) == (7.6, False)


@pytest.mark.parametrize("bf16", [True, False, None])
def test_auto_knows_of_an_unlisted_card_what_its_driver_says(bf16: bool | None) -> None:
    machine = MachineFacts("NVIDIA Other 9000", 1, 8, 64.0, bf16=bf16)
    card = parse_gpu("auto", ACCELERATORS, machine=machine).accelerator
    assert (card.id, card.memory_gb, card.bf16) == ("NVIDIA Other 9000", 64.0, bf16)
    assert (card.fp16, card.peak_tflops) == (None, None)


@pytest.mark.parametrize(("main", "usable"), [(24.0, 16.0), (None, None)])
def test_auto_on_apple_silicon_shares_main_memory(main: float | None, usable: float | None) -> None:
    machine = MachineFacts("Apple silicon", 1, 10, main, bf16=None)
    hardware = parse_gpu("auto", ACCELERATORS, machine=machine)
    assert (hardware.accelerator.kind, hardware.accelerator.memory_gb) == ("mps", usable)


def test_auto_without_a_machine_is_refused() -> None:
    with pytest.raises(UsageError, match="auto"):
        parse("auto")


@pytest.mark.parametrize(
    "name", ["V100-16GB", "V100-32GB", "T4", "P100", "2080 Ti", "1080 Ti", "Quadro RTX 6000"]
)
def test_cards_before_ampere_have_neither_bf16_nor_flash_attention(name: str) -> None:
    accelerator = parse(name).accelerator
    assert (accelerator.bf16, accelerator.flash_attention) == (False, False)


@pytest.mark.parametrize("name", ["H100", "H800"])
def test_a_board_of_pcie_has_not_the_speed_of_its_sister(name: str) -> None:
    board, sister = parse(f"NVIDIA {name} PCIe").accelerator, parse(name).accelerator
    assert (board.peak_tflops, sister.peak_tflops) == (756.0, 989.5)


def test_every_accelerator_says_who_says_so() -> None:
    assert all(accelerator.source for accelerator in ACCELERATORS.values())
    cuda = [a for a in ACCELERATORS.values() if a.kind == "cuda"]
    assert all("https://" in as_citation(a.source).zh and a.memory_gb for a in cuda)


def test_every_card_that_the_newest_torch_leaves_out_says_which_torch_it_wants() -> None:
    cuda = [card for card in ACCELERATORS.values() if card.kind == "cuda"]
    assert all(card.compute_capability for card in cuda)
    for card in cuda:
        old = card.compute_capability is not None and card.compute_capability < 7.5  # Turing
        assert old == bool(card.torch and card.torch.excludes_newest), card.id


@pytest.mark.parametrize(
    ("name", "capability", "requires"),
    [
        ("NVIDIA GeForce GTX 1060 6GB", 6.1, ("torch>=2.6,<2.8",)),
        ("Quadro M6000", 5.2, ("torch>=2.6,<2.8",)),
        ("Quadro GV100", 7.0, ("torch>=2.6,<2.11",)),
        ("NVIDIA B200", 10.0, None),
        ("NVIDIA RTX A6000", 8.6, None),
        ("NVIDIA GeForce RTX 5060", 12.0, ("torch>=2.8",)),
        ("a card whose driver is old", None, None),
    ],
)
def test_a_card_that_is_not_listed_gets_the_torch_of_its_generation(
    name: str, capability: float | None, requires: tuple[str, ...] | None
) -> None:
    machine = MachineFacts(name, 1, 8, 8.0, None, capability)
    build = parse_gpu("auto", ACCELERATORS, machine=machine).accelerator.torch
    assert (build.requires if build else None) == requires
