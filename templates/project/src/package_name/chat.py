"""Talk to the tuned model in the terminal: `make chat`.

python -m package_name.chat
python -m package_name.chat --once "a question"

Each line is a question of its own; Ctrl-D ends.
"""

from __future__ import annotations

import argparse
import sys

import torch
from transformers import TextStreamer

from . import command
from .config import Config
from .dataset import prompt_ids
from .errors import ProjectError
from .formatting import to_prompt
from .model import load_tokenizer, load_tuned
from .run_folder import run_folder
from .source import model_folder

LONGEST_ANSWER = 512  # tokens; an answer ends at its end of turn, this stops one that does not


def main(config: Config, options: argparse.Namespace) -> None:
    """Answer one question, or one a line."""
    adapter = run_folder(config).trained_adapter
    folder = model_folder(config.model)
    tokenizer = load_tokenizer(folder.path, config.model)
    model = load_tuned(folder.path, config.model, adapter)
    streamer = TextStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)

    def answer(question: str) -> None:
        ids = prompt_ids(to_prompt(question, config.task), tokenizer, config.model)
        prompt = torch.tensor([ids], device=model.device)
        model.generate(
            input_ids=prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=False,
            max_new_tokens=LONGEST_ANSWER,
            eos_token_id=tokenizer.convert_tokens_to_ids(config.model.end_of_turn),
            pad_token_id=tokenizer.pad_token_id,
            streamer=streamer,
        )

    if options.once is not None:
        if not options.once.strip():
            raise ProjectError("--once holds no question", 'write --once "a question"')
        answer(options.once)
        return
    if sys.stdin.isatty():
        print(f"{config.run.name}; each line is a question of its own; Ctrl-D ends")
    while True:
        try:
            question = input("> " if sys.stdin.isatty() else "")
        except EOFError:
            return
        if question.strip():
            answer(question)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The option that is chat's own."""
    parser.add_argument("--once", metavar="TEXT", help="answer this and end")


if __name__ == "__main__":
    raise SystemExit(command.run(main, __doc__, add_options=add_options))
