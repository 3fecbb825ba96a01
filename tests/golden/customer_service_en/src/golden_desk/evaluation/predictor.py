"""Ask a model for predictions."""

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
from ..prompts import Conversation, build_base_prompt, get_question, get_target
from ..runtime.messages import fill
from ..runtime.output import say
from ..training.examples import truncate_conversation
from .batches import PROMPT_CHOICE, BatchRunner
from .inference import CandidateTree, compute_prefix_cache, generate_and_score
from .predictions import Predictions

PROMPT_CHOICE_ROWS = 100  # to choose the base's prompt: a gain of ten points shows on so many


class PromptSet(NamedTuple):
    """A prompt for each row, and whether the tuned model answers it or the base model."""

    prompts: Sequence[Conversation]
    tuned: bool = False


@dataclass(frozen=True)
class Predictor:
    """A model with what it takes to ask it."""

    config: Config
    encoder: ChatEncoder
    model: TunedModel
    load_base: Callable[[], PreTrainedModel]
    longest: int  # tokens of an answer
    batches: BatchRunner

    def answer(self, *ways: PromptSet, phase: str) -> list[Predictions]:
        """What the model writes, and how likely it finds each candidate, asked in several ways.

        All ways answer the same rows: the first ones, as many as there is time for.
        """
        task, tokenizer = self.config.task, self.encoder.tokenizer
        written: list[list[str]] = [[] for _ in ways]
        scores: list[list[NDArray[np.float64]]] = [[] for _ in ways]
        ranked = list_candidates(task)
        tree = CandidateTree(
            [self.encoder.encode_answer(each) for each in ranked], self.model.device
        )
        stops = get_stop_token_ids(self.model, tokenizer, self.config.model)
        asked = [self.encoder.encode_prompts(way.prompts) for way in ways]
        prefixes = []
        for way, prompts in zip(ways, asked, strict=True):
            with self._model(way) as model:
                prefixes.append(compute_prefix_cache(model, prompts))

        def work(rows: Sequence[int]) -> None:
            for number, way in enumerate(ways):
                with self._model(way) as model:
                    tokens, likely = generate_and_score(
                        model,
                        [asked[number][row] for row in rows],
                        prefixes[number],
                        tree,
                        stops=stops,
                        limit=self.longest + 1,  # room to be wrong
                    )
                written[number] += [decode_prediction(each, tokenizer, stops) for each in tokens]
                scores[number].append(likely)

        self.batches.run(len(ways[0].prompts), work, phase=phase)
        return [
            Predictions(
                read=[parse_prediction(text, task) for text in texts],
                candidates=ranked,
                probabilities=softmax(np.concatenate(likely), axis=1),
                written=texts,
            )
            for texts, likely in zip(written, scores, strict=True)
        ]

    def _model(self, way: PromptSet) -> AbstractContextManager[TunedModel]:
        """The model that a set of prompts is for."""
        return nullcontext(self.model) if way.tuned else base_model(self.model, self.load_base)

    def choose_examples(
        self, examples: list[Conversation], validation: Sequence[Conversation]
    ) -> tuple[list[Conversation], str]:
        """The examples for the base's prompt, or none where they do not help; and why."""
        if not examples:
            return [], fill("label list, no examples")
        say("choosing the prompt of the base model on validation rows ...")
        rows, task = validation[:PROMPT_CHOICE_ROWS], self.config.task
        given = self.answer(
            *(
                PromptSet([build_base_prompt(get_question(row), task, shown) for row in rows])
                for shown in (examples, [])
            ),
            phase=PROMPT_CHOICE,
        )
        with_examples, without = (compute_accuracy(answers, rows) for answers in given)
        chosen = examples if with_examples > without else []
        return chosen, fill(
            "label list, {shown} examples (accuracy on {rows} validation rows, generation and "
            "ranking: {with_examples:.2f} with {examples} examples, {without:.2f} without)",
            shown=len(chosen),
            rows=len(given[0].read),
            with_examples=with_examples,
            examples=len(examples),
            without=without,
        )

    def shortened(self, rows: Sequence[Conversation]) -> list[Conversation]:
        """Rows as the tuned model was trained on them: no input longer than it has seen."""
        limit = self.config.training.max_length
        shorter = [truncate_conversation(row, self.encoder, limit)[0] for row in rows]
        if cut := sum(map(ne, rows, shorter)):
            say(
                "{cut:,} of {rows:,} inputs are longer than max_length and lose their middle",
                cut=cut,
                rows=len(rows),
            )
        return shorter


def compute_accuracy(given: Predictions, rows: Sequence[Conversation]) -> float:
    """How many of the answers are right, written and ranked together, to the first of the rows."""
    gold = [get_target(row) for row in rows[: len(given.read)]]
    ways = zip([*given.read, *given.ranked], [*gold, *gold], strict=True)
    return sum(label == wanted for label, wanted in ways) / (2 * len(gold))


def find_max_target_tokens(rows: Sequence[Conversation], encoder: ChatEncoder) -> int:
    """The tokens of the longest right answer."""
    return max(len(encoder.encode_answer(text)) for text in set(map(get_target, rows)))
