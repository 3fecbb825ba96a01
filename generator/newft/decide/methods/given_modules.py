"""Modules for LoRA that the user names: the family has them, and the language model's are meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newft.decide.inputs import Inputs
from newft.decide.methods.adapter_size import ALL_LINEAR, select_modules
from newft.decide.methods.catalog_values import get_value
from newft.errors import UsageError
from newft.schema.family import GENERIC_FAMILY, Family
from newft.schema.method import MethodValue
from newft.text import Text, find_nearest_names

# modules that no pattern for LoRA may reach; a project compares with the model itself
HEAD = "lm_head"
TOWER = "model.vision_tower.encoder.layers.0.self_attn"


def resolve_given_modules(given: str | Sequence[str], inputs: Inputs, *, where: str) -> MethodValue:
    """Return what the given names or pattern stand for in this family; refuse what it lacks.

    A vision tower has modules of the same names as the language model, which a text does not pass:
    names become the pattern of the language model's.
    """
    family, usual = inputs.family, get_value(inputs, "target_modules").value
    if given == ALL_LINEAR:
        return usual
    if isinstance(given, str) and not re.fullmatch(r"[\w.]+", given):
        _check_pattern(given, family, where=where)
        return given
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if family.linear_modules and name.rpartition(".")[2] not in family.linear_modules:
            raise _make_unknown_module_error(name, family, where=where)
    if family.language_module is None:
        return names
    if {*names} == {*select_modules(usual, family)}:
        return usual
    return _name_in_language_model(names, family.language_module)


def _name_in_language_model(names: Sequence[str], module: str) -> str:
    """Write the names as a pattern of the language model, with and without its wrapper."""
    start, _, last = module.rpartition(".")
    wrapper = re.escape(f"{start}.") + f"({re.escape(last)}\\.)?"
    return rf"{wrapper}layers\.\d+\.(\w+\.)*({'|'.join(map(re.escape, names))})"


def _make_unknown_module_error(name: str, family: Family, *, where: str) -> UsageError:
    near = find_nearest_names(name, family.linear_modules)
    known = family.linear_modules
    return UsageError(
        Text(
            f"{family.title} has no linear module `{name}` that LoRA may adapt",
            f"{family.title} 没有可供 LoRA 训练的线性模块 `{name}`",
        ),
        where=where,
        hint=Text(f"did you mean `{near[0]}`?", f"是否想写 `{near[0]}`？")
        if near
        else Text(f"known: {', '.join(known)}", f"可选：{'、'.join(known)}"),
    )


def _check_pattern(pattern: str, family: Family, *, where: str) -> None:
    """Refuse a pattern that is none, that matches nothing, or that reaches too far."""
    fault = next(_find_pattern_faults(pattern, family), None)
    if fault is not None:
        names = ", ".join(family.linear_modules[:2])
        raise UsageError(
            fault,
            where=where,
            hint=Text(
                f"name the modules instead, such as [{names}]", f"改为列出模块名，如 [{names}]"
            ),
        )


def _find_pattern_faults(pattern: str, family: Family) -> Iterator[Text]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        yield Text(f"is no regular expression: {error}", f"不是正则表达式：{error}")
        return
    if compiled.fullmatch(HEAD):
        yield Text("also matches the output matrix, lm_head", "会匹配到输出矩阵 lm_head")
    if family.language_module and any(
        compiled.fullmatch(f"{TOWER}.{name}") for name in family.linear_modules
    ):
        yield Text(
            "also matches modules of the vision tower, which no text passes",
            "会匹配到视觉塔中的模块，而文本并不经过视觉塔",
        )
    # the paths of other models are known to their own code alone
    told = family.successor is None and family.id != GENERIC_FAMILY
    if told and not select_modules(pattern, family):
        yield Text(
            f"matches none of the paths of {family.title}, such as "
            f"model.layers.0.self_attn.{family.linear_modules[0]}",
            f"不匹配 {family.title} 的任何模块路径，如 "
            f"model.layers.0.self_attn.{family.linear_modules[0]}",
        )
