"""What the user says about single columns of a table decides, and is never ignored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from newft.answers.keys import VisibleColumns
from newft.dataset.profile import profile_dataset
from newft.errors import DataError
from newft.schema.dataset import DataFacts
from support.credit_applications import TASK, applications, with_column, written


def measured(path: Path, *, show: Sequence[str] = (), hide: Sequence[str] = ()) -> DataFacts:
    visible = VisibleColumns(tuple(show), tuple(hide))
    return profile_dataset([str(path)], task=TASK, columns={}, language=None, visible=visible)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Applications with a doubtful column and an identifying one."""
    records = with_column(applications(), "letter", ["mf"[i // 3 % 2] for i in range(30)])
    mails = [f"u{i}@mail.example" for i in range(30)]
    return written(tmp_path, with_column(records, "contact", mails))


def test_a_doubtful_column_is_shown_and_named_until_someone_decides(table: Path) -> None:
    found = measured(table)
    assert found.inputs == ("letter", "income", "credit_history")
    assert found.doubtful["letter"].en == "do its two letters mean man and woman?"
    assert found.reasons["contact"].en == "by its values: e-mail addresses"
    assert found.notes[-1].en == (
        "1 of the shown columns are doubtful (letter): --hide COLUMN keeps one out, "
        "--show COLUMN confirms it"
    )
    kept = measured(table, hide=["letter"])
    assert (kept.inputs, kept.doubtful) == (("income", "credit_history"), {})
    assert kept.reasons["letter"].en == "as you said"
    confirmed = measured(table, show=["letter"])
    assert (confirmed.inputs, confirmed.doubtful) == (found.inputs, {})


def test_a_column_that_was_kept_out_is_shown_with_a_warning(table: Path) -> None:
    found = measured(table, show=["contact", "age"])
    assert found.inputs == ("contact", "letter", "age", "income", "credit_history")
    assert found.protected == ()
    assert [warning.en for warning in found.warnings] == [
        "`contact` is shown to the model as you said (by its values: e-mail addresses)",
        "`age` is shown to the model as you said (by its name: its name describes a person)",
    ]


@pytest.mark.parametrize(
    ("show", "hide", "message"),
    [
        ("incom", None, "data.show: no column `incom`"),
        (None, "incom", "data.hide: no column `incom`"),
        (None, "risk_level", "data.hide: `risk_level` is a field of the task, or both shown"),
        ("income", "income", "data.show: `income` is a field of the task, or both shown"),
    ],
)
def test_an_answer_that_changes_nothing_is_refused(
    show: str | None, hide: str | None, message: str, table: Path
) -> None:
    with pytest.raises(DataError) as raised:
        measured(table, show=[show] if show else [], hide=[hide] if hide else [])
    assert str(raised.value).startswith(message)
    assert raised.value.hint
