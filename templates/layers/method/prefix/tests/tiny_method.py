"""The values of the method with which the tests train a tiny model."""

from __future__ import annotations

# a prefix of usual size would outgrow the tiny model
TINY_METHOD = {"num_virtual_tokens": 4, "projection_size": 8}
