from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.catalog.loader import load_catalog
from newft.data_errors import describe_rejects
from newft.dataset import counted_rows, row_stats
from newft.dataset.length_stats import QUANTILES
from newft.dataset.profile import profile_sample
from newft.dataset.row_stats import RowStats
from newft.emitted.near_duplicates import MAX_COMPARED_ROWS
from newft.errors import DataError
from newft.schema.dataset import DataFacts, FileFacts, InputLengths, LengthQuantile
from newft.text import Language, Text
from newft.token_pieces import PieceCounts
from support.tickets import GOOD, KIT, TASK, WORDS, facts, refusal, requests, said, table

TRIAL = os.environ.get("NEWFT_TRIAL_DATA")
needs_trial_data = pytest.mark.skipif(
    not TRIAL, reason="NEWFT_TRIAL_DATA does not say where the public trial files are"
)


# --- facts ---------------------------------------------------------------------------------------


def test_a_file_is_measured_as_a_whole(tmp_path: Path) -> None:
    path = table(tmp_path, [*GOOD, ("", "refund"), ("Hello?", " "), GOOD[0]])
    content = path.read_bytes()
    text = PieceCounts(words=9, digits=0, marks=2)
    rows = tuple(LengthQuantile(share, text) for share in QUANTILES)
    assert facts(path) == DataFacts(
        files=(
            FileFacts(
                path=str(path),
                project_path="data/raw/tickets.csv",
                kind="csv",
                encoding="utf-8",
                rows=33,
                columns=("text", "intent"),
                bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            ),
        ),
        rows=33,
        accepted=30,
        rows_to_split=30,
        rejected={"empty_input": 1, "empty_label": 1, "duplicate": 1},
        mapping={"text": ("text",), "label": ("intent",)},
        labels={"parcel": 15, "refund": 15},
        out_of_scope=None,
        positive=(),
        recommendations={},
        longest_target="refund",
        inputs=(),
        protected=(),
        lengths=InputLengths(46, 46, 46, rows),
        language="en",
        shape="text_label",
        sample=False,
        has_chinese=False,
        split_rows={"train": 19, "validation": 3, "test": 8},
        held_out_labels={"parcel": (1, 3), "refund": (2, 5)},
    )


def test_a_name_of_two_lines_is_found_as_it_was_typed(tmp_path: Path) -> None:
    path = table(tmp_path, GOOD, header="What they\nwrote,yes")
    found = facts(path, columns={"text": "What they\nwrote", "label": "yes"})
    assert found.mapping == {"text": ("What they wrote",), "label": ("yes",)}


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path) -> None:
    rows: list[Sequence[str]] = [
        *GOOD,
        ("one cell",),
        ("bad \0 cell", "refund"),
        ("x" * 1_000_001, "refund"),
        ("   ", ""),
        ("Hello?", ""),
        (GOOD[0][0].upper(), "Refund "),
        ("A rare one", "typo"),
        ("a RARE one!", "typo"),
    ]
    assert facts(table(tmp_path, rows)).rejected == {
        "broken_row": 1,
        "bad_encoding": 1,
        "too_long": 1,
        "empty_input": 1,
        "empty_label": 1,
        "duplicate": 1,
        "unknown_label": 2,
    }


def test_marks_of_nothing_are_no_label_and_no_group(tmp_path: Path) -> None:
    marks = ["N/A", "null", "NaN", "-", "——", "?", "暂无"]
    rows = [
        *[(text, label, f"c{i // 2}") for i, (text, label) in enumerate(GOOD)],
        *[(f"No idea, {word}", mark, "c1") for mark, word in zip(marks, WORDS, strict=False)],
        *[(f"Nobody {word}", "none", mark) for mark, word in zip(marks, WORDS, strict=False)],
    ]
    found = facts(table(tmp_path, rows, header="text,intent,customer_id"))
    assert found.rejected == {"empty_label": 7}
    assert found.labels == {"none": 7, "parcel": 15, "refund": 15}
    assert found.mapping["group"] == ("customer_id",)
    assert said(found) == ["7 of 44 rows are left out: no label (7)"]


