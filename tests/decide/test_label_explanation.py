"""The base model's prompt says what labels such as yes, 是 and 1 mean; other labels speak."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from newft.answers.keys import AnswerValue
from newft.decide.label_explanation import is_bare_label
from support.credit_applications import applications, flagged, written
from support.generate_project import generate


def base_prompt(folder: Path, given: dict[str, AnswerValue]) -> str:
    """What a project's run.yaml tells the base model."""
    generate({"gpu": "cpu", "model": "embedded", **given}, folder / "desk")
    run = yaml.safe_load((folder / "desk/config/run.yaml").read_text(encoding="utf-8"))
    return str(run["task"]["base_system_prompt"])


@pytest.mark.parametrize(
    "label", ["是", "否", "Yes", "no", "TRUE", "0", "1", "-1", "2.0", "Y", "b"]
)
def test_a_label_that_needs_a_question_is_bare(label: str) -> None:
    assert is_bare_label(label)


@pytest.mark.parametrize("label", ["good", "高", "违约", "charged_off", "a34", "out_of_scope"])
def test_a_label_that_speaks_is_not(label: str) -> None:
    assert not is_bare_label(label)


@pytest.mark.parametrize(
    ("column", "bad", "good", "language", "explanation"),
    [
        ("default", "1", "0", "en", 'the value of "default" in the records. "1" is the bad'),
        ("approved", "no", "yes", "en", 'the value of "approved" in the records. "no" is the bad'),
        ("是否违约", "是", "否", "zh", "数据中“是否违约”一列的取值。“是”表示坏样本。"),
        ("default", "bad", "good", "en", ""),
    ],
)
def test_the_column_and_the_bad_outcome_are_named_to_the_base_model(
    tmp_path: Path, column: str, bad: str, good: str, language: str, explanation: str
) -> None:
    path = written(tmp_path, flagged(applications(), column, bad, good))
    given: dict[str, AnswerValue] = {"domain": "credit_risk", "task": "risk", "language": language}
    given["data.columns.label"] = column
    prompt = base_prompt(tmp_path, given | {"data.files": (str(path),)})
    assert explanation in prompt
    assert prompt.endswith("{labels}") == (not explanation)


@pytest.mark.parametrize("typed", [True, False])
def test_a_question_about_a_clause_type_explains_its_answers_itself(
    tmp_path: Path, typed: bool
) -> None:
    rows = [
        {
            "clause_type": ("audit", "term", "notice")[i % 3],
            "text": f"The parties to this agreement shall {word} the {thing} of the contract.",
            "is_unfair": "yes" if i % 2 else "no",
        }
        for i, (word, thing) in enumerate(
            (word, thing)
            for word in ("review", "end", "extend", "sell", "audit", "insure")
            for thing in ("goods", "price", "term", "notice", "licence", "records")
        )
    ]
    with (tmp_path / "c.csv").open("w", encoding="utf-8", newline="") as file:
        names = ["clause_type", "text", "is_unfair"][0 if typed else 1 :]
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    given: dict[str, AnswerValue] = {
        "domain": "legal",
        "task": "clause",
        "language": "en",
        "data.columns.label": "is_unfair",
        "data.files": (str(tmp_path / "c.csv"),),
    }
    prompt = base_prompt(tmp_path, given)
    assert ("is_unfair" in prompt) == (not typed)
