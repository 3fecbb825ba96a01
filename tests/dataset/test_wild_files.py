"""Files as tools and people write them, through `newft new --data FILE --yes`.

Each entry says what is read of a file in `wild/` of the trial data, whose README says why.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from newft.emitted.normalize import normalize_label
from support.run_newft import run_newft

TRIAL = os.environ.get("NEWFT_TRIAL_DATA", "")
WILD = Path(TRIAL) / "wild"
INTENTS = ("cancel", "delivery", "invoice", "login", "refund")
INTENTS_ZH = ("退款", "物流", "取消订单", "登录问题", "发票")
CHARGES = ("盗窃", "诈骗", "故意伤害", "危险驾驶", "[引诱、容留、介绍]卖淫")
# what becomes of rows once they are split is told by other tests
SPLIT_REJECTS = ("near_duplicate_across_split", "duplicate", "untaught_label")

pytestmark = pytest.mark.skipif(
    not TRIAL, reason="NEWFT_TRIAL_DATA does not say where the public trial files are"
)


@dataclass(frozen=True)
class Accepted:
    """What must be read of a file."""

    file: str
    task: str
    columns: Mapping[str, str]
    labels: tuple[str, ...]
    rows: int
    rejects: Mapping[str, int] = field(default_factory=dict)
    said: str = ""  # in a note or a warning
    options: tuple[str, ...] = ()


INTENT = "customer_service/intent"
ACCEPTED = (
    Accepted(
        "06-doccano/doccano_label_list.jsonl",
        INTENT,
        {"text": "text", "label": "label"},
        INTENTS,
        120,
    ),
    Accepted(
        "04-cail/flat_list.jsonl",
        "legal/charge",
        {"text": "fact", "label": "accusation"},
        CHARGES,
        100,
    ),
    Accepted(
        "04-cail/data_train.json",
        "legal/charge",
        {"text": "fact", "label": "meta.accusation"},
        CHARGES,
        100,
    ),
    Accepted(
        "04-cail/data_train.json",
        "legal/charge",
        {"text": "fact", "label": "meta.accusation"},
        CHARGES,
        100,
        options=("--set", "data.columns.label=meta.accusation"),
    ),
    Accepted(
        "03-messages/messages.jsonl",
        INTENT,
        {"text": "messages.user_turn", "label": "messages.assistant_turn"},
        INTENTS,
        120,
        said="system turns are left out",
    ),
    Accepted(
        "03-messages/prompt_completion.jsonl",
        INTENT,
        {"text": "prompt", "label": "completion"},
        INTENTS,
        120,
        said="`completion` was taken for `label` by its values alone",
    ),
    Accepted(
        "01-alpaca/alpaca_label.json",
        INTENT,
        {"text": "input", "label": "output"},
        INTENTS,
        120,
    ),
    Accepted(
        "07-label-studio/ls_min.json",
        INTENT,
        {"text": "text", "label": "intent"},
        INTENTS,
        120,
    ),
    Accepted(
        "12-pandas-json/orient_columns.json",
        INTENT,
        {"text": "text", "label": "label"},
        INTENTS,
        120,
    ),
    Accepted(
        "12-pandas-json/orient_index.json",
        INTENT,
        {"text": "text", "label": "label"},
        INTENTS,
        120,
    ),
    Accepted(
        "14-json-shapes/pretty_array.jsonl",
        INTENT,
        {"text": "text", "label": "label"},
        INTENTS,
        120,
    ),
    Accepted(
        "13-encoding/gbk.json",
        INTENT,
        {"text": "text", "label": "label"},
        INTENTS_ZH,
        120,
        said="read as gb18030",
    ),
    Accepted(
        "14-json-shapes/nan.jsonl",
        INTENT,
        {"text": "text", "label": "label"},
        INTENTS,
        120,
        rejects={"empty_label": 12},
    ),
    Accepted(
        "22-folder/newcols",
        INTENT,
        {"text": "text", "label": "intent"},
        INTENTS,
        120,
    ),
)


@pytest.mark.parametrize("expected", ACCEPTED, ids=lambda one: f"{one.file} {len(one.options)}")
def test_a_file_is_read_as_its_tool_means_it(expected: Accepted, tmp_path: Path) -> None:
    """Task, columns, labels and rows are as the file's author would say."""
    file, project = str(WILD / expected.file), tmp_path / "p"
    ran = run_newft(
        "new", str(project), "--data", file, "--yes", "--json", *expected.options, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    data = found["data"]
    assert f"{found['domain']}/{found['task']}" == expected.task
    assert {name: data["mapping"][name] for name in expected.columns} == expected.columns
    assert {*map(normalize_label, data["labels"])} == {*map(normalize_label, expected.labels)}
    rejected = {k: n for k, n in data["rejected"].items() if k not in SPLIT_REJECTS}
    assert (data["rows"], rejected) == (expected.rows, expected.rejects)
    assert data["accepted"] + sum(data["rejected"].values()) == expected.rows
    assert expected.said in "\n".join([*found["warnings"], *found["notes"]])
    config = (project / "config" / "run.yaml").read_text(encoding="utf-8")
    assert not re.search(r"[\[{]['\"]|\"role\"", "".join(data["labels"]))
    assert '"content"' not in config


REFUSED = (
    (
        "04-cail/data_train.json",
        ("--set", "data.columns.label=meta"),
        ("`meta` holds objects", "--set data.columns.label=meta.accusation"),
    ),
    ("21-empty-output/empty_output.json", (), ("`output`", "empty")),
)


@pytest.mark.parametrize(("file", "options", "said"), REFUSED, ids=[one[0] for one in REFUSED])
def test_a_file_that_cannot_be_used_says_why(
    file: str, options: tuple[str, ...], said: tuple[str, ...], tmp_path: Path
) -> None:
    """A refusal names the cause and what helps, and nothing is written."""
    ran = run_newft("new", "p", "--data", str(WILD / file), "--yes", *options, cwd=tmp_path)
    assert ran.returncode in (1, 2)
    assert not (tmp_path / "p").exists()
    assert [text for text in said if text not in " ".join(ran.stderr.split())] == []
