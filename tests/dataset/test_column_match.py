from __future__ import annotations

from pathlib import Path

import pytest

from support.tickets import GOOD, facts, refusal, requests, said, table


@pytest.mark.parametrize(
    "header",
    [
        "utterance,intent",
        "Customer Message,Contact-Reason",
        "客户消息（原文）,意图",
        "msg_text,issue_category",
    ],
)
def test_columns_are_found_by_their_names(tmp_path: Path, header: str) -> None:
    text, label = header.split(",")
    assert facts(table(tmp_path, GOOD, header=header)).mapping == {
        "text": (text,),
        "label": (label,),
    }


def test_columns_are_found_by_their_values_and_that_is_said(tmp_path: Path) -> None:
    mixed = sorted(GOOD)  # by their words, not by their labels
    rows = [(str(i), text, label) for i, (text, label) in enumerate(mixed)]
    found = facts(table(tmp_path, rows, header="nr,spalte,art"))
    assert found.mapping == {"text": ("spalte",), "label": ("art",)}
    assert said(found) == [
        "`spalte` was taken for `text` by its values alone; if it is another:"
        " --set data.columns.text=COLUMN",
        "`art` was taken for `label` by its values alone; if it is another:"
        " --set data.columns.label=COLUMN",
    ]


def test_splits_are_no_labels_whatever_words_are_in_their_name(tmp_path: Path) -> None:
    rows = [
        (text, label, "test" if number % 4 else "training")
        for number, (text, label) in enumerate(GOOD)
    ]
    found = facts(table(tmp_path, rows, header="content,shown as,labels.ml_use"))
    assert found.mapping["label"] == ("shown as",)
    assert found.mapping["split"] == ("labels.ml_use",)


def test_of_two_good_names_the_values_decide_then_the_order_of_synonyms(tmp_path: Path) -> None:
    rows = [("Answer the question", text, label, label) for text, label in GOOD]
    found = facts(table(tmp_path, rows, header="text,question,category,intent"))
    assert found.mapping == {"text": ("question",), "label": ("intent",)}


def test_equally_good_columns_are_named_and_left_to_the_user(tmp_path: Path) -> None:
    rows = [(text, label, label) for text, label in GOOD]
    path = table(tmp_path, rows, header="text,first_intent,second_intent")
    error = refusal(path)
    assert str(error) == (
        f"{path}: several columns could be `label` (Intent):\n"
        "  `first_intent`: 2 values in 30 rows (refund, parcel)\n"
        "  `second_intent`: 2 values in 30 rows (refund, parcel)"
    )
    assert error.hint == "choose one, such as: --set data.columns.label=first_intent"
    assert facts(path, columns={"label": "second_intent"}).mapping["label"] == ("second_intent",)


def test_a_missing_column_lists_those_there_are(tmp_path: Path) -> None:
    path = table(tmp_path, [(text, str(i)) for i, (text, _) in enumerate(GOOD)], header="text,nr")
    error = refusal(path)
    assert str(error).splitlines() == [
        f"{path}: no column for `label` (Intent)",
        "  tickets.csv: csv, utf-8, delimiter `,`, header in row 1, 30 rows",
        "    text  Where is the amber re... | Where is the birch re... (30 values)",
        "    nr    0 | 1 (30 values)",
    ]
    assert error.hint == (
        "add a column with the intent of each row, or name it: --set data.columns.label=COLUMN"
    )


def test_a_correction_wins_over_every_name(tmp_path: Path) -> None:
    rows = [("nothing to see", text, label) for text, label in GOOD]
    path = table(tmp_path, rows, header="text,freitext,intent")
    assert facts(path, columns={"text": "freitext"}).mapping["text"] == ("freitext",)


@pytest.mark.parametrize(
    ("columns", "message", "hint"),
    [
        (
            {"text": "intend"},
            "no column `intend` for `data.columns.text`; the columns are: text, intent",
            "--set data.columns.text=intent",
        ),
        (
            {"text": "zzz"},
            "no column `zzz` for `data.columns.text`; the columns are: text, intent",
            "--set data.columns.text=COLUMN",
        ),
        (
            {"lable": "intent"},
            "this task has no field `data.columns.lable`",
            "data.columns.label",
        ),
    ],
)
def test_a_correction_that_names_nothing_offers_the_nearest(
    tmp_path: Path, columns: dict[str, str], message: str, hint: str
) -> None:
    error = refusal(table(tmp_path, GOOD), columns=columns)
    assert (error.message, error.hint) == (message, hint)


def test_one_column_cannot_be_given_twice(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, GOOD), columns={"text": "text", "label": "text"})
    assert error.message == "`text` is given for `data.columns.text` and `data.columns.label`"


