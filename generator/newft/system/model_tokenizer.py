"""Read what a model's folder says of its chats: special tokens, template, where answers stop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from newft.schema.model_facts import ChatFacts
from newft.system.chat_template import render_template
from newft.system.model_config import read_json_object

MAX_TOKENIZER_BYTES = 100_000_000  # of tokenizer.json; that of Gemma 3 has 33 million
MAX_ADDED_TOKENS = 512  # that are kept: Gemma 3 has thousands, Qwen3 26
# of the tokenizers of transformers, SentencePiece, tiktoken and Mistral
VOCABULARY_FILE = re.compile(r"tokenizer\.json|tekken\.json|vocab\.(json|txt)|.+\.(model|tiktoken)")
SPECIAL_TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token")


def read_chat_facts(folder: Path) -> ChatFacts | None:
    """Return the facts about chats; None if there is no tokenizer_config.json."""
    config = read_json_object(folder / "tokenizer_config.json", limit=MAX_TOKENIZER_BYTES)
    if config is None:
        return None
    special = dict(_iterate_special_tokens(config))
    added = _read_added_tokens(config, folder)
    source = _read_template(config, folder)
    facts = ChatFacts(
        has_template=source is not None,
        end_of_sequence=special.get("eos_token"),
        pad=special.get("pad_token"),
        has_vocabulary=_has_vocabulary(folder),
        stop_tokens=_read_stop_tokens(folder, added),
        added_tokens=tuple(added.values()) if len(added) <= MAX_ADDED_TOKENS else (),
    )
    if source is None:
        return facts
    found = render_template(source, special, {*added.values(), *special.values()} if added else ())
    return replace(
        facts,
        control_tokens=found.control_tokens,
        template_variables=found.variables,
        end_of_turn=found.end_of_turn,
        system_turn=found.system_turn,
        template_tokens=found.tokens,
        writes_date=found.writes_date,
    )


def _has_vocabulary(folder: Path) -> bool:
    try:
        return any(VOCABULARY_FILE.fullmatch(file.name) for file in folder.iterdir())
    except OSError:
        return False


def _iterate_special_tokens(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the special tokens by name; some files write them as objects."""
    for name in SPECIAL_TOKENS:
        value = config.get(name)
        content = value.get("content") if isinstance(value, dict) else value
        if isinstance(content, str) and content:
            yield name, content


def _read_added_tokens(config: Mapping[str, Any], folder: Path) -> dict[int, str]:
    """Return the added tokens by id, from the config, or else from tokenizer.json."""
    listed = config.get("added_tokens_decoder")
    if isinstance(listed, dict) and listed:
        entries = [(key, value) for key, value in listed.items() if isinstance(value, dict)]
    else:
        content = read_json_object(folder / "tokenizer.json", limit=MAX_TOKENIZER_BYTES) or {}
        tokens = content.get("added_tokens")
        items = tokens if isinstance(tokens, list) else []
        entries = [(str(one.get("id")), one) for one in items if isinstance(one, dict)]
    return {
        int(key): one["content"]
        for key, one in entries
        if key.isdecimal() and isinstance(one.get("content"), str)
    }


def _read_stop_tokens(folder: Path, added: Mapping[int, str]) -> tuple[str, ...]:
    config = read_json_object(folder / "generation_config.json") or {}
    value = config.get("eos_token_id")
    numbers = value if isinstance(value, list) else [value]
    return tuple(added[one] for one in numbers if isinstance(one, int) and one in added)


def _read_template(config: Mapping[str, Any], folder: Path) -> str | None:
    """Return the chat template; a file of its own counts before the config."""
    try:
        path = folder / "chat_template.jinja"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    value = config.get("chat_template")
    if value is None:
        value = (read_json_object(folder / "chat_template.json") or {}).get("chat_template")
    if isinstance(value, list):  # several templates by name
        named = {one.get("name"): one.get("template") for one in value if isinstance(one, dict)}
        value = named.get("default")
    return value if isinstance(value, str) and value else None
