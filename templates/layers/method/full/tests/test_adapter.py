"""Full fine-tuning: what is saved, what checkpoints keep, and which model is the base."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from package_name import check, prepare, train
from package_name.config import Config
from package_name.model import load
from package_name.model.adapter import (
    TunedModel,
    base_model,
    describe_trained_weights,
    load_trained,
    prepare_for_training,
    save_trained,
)
from package_name.model.load import load_base_model
from package_name.model.method import get_weights_precision
from package_name.model.verify import ModelFolder
from package_name.model.weight_count import WeightCount
from package_name.runtime.messages import fill
from package_name.training.run_dir import get_run_dir


def prepare_model(folder: Path, config: Config) -> TunedModel:
    base = load_base_model(folder, config.model)
    return prepare_for_training(base, config.method, checkpointing=False, base_name="base")


def test_all_weights_are_trained_in_fp32(config: Config, tiny_model: ModelFolder) -> None:
    model = prepare_model(tiny_model.path, config)
    assert all(weight.requires_grad for weight in model.parameters())
    assert describe_trained_weights(model) == fill(
        "all {total:,} weights", total=model.num_parameters()
    )
    assert get_weights_precision("bf16") == get_weights_precision("fp16") == "fp32"


def test_the_base_is_loaded_beside_the_tuned_model(
    config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    tuned = prepare_model(tiny_model.path, config)
    original = tuned.lm_head.weight.detach().clone()
    tuned.lm_head.weight.data += 1
    save_trained(tuned, tmp_path / "model", "fp32")
    tuned = load_trained(tiny_model.path, config.model, tmp_path / "model")
    with base_model(tuned, lambda: load_base_model(tiny_model.path, config.model)) as base:
        assert torch.equal(base.lm_head.weight, original)
    assert torch.allclose(tuned.lm_head.weight, original + 1)


def test_a_model_is_saved_in_the_precision_in_which_it_answers(
    config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    sizes = []
    for precision in ("fp32", "bf16"):
        save_trained(prepare_model(tiny_model.path, config), tmp_path / precision, precision)
        weights = (tmp_path / precision).glob("*.safetensors")
        sizes.append(sum(path.stat().st_size for path in weights))
    assert sizes[0] == pytest.approx(2 * sizes[1], rel=0.1)


def test_check_counts_the_optimizer_states_that_checkpoints_keep(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check.compare_disk(WeightCount(linear=900_000_000, others=100_000_000))
    assert " 28.0 GB" in capsys.readouterr().out


def test_only_the_last_checkpoint_keeps_optimizer_states(
    config: Config,
    tiny_model: ModelFolder,
    write_rows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "fetch_model_folder", lambda model: tiny_model)
    write_rows(60)
    prepare.main(config, Namespace())
    train.main(config, Namespace(dry_run=False))
    run = get_run_dir(config)
    kept = [path.parent for path in run.checkpoints.glob("*/optimizer.pt")]
    assert kept == [run.last_checkpoint()]
