"""The catalogue: what newft knows before it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from newft.schema.advice import AdviceRules
from newft.schema.family import Family
from newft.schema.hardware import Accelerator
from newft.schema.kit import Kit
from newft.schema.method import TrainingMethod
from newft.schema.practice import Practice
from newft.schema.roi import Figure
from newft.schema.rollout import RolloutRules
from newft.schema.starter_kit import StarterKit


@dataclass(frozen=True)
class Catalog:
    """All domains, model families, methods and accelerators, by id."""

    kits: Mapping[str, Kit]
    families: Mapping[str, Family]
    accelerators: Mapping[str, Accelerator]
    methods: Mapping[str, TrainingMethod]
    advice: AdviceRules
    rollout: RolloutRules
    figures: Mapping[str, Figure]  # of the cash flow
    practices: Mapping[str, Practice] = field(default_factory=dict)  # what others use
    starter_kit: StarterKit | None = None  # of this project; its tasks are among `kits`

    def is_suggested_task(self, name: str) -> bool:
        """Tell whether a task, named as domain/task, is suggested to someone without data."""
        domain, task = name.split("/")
        return self.kits[domain].tasks[task].suggested
