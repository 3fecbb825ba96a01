"""Tokens: only the answer is learned, whole and with its end; a batch changes nothing."""

from __future__ import annotations

import pytest
import torch
from tiny_batches import collate

from golden_desk.config import Config
from golden_desk.model.chat_encoder import ChatEncoder
from golden_desk.model.load import load_base_model, load_tokenizer
from golden_desk.model.verify import ModelFolder
from golden_desk.runtime.errors import ProjectError
from golden_desk.training import examples, steps
from golden_desk.training.examples import Example, encode_example

LONG = "begins here " + "and goes on " * 60 + "ends there"


@pytest.fixture
def encoder(config: Config, tiny_model: ModelFolder) -> ChatEncoder:
    return ChatEncoder(load_tokenizer(tiny_model.path, config.model), config.model)


def conversation(text: str, answer: str = "an_answer") -> list[dict[str, str]]:
    return [
        {"role": "system", "content": "Answer."},
        {"role": "user", "content": text},
        {"role": "assistant", "content": answer},
    ]


def test_only_the_answer_and_its_end_are_learned(config: Config, encoder: ChatEncoder) -> None:
    example = encode_example(conversation("a question"), encoder, 512)
    learned = encoder.tokenizer.decode(example.ids[example.answer_start :])
    assert learned == "an_answer" + config.model.end_of_turn


def test_what_is_asked_in_training_is_what_is_asked_in_use(
    config: Config, encoder: ChatEncoder
) -> None:
    messages = conversation("a question")
    example = encode_example(messages, encoder, 512)
    asked = encoder.encode_prompt(messages[:-1])
    assert example.ids[: example.answer_start] == asked


def test_a_long_input_loses_its_middle_with_a_mark_and_never_the_answer(
    config: Config, encoder: ChatEncoder
) -> None:
    example = encode_example(conversation(LONG), encoder, 200)
    text = encoder.tokenizer.decode(example.ids)
    assert len(example.ids) <= 200
    assert example.shortened > 0
    assert "begins here" in text and " [...] " in text and "ends there" in text
    assert text.endswith("an_answer" + config.model.end_of_turn)


def test_rows_together_become_the_same_tokens_as_each_alone(
    config: Config, encoder: ChatEncoder
) -> None:
    rows = [conversation(text) for text in ("a question", LONG, "another")]
    limited = config.training.model_copy(update={"max_length": 200, "max_truncated_fraction": 0.5})
    config = config.model_copy(update={"training": limited})
    together = examples.encode_examples(rows, "train", encoder, config)
    assert together == [encode_example(row, encoder, 200) for row in rows]


def test_a_label_that_spells_a_control_token_is_refused(
    config: Config, encoder: ChatEncoder
) -> None:
    labels = ["fine", f"ends{config.model.end_of_turn}here"]
    task = config.task.model_copy(update={"labels": labels})
    with pytest.raises(ProjectError, match=r"task\.labels"):
        examples.encode_examples(
            [conversation("x")], "train", encoder, config.model_copy(update={"task": task})
        )


def test_a_prompt_that_cannot_be_shortened_is_refused(config: Config, encoder: ChatEncoder) -> None:
    with pytest.raises(ProjectError, match=r"\b20\b"):
        encode_example(conversation("short", answer="x" * 100), encoder, 20)


def test_a_batch_has_the_loss_and_the_gradients_of_its_rows(
    config: Config, encoder: ChatEncoder, tiny_model: ModelFolder
) -> None:
    model = load_base_model(tiny_model.path, config.model, torch.device("cpu")).eval()
    asked = {"short": "an_answer", "a longer question than that": "yes", "x": "quite_a_long_answer"}
    examples = [
        encode_example(conversation(text, answer), encoder, 512) for text, answer in asked.items()
    ]
    tokens = [len(example.ids) - example.answer_start for example in examples]
    batch = collate(examples, encoder.tokenizer.convert_tokens_to_ids(config.model.pad))
    given: list[torch.Tensor] = []
    model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: given.append(*inputs))
    together = model(**batch).loss
    together.backward()
    (hidden,) = given
    assert hidden.shape == (sum(tokens), model.config.hidden_size) and hidden.is_contiguous()
    weights = [weight for weight in model.parameters() if weight.grad is not None]
    gradients = [weight.grad.clone() for weight in weights]
    model.zero_grad()
    losses = zip((plain_loss(model, example) for example in examples), tokens, strict=True)
    expected = sum(loss * count for loss, count in losses) / sum(tokens)
    expected.backward()
    assert together.item() == pytest.approx(expected.item(), rel=1e-4)
    for weight, gradient in zip(weights, gradients, strict=True):
        torch.testing.assert_close(gradient, weight.grad, rtol=1e-3, atol=1e-6)


def plain_loss(model: torch.nn.Module, example: Example) -> torch.Tensor:
    """The loss of one row as the model computes it, with logits at every position."""
    ids = torch.tensor([example.ids], device=model.device)
    labels = ids.clone()
    labels[:, : example.answer_start] = -100
    return model(input_ids=ids, labels=labels).loss


def test_the_order_of_a_run_is_fixed_and_every_epoch_is_whole() -> None:
    sizes = [10 + place % 17 for place in range(64)]
    order = steps.order_by_length(sizes, batch=8, batches=16, seed=1)
    assert order == steps.order_by_length(sizes, batch=8, batches=16, seed=1)
    assert order != steps.order_by_length(sizes, batch=8, batches=16, seed=2)
    assert sorted(order) == sorted([*range(64), *range(64)])


def test_a_batch_holds_rows_of_like_length() -> None:
    sizes = [10 + place % 17 for place in range(512)]
    order = steps.order_by_length(sizes, batch=8, batches=64, seed=1)
    batches = [[sizes[i] for i in order[n : n + 8]] for n in range(0, 512, 8)]
    padding = sum(max(batch) * 8 - sum(batch) for batch in batches)
    assert padding < 0.1 * sum(sizes)


def test_the_rows_of_a_step_do_not_depend_on_how_many_steps_are_trained(config: Config) -> None:
    rows = [Example([5] * (4 + place % 9), 2) for place in range(40)]
    few, many = (
        steps.build_steps(rows, config.training.model_copy(update={"epochs": epochs}), seed=1)
        for epochs in (1, 4)
    )
    pool = 16 * config.training.batch_size
    assert few.order[: len(few.order) // pool * pool] == many.order[: len(few.order) // pool * pool]
    assert sum(few.tokens) == sum(len(rows[place].ids) for place in few.order)
