"""Compare base, tuned and classical baseline on the same test rows: `make eval`.

The base is the untouched model with the better of two prompts, as validation rows tell: the labels
listed, without and with solved examples. Each language model answers in two ways: by writing
(greedy; what cannot be read is wrong) and by ranking what it may answer. The classical baseline
learns from all training rows, also where a time budget kept the tuned model from seeing them all.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import zip_longest
from operator import ne
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from peft import PeftModel
from scipy.special import softmax

from . import command
from .answers import Answers
from .baselines import classical_answers
from .chat_tokens import ChatEncoder, decode_answer
from .config import Config
from .conversation import Conversation, to_prompt, to_untuned_prompt
from .data import rows_hash
from .dataset import read_split, shorten
from .deadline import Deadline, work_through
from .errors import ProjectError
from .files import write_json
from .formatting import candidates, read_answer
from .label_metrics import label_report
from .messages import fill
from .model import find_base, load_tokenizer, load_tuned, stop_tokens
from .model_card import write_model_card
from .output import say
from .report import (
    Result,
    as_dicts,
    by_row,
    excerpt,
    judge,
    mistakes,
    summary_of,
    table,
    unread,
)
from .run_folder import run_folder
from .scoring import AnswerTree, answer_prompts, read_prefix
from .slices import Slices, by_slice, slice_lines, slices_of_test_rows
from .splits import PROCESSED, SPLITS, Split
from .tables import wrap
from .task import TaskConfig

VALIDATION_ROWS = 100  # to choose the base's prompt: a gain of ten points shows on so many
SHOWN = 5  # wrong answers
FEWEST_ROWS = 20  # to choose a prompt and to measure on, whatever the time budget
# Of the time budget, which share is spent when the base's prompt is chosen, and when the test rows
# are answered; the rest is for intervals.
CHOOSING = 0.25
ANSWERING = 0.9
HELP = """\
Compare base model, tuned model and classical baseline on the same test rows: make eval

The base model is asked with the better of two prompts, with and without solved
examples, as validation rows tell. Each model answers by writing and by ranking the
possible answers. The classical baseline learns from all training rows."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Answer the test rows three times, and say what may be concluded."""
    run, rows = run_folder(config), rows_hash()
    run.refuse_other_rows(rows)
    adapter, config = run.trained_adapter, run.own_settings(config)
    deadline = Deadline(config.evaluation.time_budget_minutes)
    say("loading {model}", model=config.model.id)
    folder = run.confirmed(find_base(run.pinned(config.model)))
    encoder = ChatEncoder(load_tokenizer(folder.path, config.model), config.model)
    splits = [read_targets(split, config.task) for split in SPLITS]
    told_apart = slices_of_test_rows(config)
    longest = longest_answer(splits[0], encoder)
    model = load_tuned(folder.path, config.model, adapter)
    asker = Asker(config, encoder, model, longest, deadline)
    train, validation, test = map(asker.shortened, splits)
    chance = random.Random(config.run.seed)
    chance.shuffle(validation)
    order = chance.sample(range(len(test)), len(test))

    examples, choice = asker.choose_examples(solved(train, config, chance), validation)
    say("base model: {choice}", choice=choice)
    # the same rows for all, in an order that does not depend on how many can be answered
    shuffled, texts = [test[i] for i in order], [question(test[i]) for i in order]
    classical = learned(train, shuffled, config)
    say("answering up to {rows:,} test rows, by writing and by ranking", rows=len(test))
    base, tuned = asker.answer(
        Way([to_untuned_prompt(text, config.task, examples) for text in texts]),
        Way([to_prompt(text, config.task) for text in texts], tuned=True),
        share=ANSWERING,
    )
    fitting = len(base.read)
    classical, order = classical.only(range(fitting)), order[:fitting]
    questions, gold = texts[:fitting], [answer(row) for row in shuffled[:fitting]]
    say("computing intervals ...")
    result = judge(config, gold, base, tuned, classical)
    slices = {name: [of[i] for i in order] for name, of in told_apart.items()}
    in_slices = by_slice(gold, tuned, slices, config)
    evaluation = {
        "run": config.run.name,
        "data_sha256": rows,
        "rows": fitting,
        "test_rows": len(test),
        "base_prompt": choice,
        **summary_of(result),
        "tuned_by_slice": as_dicts(in_slices.measured),
        "rows_of_slices_without": {
            "both_kinds": in_slices.one_sided,
            "enough_rows": in_slices.too_small,
        },
        "answers": by_row(config, order, gold, base, tuned, classical),
    }
    write_json(run.path / "evaluation.json", evaluation)
    write_model_card(run, config, evaluation)
    show(result, in_slices, base, tuned, mistakes(order, questions, gold, tuned))
    say("details in {path}; next: make chat", path=run.path / "evaluation.json")


