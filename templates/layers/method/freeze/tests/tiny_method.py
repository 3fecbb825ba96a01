"""The values of the method with which the tests train a tiny model."""

from __future__ import annotations

TINY_METHOD = {"trained_blocks": 1}  # of the two blocks of the tiny model
