"""Tables, text files and folders as people have them, through `newft new --data FILE --yes`.

What must be read of a file in `wild/` of the trial data stands in the README there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.run_newft import run_newft

TRIAL = os.environ.get("NEWFT_TRIAL_DATA", "")
WILD = Path(TRIAL) / "wild"
INTENTS = ("cancel", "delivery", "invoice", "login", "refund")
INTENTS_ZH = ("发票", "取消订单", "物流", "登录问题", "退款")
# what becomes of rows once they are split is told by other tests
SPLIT_REJECTS = ("near_duplicate_across_split", "duplicate", "untaught_label")

pytestmark = pytest.mark.skipif(
    not TRIAL, reason="NEWFT_TRIAL_DATA does not say where the public trial files are"
)


@dataclass(frozen=True)
class Table:
    """What must be read of a file."""

    file: str
    task: str
    columns: tuple[str, ...]  # of the text, if there is one, and of the label
    labels: tuple[str, ...]
    rows: int
    rejects: Mapping[str, int] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()  # columns that no prompt shows
    said: str = ""


INTENT, RISK = "customer_service/intent", "credit_risk/risk"
TABLES = (
    Table(
        "11-bank-xlsx/title_only.xlsx",
        RISK,
        ("是否违约",),
        ("否", "是"),
        160,
        hidden=("客户号", "申请日期", "年龄", "性别"),
        said="title_only.xlsx: header in row 2",
    ),
    Table(
        "11-bank-xlsx/units_row.csv",
        RISK,
        ("risk",),
        ("bad", "good"),
        161,
        rejects={"empty_label": 1},
        hidden=("customer_id",),
    ),
    Table("09-index-column/to_csv_intents.csv", INTENT, ("text", "label"), INTENTS, 120),
    Table("16-txt/pipe.csv", INTENT, ("message", "intent"), INTENTS, 120),
    Table(
        "16-txt/train.txt",
        INTENT,
        ("text", "label"),
        INTENTS_ZH,
        120,
        said="train.txt has no header: its columns are read as text and label",
    ),
    Table("16-txt/noheader.csv", INTENT, ("text", "label"), INTENTS, 120, said="has no header"),
    Table(
        "22-folder/data",
        INTENT,
        ("input", "output"),
        INTENTS,
        120,
        said="dataset_info.json is left out",
    ),
    Table("18-credit-mess/lc_like.csv", RISK, ("loan_status",), ("charged_off", "fully_paid"), 160),
)


@pytest.mark.parametrize("expected", TABLES, ids=lambda one: one.file)
def test_a_table_is_read_as_it_is_meant(expected: Table, tmp_path: Path) -> None:
    file = str(WILD / expected.file)
    ran = run_newft("new", "p", "--data", file, "--yes", "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    data = found["data"]
    fields = list(data["mapping"].values())
    assert f"{found['domain']}/{found['task']}" == expected.task
    assert [one for one in expected.columns if one not in fields] == []
    rejected = {code: n for code, n in data["rejected"].items() if code not in SPLIT_REJECTS}
    assert (data["rows"], rejected) == (expected.rows, expected.rejects)
    assert {label.lower().replace(" ", "_") for label in data["labels"]} == {*expected.labels}
    assert {*data.get("inputs", ())}.isdisjoint(expected.hidden)
    assert expected.said in "\n".join([*found["warnings"], *found["notes"]])
