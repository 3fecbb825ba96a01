"""A project whose model another tool trains: data, checks, baseline, and no more than these."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from newft.console.json_output import list_plan_values
from newft.text import Language
from support.generate_project import emitted, generate, ruff_faults
from support.run_newft import plain_environment

pytestmark = pytest.mark.slow

PROJECTS = {
    "en": {
        "domain": "customer_service",
        "gpu": "1xRTX4090",
        "model": "zai-org/chatglm3-6b",
        "ci": "github",
    },
    "zh": {
        "domain": "legal",
        "task": "charge",
        "gpu": "2xA100-80GB",
        "model": "baichuan-inc/Baichuan2-7B-Chat",
        "language": "zh",
    },
}
# what only a project that trains has, in code, settings and requirements
TRAINING_WORDS = re.compile(
    r"import torch|from torch|transformers import|\bpeft\b|accelerate|\bmodel\.id\b|loss_mask"
    r"|hypotheses\.yaml|make (?:train|plan|chat)\b|run_dir|adapter",
    re.IGNORECASE,
)
# a hint of `make` says what there is not, and a docstring of a task whose input chat takes
ALLOWED = re.compile(
    r"there is no make|[Tt]he input of make chat|of a question in make chat|typed in make chat"
)
# commands, keys, packages and steps of a project that trains its model, in texts for people
FOREIGN_WORDS = re.compile(
    r"make (?:train|plan|chat)\b|time.?budget|时间预算|限时|(?<![\w.])(?:training|evaluation)\.\w+_"
    r"|`auto`|(?:is|为) auto|max_packed|make check` (?:measures|tries|shows free|tells|examines)"
    r"|由 `make check`|make check`，|truncated in the middle|middle part|中间部分|\btorch(?!tune)",
    re.IGNORECASE,
)
# what there is not; code that knows other projects; what the environment of LLaMA-Factory needs
EXPECTED_WORDS = re.compile(
    r"there is no make|no `make|没有 `make|^train` and no `make chat`|of torch, which is not loaded"
    r"|for torch\.load|torch has a class of its own"
)
MODELS = {
    "chatglm3": {"model": "zai-org/chatglm3-6b"},
    "baichuan2": {"model": "baichuan-inc/Baichuan2-7B-Chat"},
    "unlisted": {"family": "chatglm3", "model": "team/chatglm3-tuned"},  # of no known size
}


@pytest.fixture(scope="module", params=PROJECTS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere") / "desk"
    generate({**PROJECTS[request.param], "name": "desk"}, folder)
    return folder


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=plain_environment(project.parent) | {"PYTHONPATH": str(project / "src")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def list_make_targets(project: Path) -> list[str]:
    makefile = (project / "Makefile").read_text(encoding="utf-8")
    return re.findall(r"^(\w+):.*##", makefile, re.MULTILINE)


def test_every_command_works_and_training_names_what_to_run(project: Path) -> None:
    assert list_make_targets(project) == [
        "help", "setup", "data", "check", "eval", "test", "lint"
    ]  # fmt: skip
    for module in ("prepare", "export_llama_factory", "check", "evaluate"):
        done = run(project, "-m", f"desk.{module}")
        assert done.returncode == 0, done.stderr
        assert "next: make train" not in done.stdout
    rows = (project / "data/processed/test.jsonl").read_text(encoding="utf-8").count("\n")
    plan = (project / "PLAN.md").read_text(encoding="utf-8")
    assert re.search(rf"(?:test set has|测试集有) {rows} ", plan)
    info = json.loads((project / "data/processed/exports/dataset_info.json").read_bytes())
    recipe = yaml.safe_load((project / "config/llama_factory.yaml").read_text(encoding="utf-8"))
    assert {recipe["dataset"], recipe["eval_dataset"]} <= info.keys()
    evaluation = json.loads(next(project.glob("runs/*/evaluation.json")).read_bytes())
    assert evaluation["baseline"].keys() and "tuned" not in evaluation
    for command in ("train", "plan", "chat"):
        refused = subprocess.run(
            ["make", command], cwd=project, capture_output=True, text=True, check=False
        )
        assert refused.returncode == 2
        assert "newft update --set model=" in refused.stderr
        assert "config/llama_factory.yaml" in refused.stderr


def test_its_own_tests_and_its_style_pass(project: Path) -> None:
    own = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert own.returncode == 0, own.stdout[-3000:]
    assert ruff_faults(project) == ""


def test_nothing_of_it_is_about_training_in_the_project(project: Path) -> None:
    found = [
        f"{path}: {line.strip()}"
        for path, text in emitted(project).items()
        if path.endswith((".py", ".toml", ".txt", "Makefile", "run.yaml", ".yml"))
        and not path.startswith(".newft/")
        for line in text.splitlines()
        if TRAINING_WORDS.search(line) and not ALLOWED.search(line)
    ]
    assert found == []
    settings = yaml.safe_load((project / "config/run.yaml").read_text(encoding="utf-8"))
    assert list(settings) == ["run", "data", "task"]
    folders = {path.parent.name for path in (project / "src").rglob("*.py")}
    assert folders == {"desk", "data", "evaluation", "runtime"}


def test_its_documents_name_no_command_that_it_has_not(project: Path) -> None:
    targets = {*list_make_targets(project), "policy"}
    for name in ("PLAN.md", "README.md", "config/run.yaml", "config/llama_factory.yaml"):
        text = (project / name).read_text(encoding="utf-8")
        named = set(" ".join(re.findall(r"`make ([a-z ]+)", text)).split())
        # README says once what there is not
        assert named - targets <= ({"train", "chat"} if name == "README.md" else set()), name
    # its evaluation.json is of the baseline alone
    assert "evaluation.json" not in (project / "PLAN.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("gpu", "method"), [("cpu", "lora"), ("1xV100-32GB", "qlora"), ("1x910B", "qlora")]
)
@pytest.mark.parametrize("model", MODELS)
def test_nothing_said_of_it_is_about_a_project_that_trains(
    model: str, gpu: str, method: str, language: Language, tmp_path: Path
) -> None:
    """Files, warnings, reasons and the estimate; torch is installed beside LLaMA-Factory alone."""
    given = {**MODELS[model], "gpu": gpu, "method": method, "language": language, "name": "desk"}
    plan = generate(given, tmp_path / "desk")
    said = {f"warning {place}": each for place, each in enumerate(plan.warnings)}
    said |= {f"value {name}": one.why for name, one in list_plan_values(plan).items()}
    texts = {name: text.to(language) for name, text in said.items()}
    texts |= {"estimate": plan.estimate.why.to(language)} | {
        path: text
        for path, text in emitted(tmp_path / "desk").items()
        if not path.startswith(".newft/")
    }
    found = [
        f"{where}: {line}"
        for where, text in texts.items()
        for line in map(str.strip, text.splitlines())
        for word in FOREIGN_WORDS.findall(line)
        if not EXPECTED_WORDS.search(line) and not ALLOWED.search(line)
        if not (where == "config/llama_factory.yaml" and word == "torch")
    ]
    assert found == []


def test_every_value_of_the_recipe_has_its_reason_above_it(project: Path) -> None:
    lines = (project / "config/llama_factory.yaml").read_text(encoding="utf-8").splitlines()
    keys = {line.partition(":")[0]: number for number, line in enumerate(lines) if ":" in line}
    reasoned = (
        "lora_rank",
        "learning_rate",
        "cutoff_len",
        "num_train_epochs",
        "bf16",
        "eval_steps",
    )
    for key in reasoned:
        assert lines[keys[key] - 1].startswith("#"), key


def test_a_folder_as_the_other_tool_reads_it_is_taken(tmp_path: Path) -> None:
    """Its weights may be pickled, and its template may lie in code: LLaMA-Factory runs that."""
    model = tmp_path / "model"
    model.mkdir()
    config = {
        "architectures": ["BaichuanForCausalLM"],
        "auto_map": {"AutoModelForCausalLM": "modeling_baichuan.BaichuanForCausalLM"},
        "model_type": "baichuan",
        **{"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32},
        **{"num_attention_heads": 32, "max_position_embeddings": 4096, "vocab_size": 125696},
    }
    (model / "config.json").write_text(json.dumps(config), encoding="utf-8")
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "tokenizer_class": "BaichuanTokenizer"}
    (model / "tokenizer_config.json").write_text(json.dumps(tokens), encoding="utf-8")
    for name in ("tokenizer.model", "pytorch_model.bin"):
        (model / name).write_bytes(b"\x80")
    given = {"model": str(model), "gpu": "1xA100-80GB", "name": "desk"}
    plan = generate(given, tmp_path / "desk")
    head = (tmp_path / "desk/config/llama_factory.yaml").read_text(encoding="utf-8")
    assert plan.family.id == "baichuan2" and "download" not in head
    assert f"{model.name}/tokenization_baichuan.py" in head
    assert yaml.safe_load(head)["model_name_or_path"] == str(model)
