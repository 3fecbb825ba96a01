"""The requests a month, which are a factor of the advice and a figure of the cash flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from newft.decide.roi.costs import VOLUME
from newft.decide.roi.given_figures import read_figures
from newft.schema.answers import Answers
from newft.schema.roi import Figure


def share_volume(answers: Answers, figures: Mapping[str, Figure]) -> Answers:
    """Return the answers with the volume as both, where only one of them is given."""
    advice, roi = answers.advice, answers.roi
    if VOLUME in roi and VOLUME not in advice:
        spread = (read_figures(roi, figures).spreads or {})[VOLUME]
        return replace(answers, advice={**advice, VOLUME: str(round(spread.base))})
    if VOLUME in advice and VOLUME not in roi:
        return replace(answers, roi={**roi, VOLUME: advice[VOLUME]})
    return answers
