"""The task section of run.yaml: what the model is told, and which charges there are."""

from __future__ import annotations

from .task_base import LabelTask


class TaskConfig(LabelTask):
    """Charges of a closed list; a case may have several."""
