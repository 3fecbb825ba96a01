"""Which column holds the labels of texts, where names say a topic or how rows are handled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from newft.dataset.topic_names import tell_name_kind
from support.tickets import GOOD, facts, refusal, said, table

HANDLED = ("North", "South", "No Group")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Type", "topic"),
        ("Custom field (Request Category)", "topic"),
        ("Case Reason", "topic"),
        ("topic_name", "topic"),
        ("投诉类别名称", "topic"),
        ("Resolution status", "handling"),
        ("Source of issue", "handling"),
        ("assignedTeam", "handling"),
        ("via.channel", "handling"),
        ("satisfaction_rating.score", "handling"),
        ("工单状态（系统）", "handling"),
        ("Tags", "handling"),
        ("queue", "route"),
        ("受理部门", "route"),
        ("text", None),
        ("", None),
    ],
)
def test_the_last_word_of_a_name_says_what_it_is(name: str, kind: str | None) -> None:
    assert tell_name_kind(name) == kind


def with_columns(folder: Path, more: Mapping[str, Sequence[str]]) -> Path:
    """Requests beside columns whose values repeat in turn."""
    rows = [
        (text, *(values[place % len(values)] for values in more.values()))
        for place, (text, _) in enumerate(GOOD)
    ]
    return table(folder, rows, header=",".join(("Subject", *more)))


def test_a_topic_is_the_label_and_not_how_rows_are_handled(tmp_path: Path) -> None:
    path = with_columns(tmp_path, {"Status": ("Open", "Closed"), "Type": ("A kind", "B kind")})
    found = facts(path)
    assert found.mapping["label"] == ("Type",)
    words = "`Type` was taken for `label` by its values and a word of its name"
    assert words in " ".join(said(found))


def test_a_group_is_the_label_only_where_nothing_else_is_and_that_is_said(tmp_path: Path) -> None:
    found = facts(with_columns(tmp_path, {"Team": HANDLED}))
    assert found.mapping["label"] == ("Team",)
    assert "`Team` was taken for `label` as nothing else can be" in " ".join(said(found))
    other = facts(with_columns(tmp_path, {"Team": HANDLED, "Anliegen": ("Karte", "Konto")}))
    assert other.mapping["label"] == ("Anliegen",)


def test_ids_and_columns_of_one_name_are_no_labels(tmp_path: Path) -> None:
    people = [str(UUID(int=place, version=4)) for place in (1, 2)]
    more = {"category.user": people, "Issue kind": ("Karte", "Konto", "Kredit")}
    assert facts(with_columns(tmp_path, more)).mapping["label"] == ("Issue kind",)
    rows = [
        (text, "lyon", "vip", ("Karte", "Konto")[n % 2])
        if n % 3
        else (text, "oslo", "q3", ("Karte", "Konto")[n % 2])
        for n, (text, _) in enumerate(GOOD)
    ]
    path = table(tmp_path, rows, header="Description,Labels,Labels,Field (Request Category)")
    assert facts(path).mapping["label"] == ("Field (Request Category)",)


def test_lists_of_labels_are_no_single_label(tmp_path: Path) -> None:
    path = tmp_path / "tickets.jsonl"
    lines = [
        f'{{"text": "{text}", "tags": ["{label}", "vip"], "topic": "{label}"}}'
        for text, label in GOOD
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert facts(path).mapping["label"] == ("topic",)


def test_of_equal_columns_the_fullest_is_named_first(tmp_path: Path) -> None:
    rows = [(text, label if n % 3 else "", label) for n, (text, label) in enumerate(GOOD)]
    error = refusal(table(tmp_path, rows, header="text,first_intent,second_intent"))
    assert error.hint == "choose one, such as: --set data.columns.label=second_intent"
