"""The tools that a project carries its recipe for, and which of them can express it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from newft.decide.exports import axolotl, llama_factory, ms_swift
from newft.decide.exports.export_inputs import ExportInputs
from newft.errors import IncompatibleError
from newft.schema.family import Family
from newft.schema.plan import ExportedRecipe
from newft.text import Text, join_names

NO_EXPORT = "none"
LLAMA_FACTORY = "llama_factory"


class Tool(NamedTuple):
    """A training tool."""

    title: str
    methods: tuple[str, ...]  # of newft that it has, too
    export: Callable[[ExportInputs], ExportedRecipe]


TOOLS: Mapping[str, Tool] = {
    LLAMA_FACTORY: Tool(
        llama_factory.TITLE, (*llama_factory.METHODS,), llama_factory.export_recipe
    ),
    "axolotl": Tool(axolotl.TITLE, (*axolotl.METHODS,), axolotl.export_recipe),
    "ms_swift": Tool(ms_swift.TITLE, (*ms_swift.METHODS,), ms_swift.export_recipe),
}


def choose_tools(
    given: tuple[str, ...] | None, method: str, family: Family, *, on_cpu: bool
) -> tuple[str, ...]:
    """Return the tools of a project; refuse a tool that lacks the method or the model.

    Without an answer, LLaMA-Factory is chosen where a team may compare with it: on an accelerator,
    since it hardly trains on a CPU. A model that the project cannot train has it, and no other:
    the others have no release that can be installed with the transformers that such a model needs.
    """
    if family.successor is not None:
        _refuse_other_tools(given, family)
        return (LLAMA_FACTORY,)
    if given is None:
        known = method in TOOLS[LLAMA_FACTORY].methods
        return (LLAMA_FACTORY,) if known and not on_cpu else ()
    tools = tuple(name for name in TOOLS if name in given)  # in an order of its own
    for name in tools:
        if method not in TOOLS[name].methods:
            raise _make_method_error(TOOLS[name], method)
    return tools


def _refuse_other_tools(given: tuple[str, ...] | None, family: Family) -> None:
    """Refuse tools that cannot train a family which the project cannot train."""
    others = [name for name in given or () if name != LLAMA_FACTORY]
    if others:
        raise IncompatibleError(
            Text(
                f"{family.title} needs code of its own and an old transformers, with which "
                f"LLaMA-Factory trains it, not `{others[0]}`",
                f"{family.title} 依赖自带的代码和旧版 transformers，只能由 LLaMA-Factory 训练，"
                f"`{others[0]}` 不行",
            ),
            where="exports",
            hint=Text(
                f"use `--set exports={LLAMA_FACTORY}`", f"请用 `--set exports={LLAMA_FACTORY}`"
            ),
        )


def export_recipes(tools: tuple[str, ...], inputs: ExportInputs) -> Mapping[str, ExportedRecipe]:
    """Return the recipe for each tool."""
    return {name: TOOLS[name].export(inputs) for name in tools}


def _make_method_error(tool: Tool, method: str) -> IncompatibleError:
    known = join_names(tool.methods)
    return IncompatibleError(
        Text(
            f"{tool.title} does not have the method {method}",
            f"{tool.title} 没有 {method} 这种微调方法",
        ),
        where="exports",
        hint=Text(
            f"use `--exports none`, or a method that it has: {known.en}",
            f"请用 `--exports none`，或改用它支持的方法：{known.zh}",
        ),
    )
