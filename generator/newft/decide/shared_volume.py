"""The requests a month, which are a factor of the advice and a figure of the cash flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newft.answers.keys import ADVICE_PREFIX, ROI_PREFIX
from newft.decide.roi.costs import VOLUME
from newft.decide.roi.given_figures import read_figures
from newft.errors import UsageError
from newft.schema.answers import Answers
from newft.schema.roi import Figure
from newft.text import Text


def share_volume(answers: Answers, figures: Mapping[str, Figure]) -> Answers:
    """Return the answers with the volume as both, whichever of them is given."""
    advice, roi = answers.advice, answers.roi
    if VOLUME in roi:
        volume = round((read_figures(roi, figures).spreads or {})[VOLUME].base)
        if VOLUME in advice and float(advice[VOLUME]) != volume:
            raise _make_conflict_error(advice[VOLUME], str(volume))
        return replace(answers, advice={**advice, VOLUME: str(volume)})
    if VOLUME in advice:
        return replace(answers, roi={**roi, VOLUME: advice[VOLUME]})
    return answers


def _make_conflict_error(of_advice: str, of_roi: str) -> UsageError:
    message = Text(
        f"is {of_roi}, but `{ADVICE_PREFIX}{VOLUME}` is {of_advice}: they are one number",
        f"是 {of_roi}，而 `{ADVICE_PREFIX}{VOLUME}` 是 {of_advice}：二者应是同一个数",
    )
    hint = Text("give one of them", "请只填其中一个")
    return UsageError(message, where=f"{ROI_PREFIX}{VOLUME}", hint=hint)
