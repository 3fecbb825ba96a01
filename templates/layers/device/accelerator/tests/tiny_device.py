"""The values of the device with which the tests train a tiny model."""

from __future__ import annotations

# a tiny model needs no accelerator
TINY_TRAINING: dict[str, object] = {"device": "cpu", "processes": 1}
TINY_EVALUATION: dict[str, object] = {}
