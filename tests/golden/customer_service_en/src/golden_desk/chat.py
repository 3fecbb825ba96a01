"""Talk to the tuned model in the terminal: `make chat`.

python -m golden_desk.chat
python -m golden_desk.chat --once "a question"
python -m golden_desk.chat --once - < question.txt

Each line is a question of its own, or where questions have several lines, an empty line ends one;
what is pasted into a terminal may hold empty lines. Ctrl-D ends.
"""

from __future__ import annotations

import argparse
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

import torch
from peft import PeftModel
from transformers import TextStreamer

from . import command
from .config import Config
from .conversation import Conversation, to_prompt
from .dataset import prompt_ids, shorten
from .errors import ProjectError
from .formatting import HOW, SEVERAL_LINES, asked, candidates, read_answer
from .model import Tokenizer, find_base, load_tokenizer, load_tuned, stop_tokens
from .run_folder import run_folder

LONGEST_ANSWER = 512  # tokens; an answer ends at its end of turn, this stops one that does not
STANDARD_INPUT = "-"
PASTE_SECONDS = 0.1  # a paste arrives at once; a person takes longer to press Enter a second time
NOT_UTF8 = "the question is not UTF-8", "convert it, as by: iconv -f GB18030 -t UTF-8"


def main(config: Config, options: argparse.Namespace) -> None:
    """Answer one question, or one after the other."""
    once = None if options.once is None else asked_once(options.once)
    run = run_folder(config)
    adapter, config = run.trained_adapter, run.own_settings(config)
    folder = run.confirmed(find_base(run.pinned(config.model)))
    tokenizer = load_tokenizer(folder.path, config.model)
    model = load_tuned(folder.path, config.model, adapter)
    if once is None and sys.stdin.isatty():
        print(f"{config.run.name}; {HOW}; Ctrl-D ends")
    for question in questions() if once is None else [once]:
        refuse_damaged(question)
        stream_answer(model, tokenizer, config, question)


def asked_once(text: str) -> str:
    """The question of --once."""
    try:
        question = (sys.stdin.read() if text == STANDARD_INPUT else text).strip()
    except UnicodeDecodeError:
        raise ProjectError(*NOT_UTF8) from None
    if not question:
        hint = 'write --once "a question", or --once - < question.txt'
        raise ProjectError("--once holds no question", hint)
    return question


def questions() -> Iterator[str]:
    """The questions that are typed or piped in."""
    lines: list[str] = []
    for line in typed(lines):
        if line.strip():
            lines.append(line.strip())
        if lines and not (SEVERAL_LINES and (line.strip() or is_pasting())):
            yield "\n".join(lines)
            lines.clear()
    if lines:
        yield "\n".join(lines)


def typed(begun: Sequence[str]) -> Iterator[str]:
    """The lines that are typed or piped in; `begun` are those of the question so far."""
    at_terminal = sys.stdin.isatty()
    if at_terminal:
        with suppress(ImportError):
            import readline  # noqa: F401 # without it, a terminal cuts a line at 4,095 bytes
    try:
        while True:
            yield input(("  " if begun else "> ") if at_terminal else "")
    except (EOFError, KeyboardInterrupt) as end:
        if at_terminal:
            print()  # what follows starts a line of its own
        if isinstance(end, KeyboardInterrupt):
            raise
    except UnicodeDecodeError:
        raise ProjectError(*NOT_UTF8) from None


def is_pasting() -> bool:
    """Whether the terminal holds more already: then an empty line is one of the pasted text."""
    return sys.stdin.isatty() and bool(select.select([sys.stdin], [], [], PASTE_SECONDS)[0])


def refuse_damaged(question: str) -> None:
    """Refuse what came as other bytes than UTF-8: Python keeps them as half surrogate pairs."""
    try:
        question.encode()
    except UnicodeEncodeError:
        raise ProjectError(*NOT_UTF8) from None


def prompt_of(question: str, config: Config) -> Conversation:
    """What the model is asked: as in training, however the question was typed."""
    return to_prompt(asked(question, config.task, config.data.columns), config.task)


def stream_answer(model: PeftModel, tokenizer: Tokenizer, config: Config, question: str) -> None:
    """Print an answer as it is written, and say so where it is not one of the labels."""
    longest = {"role": "assistant", "content": max(candidates(config.task), key=len)}
    answered = [*prompt_of(question, config), longest]
    (*prompt, _), lost = shorten(answered, tokenizer, config.model, config.training.max_length)
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
    parser.add_argument("--once", metavar="TEXT", help="answer this and end; - reads it")


if __name__ == "__main__":
    raise SystemExit(command.run(main, __doc__, add_options=add_options))
