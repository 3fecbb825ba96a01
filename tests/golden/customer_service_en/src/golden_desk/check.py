"""Check a run before training: `make check`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter

import torch

from .config import Config
from .data.processed_rows import verify_and_hash_rows
from .data.splits import PROCESSED_DIR, SPLITS, Split
from .data.summary import shorten_list
from .formatting import extract_labels
from .model.chat_encoder import ChatEncoder, Tokenizer
from .model.chat_template import FIXED_DATE, has_fixed_date
from .model.device import get_memory_gb, refuse_precision, require_training_device
from .model.load import (
    DTYPES,
    build_without_weights,
    count_weights,
    find_base_model,
    load_tokenizer,
)
from .model.loading_options import choose_loading_options
from .model.method import CHECKPOINTS_BYTES_PER_WEIGHT, MEMORY_CONTENT, compute_memory
from .model.weight_count import WeightCount
from .prompts import Conversation
from .runtime.errors import ProjectError
from .runtime.main import run_command
from .runtime.messages import fill
from .runtime.output import escape_controls_per_line, say
from .task import TaskConfig
from .training.batches import suggest_less_memory
from .training.examples import (
    Example,
    encode_examples,
    measure_lengths,
    read_split,
    refuse_truncated_examples,
)
from .training.prompt_proof import prove_prompts
from .training.run_dir import get_run_dir

BRACKETS_LEGEND = "Tokens that contribute to the loss are in [[double brackets]]:"
ANSI_GREEN, ANSI_RESET = "\033[32m", "\033[0m"
get_content = itemgetter("content")
HELP = """\
Check a run before training: make check

Reads the configuration, the formatted data and the tokenizer, shows two examples
token by token with the trained tokens marked, and compares the memory of the
weights with the memory of this machine."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Check configuration, data, tokenizer and memory in this order; the first fault ends it."""
    run = get_run_dir(config)
    run.refuse_other_rows(verify_and_hash_rows(config))
    say("run         {path} (trained)" if run.finished else "run         {path}", path=run.path)
    if changed := run.other_settings(config):
        say(
            "            warning: it was started with other settings: {keys}",
            keys=fill(", ").join(changed),
        )
    folder = find_base_model(config.model if changed else run.pin_revision(config.model))
    encoder = ChatEncoder(load_tokenizer(folder.path, config.model), config.model)
    say(
        "model       {model}, revision {revision}\n            {path}",
        model=config.model.id,
        revision=folder.revision or fill("unknown"),
        path=folder.path,
    )
    rows = {split: read_split(split) for split in SPLITS}
    encoded = {}
    for split in SPLITS:
        encoded[split] = encode_examples(rows[split], split, encoder, config)
        say("{split:<11} {lengths}", split=split, lengths=measure_lengths(encoded[split]))
        report_control_tokens(rows[split], split, encoder)
    proved = sum(prove_prompts(rows[each], encoded[each], each, encoder) for each in SPLITS)
    say(
        "prompts     in {proved:,} rows, the masked tokens are the prompt that a server sends with "
        "this chat template, and {token} ends the answer",
        proved=proved,
        token=config.model.end_of_turn,
    )
    if has_fixed_date(encoder.tokenizer):
        say(
            "            the chat template writes today's date; in this project it writes {date}: "
            "give a server the tokenizer that `make train` saves with the trained weights",
            date=FIXED_DATE,
        )
    refuse_truncated_examples([*encoded["train"], *encoded["validation"]], config.training)
    if untrained := find_untrained_labels(rows["train"], config.task):
        say(
            "            warning: labels without a row in train: {labels}",
            labels=shorten_list(untrained),
        )
    weights = count_weights(build_without_weights(folder.path))
    check_memory(weights, config)
    compare_disk(weights)
    say("\nTwo examples token by token; `é/2` is a character of two tokens.")
    say("Tokens that contribute to the loss are green:" if supports_color() else BRACKETS_LEGEND)
    for example in pick_two_examples(encoded["train"]):
        # not by say: it would escape the colour
        print("\n" + format_example(example, encoder.tokenizer))
    say("\nnext: make train")


