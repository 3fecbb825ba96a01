"""Settings in run.yaml that depend on how batches are made: padded ones have none."""

from __future__ import annotations

from .device_settings import TimedSection as BatchSection

__all__ = ["KEYS_OF_MEMORY", "BatchSection"]

# keys of run.yaml that change nothing of what is learned: a run goes on with other values of them
KEYS_OF_MEMORY: frozenset[str] = frozenset()
