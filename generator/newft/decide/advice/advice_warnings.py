"""What to know before a project is written that the advice speaks against."""

from __future__ import annotations

from newft.schema.advice import TUNED, Advice
from newft.text import Text


def warn_of_advice(advice: Advice) -> tuple[Text, ...]:
    """Warn where another approach is advised; where nothing is known, say nothing."""
    if advice.recommendation in TUNED or advice.nothing_known:
        return ()
    title = advice.titles[advice.recommendation]
    return (
        Text(
            f"the advice is {title.en} before fine-tuning; why: PLAN.md, section 1",
            f"建议先用{title.zh}，暂不微调；原因见 PLAN.md 第 1 节",
        ),
    )
