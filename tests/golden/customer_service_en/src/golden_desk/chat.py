"""Talk to the tuned model in the terminal: `make chat`.

python -m golden_desk.chat
python -m golden_desk.chat --once "a question"

Each line is a question of its own; Ctrl-D ends.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress

import torch
from peft import PeftModel
from transformers import TextStreamer

from . import command
from .config import Config
from .conversation import to_prompt
from .dataset import prompt_ids, shorten
from .errors import ProjectError
from .formatting import candidates, read_answer
from .model import Tokenizer, load_tokenizer, load_tuned, stop_tokens
from .run_folder import run_folder
from .source import model_folder

LONGEST_ANSWER = 512  # tokens; an answer ends at its end of turn, this stops one that does not
NOT_UTF8 = "the question is not UTF-8", "convert it, as by: iconv -f GB18030 -t UTF-8"


def main(config: Config, options: argparse.Namespace) -> None:
    """Answer one question, or one a line."""
    run = run_folder(config)
    adapter, config = run.trained_adapter, run.own_settings(config)
    folder = run.confirmed(model_folder(run.pinned(config.model)))
    tokenizer = load_tokenizer(folder.path, config.model)
    model = load_tuned(folder.path, config.model, adapter)

    def answer(question: str) -> None:
        refuse_damaged(question)
        stream_answer(model, tokenizer, config, question)

    if options.once is not None:
        if not options.once.strip():
            raise ProjectError("--once holds no question", 'write --once "a question"')
        answer(options.once)
        return
    if sys.stdin.isatty():
        print(f"{config.run.name}; each line is a question of its own; Ctrl-D ends")
    for question in questions():
        if question.strip():
            answer(question)


def questions() -> Iterator[str]:
    """The lines that are typed or piped in."""
    with suppress(EOFError):
        while True:
            try:
                yield input("> " if sys.stdin.isatty() else "")
            except UnicodeDecodeError:
                raise ProjectError(*NOT_UTF8) from None


def refuse_damaged(question: str) -> None:
    """Refuse what came as other bytes than UTF-8: Python keeps them as half surrogate pairs."""
    try:
        question.encode()
    except UnicodeEncodeError:
        raise ProjectError(*NOT_UTF8) from None


def stream_answer(model: PeftModel, tokenizer: Tokenizer, config: Config, question: str) -> None:
    """Print an answer as it is written, and say so where it is not one of the labels."""
    longest = {"role": "assistant", "content": max(candidates(config.task), key=len)}
    asked = [*to_prompt(question, config.task), longest]
    (*prompt, _), lost = shorten(asked, tokenizer, config.model, config.training.max_length)
    if lost:
        print(f"(shortened by {lost} tokens in its middle)", file=sys.stderr)
    tokens = torch.tensor([prompt_ids(prompt, tokenizer, config.model)], device=model.device)
    written = model.generate(
        input_ids=tokens,
        attention_mask=torch.ones_like(tokens),
        do_sample=False,
        max_new_tokens=LONGEST_ANSWER,
        eos_token_id=stop_tokens(model, tokenizer, config.model),
        pad_token_id=tokenizer.pad_token_id,
        streamer=TextStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True),
    )
    answer = tokenizer.decode(written[0, tokens.shape[1] :], skip_special_tokens=True)
    if read_answer(str(answer), config.task) is None:
        print("(this is none of task.labels)", file=sys.stderr)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The option that is chat's own."""
    parser.add_argument("--once", metavar="TEXT", help="answer this and end")


if __name__ == "__main__":
    raise SystemExit(command.run(main, __doc__, add_options=add_options))
