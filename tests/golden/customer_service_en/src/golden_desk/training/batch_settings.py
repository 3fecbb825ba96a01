"""Settings in run.yaml that depend on how batches are made: padded ones have none."""

from __future__ import annotations

from .device_settings import TimedSection as BatchSection

__all__ = ["BatchSection"]
