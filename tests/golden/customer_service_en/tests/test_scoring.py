"""Answering: what is computed once for all prompts gives what each prompt gives alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from peft import PeftModel

from golden_desk.adapter import add_adapter
from golden_desk.config import Config
from golden_desk.model import load_base, load_tokenizer
from golden_desk.model_files import ModelFolder
from golden_desk.scoring import rank_answers, write_answers

START = [5, 6, 7, 8, 9, 10]
PROMPTS = [[*START, 20, 21], [*START, 20, 22, 23, 24], [*START, 30]]
ANSWERS = [[40, 41, 3], [40, 3], [50, 51, 52, 3]]


@pytest.fixture
def model(config: Config, tiny_model: ModelFolder) -> PeftModel:
    base = load_base(tiny_model.path, config.model)
    model = add_adapter(base, config.adapter, checkpointing=False).eval()
    for name, weight in model.named_parameters():
        if "lora_B" in name:  # zero at the start: an adapter that does nothing would prove nothing
            torch.nn.init.normal_(weight)
    return model


def test_ranking_side_by_side_is_ranking_one_by_one(model: PeftModel) -> None:
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
    assert rank_answers(model, PROMPTS, ANSWERS) == pytest.approx(alone, abs=1e-4)


def test_writing_in_batches_is_writing_one_by_one(
    model: PeftModel, config: Config, tiny_model: ModelFolder
) -> None:
    tokenizer = load_tokenizer(tiny_model.path, config.model)
    options = {"stops": [0], "limit": 6, "batch_size": 2}
    together = write_answers(model, tokenizer, PROMPTS, **options)
    alone = [write_answers(model, tokenizer, [prompt], **options)[0] for prompt in PROMPTS]
    assert together == alone
    assert all(together)
