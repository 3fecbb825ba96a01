"""Conversations as token ids: the chat template writes control tokens, a message never does.

A message may spell a control token, such as <|im_end|> in a pasted log. Read as one, it would end
the turn. So each spelling gets a seam before the template is rendered; then the template's own
control tokens get names that no message can hold; then the seams go, and a copy of the tokenizer
that knows control tokens by those names alone encodes the text. Ordinary texts become the same
tokens as without all this.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import takewhile
from typing import TypeAlias

import tokenizers
import transformers
from jinja2 import TemplateError

from ..config import ModelConfig
from ..prompts import Conversation
from ..runtime.errors import ProjectError

Tokenizer: TypeAlias = transformers.PreTrainedTokenizerBase

# Unicode sets these characters aside for use inside programs; in a message they are damage.
SPLIT_CHAR, NAME_CHAR = "\U0010fffe", "\U0010ffff"
SYSTEM_PLACEHOLDER, QUESTION_PLACEHOLDER, TARGET_PLACEHOLDER = (
    "\ufdd0",
    "\ufdd1",
    "\ufdd2",
)  # stand in for contents
CHAT_TEMPLATE_HINT = (
    "set the arguments of the template in model.template_arguments, such as enable_thinking: "
    "false; or correct chat_template.jinja in a copy of the model folder and set model.id to that "
    "folder; or choose another model"
)
RESERVED_CHARS_TABLE = str.maketrans(
    dict.fromkeys(
        (SPLIT_CHAR, NAME_CHAR, SYSTEM_PLACEHOLDER, QUESTION_PLACEHOLDER, TARGET_PLACEHOLDER),
        "\ufffd",
    )
)


class ChatEncoder:
    """Encodes prompts and answers, in the same way for training, evaluation and chat.

    A prompt is all that the template writes before the answer of the last turn. Where that is more
    than its generation prompt, such as a newline or an empty think block, it is not learned either.
    """

    def __init__(self, tokenizer: Tokenizer, model: ModelConfig) -> None:
        if not tokenizer.is_fast:
            raise ProjectError(
                "{name} is a pure Python tokenizer, which cannot distinguish the control tokens "
                "of the chat template from the same text in a message",
                "choose a model whose folder has a tokenizer.json",
                name=type(tokenizer).__name__,
            )
        self.tokenizer, self._arguments = tokenizer, model.template_arguments
        added = tokenizer.added_tokens_decoder
        self._control = {
            each.content: i for i, each in added.items() if _is_control_token(each.content)
        }
        longest_first = sorted(self._control, key=len, reverse=True)
        self._spelling = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self._encoder = _copy_without_added_tokens(tokenizer.backend_tokenizer)
        names = {i: self._name(each.content) for i, each in added.items()}
        self._encoder.add_tokens([_rename_token(each, names[i]) for i, each in added.items()])
        self._ids = {self._encoder.token_to_id(name): i for i, name in names.items()}
        self._refuse_control_tokens_in_text()
        self._refuse_unequal_prompts()
        self._head, self._tail = self._around_answer(
            [{"role": "user", "content": QUESTION_PLACEHOLDER}]
        )
        self._end = self._end_of_answer(model.end_of_turn)
        self._answers: dict[str, list[int]] = {}  # of labels: few, and each in many rows

    def find_control_tokens(self, text: str) -> list[str]:
        """The control tokens that a text spells."""
        return self._spelling.findall(text)

    def encode_prompt(self, prompt: Conversation) -> list[int]:
        """The prompt up to where the answer begins."""
        return self._encode(self._around_answer(self._seam(prompt))[0])

    def encode_prompts(self, prompts: Sequence[Conversation]) -> list[list[int]]:
        """Several prompts at once, which is faster."""
        texts = [self._around_answer(self._seam(prompt))[0] for prompt in prompts]
        encoded = self._encoder.encode_batch_fast(texts, add_special_tokens=False)
        return [self._restore_ids(each) for each in encoded]

    def get_token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each token of a text begins and ends in it."""
        encoded = self._encoder.encode(
            text.translate(RESERVED_CHARS_TABLE), add_special_tokens=False
        )
        return list(encoded.offsets)

    def encode_answer(self, answer: str) -> list[int]:
        """The answer as the template writes it, with the end of turn, which some leave out."""
        if answer not in self._answers:
            self._answers[answer] = self._encode_answer(answer)
        return self._answers[answer]

    def _encode_answer(self, answer: str) -> list[int]:
        turns = [{"role": "assistant", "content": answer}]
        text = self._render([{"role": "user", "content": QUESTION_PLACEHOLDER}, *self._seam(turns)])
        written = text.removeprefix(self._head).removesuffix(self._tail)
        if not written.strip():
            raise ProjectError(
                "a target has no token to train on", "check data/raw for empty labels"
            )
        asked, whole = self._encode(self._head), self._encode(self._head + written + self._end)
        if text != self._head + written + self._tail or whole[: len(asked)] != asked:
            raise ProjectError(
                "the chat template does not render the answer {answer} as a separate turn",
                CHAT_TEMPLATE_HINT,
                answer=repr(answer),
            )
        return whole[len(asked) :]

    def _seam(self, messages: Conversation) -> Conversation:
        """The messages with every spelling of a control token taken apart."""
        return [{**message, "content": self._seam_text(message["content"])} for message in messages]

    def _seam_text(self, text: str) -> str:
        text = text.translate(RESERVED_CHARS_TABLE)
        while self._spelling.search(text):  # spellings may overlap
            text = self._spelling.sub(lambda found: found[0][0] + SPLIT_CHAR + found[0][1:], text)
        return text

    def _render(self, messages: Conversation, **options: object) -> str:
        """What the template writes, its own control tokens by their names, without seams."""
        try:
            text = self.tokenizer.apply_chat_template(
                messages, tokenize=False, **{**self._arguments, **options}
            )
        except (TemplateError, TypeError) as error:  # TypeError: it wants tools, or another content
            raise ProjectError(
                "the chat template rejects the roles {roles}: {reason}",
                CHAT_TEMPLATE_HINT,
                roles=", ".join(message["role"] for message in messages),
                reason=error,
            ) from None
        return self._spelling.sub(lambda found: self._name(found[0]), text).replace(SPLIT_CHAR, "")

    def _around_answer(self, prompt: Conversation) -> tuple[str, str]:
        """What the template writes before and after an answer to the prompt."""
        head, _, tail = self._render(
            [*prompt, {"role": "assistant", "content": TARGET_PLACEHOLDER}]
        ).partition(TARGET_PLACEHOLDER)
        return head, tail

    def _name(self, token: str) -> str:
        """What the encoder calls a token of the template."""
        return f"{NAME_CHAR}{self._control[token]}{NAME_CHAR}" if token in self._control else token

    def _encode(self, text: str) -> list[int]:
        return self._restore_ids(self._encoder.encode(text, add_special_tokens=False))

    def _restore_ids(self, encoded: tokenizers.Encoding) -> list[int]:
        return [self._ids.get(i, i) for i in encoded.ids]

    def _end_of_answer(self, end_of_turn: str) -> str:
        """What the template writes from an answer to its end of turn, or the end of turn alone."""
        name = self._name(end_of_turn)
        between, found, _ = self._tail.partition(name)
        if end_of_turn not in self._control or (between.strip() and not found):
            raise ProjectError(
                "model.end_of_turn is {token}, but the chat template ends an answer differently",
                "check what chat_template.jinja or tokenizer_config.json appends to an "
                "assistant message",
                token=repr(end_of_turn),
            )
        return between + name if found else name

    def _refuse_control_tokens_in_text(self) -> None:
        """Refuse a vocabulary that finds control tokens in a text of its own accord."""
        spelled = list(self._control)
        texts = self._encoder.encode_batch_fast(spelled, add_special_tokens=False)
        for token, encoded in zip(spelled, texts, strict=True):
            if self._control[token] in encoded.ids:
                raise ProjectError(
                    "this tokenizer converts the text {token} in a message into a control token",
                    "choose another model",
                    token=repr(token),
                )

    def _refuse_unequal_prompts(self) -> None:
        """Refuse a template whose prompts differ between training and use, or from day to day."""
        turns = [
            {"role": "system", "content": SYSTEM_PLACEHOLDER},
            {"role": "user", "content": QUESTION_PLACEHOLDER},
        ]
        asked = self._render(turns, add_generation_prompt=True)
        before = self._around_answer(turns)[0]
        if not before.startswith(asked) or any(
            each not in asked for each in (SYSTEM_PLACEHOLDER, QUESTION_PLACEHOLDER)
        ):
            raise ProjectError(
                "the chat template renders different prompts in training and in inference:\n  "
                "{trained}\n  {answered}",
                CHAT_TEMPLATE_HINT,
                trained=repr(self._show(before)),
                answered=repr(self._show(asked)),
            )
        formats = re.findall(r"strftime_now\(['\"](.+?)['\"]", str(self.tokenizer.chat_template))
        if any(datetime.now().strftime(each) in asked for each in formats):
            raise ProjectError(
                "the chat template inserts today's date, so prompts would change every day",
                CHAT_TEMPLATE_HINT,
            )

    def _show(self, text: str) -> str:
        """A render for people: control tokens as they are spelled, contents by their kind."""
        for token, i in self._control.items():
            text = text.replace(f"{NAME_CHAR}{i}{NAME_CHAR}", token)
        return text.replace(SYSTEM_PLACEHOLDER, "SYSTEM").replace(QUESTION_PLACEHOLDER, "QUESTION")


def decode_prediction(ids: Sequence[int], tokenizer: Tokenizer, stops: Collection[int]) -> str:
    """What a model wrote before its first stop token; a control token in it stays visible."""
    written = list(takewhile(lambda token: token not in stops, ids))
    return str(tokenizer.decode(written, clean_up_tokenization_spaces=False))


def _is_control_token(token: str) -> bool:
    """Whether an added token is a mark; some vocabularies add runs of spaces and line ends too."""
    return len(token) > 1 and bool(token.strip(" \t\n\r▁"))


def _copy_without_added_tokens(tokenizer: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """The tokenizer without its added tokens: the large parts are shared, not copied."""
    plain = tokenizers.Tokenizer(tokenizer.model)
    if tokenizer.normalizer:
        plain.normalizer = tokenizer.normalizer
    if tokenizer.pre_tokenizer:
        plain.pre_tokenizer = tokenizer.pre_tokenizer
    return plain


def _rename_token(token: tokenizers.AddedToken, name: str) -> tokenizers.AddedToken:
    """An added token that is spelled otherwise."""
    return tokenizers.AddedToken(
        name,
        single_word=token.single_word,
        lstrip=token.lstrip,
        rstrip=token.rstrip,
        normalized=token.normalized and name == token.content,
    )
