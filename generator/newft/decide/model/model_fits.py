"""Which models can be trained on a device: the memory that the lightest useful step takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from newft.decide.estimate.memory import Range, Workload, estimate_memory_range
from newft.decide.inputs import CPU_MEMORY_SHARE, DESKTOP_RESERVE_GB
from newft.decide.method_rules import find_obstacles, is_uncertain
from newft.decide.methods.registry import METHODS, make_default_state_estimator
from newft.decide.precision import choose_accelerator_precision
from newft.schema.catalog import Catalog
from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.method import TrainingMethod
from newft.text import Text

# One row, with gradient checkpointing where the method has it, and not on a CPU: shorter rows and
# answers take less, longer ones more.
REFERENCE_LENGTH = 1024
REFERENCE_TARGET_TOKENS = 16


class ModelFit(NamedTuple):
    """A model, the memory of its reference step in GB, and whether a device has that much."""

    family: Family
    size: ModelSpec
    precision: str
    memory_gb: Range
    fits: bool | None  # None: unknown is the memory, or whether the method works there
    obstacle: Text | None = None  # why it cannot be trained so, whatever the memory


class _Choices(NamedTuple):
    family: Family
    size: ModelSpec
    hardware: Hardware
    method: TrainingMethod


def get_usable_memory(hardware: Hardware) -> float | None:
    """Return the memory for training, in GB: without a desktop's share, or that of the system."""
    card = hardware.accelerator
    if card.memory_gb is None:
        return None
    if card.kind == "cpu":
        return card.memory_gb * CPU_MEMORY_SHARE
    return card.memory_gb - (DESKTOP_RESERVE_GB if card.desktop else 0.0)


def list_model_fits(hardware: Hardware, method: TrainingMethod, catalog: Catalog) -> list[ModelFit]:
    """Return all models, those that fit first, each part from the largest to the smallest."""
    fits = _iterate_model_fits(hardware, method, catalog)
    return sorted(fits, key=lambda fit: (fit.fits is False, -fit.size.parameters, fit.size.hub_id))


def _iterate_model_fits(
    hardware: Hardware, method: TrainingMethod, catalog: Catalog
) -> Iterator[ModelFit]:
    usable, on_cpu = get_usable_memory(hardware), hardware.accelerator.kind == "cpu"
    for family in catalog.families.values():
        precision = "fp32"
        if not on_cpu:
            precision = choose_accelerator_precision(family, hardware).value
        for size in family.sizes:
            step = make_reference_step(method, family, precision, on_cpu=on_cpu)
            memory = estimate_memory_range(size, step)
            choices = _Choices(family, size, hardware, method)
            fits = None if usable is None else memory[1] <= usable
            if usable is not None and is_uncertain(choices) and memory[0] <= usable:
                fits = None
            obstacle = next(find_obstacles(choices), None)
            if family.successor is not None:
                obstacle = family.successor.why
            fits = False if obstacle else fits
            yield ModelFit(family, size, precision, memory, fits, obstacle)


def make_reference_step(
    method: TrainingMethod, family: Family, precision: str, *, on_cpu: bool = False
) -> Workload:
    """Make the training step by which models are compared."""
    return Workload(
        state=make_default_state_estimator(method, family),
        precision=precision,
        batch_size=1,
        length=REFERENCE_LENGTH,
        checkpointing=METHODS[method.id].CAN_CHECKPOINT and not on_cpu,
        logits_per_row=REFERENCE_TARGET_TOKENS,
        on_cpu=on_cpu,
        attention=family.attention[0],
    )
