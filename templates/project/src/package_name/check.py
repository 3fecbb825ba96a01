"""Check a run before training: `make check`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path

import torch
from safetensors import safe_open

from . import command
from .chat_tokens import ChatEncoder, Tokenizer
from .config import Config
from .conversation import Conversation
from .data import formatted
from .dataset import Example, encode_all, lengths, read_split, refuse_truncated
from .devices import memory_gb, refuse_precision, training_device
from .errors import ProjectError
from .formatting import labels_in
from .messages import fill
from .model import find_base, load_tokenizer
from .output import escape_lines, say
from .run_folder import run_folder
from .splits import PROCESSED, SPLITS, Split
from .summary import some
from .task import TaskConfig

BYTES = {"auto": 4, "fp32": 4, "bf16": 2, "fp16": 2}  # auto may become fp32
LEARNED_IN_BRACKETS = "The tokens that are learned stand in [[double brackets]]:"
GREEN, PLAIN = "\033[32m", "\033[0m"
content = itemgetter("content")
HELP = """\
Check a run before training: make check

Reads the configuration, the formatted data and the tokenizer, shows two examples
token by token with the learned tokens marked, and compares the memory that the
weights need with what this machine has."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Go through what a run rests on; the first thing that does not hold ends it."""
    run = run_folder(config)
    run.refuse_other_rows(formatted(config))
    say("run         {path} (trained)" if run.finished else "run         {path}", path=run.path)
    if changed := run.other_settings(config):
        say(
            "            warning: it began with other settings: {keys}",
            keys=fill(", ").join(changed),
        )
    folder = find_base(config.model if changed else run.pinned(config.model))
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
        encoded[split] = encode_all(rows[split], split, encoder, config)
        say("{split:<11} {lengths}", split=split, lengths=lengths(encoded[split]))
        report_control_tokens(rows[split], split, encoder)
    refuse_truncated([*encoded["train"], *encoded["validation"]], config.training)
    if untrained := without_training(rows["train"], config.task):
        say("            warning: labels without a row in train: {labels}", labels=some(untrained))
    compare_memory(folder.path, config)
    say("\nTwo examples token by token; `é/2` is a character of two tokens.")
    say("The tokens that are learned are green:" if in_colour() else LEARNED_IN_BRACKETS)
    for example in of_two_labels(encoded["train"]):
        print("\n" + show(example, encoder.tokenizer))  # not by say: it would escape the colour
    say("\nnext: make train")


def report_control_tokens(rows: Sequence[Conversation], split: Split, encoder: ChatEncoder) -> None:
    """Say how many rows spell a control token of the model, and where the first does."""
    found = [
        (number, spelled[0])
        for number, messages in enumerate(rows, 1)
        if (spelled := encoder.find_control_tokens("\n".join(map(content, messages))))
    ]
    if found:
        number, token = found[0]
        say(
            "            {rows:,} of {all:,} rows spell a control token of the model, such as "
            "{token} in {path}:{line}; it is read as plain text",
            rows=len(found),
            all=len(rows),
            token=token,
            path=PROCESSED / f"{split}.jsonl",
            line=number,
        )


def compare_memory(folder: Path, config: Config) -> None:
    """Say whether this machine can train the run; weights that are larger than it are refused."""
    needed = weights_gb(folder, config.model.precision)
    try:
        on = training_device(config.training)
    except ProjectError as error:  # who looks here may train elsewhere
        say("memory      weights alone {needed:.1f} GB", needed=needed)
        say("            warning: {fault}: `make train` refuses this machine", fault=error.message)
        return
    refuse_precision(config.model.precision, on)
    there = memory_gb(on)
    say(
        "memory      weights alone {needed:.1f} GB of {there:.1f} GB on {device}",
        needed=needed,
        there=there,
        device=on,
    )
    if needed > there:
        raise ProjectError(
            "the weights need {needed:.1f} GB, and {device} has {there:.1f} GB",
            "choose a smaller model, or a larger machine",
            needed=needed,
            there=there,
            device=on,
        )


def without_training(train: Sequence[Conversation], task: TaskConfig) -> list[str]:
    """The labels that no training row has."""
    answers = {messages[-1]["content"] for messages in train}
    trained = {label for answer in answers for label in labels_in(answer)}
    return [label for label in task.labels if label not in trained]


def of_two_labels(examples: Sequence[Example]) -> list[Example]:
    """The first example, and the first that learns another answer."""
    first = examples[0]
    answer = first.ids[first.answer_start :]
    others = (other for other in examples if other.ids[other.answer_start :] != answer)
    return [first, *islice(others, 1)]


def show(example: Example, tokenizer: Tokenizer) -> str:
    """An example token by token, `·` between tokens, the learned ones marked."""
    asked, answer = example.ids[: example.answer_start], example.ids[example.answer_start :]
    return "·".join(pieces(asked, tokenizer)) + "·" + learned("·".join(pieces(answer, tokenizer)))


def pieces(ids: Sequence[int], tokenizer: Tokenizer) -> Iterator[str]:
    """The text of each token; where tokens share a character, theirs together and how many."""
    held: list[int] = []
    for token in ids:
        held.append(token)
        text = str(tokenizer.decode(held))
        if not text.endswith("\ufffd"):  # else the last character is not whole yet
            shown = escape_lines(text)
            yield shown if len(held) == 1 else f"{shown}/{len(held)}"
            held = []
    if held:
        yield str(tokenizer.decode(held))


def learned(text: str) -> str:
    """Text marked as learned: green on a terminal, [[in brackets]] elsewhere."""
    return f"{GREEN}{text}{PLAIN}" if in_colour() else f"[[{text}]]"


def in_colour() -> bool:
    """Whether the output is a terminal that may show colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def weights_gb(folder: Path, precision: str) -> float:
    """The weights in memory: the elements of all tensors, in the precision of the run."""
    weights = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - not a mapping
                weights += torch.Size(tensors.get_slice(name).get_shape()).numel()
    return weights * BYTES[precision] / 1e9


if __name__ == "__main__":
    raise SystemExit(command.run(main, HELP))
