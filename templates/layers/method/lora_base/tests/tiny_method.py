"""The values of the method with which the tests train a tiny model."""

from __future__ import annotations

# the tiny model has the modules of LLaMA, whatever those of the base model are called
TINY_METHOD = {"target_modules": "all-linear"}
