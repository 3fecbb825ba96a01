"""What the released LLaMA-Factory writes for a conversation, by its own template.py."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from released_tools import Release

ROOT = "llamafactory_prompts"  # the package that template.py believes it is in
Slot = str | set[str] | dict[str, str]


class Formatter:
    """The slots of a turn; what LLaMA-Factory's own do with a content."""

    def __init__(self, slots: Sequence[Slot] = (), **_: Any) -> None:
        self.slots = list(slots)

    def apply(self, content: str = "", **_: Any) -> list[Slot]:
        return [
            slot.replace("{{content}}", content) if isinstance(slot, str) else slot
            for slot in self.slots
        ]


class TextTokenizer:
    """Tokens are the texts themselves, so that what is written can be read."""

    pad_token_id = 0

    def __init__(self, bos: str | None, eos: str | None) -> None:
        self.bos_token = self.bos_token_id = bos
        self.eos_token = self.eos_token_id = eos

    def encode(self, text: str, **_: Any) -> list[str]:
        return [text]

    def convert_tokens_to_ids(self, token: str) -> str:
        return token

    def add_special_tokens(self, tokens: dict[str, Any], **_: Any) -> int:
        if "eos_token" in tokens:
            self.eos_token = self.eos_token_id = tokens["eos_token"]
        return 0


@cache
def load_templates(release: Release) -> dict[str, Any]:
    """The templates that the module registers, run with stand-ins for what it imports."""
    names = dict(_iterate_modules())
    sys.modules.update(names)
    try:
        module = types.ModuleType(f"{ROOT}.data.template")
        module.__package__ = f"{ROOT}.data"
        sys.modules[module.__name__] = module  # dataclasses look their module up
        source = release.folder / "llamafactory/data/template.py"
        exec(compile(source.read_text(encoding="utf-8"), str(source), "exec"), module.__dict__)
    finally:
        for name in names:
            del sys.modules[name]
    return dict(module.TEMPLATES)


def _iterate_modules() -> Iterator[tuple[str, types.ModuleType]]:
    for name, values in {
        "": {},
        ".extras": {"logging": types.SimpleNamespace(get_logger=lambda _: _Logger())},
        ".data": {},
        ".data.data_utils": {
            "Role": types.SimpleNamespace(
                USER="user", ASSISTANT="assistant", OBSERVATION="observation", FUNCTION="function"
            )
        },
        ".data.formatter": dict.fromkeys(
            ("EmptyFormatter", "FunctionFormatter", "StringFormatter", "ToolFormatter"), Formatter
        ),
        ".data.mm_plugin": {"get_mm_plugin": lambda *_, **__: None},
    }.items():
        module = types.ModuleType(f"{ROOT}{name}")
        module.__path__ = []
        module.__dict__.update(values)
        yield module.__name__, module


class _Logger:
    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def write_conversation(
    release: Release,
    name: str,
    *,
    tokenizer: Any,
    texts: tuple[str, str, str],
    enable_thinking: bool | None,
) -> str:
    """The system text, the question and the answer, as LLaMA-Factory writes and ends them."""
    template = load_templates(release)[name]
    template.enable_thinking = enable_thinking
    writer = TextTokenizer(tokenizer.bos_token, tokenizer.eos_token)
    template.fix_special_tokens(writer)
    system, question, answer = texts
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    prompt, response = template.encode_multiturn(writer, turns, system)[0]
    end = [writer.eos_token] if template.efficient_eos else []
    return "".join([*prompt, *response, *end])
