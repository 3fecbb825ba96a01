"""The task section of run.yaml: what the model is told, and which charges there are."""

from __future__ import annotations

from .data.label_rules import LabelRules
from .data.multilabel import join_parts, split_parts
from .task_base import LabelTask


class TaskConfig(LabelTask):
    """Charges of a closed list; a case may have several."""

    @staticmethod
    def normalize_by_rules(label: str, rules: LabelRules) -> str:
        """Normalize each part of a charge: 走私罪、贩卖毒品罪 is 走私、贩卖毒品."""
        return join_parts(split_parts(label, rules))