@pytest.mark.parametrize("number", ["T-{}", "case {}", "KD{:05}-1"])
def test_ids_are_no_candidates_for_a_label(tmp_path: Path, number: str) -> None:
    rows = [
        (number.format(i), number.format(i // 3), f"page {label}", f"desk {label}", text)
        for i, (text, label) in enumerate(GOOD)
    ]
    error = refusal(table(tmp_path, rows, header="eins,zwei,drei,vier,fuenf"))
    assert error.message == (
        "several columns could be `label` (Intent):\n"
        "  `drei`: 2 values in 30 rows (page refund, page parcel)\n"
        "  `vier`: 2 values in 30 rows (desk refund, desk parcel)"
    )


def test_a_label_that_is_named_so_gives_way_where_its_values_are_ids(tmp_path: Path) -> None:
    rows = [(text, f"case {i // 2}", label) for i, (text, label) in enumerate(GOOD)]
    path = table(tmp_path, rows, header="text,intent_id,first_intent")
    assert facts(path).mapping["label"] == ("first_intent",)


def test_many_candidates_and_long_values_are_cut(tmp_path: Path) -> None:
    rows = [(text, *[f"{label} " + "长" * 30] * 6) for text, label in GOOD]
    error = refusal(table(tmp_path, rows, header="text,a,b,c,d,e,f"))
    lines = error.message.splitlines()
    assert len(lines) == 7
    assert (
        lines[1] == f"  `a`: 2 values in 30 rows (refund {'长' * 24} ...)"
    )  # 56 cells of a terminal
    assert lines[-1] == "  ..."


def test_a_group_is_found_by_its_name_only(tmp_path: Path) -> None:
    rows = [(text, label, f"s{i // 2}") for i, (text, label) in enumerate(GOOD)]
    named = facts(table(tmp_path, rows, header="text,intent,Session ID"))
    assert named.mapping["group"] == ("Session ID",)
    assert "group" not in facts(table(tmp_path, rows, header="text,intent,nr")).mapping


@pytest.mark.parametrize("twice", [0, 2], ids=["an id of every row", "an id that was sent twice"])
def test_of_several_groups_one_that_repeats_is_taken(tmp_path: Path, twice: int) -> None:
    rows = [
        (f"GD-{max(i, twice)}", f"K{i % 7}", "app", text, label)
        for i, (text, label) in enumerate(GOOD)
    ]
    path = table(tmp_path, rows, header="工单号,客户ID,会话ID,text,intent")
    assert facts(path).mapping["group"] == ("客户ID",)


def test_an_id_that_was_sent_twice_groups_where_nothing_else_does(tmp_path: Path) -> None:
    rows = [(f"GD-{max(i, 1)}", text, label) for i, (text, label) in enumerate(GOOD)]
    path = table(tmp_path, rows, header="工单号,text,intent")
    assert facts(path).mapping["group"] == ("工单号",)


def test_a_group_of_one_value_is_not_used_even_if_it_is_named(tmp_path: Path) -> None:
    rows = [("s1", text, label) for text, label in GOOD]
    path = table(tmp_path, rows, header="session_id,text,intent")
    found, named = facts(path), facts(path, columns={"group": "session_id"})
    assert "group" not in found.mapping and found.warnings == ()
    assert "group" not in named.mapping
    assert said(named) == ["`session_id` has one value in all rows: it is not used"]


# --- several files -------------------------------------------------------------------------------

BOTH = [(text, f"{label} {text[13]}", label) for text, label in requests("moon", 60)]


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_files_that_disagree_on_a_column_are_refused_in_any_order(
    tmp_path: Path, names: str
) -> None:
    coarse = table(tmp_path / names[0], GOOD, header="text,category")
    both = table(tmp_path / names[1], BOTH, header="text,intent,category")
    paths = sorted([coarse, both])
    error = refusal(*paths)
    assert str(error) == (
        f"{both}: the files have `label` (Intent) in different columns,"
        " and this one has several of them:\n"
        "  `intent`: 10 values in 60 rows (moon a, moon b, moon c ...)\n"
        "  `category`: 1 value in 60 rows (moon)"
    )
    assert error.hint == "choose one, such as: --set data.columns.label=intent"
    chosen = {column: facts(*paths, columns={"label": column}) for column in ("category", "intent")}
    assert chosen["category"].mapping["label"] == ("category",)
    assert chosen["intent"].mapping["label"] == ("intent", "category")
    assert len(chosen["intent"].labels) == 12


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_what_one_file_does_not_tell_is_taken_from_the_others(tmp_path: Path, names: str) -> None:
    rows = [(text, label, label) for text, label in GOOD]
    unclear = table(tmp_path / names[0], rows, header="text,first_intent,second_intent")
    clear = table(tmp_path / names[1], GOOD, header="text,second_intent")
    assert facts(*sorted([unclear, clear])).mapping["label"] == ("second_intent",)


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_a_small_file_is_read_like_a_larger_one_with_its_columns(
    tmp_path: Path, names: str
) -> None:
    large = table(tmp_path / names[0], BOTH, header="text,intent,category")
    few = [(text, f"one {i}", "parcel") for i, (text, _) in enumerate(GOOD[:4])]
    few += [(text, f"one {i}", "refund") for i, (text, _) in enumerate(GOOD[4:8])]
    small = table(tmp_path / names[1], few, header="text,intent,category")
    assert facts(*sorted([large, small])).mapping["label"] == ("intent",)
