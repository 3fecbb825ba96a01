"""Which modules a LoRA adapter has, and how many weights that are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from newft.decide.estimate.parameter_count import count_adapter_parameters, list_linear_modules
from newft.schema.family import Family, ModelSpec
from newft.schema.method import MethodValue

ALL_LINEAR = "all-linear"  # of peft: every linear module of a block


def select_modules(targets: MethodValue, family: Family) -> tuple[str, ...]:
    """Select the linear modules of a family that target modules name, as peft reads them."""
    if targets == ALL_LINEAR:
        return family.linear_modules
    if isinstance(targets, tuple):
        return tuple(name for name in family.linear_modules if name in targets)
    # peft takes any other text as a regular expression of whole paths
    block = f"{family.language_module or 'model'}.layers.0"
    return tuple(
        name
        for name in family.linear_modules
        if any(
            re.fullmatch(str(targets), f"{start}{block}.{part}.{name}")
            for start in ("", "model.")
            for part in ("self_attn", "mlp", "linear_attn")
        )
    )


def count_lora_parameters(
    size: ModelSpec, family: Family, values: Mapping[str, MethodValue], *, rank: int
) -> int:
    """Count the trained weights of LoRA with these target modules and experts."""
    modules = select_modules(values.get("target_modules", ALL_LINEAR), family)
    matrices = count_adapter_parameters(
        size, family, rank=rank, modules=modules, experts=get_experts(values)
    )
    if not values.get("dora"):
        return matrices
    # DoRA also learns how long the weights of each output are
    return matrices + sum(
        module.outputs * module.layers
        for module in list_linear_modules(size, family)
        if module.name in modules
    )


def get_experts(values: Mapping[str, MethodValue]) -> Sequence[str]:
    """Return the 3-D weights of experts that are adapted."""
    experts = values.get("target_parameters", ())
    return experts if isinstance(experts, tuple) else ()
