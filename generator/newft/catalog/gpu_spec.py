"""Parse hardware specifications such as `v100`, `2xV100-32GB`, `1x24GB` and `cpu`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from newft.errors import UsageError
from newft.schema.hardware import Accelerator, Hardware, MachineFacts, TorchBuild
from newft.text import Text, find_nearest_names, fold_name, join_names

METAL_MEMORY_SHARE = 2 / 3  # of main memory: the least that macOS lets a GPU use
_COUNT_PATTERN = re.compile(r"\s*(?:(\d{1,4})\s*[x×*]\s*)?(.+?)\s*", re.IGNORECASE)
_MEMORY_PATTERN = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*(?:GB?|GiB)", re.IGNORECASE)


def parse_gpu(
    text: str, accelerators: Mapping[str, Accelerator], *, machine: MachineFacts | None
) -> Hardware:
    """Return the hardware that an answer names; `auto` is the machine that was probed."""
    if fold_name(text) == "auto":
        return _resolve_auto(accelerators, machine)
    match = _COUNT_PATTERN.fullmatch(text)
    count, name = (int(match[1] or 1), match[2]) if match else (1, text)
    accelerator = _find_accelerator(name, accelerators) or _parse_memory(name)
    if accelerator is None:
        raise _make_unknown_gpu_error(name, accelerators)
    if count == 0:
        raise UsageError(
            Text(f"`{text}` means no accelerator at all", f"`{text}` 的加速卡数量为 0"),
            where="gpu",
            hint=Text(f"use `1x{name}` or `cpu`", f"请写 `1x{name}` 或 `cpu`"),
        )
    return Hardware(accelerator, count)


def _resolve_auto(
    accelerators: Mapping[str, Accelerator], machine: MachineFacts | None
) -> Hardware:
    if machine is None:
        raise UsageError(
            Text("this machine was not examined for `auto`", "`auto` 需要先检测本机硬件"),
            where="gpu",
            hint=Text("name the hardware: cpu, 1x24GB", "请写明硬件，例如 cpu、1x24GB"),
        )
    accelerator = _find_accelerator(machine.accelerator, accelerators)
    if accelerator is None:
        accelerator = _apply_probe(_make_unlisted(machine.accelerator), machine)
        build = _pick_torch_build(machine.compute_capability, accelerators)
        accelerator = replace(accelerator, torch=build)
    elif accelerator.kind == "cpu":
        accelerator = _apply_probe(accelerator, machine)
    elif accelerator.kind == "npu" and machine.memory_gb:
        accelerator = replace(accelerator, memory_gb=machine.memory_gb)
    elif accelerator.kind == "mps" and machine.memory_gb:
        accelerator = replace(
            accelerator, memory_gb=round(machine.memory_gb * METAL_MEMORY_SHARE, 1)
        )
    return Hardware(accelerator, machine.count)


def _apply_probe(accelerator: Accelerator, machine: MachineFacts) -> Accelerator:
    return replace(accelerator, memory_gb=machine.memory_gb, bf16=machine.bf16)


def _pick_torch_build(
    capability: float | None, accelerators: Mapping[str, Accelerator]
) -> TorchBuild | None:
    """Return the torch build for a card that is not listed.

    It is that of the listed card with the highest compute capability that is not above its own, or
    that of the lowest one if the card is older than all of them.
    """
    known = sorted(
        (card.compute_capability, card.id)
        for card in accelerators.values()
        if card.compute_capability is not None
    )
    if capability is None or not known:
        return None
    older = [card for has, card in known if has <= capability] or [known[0][1]]
    return accelerators[older[-1]].torch


def _find_accelerator(name: str, accelerators: Mapping[str, Accelerator]) -> Accelerator | None:
    """Return the accelerator of an id or alias; case, spaces and hyphens do not count."""
    known = _index_names(accelerators)
    owner = known.get(fold_name(name)) or known.get(f"{fold_name(name)}b")  # `80g` for `80GB`
    return accelerators[owner] if owner else None


def _index_names(accelerators: Mapping[str, Accelerator]) -> dict[str, str]:
    return {
        fold_name(name): accelerator.id
        for accelerator in accelerators.values()
        for name in (accelerator.id, *accelerator.aliases)
    }


def _parse_memory(name: str) -> Accelerator | None:
    """Return a card of which only the memory is known; None if the name is no amount of memory."""
    match = _MEMORY_PATTERN.fullmatch(name)
    if match is None or float(match[1]) == 0:
        return None
    title = f"{match[1]}GB"
    source = Text("as answered", "由用户填写")
    return replace(_make_unlisted(title), memory_gb=float(match[1]), source=source)


def _make_unlisted(name: str) -> Accelerator:
    """Return a card of which only the name is known."""
    return Accelerator(
        id=name,
        title=name,
        kind="cuda",
        memory_gb=None,
        bf16=None,
        fp16=None,
        flash_attention=None,
        int4=None,
        peak_tflops=None,
        source=Text("as found on this machine", "由本机探测得到"),
        desktop=True,  # unknown, and the cautious assumption: the screen takes some of the memory
    )


def _make_unknown_gpu_error(name: str, accelerators: Mapping[str, Accelerator]) -> UsageError:
    known = [alias for one in accelerators.values() for alias in (one.id, *one.aliases)]
    near = find_nearest_names(name, known, most=3)
    hint = Text(
        "give the memory of the card alone, such as 1x24GB; `newft show hardware` lists those that "
        "are known",
        "可以只写显存，如 1x24GB；`newft show hardware` 列出已知型号",
    )
    if near:
        meant = join_names(near)
        hint = Text(f"{hint.en}; did you mean {meant.en}?", f"{hint.zh}；是否想写 {meant.zh}？")
    fault = Text(f"`{name}` is not a known accelerator", f"未知的加速卡型号 `{name}`")
    return UsageError(fault, where="gpu", hint=hint)
