"""What a kit decides: presets, locks and policy, against the answers of the user."""

from __future__ import annotations

from collections.abc import Mapping

from newft.schema.starter_kit import AnswerTexts

# An answer that follows from another: whoever gives the second without the first takes it back.
_DEPENDENT_KEYS: Mapping[str, tuple[str, ...]] = {
    "domain": ("task",),
    "model": ("family", "revision"),
    "family": ("model", "revision"),
}


def override_answers(lower: AnswerTexts, upper: AnswerTexts) -> AnswerTexts:
    """Return the lower answers overridden by the upper ones.

    A lower answer that follows from one that is overridden, as the task does from the domain, is
    dropped.
    """
    dropped = {
        name
        for key, names in _DEPENDENT_KEYS.items()
        if key in upper and key in lower and upper[key] != lower[key]
        for name in names
    }
    kept = {key: value for key, value in lower.items() if key not in dropped}
    return {**kept, **upper}
