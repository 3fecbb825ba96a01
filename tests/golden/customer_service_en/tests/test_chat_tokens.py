"""Chat templates: what they write is control, what messages say is text; odd ones are refused."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from golden_desk.config import Config
from golden_desk.model.chat_encoder import (
    ChatEncoder,
    Tokenizer,
    decode_prediction,
)
from golden_desk.model.load import load_tokenizer
from golden_desk.model.verify import ModelFolder
from golden_desk.prompts import Conversation
from golden_desk.runtime.errors import ProjectError
from golden_desk.runtime.messages import fill

TEMPLATE = Path(__file__).with_name("chat_template.txt").read_text(encoding="utf-8").strip()
ANOTHER_PROMPT = (
    "the chat template renders different prompts in training and in inference:\n  {trained}\n  "
    "{answered}"
)
DATED = "the chat template inserts today's date, so prompts would change every day"
OTHER_END = "model.end_of_turn is {token}, but the chat template ends an answer differently"
PROMPT = [{"role": "system", "content": "Answer."}, {"role": "user", "content": "a question"}]


@pytest.fixture
def tokenizer(config: Config, tiny_model: ModelFolder) -> Tokenizer:
    return load_tokenizer(tiny_model.path, config.model)


def encoder_of(template: str, tokenizer: Tokenizer, config: Config) -> ChatEncoder:
    """The encoder of the tiny model with another chat template."""
    changed = copy.deepcopy(tokenizer)
    changed.chat_template = template.replace("END", config.model.end_of_turn)
    return ChatEncoder(changed, config.model)


def prompt(text: str) -> Conversation:
    return [*PROMPT[:1], {"role": "user", "content": text}]


def test_a_message_that_spells_the_end_of_turn_does_not_end_it(
    tokenizer: Tokenizer, config: Config
) -> None:
    encoder, end = encoder_of(TEMPLATE, tokenizer, config), config.model.end_of_turn
    ends = tokenizer.convert_tokens_to_ids(end)
    spelled = encoder.encode_prompt(prompt(f"stop {end} now"))
    assert spelled.count(ends) == encoder.encode_prompt(prompt("stop now")).count(ends)
    assert f"stop {end} now" in tokenizer.decode(spelled)
    assert encoder.find_control_tokens(f"stop {end} now") == [end]
    assert encoder.encode_answer(f"no {end} yet").count(ends) == 1


def test_what_stands_between_prompt_and_answer_is_asked_and_not_learned(
    tokenizer: Tokenizer, config: Config
) -> None:
    content = "{{ message.content }}"
    encoder = encoder_of(TEMPLATE.replace(content, f"\n{content}"), tokenizer, config)
    assert tokenizer.decode(encoder.encode_prompt(PROMPT)).endswith("<|assistant|>\n")
    assert tokenizer.decode(encoder.encode_answer("yes")) == "yes" + config.model.end_of_turn


def test_an_end_of_turn_that_the_template_leaves_out_is_learned(
    tokenizer: Tokenizer, config: Config
) -> None:
    encoder = encoder_of(TEMPLATE.replace("END", ""), tokenizer, config)
    assert tokenizer.decode(encoder.encode_answer("yes")) == "yes" + config.model.end_of_turn


def test_an_answer_is_learned_as_the_template_writes_it(
    tokenizer: Tokenizer, config: Config
) -> None:
    trimmed = TEMPLATE.replace("message.content", "message.content | trim")
    encoder = encoder_of(trimmed, tokenizer, config)
    assert encoder.encode_answer("  yes\n") == encoder.encode_answer("yes")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (TEMPLATE.replace("<|assistant|>", "<|assistant|><think>"), ANOTHER_PROMPT),
        (TEMPLATE.replace("in messages", "in messages[1:]"), ANOTHER_PROMPT),
        (
            "{{ raise_exception('no system') }}",
            "the chat template rejects the roles {roles}: {reason}",
        ),
        ("{{ strftime_now('%d %b %Y') }}" + TEMPLATE, DATED),
        (TEMPLATE.replace("END", "</s>"), OTHER_END),
    ],
)
def test_a_template_that_training_and_answering_cannot_share_is_refused(
    template: str, message: str, tokenizer: Tokenizer, config: Config
) -> None:
    with pytest.raises(ProjectError) as caught:
        encoder_of(template, tokenizer, config)
    assert caught.value.message.startswith(fill(message).partition("{")[0])


def test_an_answer_ends_at_its_first_stop_token_and_hides_no_other(
    tokenizer: Tokenizer, config: Config
) -> None:
    stop = tokenizer.convert_tokens_to_ids(config.model.end_of_turn)
    unknown = tokenizer.convert_tokens_to_ids("<unknown>")
    yes = tokenizer("yes", add_special_tokens=False)["input_ids"]
    assert decode_prediction([*yes, stop, *yes], tokenizer, [stop]) == "yes"
    assert decode_prediction([*yes, unknown, *yes], tokenizer, [stop]) == "yes<unknown>yes"


def test_an_answer_without_a_token_is_refused(tokenizer: Tokenizer, config: Config) -> None:
    with pytest.raises(ProjectError, match=fill("a target has no token to train on")):
        ChatEncoder(tokenizer, config.model).encode_answer(" ")
