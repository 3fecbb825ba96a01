"""The settings of the data, as types: config/run.yaml holds every value, this file holds none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .config_base import BaseConfig
from .runtime.config_loader import load_values


class Config(BaseConfig):
    """The whole of run.yaml."""


def load_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """The run in `path` with `KEY=VALUE` overrides; all faults at once, with their places."""
    return load_values(path, overrides, Config)
