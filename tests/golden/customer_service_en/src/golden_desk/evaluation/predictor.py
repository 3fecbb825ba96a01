"""Predictions of the base model and the tuned model, by generation and by ranking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from operator import ne
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from transformers import PreTrainedModel

from ..config import Config
from ..formatting import list_candidates, parse_prediction
from ..model.adapter import TunedModel, base_model
from ..model.chat_encoder import ChatEncoder, decode_prediction
from ..model.load import get_stop_token_ids
from ..model.memory import explain_full_memory
from ..prompts import Conversation, build_base_prompt, get_question, get_target
from ..runtime.messages import fill
from ..runtime.output import say
from ..training.examples import truncate_conversation
from .inference import CandidateTree, compute_prefix_cache, generate_and_score
from .predictions import Predictions
from .timed_batches import PROMPT_CHOICE, BatchRunner

PROMPT_CHOICE_ROWS = 100  # enough to see a gain of ten points


class PromptSet(NamedTuple):
    """A prompt for each row, and whether the tuned model answers it or the base model."""

    prompts: Sequence[Conversation]
    tuned: bool = False


@dataclass(frozen=True)
class Predictor:
    """A trained model and its base, with what they need to predict."""

    config: Config
    encoder: ChatEncoder
    model: TunedModel
    load_base: Callable[[], PreTrainedModel]
    max_target_tokens: int
    batches: BatchRunner

    def predict(self, *prompt_sets: PromptSet, phase: str) -> list[Predictions]:
        """The generated text and the probability of each candidate, for each set of prompts.

        All sets get predictions for the same rows: the first ones, as many as `batches` does.
        """
        task, tokenizer = self.config.task, self.encoder.tokenizer
        texts: list[list[str]] = [[] for _ in prompt_sets]
        scores: list[list[NDArray[np.float64]]] = [[] for _ in prompt_sets]
        candidates = list_candidates(task)
        tree = CandidateTree(
            [self.encoder.encode_answer(each) for each in candidates], self.model.device
        )
        stops = get_stop_token_ids(self.model, tokenizer, self.config.model)
        prompts = [self.encoder.encode_prompts(each.prompts) for each in prompt_sets]
        prefixes = []
        for each, encoded in zip(prompt_sets, prompts, strict=True):
            with self._select_model(each) as model:
                prefixes.append(compute_prefix_cache(model, encoded))

        def work(rows: Sequence[int]) -> None:
            for number, each in enumerate(prompt_sets):
                with self._select_model(each) as model:
                    tokens, log_likelihoods = generate_and_score(
                        model,
                        [prompts[number][row] for row in rows],
                        prefixes[number],
                        tree,
                        stops=stops,
                        limit=self.max_target_tokens + 1,  # room to be wrong
                    )
                texts[number] += [decode_prediction(ids, tokenizer, stops) for ids in tokens]
                scores[number].append(log_likelihoods)

        hint = "lower evaluation.batch_size or evaluation.few_shot_examples"
        with explain_full_memory(fill(hint)):
            self.batches.run(len(prompt_sets[0].prompts), work, phase=phase)
        return [
            Predictions(
                parsed=[parse_prediction(text, task) for text in raw],
                candidates=candidates,
                probabilities=softmax(np.concatenate(log_likelihoods), axis=1),
                raw=raw,
            )
            for raw, log_likelihoods in zip(texts, scores, strict=True)
        ]

    def _select_model(self, prompts: PromptSet) -> AbstractContextManager[TunedModel]:
        """The model that a set of prompts is for."""
        return nullcontext(self.model) if prompts.tuned else base_model(self.model, self.load_base)

    def choose_examples(
        self, examples: list[Conversation], validation: Sequence[Conversation]
    ) -> tuple[list[Conversation], str]:
        """The examples for the prompt of the base model, or none if they do not help; and why."""
        if not examples:
            return [], fill("label list, no examples")
        say("choosing the prompt of the base model on validation rows ...")
        rows, task = validation[:PROMPT_CHOICE_ROWS], self.config.task
        predictions = self.predict(
            *(
                PromptSet([build_base_prompt(get_question(row), task, shown) for row in rows])
                for shown in (examples, [])
            ),
            phase=PROMPT_CHOICE,
        )
        with_examples, without = (compute_accuracy(each, rows) for each in predictions)
        chosen = examples if with_examples > without else []
        return chosen, fill(
            "label list, {shown} examples (accuracy on {rows} validation rows, generation and "
            "ranking: {with_examples:.2f} with {examples} examples, {without:.2f} without)",
            shown=len(chosen),
            rows=len(predictions[0].parsed),
            with_examples=with_examples,
            examples=len(examples),
            without=without,
        )

    def truncate(self, rows: Sequence[Conversation]) -> list[Conversation]:
        """The rows as the tuned model was trained on them: no input is longer than max_length."""
        limit = self.config.training.max_length
        shorter = [truncate_conversation(row, self.encoder, limit)[0] for row in rows]
        if cut := sum(map(ne, rows, shorter)):
            say(
                "{cut:,} of {rows:,} inputs are longer than max_length and are truncated "
                "in the middle",
                cut=cut,
                rows=len(rows),
            )
        return shorter


def compute_accuracy(predictions: Predictions, rows: Sequence[Conversation]) -> float:
    """The accuracy of the predictions for the first rows, over generation and ranking."""
    gold = [get_target(row) for row in rows[: len(predictions.parsed)]]
    pairs = zip([*predictions.parsed, *predictions.ranked], [*gold, *gold], strict=True)
    return sum(label == target for label, target in pairs) / (2 * len(gold))


def find_max_target_tokens(rows: Sequence[Conversation], encoder: ChatEncoder) -> int:
    """The number of tokens of the longest target."""
    return max(len(encoder.encode_answer(text)) for text in set(map(get_target, rows)))
