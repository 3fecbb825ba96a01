"""Values of the recipe that the user gives: their names, types and bounds."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from newft.answers.imports.recipe_names import find_recipe_name
from newft.answers.keys import RECIPE_PREFIX
from newft.answers.unknown_names import make_other_name_error, make_unknown_name_error
from newft.decide.inputs import Inputs
from newft.decide.methods.given_modules import resolve_given_modules
from newft.decide.methods.registry import METHODS, get_method
from newft.decide.precision import AUTO, check_given_precision
from newft.decide.written_numbers import read_number
from newft.errors import IncompatibleError, UsageError
from newft.schema.answers import RecipeAnswer
from newft.schema.method import MethodValue
from newft.schema.reasoned import Reasoned
from newft.text import Text

Section = Mapping[str, Reasoned[MethodValue]]  # of the method, as newft would choose it
MIN_LENGTH = 32  # tokens: less than this holds neither a prompt nor an answer


class Bounds(NamedTuple):
    """The values that a setting can have; the same as in the config.py of a project."""

    kind: type[bool] | type[int] | type[float] | type[str]
    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf
    choices: tuple[str, ...] = ()

    def hold(self, value: float) -> bool:
        """Return whether a number is within the bounds."""
        return self.least <= value <= self.most and self.above < value < self.below


SETTINGS: Mapping[str, Bounds] = {
    "learning_rate": Bounds(float, above=0, below=1),
    "lr_scheduler": Bounds(str, choices=("linear", "cosine", "constant_with_warmup")),
    "warmup_ratio": Bounds(float, least=0, below=1),
    "weight_decay": Bounds(float, least=0, below=1),
    "max_grad_norm": Bounds(float, above=0),
    "epochs": Bounds(int, least=1),
    "batch_size": Bounds(int, least=1),
    "gradient_accumulation_steps": Bounds(int, least=1),
    "max_length": Bounds(int, least=MIN_LENGTH),
    "max_packed_tokens": Bounds(int, least=0),
    "precision": Bounds(str, choices=("fp32", "bf16", "fp16")),
    "gradient_checkpointing": Bounds(bool),
    "seed": Bounds(int, least=0, below=2**32),
}
# of the sections of methods, as far as the value that newft would take does not say it
METHOD_BOUNDS: Mapping[str, Bounds] = {
    "dropout": Bounds(float, least=0, below=1),
    "loraplus_lr_ratio": Bounds(float, least=1),
}
LISTS = ("target_parameters",)  # where one name is a list of one, and no pattern


def parse_given_values(inputs: Inputs) -> Mapping[str, MethodValue]:
    """Return the given values with their types; refuse what the recipe cannot have."""
    section = get_method(inputs).choose_values(inputs)
    given = {
        name: _parse(name, value, inputs, section) for name, value in inputs.answers.recipe.items()
    }
    if "precision" in given:
        check_given_precision(str(given["precision"]), inputs)
    if "max_length" in given:
        _check_length(int(given["max_length"]), inputs)  # type: ignore[arg-type]
    if given.get("gradient_checkpointing") and not get_method(inputs).CAN_CHECKPOINT:
        title = inputs.method.title
        raise IncompatibleError(
            Text(f"{title.en} cannot use it", f"{title.zh}不能使用梯度检查点"),
            where=f"{RECIPE_PREFIX}gradient_checkpointing",
            hint=Text("leave it out", "请去掉"),
        )
    return given


def _parse(name: str, value: RecipeAnswer, inputs: Inputs, section: Section) -> MethodValue:
    where = f"{RECIPE_PREFIX}{name}"
    if name not in SETTINGS and name not in section:
        raise _make_unknown_value_error(name, inputs, section, where=where)
    bounds = SETTINGS.get(name) or METHOD_BOUNDS.get(name) or _get_bounds(section[name].value)
    if bounds is None:
        names = (value,) if name in LISTS and isinstance(value, str) else value
        names = _parse_names(names, where=where)
        if name == "target_modules":
            return resolve_given_modules(names, inputs, where=where)
        return names
    if isinstance(value, tuple):
        raise UsageError(Text("must be one value, not a list", "应为一个值，不是列表"), where=where)
    if name in ("batch_size", "precision") and value == AUTO and inputs.times_steps:
        return AUTO
    return _convert(value, bounds, where=where)


def _get_bounds(value: MethodValue) -> Bounds | None:
    """Return the bounds of values like this one; None for names."""
    if isinstance(value, str | tuple):
        return None
    if isinstance(value, bool):
        return Bounds(bool)
    return Bounds(float, least=0) if isinstance(value, float) else Bounds(int, least=1)


def _parse_names(value: RecipeAnswer, *, where: str) -> RecipeAnswer:
    """Return a list of names, or the text that stands for one: all-linear or a pattern."""
    empty = not value or not all([value] if isinstance(value, str) else value)
    if empty or (isinstance(value, str) and re.fullmatch(r"[\w.]+(\s*,\s*[\w.]+)+", value)):
        written = value if isinstance(value, str) and value else "q_proj, v_proj"
        raise UsageError(
            Text("must be a list of names", "应为名称列表"),
            where=where,
            hint=Text(f"write [{written}]", f"请写 [{written}]"),
        )
    return value


def _convert(value: str, bounds: Bounds, *, where: str) -> MethodValue:
    if bounds.choices:
        if value not in bounds.choices:
            raise make_unknown_name_error(value, bounds.choices, where=where)
        return value
    if bounds.kind is bool:
        if value not in ("true", "false"):
            expected = Text("true or false", "true 或 false")
            raise _make_type_error(value, expected, where=where)
        return value == "true"
    number = read_number(value)
    if bounds.kind is int and (number is None or number != int(number)):
        raise _make_type_error(value, Text("a whole number", "整数"), where=where)
    if number is None:
        raise _make_type_error(value, Text("a number", "数字"), where=where)
    if not bounds.hold(number):
        raise _make_type_error(value, _describe_bounds(bounds), where=where)
    return int(number) if bounds.kind is int else number


def _describe_bounds(bounds: Bounds) -> Text:
    noun = Text("a whole number", "整数") if bounds.kind is int else Text("a number", "数字")
    parts = [
        (bounds.least, Text("of at least {}", "不小于 {}")),
        (bounds.above, Text("above {}", "大于 {}")),
        (bounds.most, Text("of at most {}", "不大于 {}")),
        (bounds.below, Text("below {}", "小于 {}")),
    ]
    limits = [(f"{bound:,.0f}", text) for bound, text in parts if math.isfinite(bound)]
    en = " and ".join(text.en.format(bound) for bound, text in limits)
    zh = "且".join(text.zh.format(bound) for bound, text in limits)
    return Text(f"{noun.en} {en}".strip(), f"{zh}的{noun.zh}" if zh else noun.zh)


def _make_type_error(value: str, expected: Text, *, where: str) -> UsageError:
    return UsageError(
        Text(f"is `{value}`, but must be {expected.en}", f"是 `{value}`，应为{expected.zh}"),
        where=where,
    )


def _make_unknown_value_error(
    name: str, inputs: Inputs, section: Section, *, where: str
) -> UsageError:
    """Make the error for a name that this method's recipe does not have."""
    methods = inputs.catalog.methods.values() if inputs.catalog else ()
    owners = [
        method.id
        for method in methods
        if name in METHODS[method.id].choose_values(replace(inputs, method=method))
    ]
    own = find_recipe_name(name)
    if not owners and own:
        return make_other_name_error(name, f"{RECIPE_PREFIX}{own}", where=where)
    if not owners:
        return make_unknown_name_error(name, [*SETTINGS, *section], where=where)
    ids, title = ", ".join(f"`{owner}`" for owner in owners), inputs.method.title
    return UsageError(
        Text(
            f"{title.en} has no value `{name}`; it belongs to {ids}",
            f"{title.zh}没有 `{name}`，它是 {ids} 的参数",
        ),
        where=where,
        hint=Text(
            f"leave it out, or choose --method {owners[0]}",
            f"请去掉它，或改用 --method {owners[0]}",
        ),
    )


def _check_length(length: int, inputs: Inputs) -> None:
    """Refuse rows that are longer than the context of the model."""
    if inputs.size is None or length <= inputs.size.context:
        return
    context = inputs.size.context
    raise IncompatibleError(
        Text(
            f"{length:,} tokens are more than the context of `{inputs.name}`, {context:,}",
            f"{length:,} 个 token 超出 `{inputs.name}` 的上下文长度 {context:,}",
        ),
        where=f"{RECIPE_PREFIX}max_length",
        hint=Text(
            f"give at most {context:,}, or choose a model with a longer context",
            f"最多写 {context:,}，或换用上下文更长的模型",
        ),
    )