@pytest.mark.parametrize("mark", ["待分类", "未分类", "Unclassified", "to be classified", "TBD"])
def test_rows_that_nobody_has_labelled_are_left_out_and_counted(tmp_path: Path, mark: str) -> None:
    rows = [*GOOD, *[(f"Nobody saw {word}", mark) for word in WORDS[:2]]]
    rows += [(f"Something else is {word}", "其他") for word in WORDS[:4]]
    found = facts(table(tmp_path, rows))
    assert found.rejected == {"empty_label": 2}
    assert found.labels == {"parcel": 15, "refund": 15, "其他": 4}
    assert f"2 rows left out as nobody has labelled them: their label is `{mark}`" in said(found)


def test_a_group_of_many_rows_is_said(tmp_path: Path) -> None:
    rows = [(text, label, "shop" if i < 6 else f"c{i}") for i, (text, label) in enumerate(GOOD)]
    found = facts(table(tmp_path, rows, header="text,intent,customer_id"))
    assert found.warnings == (
        Text(
            "`customer_id` is `shop` in 6 of 30 rows, which all go into one split",
            "“customer_id”列在 30 行中有 6 行为“shop”，这些行会归入同一划分",
        ),
    )


def test_texts_of_symbols_alone_are_told_apart(tmp_path: Path) -> None:
    rows = [*GOOD, ("👍", "refund"), ("👎", "parcel"), ("👍 ", "refund")]
    found = facts(table(tmp_path, rows))
    assert (found.rejected, found.warnings) == ({"duplicate": 1}, ())


def test_spellings_of_a_label_are_counted_as_one(tmp_path: Path) -> None:
    rows = [
        (text, f" {label.title()}-Late" if i % 2 else f"{label} late")
        for i, (text, label) in enumerate(GOOD)
    ]
    found = facts(table(tmp_path, rows))
    assert found.labels == {"Parcel-Late": 15, "refund late": 15}
    assert found.longest_target == "refund late"
    assert said(found) == [
        "spellings of one label are merged: `refund late`, `Refund-Late` as `refund late`; "
        "`Parcel-Late`, `parcel late` as `Parcel-Late`"
    ]


def test_labels_that_differ_in_what_nobody_sees_are_one_and_shown(tmp_path: Path) -> None:
    odd = {
        0: "re\u200bfund",
        1: "\u202erefund",
        2: "refund",
        3: "ｒｅｆｕｎｄ",
        4: "ref\u00adund\n",
    }
    rows = [(text, odd.get(i, label)) for i, (text, label) in enumerate(GOOD)]
    found = facts(table(tmp_path, rows))
    assert found.labels == {"parcel": 15, "refund": 15}
    assert said(found) == [
        r"spellings of one label are merged: `refund`, `re\u200bfund`, `\u202erefund`, "
        "`ｒｅｆｕｎｄ`, 1 more as `refund`"
    ]


def test_a_label_keeps_its_width_case_and_spaces(tmp_path: Path) -> None:
    spelling = {"refund": "退款（含　运费）", "parcel": "Where Is My Parcel?"}
    rows = [(text, f"{spelling[label]} ") for text, label in GOOD]
    found = facts(table(tmp_path, rows))
    assert found.labels == {"Where Is My Parcel?": 15, "退款（含 运费）": 15}
    assert found.warnings == ()


def test_the_label_for_none_of_these_is_found(tmp_path: Path) -> None:
    rows = [*GOOD, *[(text, "Out of scope") for text, _ in requests("moon", 5)]]
    assert facts(table(tmp_path, rows)).out_of_scope == "Out of scope"


def test_chinese_text_makes_a_chinese_project_unless_told_otherwise(tmp_path: Path) -> None:
    rows = [(f"我的 iPhone {word} 什么时候能退款", label) for word in WORDS for label in "ab"]
    path = table(tmp_path, rows)
    assert facts(path).language == "zh"
    assert facts(path, language="en").language == "en"


