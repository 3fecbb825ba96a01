"""Compare base, tuned and classical baseline on the same test rows: `make eval`.

The base is the untouched model prompted as well as it can be: the labels listed, with solved
examples where those were better on validation rows. Each language model answers in two ways: by
writing (greedy; what cannot be read is wrong) and by ranking all labels.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass

from peft import PeftModel

from . import baselines, command
from .budget import rows_within
from .config import Config
from .data import PROCESSED, formatted
from .dataset import answer_ids, prompt_ids, read_split
from .formatting import Conversation, read_answer, to_prompt, to_untuned_prompt
from .model import Tokenizer, load_tokenizer, load_tuned
from .progress import say
from .report import Answers, as_dicts, judge, mistakes, table
from .run_folder import run_folder, write_json
from .scoring import rank_answers, write_answers
from .source import model_folder

VALIDATION_ROWS = 100  # to choose the base's prompt: a gain of ten points shows on so many
# of the time budget of the base: to choose its prompt, and to answer
CHOOSING, ANSWERING = 0.2, 0.7


def main(config: Config, options: argparse.Namespace) -> None:
    """Answer the test rows three times, and say what may be concluded."""
    run = run_folder(config)
    run.refuse_other_rows(formatted(config))
    adapter = run.trained_adapter
    folder = model_folder(config.model)
    tokenizer = load_tokenizer(folder.path, config.model)
    model = load_tuned(folder.path, config.model, adapter)
    train, validation, test = (
        read_split(PROCESSED, split) for split in ("train", "validation", "test")
    )
    chance = random.Random(config.run.seed)
    asker = Asker(config, tokenizer, model)

    with model.disable_adapter():
        chance.shuffle(validation)
        examples, choice = asker.choose_examples(solved(train, config, chance), validation)
        say(f"base: {choice}")
        prompts = [to_untuned_prompt(question(row), config.task, examples) for row in test]
        fitting = rows_within(asker.minutes(ANSWERING), prompts, asker.answer)
        rows = sorted(chance.sample(range(len(test)), fitting))
        say(f"answering {len(rows):,} of {len(test):,} test rows, by writing and by ranking")
        base = asker.answer([prompts[row] for row in rows])
    asked = [test[row] for row in rows]
    tuned = asker.answer([to_prompt(question(row), config.task) for row in asked])
    learned = [*train, *validation]
    classical = baselines.classical_answers(
        [question(row) for row in learned],
        [answer(row) for row in learned],
        [question(row) for row in asked],
    )
    gold = [answer(row) for row in asked]
    result = judge(config, gold, base, tuned, classical)
    wrong = mistakes([question(row) for row in asked], gold, tuned, base)
    write_json(
        run.path / "evaluation.json",
        {
            "run": config.run.name,
            "rows": len(rows),
            "test_rows": len(test),
            "base_prompt": choice,
            **as_dicts(result.metrics),
            "comparison": as_dicts(result.against_base),
            "comparison_with_baseline": as_dicts(result.against_baseline),
            "conclusion": result.conclusion,
            "mistakes": wrong,
        },
    )
    say(f"\n{table(result)}\n\n{result.conclusion}\n\nworst answers of the tuned model:")
    for row in wrong[:5]:
        say(f"  {row['input'][:60]!r}: {row['tuned']!r}, right is {row['gold']!r}")
    say(f"all of it in {run.path / 'evaluation.json'}; next: make chat")


@dataclass(frozen=True)
class Asker:
    """A model with what it takes to ask it."""

    config: Config
    tokenizer: Tokenizer
    model: PeftModel

    def answer(self, prompts: Sequence[Conversation]) -> Answers:
        """What the model writes, and which label it finds most likely."""
        labels = [self._answer_ids(label) for label in self.config.task.labels]
        asked = [self._prompt_ids(prompt) for prompt in prompts]
        written = write_answers(
            self.model,
            self.tokenizer,
            asked,
            end_of_turn=labels[0][-1],
            limit=max(map(len, labels)) + 1,  # room to be wrong
            batch_size=self.config.evaluation.batch_size,
        )
        scores = rank_answers(self.model, asked, labels)
        return Answers(
            written=written,
            read=[read_answer(text, self.config.task) for text in written],
            ranked=[self.config.task.labels[i] for i in scores.argmax(axis=1)],
        )

    def choose_examples(
        self, examples: list[Conversation], validation: Sequence[Conversation]
    ) -> tuple[list[Conversation], str]:
        """The examples for the base's prompt, or none where they do not help; and why."""
        labels = [self._answer_ids(label) for label in self.config.task.labels]

        def right(rows: Sequence[Conversation], shown: list[Conversation]) -> float:
            prompts = [to_untuned_prompt(question(row), self.config.task, shown) for row in rows]
            scores = rank_answers(self.model, [self._prompt_ids(p) for p in prompts], labels)
            given = [self.config.task.labels[i] for i in scores.argmax(axis=1)]
            return sum(a == answer(row) for a, row in zip(given, rows, strict=True)) / len(rows)

        if not examples:
            return [], "labels listed, no examples"
        fitting = rows_within(
            self.minutes(CHOOSING / 2),
            validation[:VALIDATION_ROWS],
            lambda rows: right(rows, examples),
        )
        rows = validation[:fitting]
        without, with_examples = right(rows, []), right(rows, examples)
        chosen = examples if with_examples > without else []
        return chosen, (
            f"labels listed, {len(chosen) or 'no'} examples (on {len(rows)} validation rows: "
            f"{with_examples:.2f} with {len(examples)}, {without:.2f} without)"
        )

    def minutes(self, share: float) -> float | None:
        """A share of the time budget, or None where there is none."""
        budget = self.config.evaluation.time_budget_minutes
        return None if budget is None else budget * share

    def _prompt_ids(self, prompt: Conversation) -> list[int]:
        return prompt_ids(prompt, self.tokenizer, self.config.model)

    def _answer_ids(self, label: str) -> list[int]:
        return answer_ids(label, self.tokenizer, self.config.model)


def solved(
    train: Sequence[Conversation], config: Config, chance: random.Random
) -> list[Conversation]:
    """Training conversations to show the base, of different labels as far as there are."""
    shuffled = chance.sample(list(train), len(train))
    first = {answer(row): row for row in reversed(shuffled)}
    return list(first.values())[: config.evaluation.shots]


def question(messages: Conversation) -> str:
    """The input of a conversation."""
    return messages[-2]["content"]


def answer(messages: Conversation) -> str:
    """The right answer of a conversation."""
    return messages[-1]["content"]


if __name__ == "__main__":
    raise SystemExit(command.run(main, __doc__))
