"""The names for a label that run.yaml lists are those that the texts may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.generate_project import generate


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        ("where is my money", ("intent",)),
        ("意图：pay", ("intent", "意图")),  # this row is left out, by the name that is listed
        ("gdzie są moje pieniądze", ("intent",)),
    ],
)
def test_chinese_names_are_listed_where_a_text_has_chinese_characters(
    extra: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    words = [a + b + c for a in "bdfgk" for b in "aeiou" for c in "mnp"]
    rows = [f"{word} {word[::-1]} {word[1:]},{'move' if word < 'f' else 'pay'}" for word in words]
    data = tmp_path / "rows.csv"
    data.write_text("\n".join(["text,intent", *rows, f"{extra},pay"]) + "\n", encoding="utf-8")
    answers = {"domain": "customer_service", "task": "intent", "language": "en", "gpu": "cpu"}
    plan = generate(
        {**answers, "model": "embedded", "data.files": (str(data),), "name": "desk"},
        tmp_path / "desk",
    )
    assert plan.settings["label_field_names"].value == names
