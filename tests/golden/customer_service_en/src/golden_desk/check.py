"""Look before training: `make check`.

Reads the configuration, the formatted data and the tokenizer, shows two examples token by token
with the learned tokens in colour, and compares the memory of the weights with what is there.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch
from safetensors import safe_open

from . import command
from .config import Config
from .data import formatted
from .dataset import Example, is_as_rendered, lengths, read_examples, read_split
from .devices import device, memory_gb
from .errors import ProjectError
from .model import Tokenizer, load_tokenizer
from .run_folder import run_folder
from .source import model_folder
from .splits import SPLITS

BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}
GREEN, PLAIN = "\033[32m", "\033[0m"


def main(config: Config, options: argparse.Namespace) -> None:
    """Go through what a run rests on; the first thing that does not hold ends it."""
    run = run_folder(config)
    run.refuse_other_rows(formatted(config))
    print(f"run         {run.path}" + (" (trained already)" if run.finished else ""))
    folder = model_folder(run.pinned(config.model))
    tokenizer = load_tokenizer(folder.path, config.model)
    print(
        f"model       {config.model.id}, revision {folder.revision or 'unknown'}\n"
        f"            {folder.path}"
    )
    encoded = {}
    for split in SPLITS:
        encoded[split] = read_examples(split, tokenizer, config)
        print(f"{split:<11} {lengths(encoded[split])}")
        if not is_as_rendered(read_split(split)[0], tokenizer, config.model):
            print(
                "            warning: the chat template puts prompt and answer together otherwise"
            )
    needed, there = weights_gb(folder.path, config.model.precision), memory_gb()
    print(f"memory      weights alone {needed:.1f} GB of {there:.1f} GB on {device()}")
    if needed > there:
        raise ProjectError(
            f"the weights need {needed:.1f} GB, and {device()} has {there:.1f} GB",
            "choose a smaller model, or a larger machine",
        )
    print("\nTwo examples; what is learned is " + learned("coloured") + ":")
    middle = len(encoded["train"]) // 2
    for example in (encoded["train"][0], encoded["train"][middle]):
        print("\n" + show(example, tokenizer))
    print("\nnext: make train")


def show(example: Example, tokenizer: Tokenizer) -> str:
    """An example token by token, `·` between tokens, the learned ones marked."""
    tokens = [tokenizer.decode([token]) for token in example.ids]
    asked, answer = tokens[: example.answer_start], tokens[example.answer_start :]
    return "·".join(asked) + "·" + learned("·".join(answer))


def learned(text: str) -> str:
    """Text marked as learned: green on a terminal, [[in brackets]] elsewhere."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return f"{GREEN}{text}{PLAIN}"
    return f"[[{text}]]"


def weights_gb(folder: Path, precision: str) -> float:
    """The weights in memory, from the size of the files (which are in 16 or 32 bit)."""
    weights = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - not a mapping
                weights += torch.Size(tensors.get_slice(name).get_shape()).numel()
    return weights * BYTES[precision] / 1e9


if __name__ == "__main__":
    raise SystemExit(command.run(main, __doc__))
