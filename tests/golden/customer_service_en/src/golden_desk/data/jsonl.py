"""The files of formatted rows: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from ..prompts import Conversation
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from .dedup import RowLocation
from .splits import SPLITS, Split

RUN_AGAIN = "run `make data` again"


class RowFileWriter:
    """The files of a folder of formatted rows, written in one pass and closed with the stack."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        def open_file(path: Path) -> BinaryIO:
            return stack.enter_context(path.open("wb"))

        self._rejects = open_file(folder / "rejects.jsonl")
        self._slices = open_file(folder / "slices.jsonl")
        self._splits = {split: open_file(folder / f"{split}.jsonl") for split in SPLITS}

    def keep(
        self, split: Split, messages: Conversation, place: RowLocation, slices: Mapping[str, str]
    ) -> None:
        """Write a row of a split, and beside it the values of its slice fields."""
        line = {"messages": messages, "file": place.file, "row": place.row}
        self._splits[split].write(to_json_line(line))
        if slices:
            self._slices.write(to_json_line({**place._asdict(), "slices": slices}))

    def reject(
        self,
        reason: str,
        record: Mapping[str, str],
        place: RowLocation,
        repeats: RowLocation | None,
    ) -> None:
        """Write a row that is left out."""
        self._rejects.write(make_reject_line(reason, record, place, repeats))


def check_conversation(messages: Conversation, place: RowLocation) -> Conversation:
    """The conversation, sure to be one that can be learned, answered and exported."""
    roles = [str(message.get("role")) for message in messages]
    turns = roles[1:] if roles[:1] == ["system"] else roles
    if not turns or turns != ["user", "assistant"] * (len(turns) // 2):
        fault = (
            fill("the roles are {roles}", roles=fill(", ").join(roles))
            if roles
            else fill("it has no message")
        )
    elif not all(str(message.get("content") or "").strip() for message in messages):
        fault = fill("a message is empty")
    else:
        return messages
    raise ProjectError(
        "{file}:{row}: formatting.py converts this row into an invalid conversation: {fault}",
        "user and assistant take turns, after a system message or none, and no message is empty; "
        "return a Reject for a row to be skipped",
        file=place.file,
        row=place.row,
        fault=fault,
    )


def make_reject_line(
    reason: str, record: Mapping[str, str], place: RowLocation, repeats: RowLocation | None
) -> bytes:
    """A row that is left out, with its fields and the row that it repeats, if any."""
    repeated = {"repeats": repeats._asdict()} if repeats else {}
    return to_json_line({"reason": reason, **place._asdict(), **repeated, "record": record})


def move_rows(folder: Path, moves: Mapping[Split, Mapping[int, Split | None]]) -> None:
    """Move rows, named by their split and position, to the end of another split; None drops them.

    Files are copied line by line: they may be larger than memory.
    """
    paths = {split: folder / f"{split}.jsonl" for split in SPLITS}
    moved: dict[Split, list[bytes]] = {split: [] for split in SPLITS}
    for split, targets in moves.items():
        fresh = paths[split].with_suffix(".new")
        with paths[split].open("rb") as lines, fresh.open("wb") as kept:
            for position, line in enumerate(lines):
                if position not in targets:
                    kept.write(line)
                elif target := targets[position]:
                    moved[target].append(line)
        fresh.replace(paths[split])
    for split, arrived in moved.items():
        with paths[split].open("ab") as file:
            file.writelines(arrived)


def to_json_line(content: object) -> bytes:
    """The object as a line of its file."""
    try:
        return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half a surrogate pair is no Unicode; JSON can spell it
        return json.dumps(content).encode("ascii") + b"\n"


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a file."""
    with path.open("rb") as lines:
        return [json.loads(line) for line in lines]
