"""Answering: what is computed once for all prompts gives what each prompt gives alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from package_name.config import Config
from package_name.evaluation import inference
from package_name.evaluation.inference import (
    CandidateTree,
    compute_prefix_cache,
    generate_and_score,
)
from package_name.model.adapter import TunedModel, prepare_for_training
from package_name.model.load import load_base_model
from package_name.model.verify import ModelFolder

START = [5, 6, 7, 8, 9, 10]
PROMPTS = [[*START, 20, 21], [*START, 20, 22, 23, 24], [*START, 30]]
ANSWERS = [[40, 41, 3], [40, 3], [50, 51, 52, 3]]


@pytest.fixture
def model(config: Config, tiny_model: ModelFolder) -> TunedModel:
    torch.manual_seed(0)  # equal weights, whichever tests ran before
    base = load_base_model(tiny_model.path, config.model)
    model = prepare_for_training(base, config.method, checkpointing=False, base_name="base")
    for weight in model.parameters():
        if weight.requires_grad:  # new weights do nothing at first, which would prove nothing
            weight.data += 0.1 * torch.randn_like(weight)
    return model.eval()


def test_ranking_in_batches_and_side_by_side_is_ranking_one_by_one(model: TunedModel) -> None:
    alone = np.empty((len(PROMPTS), len(ANSWERS)))
    for row, prompt in enumerate(PROMPTS):
        for column, answer in enumerate(ANSWERS):
            ids = torch.tensor([prompt + answer], device=model.device)
            with torch.no_grad():
                likely = model(input_ids=ids).logits[0].log_softmax(dim=-1).cpu()
            steps = range(len(prompt) - 1, len(prompt) + len(answer) - 1)
            alone[row, column] = sum(
                likely[step, token].item() for step, token in zip(steps, answer, strict=True)
            )
    tree = CandidateTree(ANSWERS, model.device)
    prefix = compute_prefix_cache(model, PROMPTS)
    _, scores = generate_and_score(model, PROMPTS, prefix, tree, stops=[0], limit=1)
    assert prefix.ids == START
    assert scores == pytest.approx(alone, rel=1e-4)


def test_a_common_beginning_of_answers_is_computed_once(model: TunedModel) -> None:
    # 40, 50, 50 51, 50 51 52: what is written after 40 41 and 40 is the end of turn
    assert len(CandidateTree(ANSWERS, model.device).ids) == 5
    assert len(CandidateTree([[40], [41]], model.device).ids) == 0


def test_writing_in_batches_is_what_the_model_writes_for_each_prompt(model: TunedModel) -> None:
    tree, prefix = CandidateTree(ANSWERS, model.device), compute_prefix_cache(model, PROMPTS)
    together, _ = generate_and_score(model, PROMPTS, prefix, tree, stops=[], limit=6)
    for prompt, written in zip(PROMPTS, together, strict=True):
        ids = list(prompt)
        for _ in range(6):  # without a cache
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([ids], device=model.device)).logits
            ids.append(int(logits[0, -1].argmax()))
        assert written == ids[len(prompt) :]


def test_what_a_row_of_a_batch_writes_after_its_stop_token_is_left_out(model: TunedModel) -> None:
    tree, prefix = CandidateTree(ANSWERS, model.device), compute_prefix_cache(model, PROMPTS)
    whole, _ = generate_and_score(model, PROMPTS, prefix, tree, stops=[-1], limit=4)
    for stop in {token for row in whole for token in row}:
        ended, _ = generate_and_score(model, PROMPTS, prefix, tree, stops=[stop], limit=4)
        ends = [row.index(stop) + 1 if stop in row else 4 for row in whole]
        assert ended == [row[:end] for row, end in zip(whole, ends, strict=True)]


def test_prompts_without_a_common_beginning_are_answered(model: TunedModel) -> None:
    prompts = [[5, 6], [7, 8, 9]]
    tree, prefix = CandidateTree(ANSWERS, model.device), compute_prefix_cache(model, prompts)
    _, together = generate_and_score(model, prompts, prefix, tree, stops=[0], limit=1)
    for row, prompt in enumerate(prompts):
        own = compute_prefix_cache(model, [prompt])
        _, alone = generate_and_score(model, [prompt], own, tree, stops=[0], limit=1)
        assert together[row] == pytest.approx(alone[0], rel=1e-4)


def test_many_allowed_answers_are_ranked_in_parts(
    model: TunedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree, prefix = CandidateTree(ANSWERS, model.device), compute_prefix_cache(model, PROMPTS)
    whole = generate_and_score(model, PROMPTS, prefix, tree, stops=[0], limit=3)
    monkeypatch.setattr(inference, "MAX_TREE_TOKENS", 5)
    parts = generate_and_score(model, PROMPTS, prefix, tree, stops=[0], limit=3)
    assert parts[0] == whole[0]
    assert parts[1] == pytest.approx(whole[1], rel=1e-4)
