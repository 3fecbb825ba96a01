"""What records are about is told by their content: samples, public files, and look-alikes."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from newft.catalog.loader import load_catalog
from newft.dataset.column_mapping import open_files
from newft.dataset.label_kind import find_label_kind
from newft.dataset.task_detection import detect_task
from newft.paths import get_domains_folder
from newft.schema.record_shape import TaskDetection
from support.credit_applications import applications, facts, flagged, refusal, with_column, written
from support.tickets import GOOD, table

TRIAL = os.environ.get("NEWFT_TRIAL_DATA")
KITS = load_catalog().kits
TASKS = [f"{kit.id}/{name}" for kit in KITS.values() for name in kit.tasks]
SAMPLES = {
    f"{kit.id}/sample/{file}": f"{kit.id}/{name}"
    for kit in KITS.values()
    for name, task in kit.tasks.items()
    for file in task.sample.values()
}
PUBLIC = {
    "credit_risk/credit_approval_crx_en.csv": "credit_risk/risk",
    "credit_risk/german_credit_en.csv": "credit_risk/risk",
    "customer_service/banking77_en.csv": "customer_service/intent",
    "customer_service/fineva_insurance_intent_zh.csv": "customer_service/intent",
    "customer_service/fineva_insurance_intent_zh_gb18030.csv": "customer_service/intent",
    "legal/cases_lawbench_charge_zh.json": "legal/charge",
    "legal/cases_legalbench_jurisdiction_en.csv": "legal/clause",
    "legal/contracts_cuad_clauses_en.jsonl": "legal/clause",
}
NEITHER = (
    "customer_service/crosswoz_dialogs_zh.json",
    "customer_service/tau_retail_multiturn_en.jsonl",
    "legal/qa_lawbench_consultation_zh.json",
    "legal/statutes_china_law_articles_zh.csv",
    "legal/statutes_us_irc_sara_en.txt",
)
needs_trial_data = pytest.mark.skipif(
    not TRIAL, reason="NEWFT_TRIAL_DATA does not say where the public trial files are"
)


def told(*paths: Path) -> tuple[str, ...]:
    return detect_task(open_files([str(path) for path in paths]), KITS, TASKS, named=False).tasks


@pytest.mark.parametrize(("file", "task"), SAMPLES.items(), ids=SAMPLES)
def test_each_sample_is_of_its_task_whatever_it_is_called(
    file: str, task: str, tmp_path: Path
) -> None:
    path = tmp_path / f"contract_tickets_risk{Path(file).suffix}"
    shutil.copy(get_domains_folder() / file, path)
    assert told(path) == (task,)


@needs_trial_data
@pytest.mark.parametrize(("file", "task"), PUBLIC.items(), ids=PUBLIC)
def test_each_public_file_is_of_its_task(file: str, task: str) -> None:
    assert told(Path(str(TRIAL)) / file) == (task,)


@needs_trial_data
@pytest.mark.parametrize("file", NEITHER)
def test_public_files_of_other_tasks_are_of_none(file: str) -> None:
    assert told(Path(str(TRIAL)) / file) == ()


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("message,urgent", ("yes", "no")),
        ("message,priority", ("low", "medium", "high")),
        ("message,risk", ("low", "high")),
        ("message,label", ("yes", "no")),
        ("question,answer", ("true", "false")),
        ("text,class", ("good", "bad")),
        ("客户消息,标签", ("是", "否")),
        ("内容,风险等级", ("低", "中", "高")),
    ],
)
def test_tickets_stay_tickets_whatever_their_labels_are(
    header: str, values: Sequence[str], tmp_path: Path
) -> None:
    rows = [(text, values[i % len(values)]) for i, (text, _) in enumerate(GOOD)]
    assert told(table(tmp_path, rows, header=header)) == ("customer_service/intent",)


@pytest.mark.parametrize(
    ("column", "bad", "good"),
    [("default", "1", "0"), ("loan_status", "Charged Off", "Fully Paid"), ("class", "bad", "good")],
)
def test_a_table_with_a_label_of_risk_is_of_credit_risk(
    column: str, bad: str, good: str, tmp_path: Path
) -> None:
    path = written(tmp_path, flagged(applications(), column, bad, good))
    assert told(path) == ("credit_risk/risk",)


@pytest.mark.parametrize("label", ["outcome", "risk", "class"])
@pytest.mark.parametrize("values", [("yes", "no"), ("approved", "rejected"), ("low", "high")])
def test_prose_under_an_unknown_name_is_no_table_of_credit(
    label: str, values: Sequence[str], tmp_path: Path
) -> None:
    rows = [(f"2026-01-{i % 9}", text, values[i % 2]) for i, (text, _) in enumerate(GOOD)]
    path = table(tmp_path, rows, header=f"day,narrative,{label}")
    assert told(path) == ("customer_service/intent",)


def test_a_remark_in_words_makes_no_prose_of_a_table(tmp_path: Path) -> None:
    records = flagged(applications(), "class", "bad", "good")
    for column, value in (("purpose", "a used car"), ("job", "welder since 2019")):
        records = with_column(records, column, [value] * 30)
    remarks = [f"asks for the {text.split()[3]} {i}" for i, (text, _) in enumerate(GOOD)]
    path = written(tmp_path, with_column(records, "remark", remarks))
    assert told(path) == ("credit_risk/risk",)


@pytest.mark.parametrize(
    ("column", "bad", "good"),
    [
        ("SeriousDlqin2yrs", "1", "0"),
        ("impago", "1", "0"),
        ("Ausfall", "ja", "nein"),
        ("défaut_12m", "oui", "non"),
        ("GB_FLAG", "Bad", "Good"),
        ("KZ", "B", "G"),
        ("好坏", "坏", "好"),
        ("stan", "Schlecht", "Gut"),
        ("portfolio", "Charged Off", "Fully Paid"),
    ],
)
def test_an_outcome_is_found_by_words_inside_its_name_or_by_its_values(
    column: str, bad: str, good: str, tmp_path: Path
) -> None:
    records = with_column(flagged(applications(), column, bad, good), "n_late", ["0", "1"] * 15)
    path = written(tmp_path, records)
    assert told(path) == ("credit_risk/risk",)
    found = facts(path)
    assert found.mapping["label"] == (column,)
    assert found.positive == (bad,)


@pytest.mark.parametrize("column", ["sector", "NumberOfTimesLate", "逾期次数"])
def test_counts_and_what_says_nothing_of_an_outcome_are_no_labels(
    column: str, tmp_path: Path
) -> None:
    records = flagged(applications(), column, "1", "0")
    assert told(written(tmp_path, records)) == ()


def test_outcomes_of_earlier_loans_are_no_labels(tmp_path: Path) -> None:
    records = flagged(applications(), "previous_loan", "default", "repaid")
    assert told(written(tmp_path, records)) == ()


def test_of_two_outcomes_the_user_says_which_is_meant(tmp_path: Path) -> None:
    records = flagged(applications(), "bad_ind")
    records = with_column(records, "chargeoff_ind", ["0", "1", "0"] * 10)
    path = written(tmp_path, records)
    assert told(path) == ("credit_risk/risk",)
    assert "`bad_ind`" in refusal(path).texts[0].en
    chosen = facts(path, {"label": "bad_ind"})
    assert "chargeoff_ind" not in chosen.inputs


def test_a_table_whose_label_says_nothing_of_risk_is_of_none(tmp_path: Path) -> None:
    path = written(tmp_path, flagged(applications(), "class", "circle", "square"))
    assert told(path) == ()


def test_files_of_two_tasks_are_of_neither(tmp_path: Path) -> None:
    risk = written(tmp_path, flagged(applications(), "default"))
    assert told(table(tmp_path, GOOD), risk) == ()


def test_two_files_of_one_task_are_of_it(tmp_path: Path) -> None:
    one = written(tmp_path, flagged(applications(), "default"), "one.csv")
    two = written(tmp_path, flagged(applications(), "default"), "two.csv")
    assert told(one, two) == ("credit_risk/risk",)


def test_contract_passages_need_the_words_of_contracts(tmp_path: Path) -> None:
    said = "Either party shall pay its own costs in the {} case."
    for words, task in ((said, "legal/clause"), ("Rain in {}.", "customer_service/intent")):
        rows = [(words.format(text), ("no", "yes")[i % 2]) for i, (text, _) in enumerate(GOOD)]
        assert told(table(tmp_path, rows, header="text,label")) == (task,)


# --- what is no label, and what was named --------------------------------------------------------

FACTS = [
    f"被告人{name}在{place}窃得{thing}，后被民警抓获。"
    for name in ("张某", "李某", "王某")
    for place in ("车站", "商场", "工地")
    for thing in ("手机一部", "电缆若干", "现金两千元", "自行车一辆")
]
CLAUSES = [
    f"{who} shall keep the {thing} of the other party {how}."
    for who in ("Supplier", "Licensee", "Lessee")
    for thing in ("records", "premises", "secrets")
    for how in ("in good order", "for two years", "at its own cost", "under this Agreement")
]


def found(path: Path, *, named: str = "") -> TaskDetection:
    tasks = [task for task in TASKS if task.startswith(named)]
    return detect_task(open_files([str(path)]), KITS, tasks, named=bool(named))


def labelled(folder: Path, texts: Sequence[str], labels: Sequence[str], header: str) -> Path:
    rows = [(text, labels[i % len(labels)]) for i, text in enumerate(texts)]
    return table(folder, rows, header=header)


@pytest.mark.parametrize(
    "terms",
    [
        ("6个月", "8个月", "12个月", "18个月"),
        ("刑期:6个月", "刑期:1年", "刑期:8个月", "刑期:2年"),
        ("有期徒刑三年", "有期徒刑一年", "拘役四个月", "有期徒刑二年"),
        ("7", "8", "10", "12", "18", "36"),
        ("1500.0", "2000.5", "800.0", "3100.0"),
    ],
)
def test_terms_and_numbers_are_no_labels(terms: Sequence[str], tmp_path: Path) -> None:
    detection = found(labelled(tmp_path, FACTS, terms, "content,label"))
    assert detection.tasks == ()
    reasons = {one.task: one.reason.en for one in detection.refusals}
    assert {*reasons} == {*TASKS}
    assert "not labels of a closed list" in reasons["legal/classification"]
    assert terms[0] in reasons["legal/classification"]


@pytest.mark.parametrize(
    "labels",
    [
        ("0", "1", "2"),
        ("1.0", "2.0"),
        ("盗窃", "诈骗"),
        ("level 1", "level 2", "level 3"),
        ("30天无理由退货", "24小时送达"),
        ("Credit reporting, repair services, or other personal reports", "Debt collection"),
    ],
)
def test_codes_and_names_with_numbers_are_labels(labels: Sequence[str]) -> None:
    assert find_label_kind(labels * 6) == "closed"


def test_clauses_with_one_type_each_are_classified(tmp_path: Path) -> None:
    path = labelled(tmp_path, CLAUSES, ("Upkeep", "Secrecy", "Costs"), "text,clause_type")
    assert told(path) == ("legal/classification",)


def test_clauses_with_a_type_and_yes_or_no_are_judged(tmp_path: Path) -> None:
    rows = [
        (text, ("upkeep", "secrecy")[i % 2], ("yes", "no")[i // 2 % 2])
        for i, text in enumerate(CLAUSES)
    ]
    assert told(table(tmp_path, rows, header="text,clause_type,label")) == ("legal/clause",)


def test_articles_are_not_labelled_by_their_chapters(tmp_path: Path) -> None:
    rows = [
        (f"第{n}条", f"第{'一二三'[i // 12]}章", text)
        for i, (n, text) in enumerate(zip("一二三四五六七八九" * 4, FACTS, strict=True))
    ]
    detection = found(table(tmp_path, rows, header="条号,章,条文内容"))
    assert detection.tasks == ()
    assert detection.shapes[0] == "document"


def test_within_a_named_domain_structure_alone_decides(tmp_path: Path) -> None:
    shapes = flagged(applications(), "class", "circle", "square")
    assert found(written(tmp_path, shapes), named="credit_risk").tasks == ("credit_risk/risk",)
    path = table(tmp_path, GOOD, header="text,label")
    assert found(path).tasks == ("customer_service/intent",)
    assert found(path, named="legal").tasks == ("legal/classification",)
    assert found(path, named="legal/charge").tasks == ("legal/charge",)
    rows = [(text, "abc"[i % 3], ("yes", "no")[i % 2]) for i, (text, _) in enumerate(GOOD)]
    typed = table(tmp_path, rows, header="text,type,label")
    assert found(typed, named="legal").tasks == ("legal/clause",)
    numbered = labelled(tmp_path, FACTS, ("7", "8", "10", "12", "18", "36"), "content,label")
    assert found(numbered, named="legal").tasks == ("legal/classification",)


def test_what_was_seen_is_told_with_the_words(tmp_path: Path) -> None:
    seen = found(labelled(tmp_path, CLAUSES, ("a", "b"), "text,label")).seen
    assert seen
    assert seen.en.startswith("words of the records: 93% Legal (party, shall")
    assert seen.zh.startswith("记录的用词：法律 93%（party、shall")


def test_ids_are_no_text_whatever_their_column_is_called(tmp_path: Path) -> None:
    lines = "".join(f"T-{n},{'open' if n % 2 else 'closed'}\n" for n in range(60))
    path = tmp_path / "a.csv"
    path.write_text(f"ticket,status\n{lines}", encoding="utf-8")
    assert told(path) == ()


@pytest.mark.parametrize(("file", "task"), SAMPLES.items(), ids=SAMPLES)
def test_a_named_domain_or_task_finds_what_was_found_without(file: str, task: str) -> None:
    opened = open_files([str(get_domains_folder() / file)])
    domain, _, name = task.partition("/")
    for among in (
        [one for one in TASKS if one.startswith(f"{domain}/")],
        [one for one in TASKS if one.endswith(f"/{name}")],
    ):
        assert detect_task(opened, KITS, among, named=True).tasks == (task,)


def test_the_column_of_a_type_tells_a_clause_however_short_its_text_is(tmp_path: Path) -> None:
    path = tmp_path / "clauses.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = [
            (f"Rent falls due on day {n}.", kind, ("yes", "no")[(n + place) % 2])
            for n in range(20)
            for place, kind in enumerate(("Payment", "Term"))
        ]
        csv.writer(file).writerows([("text", "clause_type", "label"), *rows])
    assert found(path).tasks == ("legal/clause",)
