"""Settings in run.yaml that depend on how batches are made: packed ones have a longest sequence."""

from __future__ import annotations

from pydantic import ValidationInfo, field_validator

from ..runtime.messages import fill
from ..task_base import PositiveCount
from .device_settings import TimedSection

# keys of run.yaml that change nothing of what is learned: a run goes on with other values of them
KEYS_OF_MEMORY = frozenset({"max_packed_tokens"})


class BatchSection(TimedSection):
    """A section with the tokens of the longest sequence that several rows share."""

    # absent in what a run records; sequences then are no longer than a row may be
    max_packed_tokens: PositiveCount | None = None

    @field_validator("max_length", check_fields=False)
    @classmethod
    def _fits_into_a_sequence(cls, max_length: int, info: ValidationInfo) -> int:
        most = info.data.get("max_packed_tokens") or max_length
        if max_length > most:
            raise ValueError(
                fill(
                    "it must be at most training.max_packed_tokens, {most}, since a row must fit "
                    "into a sequence",
                    most=most,
                )
            )
        return max_length
