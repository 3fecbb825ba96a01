"""What to know before a project is written that the advice speaks against."""

from __future__ import annotations

from newft.schema.advice import TUNED, Advice
from newft.text import Text


def warn_of_advice(advice: Advice) -> tuple[Text, ...]:
    """Warn where another approach has more points than fine-tuning, or this is ruled out."""
    ruled_out = {veto.approach for veto in advice.vetoes}
    best = advice.scores[advice.recommendation]
    if any(advice.scores[one] >= best and one not in ruled_out for one in TUNED):
        return ()
    title = advice.titles[advice.recommendation]
    return (
        Text(
            f"the advice is {title.en} before fine-tuning; why: PLAN.md, section 1",
            f"建议先用{title.zh}，暂不微调；原因见 PLAN.md 第 1 节",
        ),
    )
