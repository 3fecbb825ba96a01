"""Small models of every family's class: what is computed at once is what is computed one by one."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from golden_project import GOLDEN
from newft.catalog.loader import load_catalog
from support.stand_in_hubs import compose
from support.tiny_families import WINDOW, build_tiny_model, list_variants

pytestmark = pytest.mark.slow

VOCABULARY, END = 320, 2
MODELS = {
    f"{family.id}-{architecture}": (family, size)
    for family in load_catalog().families.values()
    if family.successor is None
    for architecture, size in list_variants(family).items()
}
# a plain one, one with windows in a wrapper, and one with linear attention; `make matrix` takes all
FEW = (
    "llama3-LlamaForCausalLM",
    "gemma3-Gemma3ForConditionalGeneration",
    "qwen3_5-Qwen3_5ForConditionalGeneration",
)
EACH = [name if name in FEW else pytest.param(name, marks=pytest.mark.matrix) for name in MODELS]
CANDIDATES = [[5, 6, 7, END], [5, 6, 9, END], [8, END], [5, 7, END]]


@pytest.fixture(scope="module", autouse=True)
def emitted_code(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GOLDEN / "src")
        folder = tmp_path_factory.mktemp("packed")
        patch.syspath_prepend(compose("folder", folder, package="packing_desk", batches="packed"))
        yield


@cache
def load(name: str) -> PreTrainedModel:
    family, size = MODELS[name]
    model = build_tiny_model(family, size, VOCABULARY).float().eval()
    model.set_attn_implementation(family.attention[0])
    return model


@pytest.fixture(params=EACH)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(name: str) -> PreTrainedModel:
    return load(name)


def write_prompts(shared: int) -> list[list[int]]:
    """Prompts of several lengths that begin alike, some of the same length."""
    draw = random.Random(shared)
    ids = [draw.randrange(10, VOCABULARY) for _ in range(200)]
    return [ids[:shared] + draw.sample(ids, length) for length in (9, 5, 7, 7)]


@torch.inference_mode()
def score_one_by_one(model: PreTrainedModel, prompt: list[int]) -> NDArray[np.float64]:
    scores = []
    for answer in CANDIDATES:
        logits = model(input_ids=torch.tensor([prompt + answer])).logits[0].float()
        likely = logits.log_softmax(dim=-1)[len(prompt) - 1 : -1]
        scores.append(sum(likely[place, token].item() for place, token in enumerate(answer)))
    return np.array(scores)


@torch.inference_mode()
def generate_one_by_one(model: PreTrainedModel, prompt: list[int], limit: int) -> list[int]:
    written: list[int] = []
    while len(written) < limit and END not in written:
        logits = model(input_ids=torch.tensor([prompt + written])).logits
        written.append(int(logits[0, -1].argmax()))
    return written


@pytest.mark.parametrize("shared", [20, 2 * WINDOW])
def test_a_batch_is_answered_and_scored_as_each_prompt_alone(
    model: PreTrainedModel, shared: int
) -> None:
    from golden_desk.evaluation.inference import (
        CandidateTree,
        compute_prefix_cache,
        generate_and_score,
        score_candidates,
    )

    prompts = write_prompts(shared)
    prefix, tree = compute_prefix_cache(model, prompts), CandidateTree(CANDIDATES, model.device)
    written, scores = generate_and_score(model, prompts, prefix, tree, stops=[END], limit=5)
    for prompt, answer, score in zip(prompts, written, scores, strict=True):
        alone = generate_one_by_one(model, prompt, 5)
        assert answer[: len(alone)] == alone
        assert score == pytest.approx(score_one_by_one(model, prompt), abs=1e-4)
        assert score_candidates(model, prompt, CANDIDATES) == pytest.approx(score, abs=1e-4)


def test_the_loss_of_a_batch_is_that_of_the_answers_tokens_alone(model: PreTrainedModel) -> None:
    from golden_desk.training.collator import TargetCollator
    from golden_desk.training.examples import Example

    examples = [Example([*prompt, 5, 6, END], len(prompt)) for prompt in write_prompts(WINDOW)]
    losses = []
    for example in examples:
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([example.ids])).logits[0].float()
        answer = torch.tensor(example.ids[example.answer_start :])
        predicted = logits[example.answer_start - 1 : -1]
        losses.append(torch.nn.functional.cross_entropy(predicted, answer).item())
    loss = model(**TargetCollator(0)(examples)).loss
    assert loss.item() == pytest.approx(np.mean(losses), abs=1e-4)


def compute_gradients(
    model: PreTrainedModel, batches: Sequence[Mapping[str, Any]]
) -> tuple[float, torch.Tensor]:
    """The loss of an update, and its gradients: the mean over the tokens of all answers."""
    tokens, total = sum(len(batch["labels"]) for batch in batches), 0.0
    model.zero_grad()
    for batch in batches:
        loss = model(**batch, num_items_in_batch=tokens).loss
        loss.backward()
        total += loss.item()
    gradients = [weight.grad.flatten() for weight in model.parameters() if weight.grad is not None]
    model.zero_grad()
    return total, torch.cat(gradients)


def test_packed_rows_have_the_loss_and_the_gradients_of_padded_ones_where_a_family_allows_it(
    name: str, model: PreTrainedModel
) -> None:
    from golden_desk.training.collator import TargetCollator as Padded
    from golden_desk.training.examples import Example

    packed = import_module("packing_desk.training.collator").TargetCollator(0)
    pack_rows = import_module("packing_desk.training.packs").pack_rows
    prompts = [*write_prompts(WINDOW), *write_prompts(3)]
    rows = [
        Example([*prompt, 5, 6, END][: len(prompt) + 1 + number % 3], len(prompt))
        for number, prompt in enumerate(prompts)
    ]
    sequences = pack_rows([len(row.ids) for row in rows], 2)
    model.train()
    usual, gradients = compute_gradients(model, [Padded(0)([row]) for row in rows])
    loss, same = compute_gradients(
        model,  # a step that needs fewer passes than others ends with sequences without rows
        [packed([[rows[place] for place in places]]) for places in [*sequences, []]],
    )
    model.eval()
    alike = torch.allclose(gradients, same, rtol=1e-3, atol=1e-4 * gradients.abs().max().item())
    equal = alike and loss == pytest.approx(usual, abs=1e-4)
    # a family that packing is refused for: once it is equal, it need not be refused
    assert equal == (MODELS[name][0].packing is None)
