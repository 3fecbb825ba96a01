"""Every key of run.yaml works or is refused, and what is loaded is what was asked for."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.checkout import TESTS
from support.emitted_project import QUICK, RECORDS, Desk, make_desk
from support.generate_project import generate
from support.run_newft import plain_environment
from support.warm_process import run_warm

pytestmark = pytest.mark.slow

ROWS_OF_A_SAMPLE = 60
SOURCES = {
    "embedded": {"model": "embedded", "family": "smollm2"},
    "huggingface": {"model": "Qwen/Qwen3-0.6B", "family": "qwen3"},
    "modelscope": {"model": "Qwen/Qwen3-0.6B", "family": "qwen3", "hub": "modelscope"},
}
TASKS = {
    "risk": ("credit_risk", "en"),
    "clause": ("legal", "en"),
    "charge": ("legal", "zh"),
}


# the column of a text, and that of the label
COLUMNS = {
    "risk": ("credit_history", "risk_level"),
    "clause": ("text", "label"),
    "charge": ("案情", "罪名"),
}


def plant_rows(row: dict[str, str], text: str, label: str) -> list[dict[str, str]]:
    """Rows on which the rules act: stated labels, labels with affixes, texts of other digits."""
    stated = [f"the: {row[label]}. {row[text]}", f"{row[label]}: {row[text]} again"]
    affixed = [f"罪名:{row[label]}", f"{row[label]}罪", "打人"]
    return [
        *({**row, text: each} for each in stated),
        *({**row, text: f"{row[text]} {digit}"} for digit in "78"),
        *({**row, label: each, text: f"{row[text]} {each}"} for each in affixed),
    ]


def read_records(path: Path) -> list[dict[str, str]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text)))
    lines = json.loads(text) if path.suffix == ".json" else map(json.loads, text.splitlines())
    return list(lines)


def write_records(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, [*rows[0]])
            writer.writeheader()
            writer.writerows(rows)
        elif path.suffix == ".json":
            json.dump(rows, file, ensure_ascii=False)
        else:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def walk(desk: Desk, package: str, *sections: str) -> dict[str, str | None]:
    """What a change of each key does, by key."""
    path = os.pathsep.join((desk.environment["PYTHONPATH"], str(TESTS)))
    run = run_warm(
        "support.change_every_key",
        [package, *sections],
        desk.folder,
        desk.environment | {"PYTHONPATH": path},
    )
    assert run.returncode == 0, run.stderr
    told: dict[str, str | None] = json.loads(run.stdout)
    return told


def without_effect(told: dict[str, str | None]) -> list[str]:
    assert told.pop("nothing") is None, "two equal runs differ: this test can tell nothing"
    assert told
    return [key for key, effect in told.items() if effect is None]


def test_every_key_of_a_run_works_or_is_refused(tmp_path: Path) -> None:
    planted = "the: refund is what I ask for,refund\nrefund: it has not come,refund\n"
    planted += "I paid 7 times already,refund\nI paid 8 times already,refund\n"
    desk = make_desk(tmp_path, RECORDS + planted)
    sections = ("run", "data", "task", "model", "method", "training", "evaluation")
    told = walk(desk, "desk", *sections)
    assert without_effect(told) == []
    for key in ("model.source", "model.revision", "model.architecture", "training.device"):
        assert str(told[key]).startswith("refused: "), told[key]


@pytest.mark.parametrize("task", TASKS)
def test_every_key_of_the_rows_and_the_task_works_or_is_refused(
    task: str, fresh: Desk, tmp_path: Path
) -> None:
    domain, language = TASKS[task]
    tiny = fresh.folder.parent / "tiny"
    given = {"domain": domain, "task": task, "language": language, "gpu": "cpu"}
    plan = generate(given | {"family": "smollm2", "model": str(tiny)}, tmp_path / "desk")
    (raw,) = (tmp_path / "desk" / "data" / "raw").iterdir()
    text = raw.read_text(encoding="utf-8")
    few = read_records(raw)[:ROWS_OF_A_SAMPLE]
    write_records(raw, [*few, *plant_rows(few[0], *COLUMNS[task])])
    run_yaml = tmp_path / "desk" / "config" / "run.yaml"
    text = run_yaml.read_text(encoding="utf-8")
    for key, value in (QUICK | {"max_length": "4000"}).items():
        text = re.sub(rf"(?m)^  {key}: .*$", f"  {key}: {value}", text)
    run_yaml.write_text(text, encoding="utf-8")
    inert = ["data.compare_digits"] if plan.task.tabular else []  # figures are compared anyway
    assert without_effect(walk(Desk(tmp_path / "desk"), plan.package, "data", "task")) == inert


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_this_project_does_not_hold_is_refused_with_the_command_that_does_it(
    source: str, tmp_path: Path
) -> None:
    given = {"domain": "customer_service", "task": "intent", "language": "en", "gpu": "cpu"}
    plan = generate(given | SOURCES[source], tmp_path / "desk")
    environment = {"PYTHONPATH": str(tmp_path / "desk" / "src")}
    options = {
        "embedded": "--model embedded",
        "folder": "--model ./MODEL_FOLDER",
        "huggingface": f"--model {plan.model.id}",
        "modelscope": f"--model {plan.model.id} --hub modelscope",
    }
    ask = (
        "import sys; from pathlib import Path; from desk.config import load_config\n"
        "from desk.runtime.errors import ProjectError\n"
        "for word in sys.argv[1:]:\n"
        "    try: load_config(Path('config/run.yaml'), [word])\n"
        "    except ProjectError as error: print(error.message)\n"
        "    else: print('taken')\n"
    )
    others = [other for other in options if other != source]
    words = [f"model.source={other}" for other in others]
    words += ["model.id=Qwen/Qwen3-1.7B", "model.revision=main"]
    run = subprocess.run(
        [sys.executable, "-P", "-c", ask.replace("desk", plan.package), *words],
        cwd=tmp_path / "desk",
        env=plain_environment(tmp_path) | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *refusals, model, revision = run.stdout.splitlines()
    for other, refusal in zip(others, refusals, strict=True):
        assert refusal == (
            f"--set model.source is {other!r}: this project loads its base model from {source} "
            f"only; for another source, generate another project: newft new FOLDER {options[other]}"
        )
    if source == "embedded":
        assert model.endswith("generate another project: newft new FOLDER --model Qwen/Qwen3-1.7B")
        assert revision.endswith("models from embedded have no revisions: set it to null")
    else:
        assert (model, revision) == ("taken", "taken")


# --- what is loaded is what was asked for --------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "key", "value", "described"),
    [
        ("check", "architecture", "Qwen3ForCausalLM", "Qwen3ForCausalLM with 35,232 parameters"),
        ("train", "parameters", "596049920", "LlamaForCausalLM with 596,049,920 parameters"),
        ("evaluate", "architecture", "Qwen3ForCausalLM", "Qwen3ForCausalLM with 35,232 parameters"),
        ("chat", "parameters", "596049920", "LlamaForCausalLM with 596,049,920 parameters"),
    ],
)
def test_another_model_than_run_yaml_describes_is_refused_by_every_command(
    trained: Desk, tmp_path: Path, module: str, key: str, value: str, described: str
) -> None:
    desk = trained.copy(tmp_path / "desk")
    if module == "train":
        (desk.folder / "runs" / "intent-lora" / "result.json").unlink()
    run_yaml = desk.folder / "config" / "run.yaml"
    (model,) = re.findall(r'(?m)^  id: "?(.*?)"?$', run_yaml.read_text(encoding="utf-8"))
    for path in (run_yaml, desk.folder / "runs" / "intent-lora" / "config.yaml"):
        text = path.read_text(encoding="utf-8")
        text, count = re.subn(rf"(?m)^  {key}: .*$", f"  {key}: {value}", text)
        assert count == 1
        path.write_text(text, encoding="utf-8")
    words = ("--once", "hello") if module == "chat" else ()
    run = desk.run(module, *words)
    assert run.returncode == 1
    assert (
        f" contains LlamaForCausalLM with 35,232 parameters, but run.yaml describes {model} as "
        f"{described}\n"
    ) in run.stderr
    assert f"newft new FOLDER --model {model}" in run.stderr


def test_weights_that_a_model_lacks_are_named_and_not_made_up(ready: Desk, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    text = (ready.folder / "config" / "run.yaml").read_text(encoding="utf-8")
    (model,) = re.findall(r'(?m)^  id: "?(.*?)"?$', text)
    shutil.copytree(model, tmp_path / "lacking")
    path = tmp_path / "lacking" / "model.safetensors"
    weights = load_file(path)
    del weights["model.layers.0.mlp.up_proj.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    run = ready.run("train", "--set", f"model.id={tmp_path / 'lacking'}")
    assert run.returncode == 1
    assert "has no weights for model.layers.0.mlp.up_proj.weight" in run.stderr


def test_an_argument_that_the_chat_template_does_not_take_is_told(ready: Desk) -> None:
    run = ready.run("check", "--set", "model.template_arguments={enable_thinking: false}")
    assert run.returncode == 0
    assert "model.template_arguments.enable_thinking has no effect" in run.stderr


# --- the hardware that was planned ---------------------------------------------------------------

# a plan for a GPU, kept on a machine that has none
ON_CPU = ("--set", "training.device=cpu", "--set", "model.precision=fp32")


@pytest.fixture(scope="module")
def on_a_gpu(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = make_desk(tmp_path_factory.mktemp("gpu"), gpu="1xRTX4090")
    assert desk.run("prepare").returncode == 0
    return desk


def test_a_plan_for_an_accelerator_does_not_train_on_a_cpu_unless_it_is_told_to(
    on_a_gpu: Desk,
) -> None:
    ready = on_a_gpu
    check = ready.run("check")
    assert check.returncode == 0
    assert "warning: training.device is cuda, but this machine has cpu" in check.stdout
    run = ready.run("train")
    assert run.returncode == 1
    assert run.stderr.startswith("error: training.device is cuda, but this machine has cpu\n")
    assert "--set training.device=cpu" in run.stderr
    assert not (ready.folder / "runs").exists()
    done = ready.run("train", "--dry-run", *ON_CPU)
    assert done.returncode == 0, done.stderr


def test_a_project_for_a_cpu_trains_in_one_process_on_it(ready: Desk) -> None:
    run = ready.run("train", "--set", "training.device=cuda", "--set", "training.processes=2")
    assert run.returncode == 1
    assert "training.device is 'cuda': it must be one of: cpu" in run.stderr
    assert "training.processes is 2: it must be 1 or less" in run.stderr
    several = run_warm("desk.train", [], ready.folder, ready.environment | {"WORLD_SIZE": "2"})
    assert several.returncode == 1
    assert several.stderr.startswith("error: this project trains in one process\n")


def test_a_number_format_that_the_device_does_not_train_in_is_refused(ready: Desk) -> None:
    run = ready.run("train", "--set", "model.precision=fp16")
    assert run.returncode == 1
    assert run.stderr.startswith(
        "error: model.precision is fp16, with which training on cpu is not possible\n"
    )


# 8 rows, of which `auto` would take as many at once as this machine is fast with
UPDATE = ("--set", "training.batch_size=2", "--set", "training.gradient_accumulation_steps=4")


@pytest.mark.parametrize(
    ("planned", "processes", "said"),
    [
        (1, 2, "batch_size 2 and gradient_accumulation_steps 2"),
        (2, 1, "batch_size 2 and gradient_accumulation_steps 8"),
    ],
)
def test_other_processes_than_planned_keep_the_rows_of_an_update(
    on_a_gpu: Desk, planned: int, processes: int, said: str
) -> None:
    ready, rows = on_a_gpu, 8 * planned
    words = ["--dry-run", "--set", f"training.processes={planned}", *UPDATE, *ON_CPU]
    if processes == 1:
        run = ready.run("train", *words)
    else:
        launch = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        run = subprocess.run(
            [sys.executable, "-m", *launch, "-m", "desk.train", *words],
            cwd=ready.folder,
            env=ready.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert (
        f"training.processes is {planned}, but {processes} processes are running: with {said}, an "
        f"update still has {rows} rows"
    ) in lines
    assert any(f" steps of {rows} rows: " in line for line in lines)


def test_processes_that_cannot_share_an_update_are_refused(on_a_gpu: Desk) -> None:
    environment = on_a_gpu.environment | {"WORLD_SIZE": "3"}
    run = run_warm("desk.train", [*UPDATE, *ON_CPU], on_a_gpu.folder, environment)
    assert run.returncode == 1
    assert run.stderr.startswith("error: an update has 8 rows ")
    assert "hint: start a number of processes by which 8 is divisible" in run.stderr
