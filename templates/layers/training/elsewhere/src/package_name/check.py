"""Check the rows before another tool trains with them: `make check`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice

from .config import Config
from .data.jsonl import RUN_AGAIN, read_jsonl
from .data.processed_rows import verify_and_hash_rows
from .data.splits import PROCESSED_DIR, SPLITS, Split
from .export_llama_factory import EXPORT_DIR, FORMATS
from .prompts import Conversation, build_base_prompt, get_question, get_target
from .runtime.errors import ProjectError
from .runtime.main import run_command
from .runtime.output import escape_controls_per_line, say

HELP = """\
Check the rows before training: make check

Compares the formatted rows with run.yaml and with the files for LLaMA-Factory, and
shows two examples, in which the text that the model learns is marked."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Check rows and exports in this order; the first fault ends it."""
    verify_and_hash_rows(config)
    rows = {split: read_conversations(split) for split in SPLITS}
    for split in SPLITS:
        refuse_other_exports(rows[split], split)
        say(
            "{split:<11} {rows:,} rows, the longest of {longest:,} characters",
            split=split,
            rows=len(rows[split]),
            longest=max(map(count_characters, rows[split])),
        )
    say("exports     {folder} holds the same rows", folder=EXPORT_DIR)
    say("\nTwo examples; what the model learns is in [[double brackets]]:")
    for messages in pick_two_examples(rows["train"]):
        # not by say: it would escape the ends of the lines
        print("\n" + format_example(messages))
    question = get_question(rows["test"][0])
    say("\nThe first test row as a prompt for the base model before it is trained:")
    print("\n" + format_messages(build_base_prompt(question, config.task)))
    say("\nnext: make eval; then train as the head of config/llama_factory.yaml says")


def read_conversations(split: Split) -> list[Conversation]:
    """The conversations of a split."""
    return [line["messages"] for line in read_jsonl(PROCESSED_DIR / f"{split}.jsonl")]


def refuse_other_exports(rows: Sequence[Conversation], split: Split) -> None:
    """Refuse exports that do not hold the rows of a split: the other tool would train on them."""
    for name, convert in FORMATS.items():
        path = EXPORT_DIR / f"{name}_{split}.jsonl"
        if not path.exists() or read_jsonl(path) != [convert(messages) for messages in rows]:
            raise ProjectError(
                "{path} does not hold the rows of {rows}",
                RUN_AGAIN,
                path=path,
                rows=PROCESSED_DIR / f"{split}.jsonl",
            )


def count_characters(messages: Conversation) -> int:
    """The number of characters of a conversation."""
    return sum(len(message["content"]) for message in messages)


def pick_two_examples(rows: Sequence[Conversation]) -> list[Conversation]:
    """The first row, and the first that has another target."""
    target = get_target(rows[0])
    return [rows[0], *islice((row for row in rows if get_target(row) != target), 1)]


def format_example(messages: Conversation) -> str:
    """A conversation message by message, its target marked."""
    *prompt, answer = messages
    return format_messages([*prompt, {**answer, "content": f"[[{answer['content']}]]"}])


def format_messages(messages: Conversation) -> str:
    """Messages with their roles, a message a line."""
    lines = (f"{message['role']}: {message['content']}" for message in messages)
    return escape_controls_per_line("\n".join(lines))


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