def report_control_tokens(rows: Sequence[Conversation], split: Split, encoder: ChatEncoder) -> None:
    """Print how many rows spell a control token of the model, and where the first one is."""
    found = [
        (number, spelled[0])
        for number, messages in enumerate(rows, 1)
        if (spelled := encoder.find_control_tokens("\n".join(map(get_content, messages))))
    ]
    if found:
        number, token = found[0]
        say(
            "            {rows:,} of {all:,} rows contain the text of a control token, such as "
            "{token} in {path}:{line}; it is tokenized as plain text",
            rows=len(found),
            all=len(rows),
            token=token,
            path=PROCESSED_DIR / f"{split}.jsonl",
            line=number,
        )


def check_memory(weights: WeightCount, config: Config) -> None:
    """Report the memory that training needs; raise if the weights alone exceed it."""
    precision = config.model.precision
    # a precision that run.yaml leaves open may become the widest
    needed = compute_memory(weights, precision if precision in DTYPES else "fp32") / 1e9
    content = fill(MEMORY_CONTENT)
    try:
        on = require_training_device(config.training)
    except ProjectError as error:  # who looks here may train elsewhere
        say("memory      {content} {needed:.1f} GB", content=content, needed=needed)
        say(
            "            warning: {fault}: `make train` will fail on this machine",
            fault=error.message,
        )
        return
    refuse_precision(config.model.precision, on)
    # refuses a device on which the weights cannot be kept as the method keeps them
    choose_loading_options(DTYPES.get(config.model.precision, torch.float32), on)
    there = get_memory_gb(on)
    say(
        "memory      {content} {needed:.1f} GB of {there:.1f} GB on {device}",
        content=content,
        needed=needed,
        there=there,
        device=on,
    )
    if config.run.estimated_memory_gb:
        low, high = config.run.estimated_memory_gb
        say(
            "            training takes {low:.1f} to {high:.1f} GB (estimated with the project)",
            low=low,
            high=high,
        )
        if high > there >= needed:
            say(
                "            warning: that may be more than there is; if training runs out of "
                "memory, {hint}",
                hint=suggest_less_memory(config.training),
            )
    if needed > there:
        raise ProjectError(
            "{content} need {needed:.1f} GB, and {device} has {there:.1f} GB",
            "choose a smaller model, or a larger machine",
            content=content,
            needed=needed,
            there=there,
            device=on,
        )


def compare_disk(weights: WeightCount) -> None:
    """Report the size of the checkpoints and the free disk, if the method stores whole models."""
    needed = weights.all * CHECKPOINTS_BYTES_PER_WEIGHT / 1e9
    if needed:
        free = shutil.disk_usage(".").free / 1e9
        say(
            "disk        checkpoints up to {needed:.1f} GB of {free:.1f} GB free",
            needed=needed,
            free=free,
        )
        if needed > free:
            say("            warning: `make train` may fill the disk")


def find_untrained_labels(train: Sequence[Conversation], task: TaskConfig) -> list[str]:
    """The labels that no training row has."""
    answers = {messages[-1]["content"] for messages in train}
    trained = {label for answer in answers for label in extract_labels(answer, task)}
    return [label for label in task.labels if label not in trained]


def pick_two_examples(examples: Sequence[Example]) -> list[Example]:
    """The first example, and the first that learns another answer."""
    first = examples[0]
    answer = first.ids[first.answer_start :]
    others = (other for other in examples if other.ids[other.answer_start :] != answer)
    return [first, *islice(others, 1)]


def format_example(example: Example, tokenizer: Tokenizer) -> str:
    """An example token by token, `·` between tokens, the learned ones marked."""
    asked, answer = example.ids[: example.answer_start], example.ids[example.answer_start :]
    return (
        "·".join(decode_pieces(asked, tokenizer))
        + "·"
        + highlight("·".join(decode_pieces(answer, tokenizer)))
    )


def decode_pieces(ids: Sequence[int], tokenizer: Tokenizer) -> Iterator[str]:
    """The text of each token; where tokens share a character, theirs together and how many."""
    held: list[int] = []
    for token in ids:
        held.append(token)
        text = str(tokenizer.decode(held))
        if not text.endswith("\ufffd"):  # else the last character is not whole yet
            shown = escape_controls_per_line(text)
            yield shown if len(held) == 1 else f"{shown}/{len(held)}"
            held = []
    if held:
        yield str(tokenizer.decode(held))


def highlight(text: str) -> str:
    """Text marked as learned: green on a terminal, [[in brackets]] elsewhere."""
    return f"{ANSI_GREEN}{text}{ANSI_RESET}" if supports_color() else f"[[{text}]]"


def supports_color() -> bool:
    """Whether the output is a terminal that may show colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
