"""LoRA+: matrix B learns faster than A."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import Trainer, TrainingArguments

from package_name.config import Config
from package_name.model.adapter import (
    create_optimizer,
    prepare_for_training,
)
from package_name.model.load import load_base_model
from package_name.model.verify import ModelFolder


@pytest.mark.parametrize("ratio", [1.0, 16.0])
def test_the_learning_rate_of_b_is_that_of_a_times_the_ratio(
    ratio: float, config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    method = config.method.model_copy(update={"loraplus_lr_ratio": ratio})
    base = load_base_model(tiny_model.path, config.model)
    tuned = prepare_for_training(base, method, checkpointing=False, base_name="base")
    arguments = TrainingArguments(
        output_dir=str(tmp_path), learning_rate=1e-4, report_to="none", use_cpu=True
    )
    trainer = Trainer(tuned, arguments)
    create_optimizer(trainer, method)
    rates = {
        weight.data_ptr(): group["lr"]
        for group in trainer.optimizer.param_groups
        for weight in group["params"]
    }
    trained = {name: weight for name, weight in tuned.named_parameters() if weight.requires_grad}
    assert len(rates) == len(trained)
    for name, weight in trained.items():
        expected = 1e-4 * (ratio if "lora_B" in name else 1)
        assert rates[weight.data_ptr()] == pytest.approx(expected)
