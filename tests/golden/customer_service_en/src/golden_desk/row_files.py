"""The files of formatted rows: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from .errors import ProjectError
from .exports import SHAPES, export_file
from .formatting import Conversation
from .repeats import Place
from .splits import SPLITS, Split

AGAIN = "run `make data` again"
# one encoder for all lines: json.dumps would make a new one for each
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class RowFiles:
    """The files of a folder of formatted rows, written in one pass and closed with the stack."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        def opened(path: Path) -> TextIO:
            # half a surrogate pair, a reject, is spelled as JSON spells it
            return stack.enter_context(path.open("w", encoding="utf-8", errors="backslashreplace"))

        self._rejects = opened(folder / "rejects.jsonl")
        self._splits = {split: opened(folder / f"{split}.jsonl") for split in SPLITS}
        self._exports = {
            split: [
                (shape, opened(export_file(folder, name, split))) for name, shape in SHAPES.items()
            ]
            for split in SPLITS
        }

    def keep(self, split: Split, messages: Conversation, place: Place) -> None:
        """Write a row of a split, and the same in the shapes of the exports."""
        line = {"messages": messages, "file": place.file, "row": place.row}
        self._splits[split].write(to_line(line))
        for shape, file in self._exports[split]:
            file.write(to_line(shape(messages)))

    def reject(
        self, reason: str, record: Mapping[str, str], place: Place, repeats: Place | None
    ) -> None:
        """Write a row that is left out."""
        self._rejects.write(reject_line(reason, record, place, repeats))


def checked(messages: Conversation, place: Place) -> Conversation:
    """The conversation, sure to be one that can be learned, answered and exported."""
    roles = [message.get("role") for message in messages]
    turns = roles[1:] if roles[:1] == ["system"] else roles
    if not turns or turns != ["user", "assistant"] * (len(turns) // 2):
        fault = f"the roles {', '.join(map(str, roles))}" if roles else "no message"
    elif not all(str(message.get("content") or "").strip() for message in messages):
        fault = "an empty message"
    else:
        return messages
    raise ProjectError(
        f"{place.file}:{place.row}: formatting.py makes a conversation of it that has {fault}",
        "user and assistant take turns, after a system message or none, and all of them say"
        " something; what is not to be learned is a Reject",
    )


def reject_line(reason: str, record: Mapping[str, str], place: Place, repeats: Place | None) -> str:
    """A row that is left out, with its fields and the row that it repeats, if any."""
    repeated = {"repeats": repeats._asdict()} if repeats else {}
    return to_line({"reason": reason, **place._asdict(), **repeated, "record": record})


def drop_training_rows(folder: Path, positions: Collection[int]) -> None:
    """Take the rows at some positions out of the training split and its exports."""
    for path in (folder / "train.jsonl", *(export_file(folder, name, "train") for name in SHAPES)):
        with path.open(encoding="utf-8") as lines:
            kept = [line for position, line in enumerate(lines) if position not in positions]
        path.write_text("".join(kept), encoding="utf-8")


def to_line(content: object) -> str:
    """The object as a line of its file."""
    return _encode(content) + "\n"


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
