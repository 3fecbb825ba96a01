"""Codes beside their names: the names are the labels, and neither column is a leak or an input."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.credit_applications import applications, written
from support.credit_applications import facts as credit_facts
from support.tickets import facts, requests, table

NAMES = ("refund", "delivery", "login", "invoice")


def coded(names: Sequence[str] = NAMES) -> list[tuple[str, str, str]]:
    """Requests with the code and the name of their label."""
    return [
        (text, str(code), names[code])
        for code, name in enumerate(NAMES)
        for text, _ in requests(name, 12)
    ]


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ("label", "label_text"),
        ("intent_id", "intent"),
        ("category_id", "category_name"),
        ("类别编号", "类别"),
        ("label", "oddly_named"),
        ("labels", "label_name"),
    ],
)
def test_names_are_the_labels(codes: str, names: str, tmp_path: Path) -> None:
    found = facts(table(tmp_path, coded(), header=f"text,{codes},{names}"))
    assert sorted(found.labels) == sorted(NAMES)
    assert found.mapping["label"] == (names,)
    assert not found.leaking
    assert not [said for said in found.warnings if codes in said.en]
    assert [said for said in found.notes if f"`{codes}`" in said.en and f"“{names}”" in said.zh]


def test_a_column_that_the_user_names_is_used(tmp_path: Path) -> None:
    path = table(tmp_path, coded(), header="text,label,label_text")
    found = facts(path, columns={"label": "label"})
    assert sorted(found.labels) == ["0", "1", "2", "3"]
    assert [said for said in found.notes if "as you said" in said.en]
    assert not found.warnings or not [said for said in found.warnings if "predicts" in said.en]


def test_spellings_of_a_name_are_told_by_its_code(tmp_path: Path) -> None:
    rows = coded(("order refund", "delivery", "login", "invoice"))
    rows[:4] = [(text, code, "OrderRefund") for text, code, _ in rows[:4]]
    found = facts(table(tmp_path, rows, header="text,label,label_text"))
    assert found.labels["order refund"] == 12
    assert found.label_aliases == {"order refund": ("OrderRefund",)}


def test_a_second_language_is_no_leak(tmp_path: Path) -> None:
    chinese = dict(zip(NAMES, ("退款", "物流", "登录", "发票"), strict=True))
    rows = [(text, code, name, chinese[name]) for text, code, name in coded()]
    for header, columns in (
        ("text,label,label_en,label_zh", (0, 1, 2, 3)),
        ("text,intent,intent_zh", (0, 2, 3)),
    ):
        path = table(tmp_path, [[row[at] for at in columns] for row in rows], header=header)
        found = facts(path)
        assert sorted(found.labels) == sorted(NAMES)
        assert not found.leaking
        assert not [said for said in found.warnings if "predicts" in said.en]


def test_codes_alone_are_warned_of(tmp_path: Path) -> None:
    rows = [(text, code) for text, code, _ in coded()]
    found = facts(table(tmp_path, rows))
    (warning,) = [said for said in found.warnings if "codes" in said.en]
    assert "learns to write `2`" in warning.en
    assert "such as `intent_name`" in warning.en
    flags = [(text, str(int(code) % 2)) for text, code in rows]
    assert not [said for said in facts(table(tmp_path, flags)).warnings if "codes" in said.en]


def test_columns_that_do_not_tell_the_same_stay_apart(tmp_path: Path) -> None:
    rows = [(text, str(at % 4), name) for at, (text, _, name) in enumerate(coded())]
    found = facts(table(tmp_path, rows, header="text,priority,intent"))
    assert sorted(found.labels) == sorted(NAMES)
    assert not [said for said in found.notes if "codes" in said.en]


def test_a_file_with_codes_alone_is_read_by_the_names_of_another(tmp_path: Path) -> None:
    named = table(tmp_path / "named", coded()[::2], header="text,label,label_text")
    alone = tmp_path / "codes.csv"
    with alone.open("w", encoding="utf-8", newline="") as file:
        rows = [(text, code) for text, code, _ in coded()[1::2]]
        csv.writer(file).writerows([("text", "label"), *rows])
    found = facts(named, alone)
    assert dict.fromkeys(NAMES, 12) == dict(found.labels)


def test_a_code_of_a_table_is_no_input(tmp_path: Path) -> None:
    levels = {"low": "1", "medium": "2", "high": "3"}
    records = [{**one, "grade_no": levels[one["risk_level"]]} for one in applications(60)]
    found = credit_facts(written(tmp_path, records))
    assert sorted(found.labels) == ["high", "low", "medium"]
    assert "grade_no" in found.excluded
    assert "grade_no" not in found.leaking
    assert found.reasons["grade_no"].en == "it is the label in another form"


def test_two_values_that_follow_the_label_are_no_names(tmp_path: Path) -> None:
    """What is known only after the label agrees with it too."""
    channels = ("branch", "phone")
    records = [
        {
            "income": f"{1_000 + at * 37 % 911}",
            "credit_history": one["credit_history"],
            "default": str(at % 2),
            "channel": channels[at % 2],
        }
        for at, one in enumerate(applications(60))
    ]
    found = credit_facts(written(tmp_path, records))
    assert sorted(found.labels) == ["0", "1"]
    assert "channel" in found.leaking


def contradicted(count: int) -> list[tuple[str, str, str]]:
    """300 rows, some of which have the code of another name."""
    rows = [
        (text, str(code), name)
        for code, name in enumerate(NAMES[:3])
        for text, _ in requests(name, 100)
    ]
    return [(text, "2" if at < count else code, name) for at, (text, code, name) in enumerate(rows)]


@pytest.mark.parametrize("count", [1, 6])
def test_few_contradicting_rows_do_not_cost_the_names(count: int, tmp_path: Path) -> None:
    found = facts(table(tmp_path, contradicted(count), header="text,label,label_text"))
    assert sorted(found.labels) == sorted(NAMES[:3])
    (warning,) = [said for said in found.warnings if "contradict each other" in said.en]
    assert f"in {count} of 300 rows" in warning.en
    assert "`2` beside `refund`" in warning.en
    assert "`2` 对应 `refund`" in warning.zh
    assert not [said for said in found.warnings if "known only after" in said.en]


def test_more_contradicting_rows_are_named_and_are_no_leak(tmp_path: Path) -> None:
    found = facts(table(tmp_path, contradicted(12), header="text,label,label_text"))
    assert sorted(found.labels) == ["0", "1", "2"]
    assert not found.leaking
    said = " ".join(warning.en for warning in found.warnings)
    assert "contradict each other in 12 of 300 rows" in said
    assert "such as `label_name`" not in said


@pytest.mark.parametrize("name", ["oddly_named", "label_predicted"])
def test_a_column_of_another_subject_must_agree_in_each_row(name: str, tmp_path: Path) -> None:
    found = facts(table(tmp_path, contradicted(3), header=f"text,label,{name}"))
    assert found.mapping["label"] == ("label",)
    assert name in found.leaking


def test_a_name_with_braces_is_quoted_in_short(tmp_path: Path) -> None:
    rows = [(text, code, name + "{x}") for text, code, name in contradicted(0)]
    rows[0] = (rows[0][0], "0", "{other}" * 20)
    found = facts(table(tmp_path, rows, header="text,label,label_text"))
    (warning,) = [said for said in found.warnings if "contradict each other" in said.en]
    assert "{other}" in warning.en
    assert len(warning.en) < 300
