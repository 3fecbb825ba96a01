from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft import intake
from newft.catalog.load import load_catalog
from newft.errors import DataError
from newft.intake import measure, measure_sample
from newft.model import DataFacts, FileFacts, Language, Lengths, Text
from newft.tally import Tally

KIT = load_catalog().kits["customer_service"]
TASK = KIT.tasks["intent"]
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty")
TRIAL = os.environ.get("NEWFT_TRIAL_DATA")
needs_trial_data = pytest.mark.skipif(
    not TRIAL, reason="NEWFT_TRIAL_DATA does not say where the public trial files are"
)


def requests(label: str, count: int) -> list[tuple[str, str]]:
    """Rows of one label that say different things."""
    return [
        (f"Where is the {WORDS[i % 10]} {label} of {WORDS[i // 10]}?", label) for i in range(count)
    ]


GOOD = [*requests("refund", 15), *requests("parcel", 15)]


def table(folder: Path, rows: Iterable[Sequence[str]], *, header: str = "text,intent") -> Path:
    path = folder / "tickets.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def facts(
    *paths: Path, columns: Mapping[str, str] | None = None, language: Language | None = None
) -> DataFacts:
    files = [str(path) for path in paths]
    return measure(files, task=TASK, columns=columns or {}, language=language)


def refusal(*paths: Path, columns: Mapping[str, str] | None = None) -> DataError:
    with pytest.raises(DataError) as raised:
        facts(*paths, columns=columns)
    assert raised.value.hint
    return raised.value


def said(found: DataFacts) -> list[str]:
    return [warning.en for warning in found.warnings]


# --- facts ---------------------------------------------------------------------------------------


def test_a_file_is_measured_as_a_whole(tmp_path: Path) -> None:
    path = table(tmp_path, [*GOOD, ("", "refund"), ("Hello?", " "), GOOD[0]])
    content = path.read_bytes()
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
        rejected={"empty_input": 1, "empty_label": 1, "duplicate": 1},
        mapping={"text": ("text",), "label": ("intent",)},
        labels={"parcel": 15, "refund": 15},
        out_of_scope=None,
        lengths=Lengths(median=35, p95=35, longest=35),
        language="en",
        shape="labelled",
        sample=False,
    )


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


def test_spellings_of_a_label_are_counted_as_one(tmp_path: Path) -> None:
    rows = [
        (text, f" {label.title()}-Late" if i % 2 else f"{label} late")
        for i, (text, label) in enumerate(GOOD)
    ]
    assert facts(table(tmp_path, rows)).labels == {"parcel_late": 15, "refund_late": 15}


def test_the_label_for_none_of_these_is_found(tmp_path: Path) -> None:
    rows = [*GOOD, *[(text, "Out of scope") for text, _ in requests("moon", 5)]]
    assert facts(table(tmp_path, rows)).out_of_scope == "out_of_scope"


def test_chinese_text_makes_a_chinese_project_unless_told_otherwise(tmp_path: Path) -> None:
    rows = [(f"我的 iPhone {word} 什么时候能退款", label) for word in WORDS for label in "ab"]
    path = table(tmp_path, rows)
    assert facts(path).language == "zh"
    assert facts(path, language="en").language == "en"


