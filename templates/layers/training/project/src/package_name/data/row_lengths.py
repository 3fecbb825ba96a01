"""Whether the rows fit into `training.max_length`: a row that is longer loses its middle."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from ..config import Config, TrainingConfig
from ..model.fetch import NO_FOLDER_MESSAGE, find_cached_folder
from ..runtime.errors import ProjectError
from ..runtime.output import say
from .splits import Split

if TYPE_CHECKING:
    from ..model.chat_encoder import ChatEncoder

MEASURED_SPLITS: tuple[Split, ...] = ("train", "validation")
MAX_MEASURED_ROWS = 5_000  # a share of 1 % is then known to 0.14 points, one standard error


def check_row_lengths(folder: Path, config: Config) -> None:
    """Refuse formatted rows of which too many would be cut, where the tokenizer is on this machine.

    A token is a byte of UTF-8 at least, so a short line of the file needs no tokenizer.
    """
    encoder = _load_encoder(config)
    if encoder is None:
        say(NO_FOLDER_MESSAGE)
        return
    example = orjson.loads(next(_read_lines(folder)))["messages"]
    empty = [{**message, "content": ""} for message in example[:-1]]
    written_by_template = len(encoder.encode_prompt(empty)) + len(encoder.encode_answer("1"))
    limit = config.training.max_length - written_by_template
    sizes = array("Q", map(len, _read_lines(folder)))
    step = math.ceil(sum(size > limit for size in sizes) / MAX_MEASURED_ROWS) or 1
    long = (line for line in _read_lines(folder) if len(line) > limit)
    rows = [orjson.loads(line)["messages"] for line in islice(long, 0, None, step)]
    prompts = encoder.encode_prompts([messages[:-1] for messages in rows])
    needed = [
        len(prompt) + len(encoder.encode_answer(messages[-1]["content"]))
        for prompt, messages in zip(prompts, rows, strict=True)
    ]
    refuse_excess_truncation(needed, len(sizes) // step, config.training)


def _read_lines(folder: Path) -> Iterator[bytes]:
    """The lines of the splits, one by one: read again where needed, so that none are kept."""
    for split in MEASURED_SPLITS:
        with (folder / f"{split}.jsonl").open("rb") as lines:
            yield from lines


def _load_encoder(config: Config) -> ChatEncoder | None:
    """The encoder, without torch; None where its files are not on this machine yet."""
    folder = find_cached_folder(config.model)
    if folder is None or not (folder / "tokenizer.json").exists():
        return None
    # Imported here because it takes half a second.
    from transformers import PreTrainedTokenizerFast

    from ..model.chat_encoder import ChatEncoder
    from ..model.chat_template import fix_date

    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        fix_date(tokenizer)
        return ChatEncoder(tokenizer, config.model)
    except ProjectError:
        raise
    except Exception as error:  # tokenizers raises no narrower one
        raise ProjectError(
            "the tokenizer in {folder} cannot be read: {reason}",
            "check that folder for damaged files, or download the model again",
            folder=folder,
            reason=error,
        ) from error


def refuse_excess_truncation(needed: Sequence[int], rows: int, training: TrainingConfig) -> None:
    """Refuse to cut more rows than run.yaml allows.

    `needed` holds the tokens of all rows that may be too long, out of so many `rows`.
    """
    longest_first = sorted(needed, reverse=True)
    cut = sum(tokens > training.max_length for tokens in longest_first)
    allowed = math.floor(rows * training.max_truncated_fraction)
    if cut <= allowed:
        return
    raise ProjectError(
        "{share:.1%} of the training and validation rows are longer than training.max_length "
        "({limit:,} tokens) and would be truncated in the middle; training.max_truncated_fraction "
        "allows {allowed:.1%}",
        "set training.max_length in config/run.yaml to {fits} ({longest} to fit all rows); or, if "
        "truncation is acceptable, training.max_truncated_fraction to {accepted:.2f}",
        share=cut / rows,
        limit=training.max_length,
        allowed=training.max_truncated_fraction,
        fits=longest_first[allowed],
        longest=longest_first[0],
        accepted=math.ceil(100 * cut / rows) / 100,
    )
