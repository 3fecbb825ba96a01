"""The task section of run.yaml: what the model is told, and what it may answer."""

from __future__ import annotations

from .section import LabelTask


class TaskConfig(LabelTask):
    """A question about a passage, answered with one of the labels."""
