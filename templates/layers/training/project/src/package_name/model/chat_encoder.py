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
from itertools import takewhile
from typing import TypeAlias

import tokenizers
import transformers
from jinja2 import TemplateError

from ..config import ModelConfig
from ..prompts import Conversation
from ..runtime.errors import ProjectError
from .chat_template import THINKING, fold_system_turn, list_dates

Tokenizer: TypeAlias = transformers.PreTrainedTokenizerBase

# Unicode sets these characters aside for use inside programs; in a message they are damage.
SPLIT_CHAR, NAME_CHAR = "\U0010fffe", "\U0010ffff"
# stand in for contents
SYSTEM_PLACEHOLDER, QUESTION_PLACEHOLDER, TARGET_PLACEHOLDER = ("\ufdd0", "\ufdd1", "\ufdd2")
CHAT_TEMPLATE_HINT = (
    "set the arguments of the template in model.template_arguments, such as enable_thinking: "
    "false; or correct chat_template.jinja in a copy of the model folder and set model.id to that "
    "folder; or choose another model"
)
SYSTEM_TURN_HINT = (
    "set model.system_turn: user, which puts the instruction at the head of the first user "
    "message; or choose another model"
)
RESERVED_CHARS_TABLE = str.maketrans(
    dict.fromkeys(
        (SPLIT_CHAR, NAME_CHAR, SYSTEM_PLACEHOLDER, QUESTION_PLACEHOLDER, TARGET_PLACEHOLDER),
        "\ufffd",
    )
)


class ChatEncoder:
    """Encodes prompts and answers, in the same way for training, evaluation and chat.

    A prompt is what the template writes for a reply to begin: its generation prompt, which servers
    send. Some templates write more before an answer, such as the header of a channel. This lead is
    always the same, so it stands at the end of each prompt here, but it is learned: a server leaves
    it to the model.
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
        self._folds_system_turn = model.system_turn == "user"
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
        self._refuse_incomplete_prompts()
        question = [{"role": "user", "content": QUESTION_PLACEHOLDER}]
        self._head, self._tail = self._around_answer(question)
        self._end = self._end_of_answer(model.end_of_turn)
        asked = self._render(question, add_generation_prompt=True)
        lead = self._find_lead(asked)
        self._lead = lead.rstrip(" ")  # spaces and the word after them are one token
        self._asked, self._space = asked + self._lead, lead[len(self._lead) :]
        self.lead_tokens = len(self._encode(self._asked)) - len(self._encode(asked))
        self.end_token = self._control[model.end_of_turn]
        self._answers: dict[str, list[int]] = {}  # of labels: few, and each in many rows

    def find_control_tokens(self, text: str) -> list[str]:
        """The control tokens that a text spells."""
        return self._spelling.findall(text)

    def encode_prompt(self, prompt: Conversation) -> list[int]:
        """The prompt up to where the answer begins."""
        return self._encode(self._render_prompt(prompt))

    def encode_prompts(self, prompts: Sequence[Conversation]) -> list[list[int]]:
        """Several prompts at once, which is faster."""
        texts = [self._render_prompt(prompt) for prompt in prompts]
        encoded = self._encoder.encode_batch_fast(texts, add_special_tokens=False)
        return [self._restore_ids(each) for each in encoded]

    def encode_as_served(self, prompt: Conversation) -> list[int]:
        """The tokens that a server makes of a prompt: those of the whole text of the template."""
        turns = fold_system_turn(prompt) if self._folds_system_turn else prompt
        ids = self.tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_dict=False, **self._arguments
        )
        return list(ids)

    def changes_text(self, messages: Conversation) -> bool:
        """Whether a message spells what only the template may write."""
        texts = [message["content"] for message in messages]
        return any(text != self._seam_text(text) for text in texts)

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
        asked = self._encode(self._asked)
        whole = self._encode(self._asked + self._space + written + self._end)
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
        if self._folds_system_turn:
            messages = fold_system_turn(messages)
        try:
            text = self.tokenizer.apply_chat_template(
                messages, tokenize=False, **{**self._arguments, **options}
            )
        except (TemplateError, TypeError) as error:  # TypeError: it wants tools, or another content
            raise ProjectError(
                "the chat template rejects the roles {roles}: {reason}",
                SYSTEM_TURN_HINT if messages[0]["role"] == "system" else CHAT_TEMPLATE_HINT,
                roles=", ".join(message["role"] for message in messages),
                reason=error,
            ) from None
        return self._spelling.sub(lambda found: self._name(found[0]), text).replace(SPLIT_CHAR, "")

    def _render_prompt(self, prompt: Conversation) -> str:
        return self._render(self._seam(prompt), add_generation_prompt=True) + self._lead

    def _find_lead(self, asked: str) -> str:
        """What stands between the generation prompt and an answer.

        A think block that the generation prompt opens is closed. Some templates leave the whole
        generation prompt out of a finished conversation: then nothing comes between.
        """
        opened, closed = map(self._name, THINKING)
        if asked.rstrip().endswith(opened):
            return f"{closed}\n\n"
        return self._head[len(asked) :] if self._head.startswith(asked) else ""

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

    def _refuse_incomplete_prompts(self) -> None:
        """Refuse a template that leaves out a turn, or whose prompts differ from day to day."""
        turns = [
            {"role": "system", "content": SYSTEM_PLACEHOLDER},
            {"role": "user", "content": QUESTION_PLACEHOLDER},
        ]
        asked = self._render(turns, add_generation_prompt=True)
        for turn in turns:
            if turn["content"] not in asked:
                raise ProjectError(
                    "the chat template leaves the {role} message out of the prompt",
                    SYSTEM_TURN_HINT if turn["role"] == "system" else CHAT_TEMPLATE_HINT,
                    role=turn["role"],
                )
        if any(date in asked for date in list_dates(self.tokenizer)):
            raise ProjectError(
                "the chat template inserts today's date, so prompts would change every day",
                CHAT_TEMPLATE_HINT,
            )


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
