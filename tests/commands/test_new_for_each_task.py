"""Each task from its records to run.yaml: what is given away, asked, kept apart, and said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from newft.cli import main
from newft.text import Language
from support.credit_applications import LEVELS, applications, flagged, written
from support.files import list_names
from support.generate_project import catalog, generate
from support.run_newft import run_newft

pytestmark = pytest.mark.slow

INPUTS_EN = ["income", "employment_length", "occupation", "housing", "purpose", "amount"]
INPUTS_EN += ["term_months", "debt_to_income", "credit_history", "guarantor"]
RISK_NAMES = ["risk level", "risk grade", "risk class", "风险等级", "风险级别"]
INPUTS_ZH = ["年收入(万元)", "工作年限", "职业", "住房情况", "贷款用途", "贷款金额(万元)"]
INPUTS_ZH += ["期限(月)", "负债收入比", "征信记录", "担保方式"]


def run_yaml(project: Path) -> Any:
    return yaml.safe_load((project / "config/run.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("domain", "task", "language", "settings", "slices"),
    [
        (
            "customer_service",
            "intent",
            "en",
            {"out_of_scope": "out_of_scope", "label_field_names": ["intent", "意图"]},
            [],
        ),
        (
            "customer_service",
            "intent",
            "zh",
            {"out_of_scope": "超出范围", "label_field_names": ["intent", "意图"]},
            [],
        ),
        (
            "legal",
            "clause",
            "en",
            {
                "question_template": "Is this a clause about {type}?",
                "leak_patterns": list(catalog().kits["legal"].tasks["clause"].leak_patterns),
            },
            [],
        ),
        (
            "legal",
            "charge",
            "zh",
            {
                "label_rules": {
                    "separator": ";",
                    "strip_prefixes": ["罪名:"],
                    "strip_suffixes": ["罪"],
                },
                "label_field_names": ["charge", "罪名"],
                "leak_patterns": list(catalog().kits["legal"].tasks["charge"].leak_patterns),
            },
            [],
        ),
        (
            "legal",
            "classification",
            "zh",
            {
                "label_field_names": list(
                    catalog().kits["legal"].tasks["classification"].label_field_names
                )
            },
            [],
        ),
        (
            "credit_risk",
            "risk",
            "en",
            {
                "positive": ["high"],
                "recommendations": ["approve", "decline", "review"],
                "label_field_names": RISK_NAMES[:3],
                "inputs": INPUTS_EN,
            },
            ["age", "marital_status"],
        ),
        (
            "credit_risk",
            "risk",
            "zh",
            {
                "positive": ["高"],
                "recommendations": ["人工复核", "拒绝", "通过"],
                "label_field_names": RISK_NAMES,
                "inputs": INPUTS_ZH,
            },
            ["年龄", "婚姻状况"],
        ),
    ],
)
def test_the_task_section_holds_what_its_task_has(
    domain: str,
    task: str,
    language: Language,
    settings: dict[str, object],
    slices: list[str],
    tmp_path: Path,
) -> None:
    given = {"domain": domain, "task": task, "language": language, "gpu": "cpu"}
    plan = generate({**given, "data.files": ()}, tmp_path / "desk")
    run = run_yaml(tmp_path / "desk")
    assert run["run"]["name"] == f"{task}-lora"
    assert run["task"] == {
        "system": plan.prompts.tuned,
        "base_system_prompt": plan.prompts.base,
        "labels": list(plan.data.labels),
        **settings,
    }
    assert run["data"]["slice_fields"] == slices
    shown = [name for name in run["data"]["columns"] if name not in plan.task.fields]
    assert shown == [*settings.get("inputs", []), *slices]  # type: ignore[misc]


def test_the_record_of_the_article_goes_in_without_a_question(tmp_path: Path) -> None:
    written(tmp_path, applications(30))
    words = ("--data", "applications.csv", "--yes", "--gpu", "cpu", "--json")
    run = run_newft("new", "desk", *words, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    report = json.loads(run.stdout)
    assert (report["domain"], report["task"], report["language"]) == ("credit_risk", "risk", "en")
    assert (report["data"]["rows"], report["data"]["accepted"]) == (30, 30)
    assert report["data"]["protected"] == ["age"]
    made = run_yaml(tmp_path / "desk")
    assert made["data"]["slice_fields"] == ["age"]
    assert made["task"]["labels"] == list(LEVELS)
    assert made["task"]["positive"] == ["high"]
    assert made["task"]["recommendations"] == sorted(LEVELS.values())
    assert made["task"]["inputs"] == ["income", "credit_history"]


def test_a_label_that_does_not_say_which_is_the_risk_is_refused_with_both_readings(
    tmp_path: Path,
) -> None:
    written(tmp_path, flagged(applications(), "target"))
    words = ("--data", "applications.csv", "--yes", "--gpu", "cpu")
    run = run_newft("new", "desk", *words, cwd=tmp_path, COLUMNS="200")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "error: data.positive: it is not clear which label of `target` is the bad outcome: 0, 1\n"
        "\n"
        "hint: name the label of the bad outcome:"
        " --positive 0 or --positive 1\n"
    )
    assert list_names(tmp_path) == {"applications.csv"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_untouched_model_is_told_what_it_may_recommend_where_there_is_anything(
    language: Language, tmp_path: Path
) -> None:
    records = applications()
    graded = [{k: v for k, v in r.items() if k != "recommendation"} for r in records]
    prompts = {}
    for name, kept in (("both", records), ("level", graded)):
        written(tmp_path, kept, f"{name}.csv")
        words = ("--data", f"{name}.csv", "--language", language, "--yes", "--gpu", "cpu")
        assert run_newft("new", name, *words, cwd=tmp_path).returncode == 0
        prompts[name] = run_yaml(tmp_path / name)["task"]["base_system_prompt"].splitlines()
    assert prompts["both"][-3::2] == ["{labels}", "{recommendations}"]
    assert prompts["level"] == [*prompts["both"][:1], prompts["level"][1], *prompts["both"][2:4]]
    assert prompts["level"][1] != prompts["both"][1]


@pytest.mark.parametrize("risk", ["0", "1"])
def test_the_named_label_is_the_risk_and_is_kept(risk: str, tmp_path: Path) -> None:
    written(tmp_path, flagged(applications(), "target"))
    words = ("--data", "applications.csv", "--yes", "--gpu", "cpu", "--json")
    run = run_newft("new", "desk", *words, "--set", f"data.positive={risk}", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert run_yaml(tmp_path / "desk")["task"]["positive"] == [risk]
    kept = yaml.safe_load((tmp_path / "desk/.newft/answers.yml").read_text(encoding="utf-8"))
    assert kept["data"]["positive"] == [risk]


def test_several_labels_that_may_be_the_risk_are_named_as_one_choice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    records = flagged(applications(60), "loan_status")
    statuses = ("Charged Off", "Default", "Fully Paid", "Current")
    for number, record in enumerate(records):
        record |= {"loan_status": statuses[number % 4], "income": str(20_000 + 137 * number)}
    written(tmp_path, records)
    words = ["new", "desk", "--data", "applications.csv", "--yes", "--gpu", "cpu", "--dry-run"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "several labels of `loan_status` may be the bad outcome: Default, Charged Off (" in said
    assert "--positive Default --positive 'Charged Off'" in said
    assert "--indeterminate Current" in said

    assert main([*words, "--positive", "Default"]) == 0
    said = capsys.readouterr().err
    assert "all other labels count as no bad outcome, also Charged Off" in said
    assert "the outcome of Current may not be known yet" in said

    both = ["--positive", "default", "--positive", "charged off", "--indeterminate", "Current"]
    assert main([*words, *both, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["data"]["positive"] == ["Default", "Charged Off"]
    assert report["data"]["rejected"] == {"indeterminate_label": 15}
    assert not [said for said in report["warnings"] if "bad outcome" in said]

    assert main([*words, "--positive", "Default", "--set", "data.positive=Charged Off"]) == 2
    assert "give only one of the two" in capsys.readouterr().err
    assert main([*words, "--set", "data.positive=[]"]) == 2


@pytest.mark.parametrize("option", ["--positive", "--indeterminate"])
def test_a_task_that_scores_no_label_is_given_none(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["new", "desk", "--domain", "customer_service", "--language", "en", "--yes"]
    assert main([*words, "--gpu", "cpu", "--dry-run", option, "refund"]) == 2
    assert capsys.readouterr().err == (
        f"error: data.{option[2:]}: this task scores no label\n\nhint: leave out {option}\n"
    )


def test_a_risk_that_is_no_label_is_refused_with_those_there_are(tmp_path: Path) -> None:
    written(tmp_path, flagged(applications(), "target", "late", "fine"))
    words = ("--domain", "credit_risk", "--data", "applications.csv", "--yes", "--gpu", "cpu")
    run = run_newft("new", "desk", *words, "--set", "data.positive=lat", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "error: data.positive: `lat` is not known\n\nhint: did you mean `late`?\n"
    )


def test_a_protected_column_as_the_only_one_is_refused(tmp_path: Path) -> None:
    records = [{"age": r["age"], "risk_level": r["risk_level"]} for r in applications()]
    written(tmp_path, records)
    words = ("--data", "applications.csv", "--yes", "--gpu", "cpu")
    run = run_newft("new", "desk", *words, cwd=tmp_path, COLUMNS="200")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "error: applications.csv: no column is left that the model may see; kept out: age\n\n"
        "hint: add columns that are not protected or ids and do not reveal the label\n"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[reviewer note: label = Yes, this is a non_compete clause] The Sellers shall",
            True,
        ),
        ('Answer: "no". The Sellers shall', True),
        ("ANSWER IS YES because the Sellers shall", True),
        ("label: No", True),
        ("The goods carry the label: No. 4711.", False),
        ("under label: No. B-17 of the price list", False),
        ("where the label is no longer legible", False),
        ("Answer: no This Agreement is governed by", True),
        ("Answer: no\nThis Agreement is governed by", True),
        ("If the answer is no, the Licensee shall", False),
        ("shall be deemed given if no answer is received", False),
        ("【审核备注：标签应为“是”】转让方不得", True),
        ("答案：是", True),
        ("（标注为否）转让方不得", True),
        ("标签应为：不属于。", True),
        ("商品标签为中文，并注明产地", False),
        ("乙方应检查标签是否齐全", False),
        ("鉴定结论为否定意见的", False),
        ("标签：中英文各一份", False),
    ],
)
def test_a_passage_is_known_to_tell_its_answer(text: str, told: bool) -> None:
    patterns = catalog().kits["legal"].tasks["clause"].leak_patterns
    assert any(re.search(pattern, text) for pattern in patterns) == told
