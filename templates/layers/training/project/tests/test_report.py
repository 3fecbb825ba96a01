"""The conclusion says what the paired tests say, the classical baseline included."""

from __future__ import annotations

import numpy as np
import pytest
from wcwidth import width

from package_name.config import Config
from package_name.evaluation.comparison import (
    BETTER,
    CHANGE_TEXTS,
    CONCLUSION_TEXTS,
    NO_EVIDENCE,
    WORSE,
    compare_models,
)
from package_name.evaluation.predictions import Predictions
from package_name.evaluation.tables import (
    format_comparison,
    format_label_report,
    format_mistakes,
    format_unreadable_example,
    make_excerpt,
)
from package_name.metrics import PRIMARY_METRICS
from package_name.runtime.messages import fill

# shares of right answers: of base and tuned model as written and as ranked, of the baseline; then
# the verdicts on writing and ranking, and what is best
ALIKE = [
    (0.3, 0.9, 0.4, BETTER, ("tuned",)),
    (0.3, 0.9, 0.9, BETTER, ("tuned", "baseline")),
    (0.3, 0.6, 1.0, BETTER, ("baseline",)),
    (0.9, 0.9, 0.3, NO_EVIDENCE, ("base", "tuned")),
    (0.9, 0.9, 0.9, NO_EVIDENCE, ("base", "tuned", "baseline")),
    (0.5, 0.5, 0.9, NO_EVIDENCE, ("baseline",)),
    (0.9, 0.3, 0.9, WORSE, ("base", "baseline")),
    (0.95, 0.5, 0.7, WORSE, ("base",)),
    (0.95, 0.5, 0.5, WORSE, ("base",)),
    (0.5, 0.3, 0.9, WORSE, ("baseline",)),
]
APART = [
    ((0.3, 0.95), (0.9, 0.86), 0.5, (BETTER, WORSE), ("base", "tuned")),
    ((0.95, 0.3), (0.86, 0.9), 0.5, (WORSE, BETTER), ("base", "tuned")),
    ((0.3, 0.9), (0.9, 0.9), 0.9, (BETTER, NO_EVIDENCE), ("base", "tuned", "baseline")),
    ((0.9, 0.3), (0.9, 0.9), 1.0, (NO_EVIDENCE, BETTER), ("baseline",)),
    ((0.9, 0.9), (0.3, 0.9), 0.5, (WORSE, NO_EVIDENCE), ("base",)),
    ((0.9, 0.95), (0.9, 0.5), 0.95, (NO_EVIDENCE, WORSE), ("base", "baseline")),
    # what the base model writes is worse than the classical baseline, its ranking better
    ((0.3, 0.95), (0.2, 0.5), 0.7, (WORSE, WORSE), ("base",)),
]
CASES = [
    ((base, base), (tuned, tuned), classical, (verdict, verdict), best)
    for base, tuned, classical, verdict, best in ALIKE
]
# else there is one figure, in which no two differ
CASES += APART if len(PRIMARY_METRICS) > 1 else []


@pytest.mark.parametrize(("base", "tuned", "classical", "verdicts", "best"), CASES)
def test_the_conclusion_follows_from_the_tests(
    config: Config,
    base: tuple[float, float],
    tuned: tuple[float, float],
    classical: float,
    verdicts: tuple[str, str],
    best: tuple[str, ...],
) -> None:
    said, shown = concluded(config, base, tuned, classical)
    assert said == fill(
        "{change}; {advice}.", change=CHANGE_TEXTS[verdicts], advice=CONCLUSION_TEXTS[best]
    )
    assert any(f"{tuned[0]:.3f} " in line for line in shown)
    assert max(map(width, shown)) <= 80
    assert not any(line != line.rstrip() for line in shown)


def concluded(
    config: Config, base: tuple[float, float], tuned: tuple[float, float], classical: float
) -> tuple[str, list[str]]:
    """The conclusion and the lines of the table, by shares of 100 rows written and ranked right."""
    choices = config.task.labels
    gold, wrong = choices * 50, choices[::-1] * 50

    def given(share: float) -> list[str]:
        return [gold[row] if row < 100 * share else wrong[row] for row in range(100)]

    def answers(written: float, ranked: float) -> Predictions:
        sure = [[float(label == choice) for choice in choices] for label in given(ranked)]
        return Predictions(given(written), choices, np.array(sure), raw=given(written))

    one_way = answers(classical, classical)
    result = compare_models(config, gold, answers(*base), answers(*tuned), one_way)
    lines = [
        *format_comparison(result).splitlines(),
        *format_label_report(result.by_label["tuned"]),
    ]
    return result.conclusion, lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("first line\n\nlast line", "first line | last line"),
        ("a" * 50 + "b" * 50, "a" * 32 + " ... " + "b" * 32),
        ("\u4e1c" * 25 + "\u897f" * 25, "\u4e1c" * 16 + " ... " + "\u897f" * 16),
    ],
)
def test_an_input_is_shown_on_one_line_with_its_end(text: str, shown: str) -> None:
    assert make_excerpt(text) == shown


def test_what_the_base_model_writes_is_shown_where_most_of_it_names_no_label(
    config: Config,
) -> None:
    first, second = config.task.labels[:2]
    base = Predictions([None, first, None], [first, second], None, ["Sure!\nIt is", first, "?"])
    (line,) = format_unreadable_example(base)
    assert line.endswith(" 'Sure! | It is'")
    assert not format_unreadable_example(
        Predictions([None, first], [first, second], None, ["?", first])
    )


def test_what_is_wrong_is_listed_by_line_with_what_cannot_be_read_first(config: Config) -> None:
    first, second = config.task.labels[:2]
    tuned = Predictions([second, None, first], [first, second], None, ["two", "???", "one"])
    unreadable, wrong = format_mistakes([4, 0, 7], ["a", "b", "c"], [first] * 3, tuned)
    assert unreadable.startswith("    1  'b'\n") and "'???'" in unreadable
    assert wrong.startswith("    5  'a'\n") and "'two'" in wrong and wrong.endswith(repr(first))
