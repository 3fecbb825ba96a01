"""Weights in 4 bit: which they are, and what they answer."""

from __future__ import annotations

import torch
from bitsandbytes.nn import Linear4bit

from package_name.config import Config
from package_name.model.load import load_base_model
from package_name.model.verify import ModelFolder


def test_linear_modules_of_the_blocks_are_in_4_bit(config: Config, tiny_model: ModelFolder) -> None:
    base = load_base_model(tiny_model.path, config.model)
    packed = {name for name, module in base.named_modules() if isinstance(module, Linear4bit)}
    linear = {name for name, module in base.named_modules() if isinstance(module, torch.nn.Linear)}
    assert linear - packed == {"lm_head"}
    assert base.get_input_embeddings().weight.dtype == torch.float32


def test_gradients_pass_the_weights_after_an_evaluation(
    config: Config, tiny_model: ModelFolder
) -> None:
    base = load_base_model(tiny_model.path, config.model)
    packed = base.model.layers[0].mlp.up_proj
    given = torch.ones(1, packed.in_features, device=base.device)
    with torch.no_grad():
        answered = packed.eval()(given)
    given.requires_grad_()
    trained = packed.train()(given)
    trained.sum().backward()
    assert given.grad is not None and bool(given.grad.any())
    assert torch.equal(answered, trained)