def read_targets(split: Split, task: TaskConfig) -> list[Conversation]:
    """The rows of a split, each with its right answer as task.labels writes it.

    An answer that is not one of the labels would be compared as if it were unreadable.
    """
    rows = []
    for line, (*prompt, target) in enumerate(read_split(split), start=1):
        label = read_answer(target["content"], task)
        if label is None:
            raise ProjectError(
                "{path}:{line}: the right answer {answer} is not in task.labels",
                "run `make data` again; where formatting.py writes such answers, correct it",
                path=PROCESSED / f"{split}.jsonl",
                line=line,
                answer=excerpt(target["content"]),
            )
        rows.append([*prompt, {**target, "content": label}])
    return rows


def learned(
    train: Sequence[Conversation], asked: Sequence[Conversation], config: Config
) -> Answers:
    """What the classical baseline answers; it sees what the models see, cut rows included."""
    texts, labels = [question(row) for row in train], [answer(row) for row in train]
    return classical_answers(texts, labels, [question(row) for row in asked], config.task)


def show(
    result: Result, in_slices: Slices, base: Answers, tuned: Answers, wrong: Sequence[str]
) -> None:
    """Print what came of it."""
    say("\n".join(["", table(result), "", wrap(result.conclusion), *unread(base)]))
    if len({*tuned.read}) == 1:
        same = fill("nothing readable") if tuned.read[0] is None else repr(tuned.read[0])
        say("the tuned model wrote {same} to every row: it has not learned to tell", same=same)
        say("more steps may help: training.epochs, and the time budget that cuts them")
    say("\n".join(label_report(result.by_label["tuned"])))
    if lines := slice_lines(in_slices):
        title = fill("the tuned model told apart by data.slices:")
        say("\n".join(["", title, *lines]))
    if wrong:
        say(
            "\nwrong answers, {shown:,} of {all:,}, each with its line of {path}:",
            shown=min(SHOWN, len(wrong)),
            all=len(wrong),
            path=PROCESSED / "test.jsonl",
        )
        say("\n".join(wrong[:SHOWN]))


class Way(NamedTuple):
    """A prompt for each row, and whether the adapter answers it or the base model."""

    prompts: Sequence[Conversation]
    tuned: bool = False


