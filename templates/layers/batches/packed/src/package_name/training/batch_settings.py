"""Settings in run.yaml that depend on how batches are made: packed ones have a longest sequence."""

from __future__ import annotations

from pydantic import ValidationInfo, field_validator

from ..runtime.messages import fill
from ..task_base import PositiveCount
from .device_settings import TimedSection


class BatchSection(TimedSection):
    """A section with the tokens of the longest sequence that several rows share."""

    max_length: PositiveCount  # before what is compared with it
    max_packed_tokens: PositiveCount

    @field_validator("max_packed_tokens")
    @classmethod
    def _holds_the_longest_row(cls, most: int, info: ValidationInfo) -> int:
        longest = info.data.get("max_length", most)
        if most < longest:
            raise ValueError(
                fill(
                    "it must be at least training.max_length, {longest}, since a row must fit "
                    "into a sequence",
                    longest=longest,
                )
            )
        return most
