"""Read a configuration of another tool, and tell by its keys which tool it is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from newft.answers.imports import arguments_sketch, axolotl, llama_factory
from newft.answers.imports.carried import Carrier, ImportedAnswers
from newft.answers.imports.recipe_names import SKETCH
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
    Dialect((*SKETCH,), arguments_sketch.import_sketch),
)
MS_SWIFT_KEYS = frozenset({"tuner_type", "train_type", "sft_type"})  # of today and of old releases


def import_answers(path: Path) -> ImportedAnswers:
    """Return the answers that a configuration of another tool gives."""
    document = _read_document(path)
    values = document.value
    for dialect in DIALECTS if isinstance(values, dict) else ():
        if any(key in values for key in dialect.keys):
            return dialect.read(Carrier(path, document))
    raise _make_unknown_tool_error(path, values)


def _make_unknown_tool_error(path: Path, values: object) -> UsageError:
    tools = (llama_factory.TITLE, axolotl.TITLE)
    if isinstance(values, dict) and not MS_SWIFT_KEYS.isdisjoint(values):
        return UsageError(
            Text(
                "this is a configuration of ms-swift, which newft writes (--exports ms_swift), but "
                "does not read",
                "这是 ms-swift 的配置：newft 能导出（--exports ms_swift），但不能读取",
            ),
            where=str(path),
            hint=Text(
                f"give a configuration of {' or '.join(tools)}, or the values by options and "
                "--set recipe.NAME=VALUE",
                f"请给出 {' 或 '.join(tools)} 的配置，或用选项和 --set recipe.名称=值 给出各项",
            ),
        )
    return UsageError(
        Text(
            f"this is no training configuration of {' or '.join(tools)}: it has none of their keys "
            f"for the model, {llama_factory.MODEL_KEY} and {axolotl.MODEL_KEY}",
            f"这不是 {' 或 '.join(tools)} 的训练配置："
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
