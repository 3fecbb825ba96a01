"""Chat templates: what they write is control, what messages say is text; odd ones are refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

from package_name.config import Config
from package_name.model.chat_encoder import (
    ChatEncoder,
    Tokenizer,
    decode_prediction,
)
from package_name.model.chat_template import fix_date
from package_name.model.load import load_tokenizer
from package_name.model.verify import ModelFolder
from package_name.prompts import Conversation
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill
from package_name.training.examples import Example, encode_example
from package_name.training.prompt_proof import prove_prompts

TEMPLATE = Path(__file__).with_name("chat_template.txt").read_text(encoding="utf-8").strip()
NO_SYSTEM_TURN = "the chat template leaves the {role} message out of the prompt"
DATED = "the chat template inserts today's date, so prompts would change every day"
OTHER_END = "model.end_of_turn is {token}, but the chat template ends an answer differently"
PROMPT = [{"role": "system", "content": "Answer."}, {"role": "user", "content": "a question"}]


@pytest.fixture
def tokenizer(config: Config, tiny_model: ModelFolder) -> Tokenizer:
    return load_tokenizer(tiny_model.path, config.model)


def encoder_of(template: str, tokenizer: Tokenizer, config: Config, **settings: str) -> ChatEncoder:
    """The encoder of the tiny model with another chat template."""
    changed = copy.deepcopy(tokenizer)
    changed.chat_template = template.replace("END", config.model.end_of_turn)
    return ChatEncoder(changed, config.model.model_copy(update=settings))


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


def test_what_stands_between_generation_prompt_and_answer_is_learned_too(
    tokenizer: Tokenizer, config: Config
) -> None:
    """A server sends the generation prompt alone, so the rest is the model's to write."""
    content = "{{ message.content }}"
    encoder = encoder_of(TEMPLATE.replace(content, f"\n{content}"), tokenizer, config)
    assert tokenizer.decode(encoder.encode_prompt(PROMPT)).endswith("<|assistant|>\n")
    assert tokenizer.decode(encoder.encode_answer("yes")) == "yes" + config.model.end_of_turn
    rows = [[*PROMPT, {"role": "assistant", "content": "yes"}]]
    example = encode_example(rows[0], encoder, max_length=200)
    assert example.ids[: example.answer_start] == encoder.encode_as_served(PROMPT)
    assert prove_prompts(rows, [example], "train", encoder) == 1


def test_a_think_block_that_the_generation_prompt_opens_is_closed_before_the_answer(
    tokenizer: Tokenizer, config: Config
) -> None:
    opens = TEMPLATE.replace("<|assistant|>", "<|assistant|><think>")
    encoder = encoder_of(opens, tokenizer, config)
    asked = tokenizer.decode(encoder.encode_prompt(PROMPT))
    assert asked.endswith("<|assistant|><think></think>\n\n")
    assert tokenizer.decode(encoder.encode_as_served(PROMPT)).endswith("<|assistant|><think>")


def test_an_instruction_can_stand_in_the_first_user_message(
    tokenizer: Tokenizer, config: Config
) -> None:
    refuses = "{{ raise_exception('no') if messages[0].role == 'system' }}"
    encoder = encoder_of(refuses + TEMPLATE, tokenizer, config, system_turn="user")
    asked = tokenizer.decode(encoder.encode_prompt(PROMPT))
    assert "<|user|>Answer.\n\na question" in asked
    assert encoder.encode_as_served(PROMPT) == encoder.encode_prompt(PROMPT)


def test_the_date_that_a_template_inserts_is_the_same_every_day(
    tokenizer: Tokenizer, config: Config
) -> None:
    changed = copy.deepcopy(tokenizer)
    changed.chat_template = "{{ strftime_now('%d %b %Y') }}" + tokenizer.chat_template
    fix_date(changed)
    asked = changed.decode(ChatEncoder(changed, config.model).encode_prompt(PROMPT))
    assert asked.startswith("26 Jul 2024")


@pytest.mark.parametrize(
    ("ids", "start"),
    [
        (lambda asked, answer: [*asked, *answer], -1),
        (lambda asked, answer: [*asked, *answer[:-1]], 0),
        (lambda asked, answer: [*asked, *answer[1:]], 0),
    ],
)
def test_a_wrong_mask_is_seen_in_the_row(
    ids: Callable[[list[int], list[int]], list[int]],
    start: int,
    tokenizer: Tokenizer,
    config: Config,
) -> None:
    encoder = ChatEncoder(tokenizer, config.model)
    asked, answer = encoder.encode_prompt(PROMPT), encoder.encode_answer("yes")
    example = Example(ids(asked, answer), len(asked) + start)
    rows = [[*PROMPT, {"role": "assistant", "content": "yes"}]]
    with pytest.raises(ProjectError) as caught:
        prove_prompts(rows, [example], "train", encoder)
    assert "train.jsonl:1" in caught.value.message


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
        (TEMPLATE.replace("in messages", "in messages[1:]"), NO_SYSTEM_TURN),
        (
            "{{ raise_exception('no system') }}",
            "the chat template rejects the roles {roles}: {reason}",
        ),
        ("{{ strftime_now('%d %b %Y') }}" + TEMPLATE, DATED),
        (TEMPLATE.replace("END", "<another end>"), OTHER_END),
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