@dataclass(frozen=True)
class Asker:
    """A model with what it takes to ask it."""

    config: Config
    encoder: ChatEncoder
    model: PeftModel
    longest: int  # tokens of an answer
    deadline: Deadline

    def answer(self, *ways: Way, share: float) -> list[Answers]:
        """What the model writes, and how likely it finds each candidate, asked in several ways.

        All ways answer the same rows: the first ones, in batches, until a share of the time budget
        is spent.
        """
        task, tokenizer = self.config.task, self.encoder.tokenizer
        written: list[list[str]] = [[] for _ in ways]
        scores: list[list[NDArray[np.float64]]] = [[] for _ in ways]
        ranked = candidates(task)
        tree = AnswerTree([self.encoder.encode_answer(each) for each in ranked], self.model.device)
        stops = stop_tokens(self.model, tokenizer, self.config.model)
        asked = [self.encoder.encode_prompts(way.prompts) for way in ways]
        prefixes = []
        for way, prompts in zip(ways, asked, strict=True):
            with self._adapter(way):
                prefixes.append(read_prefix(self.model, prompts))

        def work(rows: Sequence[int]) -> None:
            for number, way in enumerate(ways):
                with self._adapter(way):
                    tokens, likely = answer_prompts(
                        self.model,
                        [asked[number][row] for row in rows],
                        prefixes[number],
                        tree,
                        stops=stops,
                        limit=self.longest + 1,  # room to be wrong
                    )
                written[number] += [decode_answer(each, tokenizer, stops) for each in tokens]
                scores[number].append(likely)

        batch = self.config.evaluation.batch_size
        count = len(ways[0].prompts)
        work_through(count, batch, work, deadline=self.deadline, share=share, least=FEWEST_ROWS)
        return [
            Answers(
                read=[read_answer(text, task) for text in texts],
                candidates=ranked,
                probabilities=softmax(np.concatenate(likely), axis=1),
                written=texts,
            )
            for texts, likely in zip(written, scores, strict=True)
        ]

    def _adapter(self, way: Way) -> AbstractContextManager[object]:
        """The adapter switched on or off, as the way asks."""
        return nullcontext() if way.tuned else self.model.disable_adapter()

    def choose_examples(
        self, examples: list[Conversation], validation: Sequence[Conversation]
    ) -> tuple[list[Conversation], str]:
        """The examples for the base's prompt, or none where they do not help; and why."""
        if not examples:
            return [], fill("labels listed, no examples")
        say("choosing the base model's prompt on validation rows ...")
        rows, task = validation[:VALIDATION_ROWS], self.config.task
        given = self.answer(
            *(
                Way([to_untuned_prompt(question(row), task, shown) for row in rows])
                for shown in (examples, [])
            ),
            share=CHOOSING,
        )
        with_examples, without = (share_right(answers, rows) for answers in given)
        chosen = examples if with_examples > without else []
        return chosen, fill(
            "labels listed, {shown} examples (share right on {rows} validation rows, written and "
            "ranked: {with_examples:.2f} with {examples} examples, {without:.2f} without)",
            shown=len(chosen),
            rows=len(given[0].read),
            with_examples=with_examples,
            examples=len(examples),
            without=without,
        )

    def shortened(self, rows: Sequence[Conversation]) -> list[Conversation]:
        """Rows as the tuned model was trained on them: no input longer than it has seen."""
        limit = self.config.training.max_length
        shorter = [shorten(row, self.encoder, limit)[0] for row in rows]
        if cut := sum(map(ne, rows, shorter)):
            say(
                "{cut:,} of {rows:,} inputs are longer than max_length and lose their middle",
                cut=cut,
                rows=len(rows),
            )
        return shorter


def share_right(given: Answers, rows: Sequence[Conversation]) -> float:
    """How many of the answers are right, written and ranked together, to the first of the rows."""
    gold = [answer(row) for row in rows[: len(given.read)]]
    ways = zip([*given.read, *given.ranked], [*gold, *gold], strict=True)
    return sum(label == wanted for label, wanted in ways) / (2 * len(gold))


def solved(
    train: Sequence[Conversation], config: Config, chance: random.Random
) -> list[Conversation]:
    """Training conversations to show the base: one of each answer, then a second, and so on."""
    by_answer: dict[str, list[Conversation]] = {}
    for row in chance.sample(list(train), len(train)):
        by_answer.setdefault(answer(row), []).append(row)
    turns = zip_longest(*by_answer.values())
    return [row for turn in turns for row in turn if row][: config.evaluation.shots]


def longest_answer(rows: Sequence[Conversation], encoder: ChatEncoder) -> int:
    """The tokens of the longest right answer."""
    return max(len(encoder.encode_answer(text)) for text in set(map(answer, rows)))


def question(messages: Conversation) -> str:
    """The input of a conversation."""
    return messages[-2]["content"]


def answer(messages: Conversation) -> str:
    """The right answer of a conversation."""
    return messages[-1]["content"]


if __name__ == "__main__":
    raise SystemExit(command.run(main, HELP))
