"""The conclusion says what the paired tests say, the classical baseline included."""

from __future__ import annotations

import numpy as np
import pytest

from golden_desk.answers import Answers
from golden_desk.config import Config
from golden_desk.metrics import DECISIVE
from golden_desk.report import excerpt, judge, mistakes, table, unread

CHEAP = "the classical baseline, which costs next to nothing, is not shown to be worse"
BEHIND = "the classical baseline is worse: tune for what that does better, or prompt."

# shares of right answers: of base and tuned model as written and as ranked, of the baseline
ALIKE = [
    (0.3, 0.9, 0.4, "Tuning beats prompting; of the three, the tuned model is best: it pays "
     "here."),
    (0.3, 0.9, 0.9, f"Tuning beats prompting; {CHEAP}: tune when that falls short, or rows are "
     "few."),
    (0.3, 0.6, 1.0, "Tuning beats prompting; of the three, the classical baseline is best: use "
     "that."),
    (0.9, 0.9, 0.3, f"Tuning is not shown to beat prompting; {BEHIND}"),
    (0.9, 0.9, 0.9, f"Tuning is not shown to beat prompting; {CHEAP}: use that."),
    (0.5, 0.5, 0.9, "Tuning is not shown to beat prompting; of the three, the classical "
     "baseline is best: use that."),
    (0.9, 0.3, 0.9, f"Tuning made answers worse than prompting; {CHEAP} than prompting: use "
     "that."),
    (0.95, 0.5, 0.7, "Tuning made answers worse than prompting; of the three, prompting is "
     "best: use that."),
    (0.95, 0.5, 0.5, "Tuning made answers worse than prompting; of the three, prompting is "
     "best: use that."),
    (0.5, 0.3, 0.9, "Tuning made answers worse than prompting; of the three, the classical "
     "baseline is best: use that."),
]  # fmt: skip
APART = [
    ((0.3, 0.95), (0.9, 0.86), 0.5,
     f"Tuned, the model writes better, but ranks worse; {BEHIND}"),
    ((0.95, 0.3), (0.86, 0.9), 0.5,
     f"Tuned, the model ranks better, but writes worse; {BEHIND}"),
    ((0.3, 0.9), (0.9, 0.9), 0.9,
     f"Tuned, the model writes better, and is not shown to rank better; {CHEAP}: use that."),
    ((0.9, 0.3), (0.9, 0.9), 1.0,
     "Tuned, the model ranks better, and is not shown to write better; of the three, the "
     "classical baseline is best: use that."),
    ((0.9, 0.9), (0.3, 0.9), 0.5,
     "Tuned, the model writes worse, and is not shown to rank better; of the three, prompting "
     "is best: use that."),
    ((0.9, 0.95), (0.9, 0.5), 0.95,
     "Tuned, the model ranks worse, and is not shown to write better; "
     f"{CHEAP} than prompting: use that."),
    # what the prompted model writes is worse than the classical baseline, its ranking better
    ((0.3, 0.95), (0.2, 0.5), 0.7,
     "Tuning made answers worse than prompting; of the three, prompting is best: use that."),
]  # fmt: skip
CASES = [((base, base), (tuned, tuned), *others) for base, tuned, *others in ALIKE]
CASES += APART if len(DECISIVE) > 1 else []  # else there is one figure, in which no two differ


@pytest.mark.parametrize(("base", "tuned", "classical", "conclusion"), CASES)
def test_the_conclusion_follows_from_the_tests(
    config: Config,
    base: tuple[float, float],
    tuned: tuple[float, float],
    classical: float,
    conclusion: str,
) -> None:
    said, shown = concluded(config, base, tuned, classical)
    assert said == conclusion
    assert any(f"{tuned[0]:.3f} " in line for line in shown)
    assert max(map(len, shown)) <= 80


def concluded(
    config: Config, base: tuple[float, float], tuned: tuple[float, float], classical: float
) -> tuple[str, list[str]]:
    """The conclusion and the lines of the table, by shares of 100 rows written and ranked right."""
    choices = config.task.labels
    gold, wrong = choices * 50, choices[::-1] * 50

    def given(share: float) -> list[str]:
        return [gold[row] if row < 100 * share else wrong[row] for row in range(100)]

    def answers(written: float, ranked: float) -> Answers:
        sure = [[float(label == choice) for choice in choices] for label in given(ranked)]
        return Answers(given(written), choices, np.array(sure), written=given(written))

    one_way = answers(classical, classical)
    result = judge(config, gold, answers(*base), answers(*tuned), one_way)
    return result.conclusion, table(result).splitlines()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("first line\n\nlast line", "first line | last line"),
        ("a" * 50 + "b" * 50, "a" * 32 + " ... " + "b" * 32),
    ],
)
def test_an_input_is_shown_on_one_line_with_its_end(text: str, shown: str) -> None:
    assert excerpt(text) == shown


def test_what_the_base_model_writes_is_shown_where_most_of_it_names_no_label(
    config: Config,
) -> None:
    first, second = config.task.labels[:2]
    base = Answers([None, first, None], [first, second], None, ["Sure!\nIt is", first, "?"])
    assert unread(base) == [
        "most of what the base model wrote names no label, such as 'Sure! | It is'"
    ]
    assert not unread(Answers([None, first], [first, second], None, ["?", first]))


def test_what_is_wrong_is_listed_by_line_with_what_cannot_be_read_first(config: Config) -> None:
    first, second = config.task.labels[:2]
    tuned = Answers([second, None, first], [first, second], None, ["two", "???", "one"])
    assert mistakes([4, 0, 7], ["a", "b", "c"], [first] * 3, tuned) == [
        f"    1  'b'\n       '???', right is {first!r}",
        f"    5  'a'\n       'two', right is {first!r}",
    ]
