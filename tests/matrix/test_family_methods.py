"""Every family with every method: a project is trained, resumed, evaluated and asked, and what was
trained is what should be."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from newft.catalog.loader import load_catalog
from newft.decide.methods.adapter_size import select_modules
from newft.errors import NewftError
from newft.schema.family import Family
from newft.schema.plan import Plan
from support.checkout import BITSANDBYTES
from support.emitted_project import QUICK
from support.generate_project import generate
from support.run_newft import plain_environment
from support.tiny_families import LAYERS, list_variants, make_tiny_family
from support.warm_process import run_warm

pytestmark = pytest.mark.slow

ROWS = 40
METHODS = ("lora", "qlora", "prefix", "freeze", "full")
MODELS = {
    f"{family.id}-{architecture}": (family, size)
    for family in load_catalog().families.values()
    if family.successor is None
    for architecture, size in list_variants(family).items()
}
# `make matrix` takes all
FEW = {("qwen3-Qwen3ForCausalLM", "lora")}
EACH = [
    pytest.param(name, method, marks=() if (name, method) in FEW else pytest.mark.matrix)
    for name in MODELS
    for method in METHODS
]
# the last is a constant of Gemma 4
NOT_TRAINED = re.compile("vision|visual|projector|layer_scalar$")
NEVER_TRAINED = re.compile(r"lm_head|embed|router|\.gate\.|vision|multi_modal|merger|visual")


class Project:
    """A project of a family and a method, with a few rows and a small model."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder = plan, folder

    def run(self, module: str, *words: str) -> str:
        environment = plain_environment(self.folder.parent) | {
            "PYTHONPATH": str(self.folder / "src"),
            "OMP_NUM_THREADS": "1",
        }
        done = run_warm(
            f"{self.plan.package}.{module}",
            words,
            self.folder,
            environment,
            further=BITSANDBYTES if self.plan.method.id == "qlora" else None,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def trained(self) -> dict[str, torch.Tensor]:
        """The weights that the run left."""
        (folder,) = (self.folder / "runs").glob("*")
        (file,) = (path for path in folder.glob("*/*.safetensors") if "checkpoint" not in str(path))
        return load_file(file)

    def read_losses(self) -> list[float]:
        (result,) = (self.folder / "runs").glob("*/result.json")
        history = json.loads(result.read_bytes())["history"]
        return [entry["eval_loss"] for entry in history if "eval_loss" in entry]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    @cache
    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp("models") / name
        make_tiny_family(*MODELS[name], folder)
        return folder

    return make


def make_project(family: Family, model: Path, method: str, folder: Path, **answers: str) -> Project:
    given = {"domain": "customer_service", "task": "intent", "language": "en", "gpu": "cpu"}
    given |= {"family": family.id, "model": str(model), "method": method} | answers
    plan = generate(given, folder)
    (raw,) = (folder / "data" / "raw").iterdir()
    with raw.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[: ROWS + 1]
    with raw.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    run_yaml = folder / "config" / "run.yaml"
    text = run_yaml.read_text(encoding="utf-8")
    quick = QUICK | {"learning_rate": "0.01", "max_length": "1000", "precision": "fp32"}
    if method == "freeze":  # one block of four, in fp32 beside weights in 16 bit
        quick |= {"trained_blocks": "1", "precision": "bf16"}
    for key, value in quick.items():
        text = re.sub(rf"(?m)^  {key}: .*$", f"  {key}: {value}", text)
    run_yaml.write_text(text, encoding="utf-8")
    return Project(plan, folder)


@pytest.mark.parametrize(("name", "method"), EACH)
def test_a_family_is_trained_by_a_method(
    name: str, method: str, models: Callable[[str], Path], tmp_path: Path
) -> None:
    family, _ = MODELS[name]
    model = models(name)
    try:
        project = make_project(family, model, method, tmp_path / "desk")
    except NewftError as error:  # it cannot be: the message says what can
        assert error.hint and "config.json" not in error.message, error.message
        pytest.skip(f"refused: {error.message}")
    project.run("prepare")
    assert "the masked tokens are the prompt that a server sends" in project.run("check")
    project.run("train")
    losses = project.read_losses()
    assert losses[-1] < losses[0], losses
    check_trained_weights(project, family, model)
    (result,) = (project.folder / "runs").glob("*/result.json")
    result.unlink()
    assert "resuming from" in project.run("train")
    project.run("evaluate")
    project.run("chat", "--once", "where is my card?")


def check_trained_weights(project: Project, family: Family, model: Path) -> None:
    """What was trained changed, and nothing else was trained."""
    weights = project.trained
    assert all(bool(tensor.isfinite().all()) for tensor in weights.values())
    if project.plan.method.id in ("lora", "qlora"):
        outputs = {name: tensor for name, tensor in weights.items() if "lora_B" in name}
        assert [name for name, tensor in outputs.items() if not tensor.any()] == []
        assert [name for name in weights if NEVER_TRAINED.search(name)] == []
        modules = {name.split(".lora_")[0].rpartition(".")[2] for name in weights}
        targets = project.plan.recipe.method["target_modules"].value
        assert modules == set(select_modules(targets, family))
    elif project.plan.method.id == "prefix":
        assert list(weights) == ["prompt_embeddings"]
    else:
        before = load_file(model / "model.safetensors")
        assert before.keys() == weights.keys()
        before = {name: tensor.to(weights[name].dtype) for name, tensor in before.items()}
        trained = {name for name in before if not NOT_TRAINED.search(name)}
        if project.plan.method.id == "freeze":
            trained = {name for name in trained if f".layers.{LAYERS - 1}." in name}
        assert trained
        assert {name for name in before if not before[name].equal(weights[name])} == trained


@pytest.mark.matrix
@pytest.mark.parametrize("method", [each for each in METHODS if each != "prefix"])
def test_a_packed_project_has_the_losses_of_a_padded_one(
    method: str, models: Callable[[str], Path], tmp_path: Path
) -> None:
    """Of every family, tests/emitted/test_model_classes.py compares losses and gradients."""
    name = "qwen3-Qwen3ForCausalLM"
    family, _ = MODELS[name]
    update = {"recipe.batch_size": "2", "recipe.gradient_accumulation_steps": "4"}
    losses = []
    for tokens in ("0", "4000"):
        given = {"gpu": "1x80GB", **update, "recipe.max_packed_tokens": tokens}
        project = make_project(family, models(name), method, tmp_path / tokens, **given)
        project.run("prepare")
        words = ("--set", "training.device=cpu", "--set", "model.precision=fp32")
        assert ("packed: a step is " in project.run("train", *words)) == (tokens != "0")
        losses.append(project.read_losses())
    padded, packed = losses
    assert packed == pytest.approx(padded, rel=1e-3)
