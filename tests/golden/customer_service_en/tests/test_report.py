"""The conclusion says what the paired tests say, the classical baseline included."""

from __future__ import annotations

import numpy as np
import pytest

from golden_desk.answers import Answers
from golden_desk.config import Config
from golden_desk.report import judge, table


def answers(labels: list[str], config: Config) -> Answers:
    choices = config.task.labels
    sure = np.array([[float(label == choice) for choice in choices] for label in labels])
    return Answers(list(labels), choices, sure, written=labels)


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
    first, second = config.task.labels
    gold = [first, second] * 50

    def given(share: float) -> list[str]:
        wrong = [second, first] * 50
        return [gold[row] if row < 100 * share else wrong[row] for row in range(100)]

    ways = [answers(given(share), config) for share in (base, tuned, classical)]
    result = judge(config, gold, *ways)
    assert result.conclusion.startswith(conclusion)
    shown = table(result).splitlines()
    assert any(f"{tuned:.3f} " in line for line in shown)
    assert max(map(len, shown)) <= 80
