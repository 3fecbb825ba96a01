"""Prefix tuning: what is trained and saved, where it stands, and which model is the base."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from package_name import prepare, train
from package_name.config import Config, TrainingConfig
from package_name.evaluation.inference import stream_tokens
from package_name.model import load
from package_name.model.adapter import (
    TunedModel,
    base_model,
    load_trained,
    prepare_for_training,
    save_trained,
)
from package_name.model.load import load_base_model
from package_name.model.verify import ModelFolder
from package_name.training.run_dir import get_run_dir

PROMPT = [5, 6, 7, 8]


def prepare_model(folder: Path, config: Config) -> TunedModel:
    base = load_base_model(folder, config.model)
    return prepare_for_training(
        base, config.method, checkpointing=False, base_name="organisation/base"
    )


def compute_logits(model: TunedModel, tokens: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=torch.tensor([tokens], device=model.device)).logits


def test_only_the_prefix_is_saved_and_it_names_its_base(
    config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    tuned = prepare_model(tiny_model.path, config)
    trained = [name for name, weight in tuned.named_parameters() if weight.requires_grad]
    assert trained and all(name.startswith("prompt_encoder.") for name in trained)
    save_trained(tuned, tmp_path / "adapter", "fp32")
    saved = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
    assert saved["base_model_name_or_path"] == "organisation/base"
    assert sorted(path.name for path in (tmp_path / "adapter").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_what_is_saved_answers_as_what_was_trained(
    config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    tuned = prepare_model(tiny_model.path, config).eval()
    expected = compute_logits(tuned, PROMPT)
    save_trained(tuned, tmp_path / "adapter", "fp32")
    loaded = load_trained(tiny_model.path, config.model, tmp_path / "adapter")
    assert torch.allclose(compute_logits(loaded, PROMPT), expected, atol=1e-5)
    with base_model(loaded, lambda: load_base_model(tiny_model.path, config.model)) as base:
        untouched = load_base_model(tiny_model.path, config.model).eval()
        assert torch.equal(compute_logits(base, PROMPT), compute_logits(untouched, PROMPT))
    assert not torch.allclose(compute_logits(loaded, PROMPT), compute_logits(untouched, PROMPT))
    # as others load it
    plain = PeftModel.from_pretrained(untouched, str(tmp_path / "adapter")).eval()
    assert torch.allclose(compute_logits(plain, PROMPT), expected, atol=1e-5)


def test_generation_goes_on_from_the_prefix(config: Config, tiny_model: ModelFolder) -> None:
    tuned = prepare_model(tiny_model.path, config).eval()
    written = list(stream_tokens(tuned, PROMPT, stops=[], limit=4))
    text = list(PROMPT)
    for token in written:  # without a cache
        assert token == int(compute_logits(tuned, text)[0, -1].argmax())
        text.append(token)


def test_a_checkpoint_holds_the_projection(
    config: Config, tiny_model: ModelFolder, tmp_path: Path
) -> None:
    tuned, other = (prepare_model(tiny_model.path, config) for _ in range(2))
    tuned.save_pretrained(str(tmp_path), state_dict={})
    assert not torch.equal(compute_logits(tuned, PROMPT), compute_logits(other, PROMPT))
    other.load_adapter(str(tmp_path), "default", is_trainable=True)
    assert torch.equal(compute_logits(tuned, PROMPT), compute_logits(other, PROMPT))


def test_the_loss_falls_and_the_best_prefix_is_kept(
    config: Config,
    tiny_model: ModelFolder,
    write_rows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "fetch_model_folder", lambda model: tiny_model)
    write_rows(60)
    prepare.main(config, Namespace())
    train.main(config, Namespace(dry_run=False))
    losses = json.loads((get_run_dir(config).path / "result.json").read_text(encoding="utf-8"))
    of_validation = [entry["eval_loss"] for entry in losses["history"] if "eval_loss" in entry]
    assert of_validation[-1] < of_validation[0]


def test_gradient_checkpointing_is_refused(config: Config) -> None:
    settings = config.training.model_dump() | {"gradient_checkpointing": True}
    with pytest.raises(ValueError, match="false"):
        TrainingConfig.model_validate(settings)
