"""The task section of run.yaml: what the model is told, and which labels there are."""

from __future__ import annotations

from pydantic import model_validator

from .runtime.messages import fill
from .task_base import LabelTask


class TaskConfig(LabelTask):
    """Labels of a closed list; one of them may mean "none of these"."""

    out_of_scope: str | None = None

    @model_validator(mode="after")
    def _out_of_scope_is_a_label(self) -> TaskConfig:
        if self.out_of_scope is not None and self.out_of_scope not in self.labels:
            raise ValueError(
                fill(
                    "out_of_scope is {label}, which is not one of task.labels",
                    label=self.out_of_scope,
                )
            )
        return self
