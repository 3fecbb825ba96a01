"""Read a configuration of another tool, and tell by its keys which tool it is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from newft.answers.imports import arguments_sketch, axolotl, llama_factory
from newft.answers.imports.carried import Carrier, ImportedAnswers
from newft.answers.yaml_file import combine_yaml_faults, read_bytes
from newft.emitted.yaml_lines import YamlDocument, YamlError, read_yaml
from newft.errors import UsageError
from newft.text import Text


class Dialect(NamedTuple):
    """A tool, and the keys of which its files have one."""

    keys: tuple[str, ...]
    read: Callable[[Carrier], ImportedAnswers]


DIALECTS = (
    Dialect((llama_factory.MODEL_KEY, "finetuning_type"), llama_factory.import_llama_factory),
    Dialect((axolotl.MODEL_KEY,), axolotl.import_axolotl),
    Dialect((*arguments_sketch.GROUPS,), arguments_sketch.import_sketch),
)


def import_answers(path: Path) -> ImportedAnswers:
    """Return the answers that a configuration of another tool gives."""
    document = _read_document(path)
    values = document.value
    for dialect in DIALECTS if isinstance(values, dict) else ():
        if any(key in values for key in dialect.keys):
            return dialect.read(Carrier(path, document))
    tools = f"{llama_factory.TITLE}, {axolotl.TITLE}"
    raise UsageError(
        Text(
            f"this is no training configuration of {tools}: it has none of their keys for the "
            f"model, {llama_factory.MODEL_KEY} and {axolotl.MODEL_KEY}",
            f"这不是 {llama_factory.TITLE} 或 {axolotl.TITLE} 的训练配置："
            f"其中没有 {llama_factory.MODEL_KEY} 或 {axolotl.MODEL_KEY}",
        ),
        where=str(path),
        hint=Text(
            "answers to newft's own questions are given with --answers",
            "newft 自己的答案文件请用 --answers 给出",
        ),
    )


def _read_document(path: Path) -> YamlDocument:
    try:
        document = read_yaml(read_bytes(path))
    except YamlError as error:
        raise combine_yaml_faults(str(path), error.faults) from error
    if document.faults:
        raise combine_yaml_faults(str(path), document.faults)
    return document
