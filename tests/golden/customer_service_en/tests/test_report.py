"""The conclusion says what the paired tests say, the classical baseline included."""

from __future__ import annotations

import pytest

from golden_desk.config import Config
from golden_desk.report import Answers, judge, table


def answers(labels: list[str]) -> Answers:
    return Answers(written=labels, read=list(labels), ranked=labels)


@pytest.mark.parametrize(
    ("base", "tuned", "classical", "conclusion"),
    [
        (0.3, 0.9, 0.4, "Tuning beats prompting and the classical baseline"),
        (0.3, 0.9, 0.9, "Tuning beats prompting, and is not shown to beat the classical baseline"),
        (0.3, 0.6, 1.0, "Tuning beats prompting; the classical baseline is better still"),
        (0.9, 0.9, 0.3, "Tuning is not shown to beat prompting, but beats the classical baseline"),
        (0.9, 0.3, 0.9, "Tuning made answers worse than prompting; the classical baseline"),
    ],
)
def test_the_conclusion_follows_from_the_tests(
    config: Config, base: float, tuned: float, classical: float, conclusion: str
) -> None:
    right, wrong = config.task.labels
    gold = [right] * 100

    def given(share: float) -> list[str]:
        return [right if row < 100 * share else wrong for row in range(100)]

    result = judge(config, gold, answers(given(base)), answers(given(tuned)), given(classical))
    assert result.conclusion.startswith(conclusion)
    shown = table(result).splitlines()
    assert f"{tuned:.3f} " in shown[2]
    assert max(map(len, shown)) <= 80
