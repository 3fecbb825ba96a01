"""The records of a YAML file, such as the training texts of a chat bot. All values are texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from .file_access import RecordError

MAX_YAML_CHARS = 16 << 20  # PyYAML takes a second for each million
MAX_YAML_NESTING = 50  # levels; PyYAML's composer fails at some hundreds
TRAINING_KEY, TEXTS_KEY = "nlu", "examples"  # of Rasa
WORD_KEYS = ("synonym", "regex", "lookup")  # of the parts whose examples are words, not texts
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # the first one is of C, and not everywhere
_EXAMPLE_PATTERN = re.compile(r"^\s*-\s+(.+?)\s*$", re.MULTILINE)
_ENTITY_PATTERN = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")  # [Oslo](city)


class YamlDocument(NamedTuple):
    """What a file holds, and the names of what is not read of it."""

    value: object
    left_out: tuple[str, ...] = ()


def parse_yaml(path: Path, text: str) -> YamlDocument:
    """The value of a YAML document; of Rasa's training texts a record for each."""
    hint = "correct this line, or save the records as CSV UTF-8"
    if len(text) > MAX_YAML_CHARS:
        message = "the YAML document is larger than {most} MB"
        hint = "write an object on each line instead, as JSON lines"
        raise RecordError(path, message, hint, most=MAX_YAML_CHARS >> 20)
    try:
        _check_events(path, text)
        value: object = yaml.load(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        row = _get_row(error.problem_mark)
        reason = " ".join(str(error.problem).split())
        raise RecordError(
            path, "this is not YAML: {reason}", hint, row=row, reason=reason
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise RecordError(path, "this is not YAML: {reason}", hint, reason=reason) from error
    parts = value.get(TRAINING_KEY) if isinstance(value, dict) else None
    if isinstance(parts, list) and all(isinstance(part, dict) for part in parts):
        return _read_training_texts(parts)
    return YamlDocument(value)


def _check_events(path: Path, text: str) -> None:
    """Refuse aliases, a few of which stand for millions of values, and deep nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > MAX_YAML_NESTING:
            message = "aliases and deeply nested values are not read"
            hint = "write the values where they belong, or save the records as CSV UTF-8"
            raise RecordError(path, message, hint, row=_get_row(event.start_mark))


def _get_row(mark: object) -> int | None:
    """The line of a mark of PyYAML, which counts from 0."""
    line = getattr(mark, "line", None)
    return None if line is None else int(line) + 1


def _read_training_texts(parts: Sequence[Mapping[str, object]]) -> YamlDocument:
    """The texts of each label; entities in them are marked, and only their words are read."""
    records, left_out = list[dict[str, object]](), dict[str, None]()
    for part in parts:
        label = next(iter(part), "")  # the first key says what the part is
        if label in WORD_KEYS:
            left_out[f"{TRAINING_KEY}.{label}"] = None
            continue
        for example in _EXAMPLE_PATTERN.findall(str(part.get(TEXTS_KEY))):
            records.append({"text": _ENTITY_PATTERN.sub(r"\1", example), label: part[label]})
    return YamlDocument({TRAINING_KEY: records}, tuple(left_out))