@given(st.lists(st.integers(1, 50), min_size=1))
def test_lengths_are_those_of_the_sorted_texts(lengths: list[int]) -> None:
    tally = RowStats(TASK, {})
    for length in lengths:
        tally.lengths.add("x" * length)
    ordered = sorted(lengths)
    found = tally.lengths.summarize()
    assert (found.median, found.p95, found.longest) == (
        ordered[(len(ordered) + 1) // 2 - 1],
        ordered[-(-len(ordered) * 95 // 100) - 1],
        ordered[-1],
    )


def test_what_looks_odd_is_said_in_both_languages(tmp_path: Path) -> None:
    rows = [
        *GOOD,
        (GOOD[0][0], "parcel"),
        *[(text, "moon") for text, _ in requests("moon", 4)],
        ("Hello?", "typo"),
    ]
    path = table(tmp_path, rows)
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    found = facts(path)
    assert found.warnings == (
        Text("1 text with different labels in different rows", "有 1 条文本在不同行里标签不一致"),
        Text("1 label with fewer than 3 rows left out: typo", "1 个标签少于 3 行，已剔除：typo"),
    )
    # an encoding that was recognised is a note, and few rows a label are the plan's to warn of
    assert found.files[0].encoding == "utf-16"
    assert [note.en for note in found.notes] == ["tickets.csv was read as utf-16"]


def test_many_rows_left_out_are_said(tmp_path: Path) -> None:
    path = table(tmp_path, [*GOOD, *[(word, "") for word in WORDS]])
    assert said(facts(path)) == ["10 of 40 rows are left out: no label (10)"]


def test_rows_left_out_for_a_column_name_it(tmp_path: Path) -> None:
    rows = [(channel, label) for channel in ("app", "chat", "mail") for label in "stuvwxyz"]
    assert facts(table(tmp_path, rows * 4)).warnings[0] == Text(
        "72 of 96 rows are left out: duplicate of an earlier row (72);"
        " `text`: most of it is repeated",
        "96 行中剔除了 72 行：与前面的行重复 72；“text”列：内容大量重复",
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("domain", ["customer_service", "legal", "credit_risk"])
def test_all_rows_of_the_samples_of_classification_are_usable(
    domain: str, language: Language
) -> None:
    found = profile_sample(load_catalog().kits[domain], "classification", language)
    assert (found.rows, found.accepted, found.rejected) == (96, 96, {})
    assert [*found.labels.values()] == [16] * 6
    assert found.mapping.keys() >= {"text", "label"}


@pytest.mark.parametrize(("language", "none"), [("en", "out_of_scope"), ("zh", "超出范围")])
def test_the_sample_of_a_domain_is_measured_like_any_file(language: Language, none: str) -> None:
    found = profile_sample(KIT, "intent", language)
    assert (found.sample, found.files[0].path, found.language) == (True, "sample", language)
    assert found.files[0].project_path == f"data/raw/intent_{language}.csv"
    assert list(found.mapping) == [
        "text",
        "label",
    ]  # a ticket id of its own in each row groups nothing
    assert found.out_of_scope == none
    assert found.accepted + sum(found.rejected.values()) == found.rows


# --- several files -------------------------------------------------------------------------------


def test_files_with_other_headers_are_mapped_each_and_joined(tmp_path: Path) -> None:
    one = table(tmp_path / "a", GOOD[:20], header="content,label")
    two = table(tmp_path / "b", [(b, a) for a, b in GOOD[15:]], header="类别,用户问题")
    found = facts(one, two)
    assert found.mapping == {"text": ("content", "用户问题"), "label": ("label", "类别")}
    assert (found.rows, found.accepted, found.rejected) == (35, 30, {"duplicate": 5})
    assert [file.rows for file in found.files] == [20, 15]


def test_copies_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    paths = [table(tmp_path / name, GOOD) for name in "abc"]
    assert [file.project_path for file in facts(*paths).files] == [
        "data/raw/tickets.csv",
        "data/raw/tickets-2.csv",
        "data/raw/tickets-3.csv",
    ]


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    path = table(tmp_path, GOOD)
    assert [file.path for file in facts(path, tmp_path).files] == [str(path)]


def test_a_large_file_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path, GOOD)
    monkeypatch.setattr(counted_rows, "MAX_COPIED_BYTES", path.stat().st_size - 1)
    assert facts(path).files[0].project_path == path.resolve().as_posix()


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    empty, missing = tmp_path / "empty.csv", tmp_path / "missing.csv"
    empty.touch()
    error = refusal(empty, missing)
    assert str(error) == (
        f"2 faults\n  {empty}: the file is empty\n  {missing}: there is no such file or folder"
    )
    assert error.hint == "give a file with records; check the path"


# --- too little ----------------------------------------------------------------------------------


def test_fewer_than_twenty_usable_rows_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, [*requests("refund", 10), *requests("parcel", 9), ("Hello?", "")])
    error = refusal(path)
    assert str(error) == f"{path}: 19 of 20 rows can be used, 20 are needed; left out: no label (1)"


@pytest.mark.parametrize(
    ("row", "cause", "hint"),
    [
        (lambda i: ("", f"l{i % 3}"), "`text`", "fill in `text`; or {text}, {label}"),
        (
            lambda i: ("app", f"l{i % 3}"),
            "`text`",
            "{text}, {label}; or add rows: a label needs 3",
        ),
        (
            lambda i: (WORDS[i % 10] * (1 + i), ""),
            "`intent`",
            "fill in `intent`; or {label}, {text}",
        ),
        (
            lambda i: (WORDS[i % 10] * (1 + i), f"{i}"),
            "`intent`",
            "{label}, {text}; or add rows: a label needs 3",
        ),
    ],
    ids=["no text", "one text", "no label", "labels of one row"],
)
def test_the_column_that_is_probably_wrong_is_named_first(
    tmp_path: Path, row: Callable[[int], tuple[str, str]], cause: str, hint: str
) -> None:
    error = refusal(table(tmp_path, [row(i) for i in range(30)]))
    assert f"{cause} may be the wrong column for" in error.message or f"{cause}: " in error.message
    assert error.hint is not None
    named = error.hint.replace("name other columns: ", "")
    options = {name: f"--set data.columns.{name}=COLUMN" for name in ("text", "label")}
    assert named == hint.format_map(options)


def test_a_single_label_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, requests("refund", 30))
    said = str(refusal(path)).splitlines()
    assert said[0] == f"{path}: there is only one label, `refund`, in 30 usable rows"
    assert said[-1] == "    intent  refund"


def test_a_split_without_rows_is_refused_as_make_data_does(tmp_path: Path) -> None:
    rows = [(text, label, f"customer {i % 2}") for i, (text, label) in enumerate(GOOD)]
    path = table(tmp_path, rows, header="text,intent,customer_id")
    error = refusal(path)
    groups = "`customer_id` has 2 values, and all rows of one go into one split"
    assert error.message == f"test would have no rows: {groups}"
    assert error.to("zh")[0] == (
        "test 没有数据：“customer_id”列有 2 个取值，同一取值的行只能归入同一划分"
    )
    assert error.hint is not None
    assert error.hint.startswith("add rows with other values of `customer_id`; or name other")


def test_training_rows_of_one_label_are_refused_as_make_data_does(tmp_path: Path) -> None:
    # the one group that has the other label is drawn for test
    refunds = requests("refund", 20)
    rows = [(*row, "c31-1") for row in refunds[:10]] + [(*row, "c31-2") for row in refunds[10:13]]
    rows += [(*row, "c31-0") for row in [*refunds[13:], *requests("parcel", 3)]]
    error = refusal(table(tmp_path, rows, header="text,intent,customer_id"))
    assert error.message == (
        "every training row has the label `refund`; left out: no training row has this label (3)"
    )
    assert error.to("zh")[0] == "训练集只有一个标签：`refund`；剔除：训练集里没有该标签的行 3"


def test_rows_that_only_make_data_compares_are_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # more different rows than texts are kept of, of which few have labels that are kept
    rare = [(f"Where is the {word}?", word) for word in WORDS]
    monkeypatch.setattr(row_stats, "MAX_KEPT_TEXTS", len(GOOD) + len(rare) - 1)
    found = facts(table(tmp_path, [*GOOD, *rare]))
    assert found.rows_to_split == len(GOOD) <= MAX_COMPARED_ROWS
    assert [warning for warning in said(found) if "near-duplicates" in warning] == [
        "more than 100,000 different rows, of which 30 have labels that are kept: `make data` "
        "searches these for near-duplicates across splits, and may keep fewer"
    ]


# --- public files --------------------------------------------------------------------------------


@pytest.mark.slow
@needs_trial_data
def test_the_banking_requests_are_mapped_with_all_their_intents() -> None:
    found = facts(Path(str(TRIAL)) / "customer_service" / "banking77_en.csv")
    assert found.mapping == {"text": ("text",), "label": ("category",)}
    assert (found.rows, found.accepted, len(found.labels)) == (3075, 3036, 77)
    assert (found.language, found.warnings) == ("en", ())
    lengths = found.lengths
    assert (lengths.median, lengths.p95, lengths.longest) == (46, 145, 433)


@needs_trial_data
def test_both_encodings_of_a_file_give_the_same_rows() -> None:
    folder = Path(str(TRIAL)) / "customer_service"
    for name in ("fineva_insurance_intent_zh.csv", "fineva_insurance_intent_zh_gb18030.csv"):
        found = facts(folder / name)
        assert found.mapping == {"text": ("question",), "label": ("answer",)}
        assert (found.rows, found.accepted, found.rows_to_split) == (312, 70, 71)
        assert found.rejected == {"empty_label": 241, "near_duplicate_across_split": 1}
        assert found.language == "zh"


@pytest.mark.slow
@needs_trial_data
def test_every_public_file_is_measured_or_refused_with_a_hint() -> None:
    usable = set()
    for path in sorted(Path(str(TRIAL)).rglob("*")):
        # wild/ holds files of several tasks, which other tests read
        if "wild" not in path.parts and path.suffix in (".csv", ".json", ".jsonl", ".txt"):
            try:
                facts(path)
            except DataError as error:
                assert error.hint
            else:
                usable.add(path.name)
    assert usable == {
        "banking77_en.csv",
        "cases_legalbench_jurisdiction_en.csv",
        "contracts_cuad_clauses_en.jsonl",
        "fineva_bank_exam_zh.csv",
        "fineva_insurance_intent_zh.csv",
        "fineva_insurance_intent_zh_gb18030.csv",
    }


def test_many_repeating_rows_are_said_once_with_the_cause_and_the_switch(tmp_path: Path) -> None:
    rows = [*requests("refund", 40), *requests("parcel", 40)]
    rows += [(f"{text} It is order {n % 7}.", label) for n, (text, label) in enumerate(rows[:20])]
    rows += [
        (f"{text} It is order {n % 7 + 1}.", label) for n, (text, label) in enumerate(rows[:20])
    ]
    digits, left_out, *others = said(facts(table(tmp_path, rows)))
    assert digits.startswith("20 of 120 rows that were looked at differ from another one in digits")
    assert "`data.compare_digits: true`" in digits
    assert "31 of 120 rows are left out" in left_out
    assert "DROP_NEAR_DUPLICATES" in left_out
    assert not [one for one in others if "repeat" in one]


def test_a_refusal_says_that_rows_differ_in_digits_alone(tmp_path: Path) -> None:
    rows = [(f"Where is order {n}?", "parcel" if n % 2 else "refund") for n in range(10, 40)]
    rows = [(text if label == "refund" else f"{text} Now.", label) for text, label in rows]
    error = refusal(table(tmp_path, rows))
    assert "28 rows differ from another one in digits alone" in str(error)


def test_a_reason_that_an_earlier_newft_recorded_is_shown_by_its_code() -> None:
    assert describe_rejects({"untaught_label": 4}).en == "untaught_label (4)"
