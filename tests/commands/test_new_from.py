"""`newft new --from FILE`: the training configuration of another tool becomes a project."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from newft.paths import get_domains_folder
from support.generate_project import generate
from support.run_newft import run_newft

pytestmark = pytest.mark.slow

# the recipe of the article "大模型微调理论与实践" for a customer-service model, in its own form
ARTICLE = """\
model_name: chatglm3-6b
dataset: customer_service_qa
training_args:
  learning_rate: 5.0e-5
  num_train_epochs: 3
  per_device_train_batch_size: 4
  gradient_accumulation_steps: 8
lora_config:
  r: 16
  alpha: 32
  target_modules: ["query_key_value", "dense"]
"""
LLAMA_FACTORY = """\
model_name_or_path: zai-org/chatglm3-6b
template: chatglm3
stage: sft
finetuning_type: lora
lora_rank: 16
lora_alpha: 32
lora_target: query_key_value,dense
dataset: customer_service_qa
learning_rate: 5.0e-5
num_train_epochs: 3
per_device_train_batch_size: 4
gradient_accumulation_steps: 8
"""
SAMPLE = ("--set", "data.files=[]")
RECORDS = get_domains_folder() / "customer_service" / "sample" / "intent_en.csv"
NUMBERS = {
    "learning_rate": 5.0e-5,
    "epochs": 3,
    "batch_size": 4,
    "gradient_accumulation_steps": 8,
    "rank": 16,
    "alpha": 32,
    "target_modules": ["query_key_value", "dense"],
}


def create(folder: Path, text: str, *options: str) -> Any:
    (folder / "train.yaml").write_text(text, encoding="utf-8")
    run = run_newft(
        *("new", "p", "--from", "train.yaml", "--gpu", "1x24GB", "--json", *SAMPLE, *options),
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("text", [ARTICLE, LLAMA_FACTORY], ids=["article", "llama_factory"])
def test_the_recipe_of_the_article_comes_out_with_its_source(text: str, tmp_path: Path) -> None:
    report = create(tmp_path, text, "--dry-run")
    assert (report["family"], report["method"]) == ("chatglm3", "lora")
    taken = {name: report["recipe"][name]["value"] for name in NUMBERS}
    assert taken == NUMBERS
    for name in NUMBERS:
        assert "article" in report["recipe"][name]["source"], name


def test_the_project_exports_the_same_numbers_again(tmp_path: Path) -> None:
    create(tmp_path, LLAMA_FACTORY)
    values = yaml.safe_load((tmp_path / "p/config/llama_factory.yaml").read_text(encoding="utf-8"))
    given = yaml.safe_load(LLAMA_FACTORY)
    kept = given.keys() - {"dataset"}
    assert {key: values[key] for key in kept} == {key: given[key] for key in kept}
    answers = yaml.safe_load((tmp_path / "p/.newft/answers.yml").read_text(encoding="utf-8"))
    assert float(answers["recipe"]["learning_rate"]) == 5.0e-5


def test_the_command_line_overrides_the_file(tmp_path: Path) -> None:
    report = create(
        *(tmp_path, LLAMA_FACTORY, "--dry-run", "--model", "Qwen/Qwen3-0.6B"),
        *("--set", "recipe.target_modules=all-linear", "--set", "recipe.rank=4"),
    )
    assert (report["family"], report["model"]) == ("qwen3", "Qwen/Qwen3-0.6B")
    assert report["recipe"]["rank"]["value"] == 4
    assert report["recipe"]["alpha"]["value"] == 32


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "train.yaml"),
        ("a: 1\n", "no training configuration"),
        (LLAMA_FACTORY.replace("stage: sft", "stage: dpo"), "train.yaml:3"),
        (LLAMA_FACTORY + "lora_rank: 8\n", "train.yaml:13"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text: str | None, said: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "train.yaml").write_text(text, encoding="utf-8")
    run = run_newft("new", "p", "--from", "train.yaml", "--gpu", "cpu", "--yes", cwd=tmp_path)
    assert run.returncode in (1, 2)
    assert said in run.stderr
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("line", "said"), [("lora_alpha: -3", "lora_alpha"), ("warmup_ratio: 2", "warmup_ratio")]
)
def test_a_value_that_cannot_be_is_refused_with_its_line(
    line: str, said: str, tmp_path: Path
) -> None:
    text = f"model_name_or_path: Qwen/Qwen3-0.6B\nfinetuning_type: lora\n{line}\n"
    (tmp_path / "train.yaml").write_text(text, encoding="utf-8")
    run = run_newft("new", "p", "--from", "train.yaml", "--gpu", "cpu", "--yes", cwd=tmp_path)
    assert run.returncode == 2
    assert f"train.yaml:3: {said}: " in run.stderr
    assert "--set recipe." in run.stderr
    given = ("--set", "recipe.alpha=bad") if said == "lora_alpha" else ()
    again = run_newft(*("new", "p", "--from", "train.yaml", "--yes"), *given, cwd=tmp_path)
    assert ("train.yaml:3" in again.stderr) == (not given)  # the command line has no such line


def test_a_model_that_a_tool_cannot_load_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text(LLAMA_FACTORY, encoding="utf-8")
    run = run_newft(
        *("new", "p", "--from", "train.yaml", "--gpu", "1x24GB", "--exports", "axolotl", *SAMPLE),
        cwd=tmp_path,
    )
    assert run.returncode == 1
    assert "axolotl" in run.stderr and "--set exports=llama_factory" in run.stderr


def test_a_project_that_cannot_train_its_model_has_its_configuration(tmp_path: Path) -> None:
    plan = generate(
        {"gpu": "cpu", "model": "zai-org/chatglm3-6b", "name": "p", "language": "zh"},
        tmp_path / "p",
    )
    assert plan.model.successor == "zai-org/GLM-4-9B-0414"
    head = (tmp_path / "p/config/llama_factory.yaml").read_text(encoding="utf-8")
    assert "llamafactory==0.9.1" in head and "template: chatglm3" in head
    assert plan.model.successor in (tmp_path / "p/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("text", "line"), [(ARTICLE, 2), (LLAMA_FACTORY, 8)])
def test_records_that_are_named_and_not_found_are_a_missing_answer(
    text: str, line: int, tmp_path: Path
) -> None:
    (tmp_path / "train.yaml").write_text(text, encoding="utf-8")
    options = ("new", "p", "--from", "train.yaml", "--gpu", "1x24GB", "--yes")
    run = run_newft(*options, cwd=tmp_path)
    assert run.returncode == 2 and not (tmp_path / "p").exists()
    assert f"train.yaml:{line}: the records of `dataset` cannot be used" in run.stderr
    assert "--data FILE" in run.stderr
    told = run_newft(*options, "--data", str(RECORDS), "--json", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "cannot be used" not in told.stderr


def test_keys_that_newft_does_not_know_are_among_the_warnings(tmp_path: Path) -> None:
    told = create(tmp_path, LLAMA_FACTORY + "cloud_region: cn-1\n", "--dry-run")
    assert any("`cloud_region`" in warning for warning in told["warnings"])


def test_prompts_of_alpaca_rows_are_said_not_to_be_used(tmp_path: Path) -> None:
    with RECORDS.open(encoding="utf-8-sig", newline="") as file:
        rows = [
            {"instruction": "Name the intent", "input": row["message"], "output": row["intent"]}
            for row in csv.DictReader(file)
        ]
    (tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    info = {"customer_service_qa": {"file_name": "rows.json"}}
    (tmp_path / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")
    (tmp_path / "train.yaml").write_text(LLAMA_FACTORY, encoding="utf-8")
    options = ("--from", "train.yaml", "--gpu", "1x24GB", "--dry-run", "--lang", "zh")
    run = run_newft("new", "p", *options, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "未使用 `instruction` 中的提示词" in run.stderr and "task.system" in run.stderr
