"""What to know before a project is written that the advice speaks against."""

from __future__ import annotations

from newft.schema.advice import Advice
from newft.text import Text

TUNED = ("finetune", "hybrid")


def warn_of_advice(advice: Advice) -> tuple[Text, ...]:
    """Warn where another approach is advised; where nothing is known, say nothing."""
    if advice.recommendation in TUNED or not (advice.contributions or advice.vetoes):
        return ()
    why = advice.why
    return (
        Text(
            f"the advice is not to fine-tune first but: {why.en}; the project is written all the "
            "same, and PLAN.md records it; what else is known: newft advise",
            f"建议先不做微调，而是{why.zh}；项目照常生成，PLAN.md 会记录这一结论；"
            "可用 newft advise 补充信息",
        ),
    )
