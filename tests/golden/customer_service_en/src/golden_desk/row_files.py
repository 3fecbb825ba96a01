"""The files of formatted rows: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from .conversation import Conversation
from .errors import ProjectError
from .exports import SHAPES, export_file
from .messages import fill
from .repeats import Place
from .splits import SPLITS, Split

AGAIN = "run `make data` again"


class RowFiles:
    """The files of a folder of formatted rows, written in one pass and closed with the stack."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        def opened(path: Path) -> BinaryIO:
            return stack.enter_context(path.open("wb"))

        self._rejects = opened(folder / "rejects.jsonl")
        self._slices = opened(folder / "slices.jsonl")
        self._splits = {split: opened(folder / f"{split}.jsonl") for split in SPLITS}
        self._exports = {
            split: [
                (shape, opened(export_file(folder, name, split))) for name, shape in SHAPES.items()
            ]
            for split in SPLITS
        }

    def keep(
        self, split: Split, messages: Conversation, place: Place, slices: Mapping[str, str]
    ) -> None:
        """Write a row of a split, the same in the shapes of the exports, and what it is told by."""
        line = {"messages": messages, "file": place.file, "row": place.row}
        self._splits[split].write(to_line(line))
        if slices:
            self._slices.write(to_line({**place._asdict(), "slices": slices}))
        for shape, file in self._exports[split]:
            file.write(to_line(shape(messages)))

    def reject(
        self, reason: str, record: Mapping[str, str], place: Place, repeats: Place | None
    ) -> None:
        """Write a row that is left out."""
        self._rejects.write(reject_line(reason, record, place, repeats))


def checked(messages: Conversation, place: Place) -> Conversation:
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
        "{file}:{row}: formatting.py makes a conversation of this row that cannot be used: {fault}",
        "user and assistant take turns, after a system message or none, and all of them say"
        " something; what is not to be learned is a Reject",
        file=place.file,
        row=place.row,
        fault=fault,
    )


def reject_line(
    reason: str, record: Mapping[str, str], place: Place, repeats: Place | None
) -> bytes:
    """A row that is left out, with its fields and the row that it repeats, if any."""
    repeated = {"repeats": repeats._asdict()} if repeats else {}
    return to_line({"reason": reason, **place._asdict(), **repeated, "record": record})


def move_rows(folder: Path, moves: Mapping[Split, Mapping[int, Split | None]]) -> None:
    """Move rows, named by their split and position, to the end of another split; None drops them.

    The exports are changed alike. Files are copied line by line: they may be larger than memory.
    """
    for shape in (None, *SHAPES):
        paths = {
            split: export_file(folder, shape, split) if shape else folder / f"{split}.jsonl"
            for split in SPLITS
        }
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


def to_line(content: object) -> bytes:
    """The object as a line of its file."""
    try:
        return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # half a surrogate pair is no Unicode; JSON can spell it
        return json.dumps(content).encode("ascii") + b"\n"


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file."""
    with path.open("rb") as lines:
        return [json.loads(line) for line in lines]
