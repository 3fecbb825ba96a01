"""Which modules of a model have an adapter, and whether these are the ones that are meant."""

from __future__ import annotations

from collections.abc import Sequence

from peft import PeftModel
from peft.tuners.tuners_utils import BaseTunerLayer

from ..data.summary import shorten_list
from ..runtime.errors import ProjectError
from .blocks import find_blocks

ROUTERS = ("gate", "router", "shared_expert_gate")  # they send tokens to experts


def check_adapted_modules(tuned: PeftModel, targets: str | Sequence[str]) -> None:
    """Refuse adapters outside the blocks of the language model, and names that matched nothing."""
    base = tuned.get_base_model()
    blocks = {*find_blocks(base).modules()}
    adapted = [
        (name, module)
        for name, module in base.named_modules()
        if isinstance(module, BaseTunerLayer)
    ]
    strays = [
        name
        for name, module in adapted
        if module not in blocks or name.rpartition(".")[2] in ROUTERS
    ]
    if strays:
        raise ProjectError(
            "method.target_modules also adapts {modules}: a head, a router of experts or a tower "
            "for images, which are not to be trained",
            "name linear modules of the blocks; where other parts have modules of the same names, "
            "write a regular expression of whole paths",
            modules=shorten_list(strays),
        )
    if isinstance(targets, str):
        return
    paths = [f".{name}" for name, _ in adapted]
    missing = [name for name in targets if not any(path.endswith(f".{name}") for path in paths)]
    if missing:
        raise ProjectError(
            "method.target_modules has names that this model lacks: {names}",
            "write all-linear, or names from model.named_modules()",
            names=shorten_list(missing),
        )
