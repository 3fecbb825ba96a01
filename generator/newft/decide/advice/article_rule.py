"""The rule of the article that this product starts from: its first condition that holds decides.

It is shown beside the advice where the two differ. Its answer depends on the order of its rules: of
the 32 combinations of its five conditions, 21 change their answer if the rules are reordered.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Literal, NamedTuple

from newft.decide.advice.conditions import Values, holds
from newft.schema.advice import Approach, FactorCondition
from newft.text import Text

ArticleCondition = Literal[
    "frequent_updates", "complex_reasoning", "offline", "urgent", "critical_accuracy"
]


class ArticleRule(NamedTuple):
    """One rule of the article."""

    condition: ArticleCondition
    approach: Approach
    title: Text  # of the condition


ARTICLE_RULES = (
    ArticleRule("frequent_updates", "rag", Text("knowledge is updated often", "知识更新频率高")),
    ArticleRule("complex_reasoning", "finetune", Text("reasoning is complex", "推理复杂度高")),
    ArticleRule("offline", "finetune", Text("it is deployed offline", "离线部署")),
    ArticleRule("urgent", "rag", Text("the timeline is urgent", "工期紧迫")),
    ArticleRule("critical_accuracy", "finetune", Text("accuracy is critical", "准确率要求极高")),
)
OTHERWISE: Approach = "hybrid"

# The article does not say when its conditions hold; how they follow from our factors is a rule of
# newft. The share is the target of the article's own example of a critical task.
EQUIVALENTS: Mapping[ArticleCondition, Mapping[str, FactorCondition]] = {
    "frequent_updates": {"knowledge_change": FactorCondition(values=("monthly", "daily"))},
    "complex_reasoning": {"task_type": FactorCondition(values=("reason_case",))},
    "offline": {"offline": FactorCondition(values=("yes",))},
    "urgent": {"weeks": FactorCondition(below=5)},
    "critical_accuracy": {"target_score": FactorCondition(minimum=0.95)},
}


def choose_by_first_match(
    conditions: Container[str], rules: Sequence[ArticleRule] = ARTICLE_RULES
) -> Approach:
    """Return what the first rule says whose condition is among those that hold."""
    return next((rule.approach for rule in rules if rule.condition in conditions), OTHERWISE)


def find_article_conditions(values: Values) -> tuple[ArticleCondition, ...]:
    """Return which conditions of the article hold for factors, in the order of its rules."""
    return tuple(name for name, when in EQUIVALENTS.items() if holds(when, values))


def explain_first_match(conditions: Sequence[ArticleCondition]) -> Text:
    """Explain the answer of the article's rule, and why it may differ from the advice."""
    titles = {rule.condition: rule.title for rule in ARTICLE_RULES}
    if not conditions:
        return Text(
            "none of its five conditions holds, and then it always combines both",
            "五个条件都不成立时，它一律建议两者结合",
        )
    first, *others = (titles[name] for name in conditions)
    if {choose_by_first_match([name]) for name in conditions} == {
        choose_by_first_match(conditions)
    }:
        return Text(f"it looks at one condition only: {first.en}", f"它只看一个条件：{first.zh}")
    en, zh = (", ".join(text.en for text in others), "、".join(text.zh for text in others))
    return Text(
        f"its first condition that holds decides ({first.en}), and hides the others ({en}): in "
        "another order it would say something else",
        f"它只取第一个成立的条件（{first.zh}），忽略其余条件（{zh}）；调换顺序，结论就会变",
    )
