"""Talk to the tuned model in the terminal: `make chat`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

import torch
from scipy.special import softmax
from transformers import TextStreamer

from .config import Config
from .data.normalize import normalize_label
from .evaluation.inference import score_candidates, stream_tokens
from .formatting import (
    INPUT_HINT,
    MULTILINE_INPUT,
    format_question,
    list_candidates,
    parse_prediction,
)
from .model.adapter import TunedModel, load_trained
from .model.chat_encoder import ChatEncoder, decode_prediction
from .model.load import find_base_model, get_stop_token_ids, load_tokenizer
from .prompts import Conversation, build_prompt
from .runtime.errors import ProjectError
from .runtime.main import run_command
from .runtime.messages import fill
from .runtime.output import escape_controls_per_line, say
from .training.examples import truncate_conversation
from .training.run_dir import get_run_dir

MAX_NEW_TOKENS = 512  # tokens; an answer ends at its end of turn, this stops one that does not
STANDARD_INPUT = "-"
EXIT_WORDS = {"exit", "quit", ":q", "\u9000\u51fa"}  # the last is Chinese for exit
MAX_SHOWN_CANDIDATES = 3  # candidates that are shown with their probability
HELP = """\
Chat with the tuned model in the terminal: make chat

python -m {package}.chat
python -m {package}.chat --once QUESTION
python -m {package}.chat --once - < question.txt

A question: {how}.
To quit, enter exit, quit or :q, or press Ctrl-D or Ctrl-C.

The prediction is written to standard output, the most likely candidates to standard
error."""


def main(config: Config, options: argparse.Namespace) -> None:
    """Answer the question of --once, or all that are entered."""
    once = None if options.once is None else read_once_question(options.once)
    run = get_run_dir(config)
    trained, config = run.verify_trained_weights(), run.apply_trained_settings(config)
    folder = run.verify_base_model(find_base_model(run.pin_revision(config.model)))
    encoder = ChatEncoder(load_tokenizer(folder.path, config.model), config.model)
    model = load_trained(folder.path, config.model, trained)
    if once is None and sys.stdin.isatty():
        say("{run}; {how}; enter exit or press Ctrl-D to quit", run=config.run.name, how=INPUT_HINT)
    for question in read_questions() if once is None else [once]:
        refuse_invalid_unicode(question)
        print_reply(model, encoder, config, question)


def read_once_question(text: str) -> str:
    """The question of --once."""
    try:
        question = (sys.stdin.read() if text == STANDARD_INPUT else text).strip()
    except UnicodeDecodeError:
        raise make_encoding_error() from None
    if not question:
        raise ProjectError("--once is empty", "write --once QUESTION, or --once - < question.txt")
    return question


def read_questions() -> Iterator[str]:
    """The questions that are typed or piped in."""
    lines: list[str] = []  # of the question so far
    for text in read_input_lines(lines):
        if not lines and sys.stdin.isatty() and normalize_label(text) in EXIT_WORDS:
            return  # piped input: `exit` is a question like any other
        entered = [line.strip() for line in text.splitlines() if line.strip()]  # a paste has many
        lines += entered
        if not MULTILINE_INPUT:
            yield from lines
            lines.clear()
        elif lines and not entered:
            yield "\n".join(lines)
            lines.clear()
    if lines:
        yield "\n".join(lines)


def read_input_lines(begun: Sequence[str]) -> Iterator[str]:
    """The lines or pastes that come in; `begun` are the lines of the question so far."""
    at_terminal = sys.stdin.isatty()
    if at_terminal:
        with suppress(ImportError):
            # without readline, a terminal cuts lines at 4,095 bytes and splits a paste into lines
            import readline  # noqa: F401
    try:
        while True:
            yield input(("  " if begun else "> ") if at_terminal else "")
    except (EOFError, KeyboardInterrupt) as end:
        if at_terminal:
            print()  # what follows starts a line of its own
        if isinstance(end, KeyboardInterrupt):
            raise
    except UnicodeDecodeError:
        raise make_encoding_error() from None


def refuse_invalid_unicode(question: str) -> None:
    """Refuse input that is not UTF-8: Python decodes such bytes as lone surrogates."""
    try:
        question.encode()
    except UnicodeEncodeError:
        raise make_encoding_error() from None


def make_encoding_error() -> ProjectError:
    """The error for a question in another encoding."""
    return ProjectError("the question is not UTF-8", "convert it, as by: iconv -f GB18030 -t UTF-8")


def build_chat_prompt(question: str, config: Config) -> Conversation:
    """The prompt for a question, as in training."""
    return build_prompt(format_question(question, config.task, config.data.columns), config.task)


def print_reply(model: TunedModel, encoder: ChatEncoder, config: Config, question: str) -> None:
    """Print the reply while it is generated, then the most likely candidates."""
    ranked = list_candidates(config.task)
    longest = {"role": "assistant", "content": max(ranked, key=len)}
    answered = [*build_chat_prompt(question, config), longest]
    (*prompt, _), lost = truncate_conversation(answered, encoder, config.training.max_length)
    if lost:
        say("(truncated in the middle by {count} tokens)", file=sys.stderr, count=lost)
    ids = encoder.encode_prompt(prompt)
    if parse_prediction(stream_reply(model, encoder, config, ids), config.task) is None:
        say("(not one of task.labels)", file=sys.stderr)
    scores = score_candidates(model, ids, [encoder.encode_answer(each) for each in ranked])
    say(format_top_candidates(ranked, softmax(scores).tolist()), file=sys.stderr)


def format_top_candidates(ranked: Sequence[str], probabilities: Sequence[float]) -> str:
    """The most likely candidates with their probabilities, on one line."""
    best = sorted(zip(probabilities, ranked, strict=True), key=lambda pair: -pair[0])[
        :MAX_SHOWN_CANDIDATES
    ]
    shown = [f"{' / '.join(name.splitlines())} {share:.2f}" for share, name in best]
    return fill("(most likely: {candidates})", candidates=", ".join(shown))


class EscapingStreamer(TextStreamer):
    """Prints a reply while it is generated, with control characters escaped."""

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        """Print a piece of the answer, and a line end behind the last one."""
        super().on_finalized_text(escape_controls_per_line(text), stream_end)


def stream_reply(
    model: TunedModel, encoder: ChatEncoder, config: Config, prompt: Sequence[int]
) -> str:
    """The generated reply, printed while it is generated."""
    stops = get_stop_token_ids(model, encoder.tokenizer, config.model)
    streamer = EscapingStreamer(encoder.tokenizer, skip_special_tokens=True)
    written = []
    for token in stream_tokens(model, list(prompt), stops=stops, limit=MAX_NEW_TOKENS):
        written.append(token)
        streamer.put(torch.tensor([token]))
    streamer.end()
    return decode_prediction(written, encoder.tokenizer, stops)


def add_options(parser: argparse._ActionsContainer) -> None:
    """The option that is chat's own."""
    parser.add_argument(
        "--once",
        metavar="TEXT",
        help=fill("answer this question and exit; - reads it from standard input"),
    )


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP, add_options=add_options, how=INPUT_HINT))
