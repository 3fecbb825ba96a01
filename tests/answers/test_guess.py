"""What run.yaml says of the answers, where a project does not record them."""

from __future__ import annotations

import pytest

from newft.answers.guess import RUN_FILE, list_guesses


@pytest.mark.parametrize(
    ("written", "guessed"),
    [("late", ("late",)), ("[late, lost]", ("late", "lost")), ("[{a: 1}]", None), ("null", None)],
)
def test_the_scored_labels_are_a_list_however_they_are_written(
    written: str, guessed: tuple[str, ...] | None
) -> None:
    run = f"task:\n  positive: {written}\n  indeterminate: [open]\n"
    found = {guess.key: guess.value for guess in list_guesses({RUN_FILE: run.encode()})}
    assert found.get("data.positive") == guessed
    assert found["data.indeterminate"] == ("open",)
