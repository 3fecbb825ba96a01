"""The devices that this project trains on."""

from __future__ import annotations

from typing import Literal

DeviceName = Literal["cuda", "cpu"]
