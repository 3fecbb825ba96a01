"""Which models can be trained on a device: the memory that the lightest useful step takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from newft.decide.estimate.memory import Range, Workload, estimate_memory_range
from newft.decide.inputs import CPU_MEMORY_SHARE, DESKTOP_RESERVE_GB
from newft.decide.method_rules import find_obstacles
from newft.decide.methods.registry import METHODS, make_default_state_estimator
from newft.decide.precision import choose_accelerator_precision
from newft.schema.catalog import Catalog
from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.method import TrainingMethod
from newft.text import Text

# One row, with gradient checkpointing: shorter rows and short answers take less, longer ones more.
REFERENCE_LENGTH = 1024
REFERENCE_TARGET_TOKENS = 16


class ModelFit(NamedTuple):
    """A model, the memory of its reference step in GB, and whether a device has that much."""

    family: Family
    size: ModelSpec
    precision: str
    memory_gb: Range
    fits: bool | None  # None: the memory of the device is unknown
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
    usable = get_usable_memory(hardware)
    for family in catalog.families.values():
        precision = "fp32"
        if hardware.accelerator.kind != "cpu":
            precision = choose_accelerator_precision(family, hardware).value
        for size in family.sizes:
            memory = estimate_memory_range(size, make_reference_step(method, family, precision))
            fits = None if usable is None else memory[1] <= usable
            obstacle = next(find_obstacles(_Choices(family, size, hardware, method)), None)
            if family.successor is not None:
                obstacle = family.successor.why
            fits = False if obstacle else fits
            yield ModelFit(family, size, precision, memory, fits, obstacle)


def make_reference_step(method: TrainingMethod, family: Family, precision: str) -> Workload:
    """Make the training step by which models are compared."""
    return Workload(
        state=make_default_state_estimator(method, family),
        precision=precision,
        batch_size=1,
        length=REFERENCE_LENGTH,
        checkpointing=METHODS[method.id].CAN_CHECKPOINT,
        logits_per_row=REFERENCE_TARGET_TOKENS,
        attention=family.attention[0],
    )