@given(st.lists(st.integers(1, 50), min_size=1))
def test_lengths_are_those_of_the_sorted_texts(lengths: list[int]) -> None:
    tally = Tally({})
    tally.lengths.update(lengths)
    ordered = sorted(lengths)
    assert tally.text_lengths() == Lengths(
        median=ordered[(len(ordered) + 1) // 2 - 1],
        p95=ordered[-(-len(ordered) * 95 // 100) - 1],
        longest=ordered[-1],
    )


def test_what_looks_odd_is_said_in_both_languages(tmp_path: Path) -> None:
    rows = [
        *[(text, label, "s1") for text, label in GOOD],
        (GOOD[0][0], "parcel", "s1"),
        *[(text, "moon", "s1") for text, _ in requests("moon", 4)],
        ("Hello?", "typo", "s1"),
    ]
    path = table(tmp_path, rows, header="text,intent,session_id")
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    assert facts(path).warnings == (
        Text(f"{path} was read as utf-16", f"{path} 按 utf-16 编码读取"),
        Text(
            "1 labels have fewer than 3 rows and are left out: typo",
            "1 个标签少于 3 行，已剔除：typo",
        ),
        Text("1 labels have fewer than 5 rows: moon", "1 个标签少于 5 行：moon"),
        Text("1 texts have two labels or more", "1 条文本带有多个标签"),
        Text(
            "`session_id` has one value in all rows: it cannot keep splits apart",
            "“session_id”列只有一个取值，无法用来划分数据",
        ),
    )


def test_many_rows_left_out_are_said(tmp_path: Path) -> None:
    path = table(tmp_path, [*GOOD, *[(word, "") for word in WORDS]])
    assert said(facts(path)) == ["10 of 40 rows are left out: 10 empty_label"]


@pytest.mark.parametrize(("language", "none"), [("en", "out_of_scope"), ("zh", "超出范围")])
def test_the_sample_of_a_domain_is_measured_like_any_file(language: Language, none: str) -> None:
    found = measure_sample(KIT, "intent", language)
    assert (found.sample, found.files[0].path, found.language) == (True, "sample", language)
    assert found.files[0].project_path == f"data/raw/intent_{language}.csv"
    assert list(found.mapping) == ["text", "label", "group"]
    assert found.out_of_scope == none
    assert found.accepted + sum(found.rejected.values()) == found.rows


# --- columns -------------------------------------------------------------------------------------


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
    rows = [(str(i), text, label) for i, (text, label) in enumerate(GOOD)]
    found = facts(table(tmp_path, rows, header="nr,spalte,art"))
    assert found.mapping == {"text": ("spalte",), "label": ("art",)}
    assert said(found) == [
        "`spalte` was taken for `text` by its values alone: check it",
        "`art` was taken for `label` by its values alone: check it",
    ]


def test_of_two_good_names_the_values_decide_then_the_order_of_synonyms(tmp_path: Path) -> None:
    rows = [("Answer the question", text, label, label) for text, label in GOOD]
    found = facts(table(tmp_path, rows, header="text,question,category,intent"))
    assert found.mapping == {"text": ("question",), "label": ("intent",)}


def test_equally_good_columns_are_named_and_left_to_the_user(tmp_path: Path) -> None:
    rows = [(text, label, label) for text, label in GOOD]
    path = table(tmp_path, rows, header="text,first_intent,second_intent")
    error = refusal(path)
    assert str(error) == (
        f"{path}: several columns could be `label` (Intent): `first_intent`, `second_intent`"
    )
    assert error.hint == "choose one: --set data.columns.label=first_intent"
    assert facts(path, columns={"label": "second_intent"}).mapping["label"] == ("second_intent",)


def test_a_missing_column_lists_those_there_are(tmp_path: Path) -> None:
    path = table(tmp_path, [(text, str(i)) for i, (text, _) in enumerate(GOOD)], header="text,nr")
    error = refusal(path)
    assert str(error) == f"{path}: no column for `label` (Intent); it has: text, nr"
    assert error.hint == "name it: --set data.columns.label=COLUMN"


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
            {"lable": "intent"},
            "`data.columns.lable` is no field of this task",
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
    assert error.message.startswith("2 faults\n")


def test_a_group_is_found_by_its_name_only(tmp_path: Path) -> None:
    rows = [(text, label, f"s{i}") for i, (text, label) in enumerate(GOOD)]
    named = facts(table(tmp_path, rows, header="text,intent,Session ID"))
    assert named.mapping["group"] == ("Session ID",)
    assert "group" not in facts(table(tmp_path, rows, header="text,intent,nr")).mapping


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
    monkeypatch.setattr(intake, "COPIED_BYTES", path.stat().st_size - 1)
    assert facts(path).files[0].project_path == path.resolve().as_posix()


def test_every_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    empty, missing = tmp_path / "empty.csv", tmp_path / "missing.csv"
    empty.touch()
    error = refusal(empty, missing)
    assert str(error) == (
        "2 faults\n"
        f"  {empty}: the file is empty\n"
        f"  {missing}: cannot be read: No such file or directory"
    )
    assert error.hint == "give a file with records; check the path and its permissions"


# --- too little ----------------------------------------------------------------------------------


def test_fewer_than_twenty_usable_rows_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, [*requests("refund", 10), *requests("parcel", 9), ("Hello?", "")])
    error = refusal(path)
    assert (
        str(error) == f"{path}: 19 of 20 rows can be used, 20 are needed; left out: 1 empty_label"
    )


def test_a_single_label_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, requests("refund", 30))
    assert str(refusal(path)) == f"{path}: there is one label only, `refund`, in 30 usable rows"


# --- public files --------------------------------------------------------------------------------


@needs_trial_data
def test_the_banking_requests_are_mapped_with_all_their_intents() -> None:
    found = facts(Path(str(TRIAL)) / "customer_service" / "banking77_en.csv")
    assert found.mapping == {"text": ("text",), "label": ("category",)}
    assert (found.rows, found.accepted, len(found.labels)) == (3075, 3071, 77)
    assert (found.language, found.warnings) == ("en", ())
    assert found.lengths == Lengths(median=46, p95=145, longest=433)


@needs_trial_data
def test_both_encodings_of_a_file_give_the_same_rows() -> None:
    folder = Path(str(TRIAL)) / "customer_service"
    for name in ("fineva_insurance_intent_zh.csv", "fineva_insurance_intent_zh_gb18030.csv"):
        found = facts(folder / name)
        assert found.mapping == {"text": ("question",), "label": ("answer",)}
        assert (found.rows, found.accepted, found.rejected) == (312, 71, {"empty_label": 241})
        assert found.language == "zh"


@needs_trial_data
def test_every_public_file_is_measured_or_refused_with_a_hint() -> None:
    usable = set()
    for path in sorted(Path(str(TRIAL)).rglob("*")):
        if path.suffix in (".csv", ".json", ".jsonl", ".txt"):
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
