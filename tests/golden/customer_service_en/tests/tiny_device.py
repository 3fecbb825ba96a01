"""The values of the device with which the tests train a tiny model."""

from __future__ import annotations

# without a time budget
TINY_TRAINING: dict[str, object] = {"time_budget_minutes": None}
TINY_EVALUATION: dict[str, object] = {"time_budget_minutes": None}
