"""Plans and facts as plain data, every text in a form that stays a text where it is written."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

import yaml

from newft.entries import Language, Measured, Prompts, Text, cited
from newft.model import Answers, Plan, Reasoned

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

# the parser in C is several times faster, and is missing from some builds of PyYAML
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

WIDTH = 100  # columns of a line in an emitted file; Chinese characters take two

_WORD = r"[\w/.+'()%，。；：、！？（）-]"
_WORDS = re.compile(rf"[^\W\d]{_WORD}*(?: {_WORD}+)*")
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}  # control, bidirectional, private: never shown as is
_OPENING, _CLOSING, _WIDE = "（「『《【“‘", "，。；：、！？）」』》】”’", "\u2e80-\uffef"
_BREAKABLE = re.compile(rf"\s+|[{_OPENING}]*(?:[^\s{_WIDE}]+|[{_WIDE}])[{_CLOSING}]*|[{_OPENING}]+")


def plain(value: object, language: Language | None = None) -> Plain:
    """A value without types; texts in one language, or as a mapping where none is named."""
    match value:
        case Text():
            return value.to(language) if language else {"en": value.en, "zh": value.zh}
        case Reasoned() | Measured() if language:
            return _reasoned(value, language)
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(key): plain(item, language) for key, item in value.items()}
        case tuple() | list():
            return [plain(item, language) for item in value]
        case _ if is_dataclass(value):
            return {item.name: plain(getattr(value, item.name), language) for item in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} is not plain data")


def template_data(plan: Plan, answers: Answers) -> dict[str, Plain]:
    """The two names templates see.

    `plan.yaml`, `plan.toml` and `plan.line` are the plan again: every value as a YAML scalar, every
    text as a TOML string, every text on one line with nothing invisible in it.
    """
    values: dict[str, Plain] = {
        item.name: plain(getattr(plan, item.name), plan.language) for item in fields(plan)
    }
    values["run"] = f"{answers.task}-{answers.method}"
    as_yaml = {key: _as_yaml(value) for key, value in values.items()}
    as_yaml["prompts"] = {
        item.name: yaml_block(getattr(plan.prompts, item.name), indent=4)
        for item in fields(Prompts)
    }
    as_yaml["template_arguments"] = yaml_value(plain(plan.model.template_arguments))
    forms: dict[str, Plain] = {
        "yaml": as_yaml,
        "toml": {key: _written(value, quoted) for key, value in values.items()},
        "line": {key: _written(value, one_line) for key, value in values.items()},
    }
    return {"answers": plain(answers, plan.language), "plan": values | forms}


def dump(values: Mapping[str, Plain]) -> str:
    """A mapping as YAML that people read and edit."""
    text = yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=math.inf)
    return "".join(_escape(char) if _hidden(char) and char != "\n" else char for char in text)


def yaml_value(value: Plain) -> str:
    """A value on one line of YAML; numbers so that every YAML reads them as numbers."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return _yaml_float(value)
        case int():
            return str(value)
        case str():
            return yaml_text(value)
        case list():
            return f"[{', '.join(yaml_value(item) for item in value)}]"
        case dict():
            items = (f"{yaml_text(key)}: {yaml_value(item)}" for key, item in value.items())
            return f"{{{', '.join(items)}}}"


@cache  # the same keys and names come back in every form of the plan
def yaml_text(text: str) -> str:
    """A text as a YAML scalar: bare where that is safe, else in double quotes."""
    bare = _WORDS.fullmatch(text) and text.lower() not in {"y", "n"}
    return text if bare and yaml.load(f"[{text}]", _LOADER) == [text] else quoted(text)


def yaml_block(text: str, *, indent: int) -> str:
    """A text of several lines as a YAML block, where a block says exactly the same."""
    lines = text.split("\n")
    block = "|-\n" + "\n".join(" " * indent + line if line else "" for line in lines)
    clean = all(line == line.rstrip() and not any(map(_hidden, line)) for line in lines)
    if len(lines) < 2 or not clean or not lines[0] or not lines[-1] or lines[0][0] == " ":
        return yaml_text(text)
    return block


def quoted(text: str) -> str:
    """A text in double quotes, as YAML and TOML both read it."""
    return "".join(
        _escape(char) if _hidden(char) else char for char in json.dumps(text, ensure_ascii=False)
    )


def one_line(text: str) -> str:
    """A text on one line, with every invisible character spelled out."""
    return "".join(_escape(char) if _hidden(char) else char for char in " ".join(text.split()))


def wrapped(text: str, *, width: int) -> list[str]:
    """Lines of at most `width` columns, except for a single word that is longer."""
    lines = [""]
    for piece in _BREAKABLE.findall(one_line(text)):
        if lines[-1] and _columns((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines if line.strip()]


def _reasoned(reasoned: Reasoned[Any] | Measured[Any], language: Language) -> dict[str, Plain]:
    value, why = plain(reasoned.value, language), reasoned.why.to(language)
    source = cited(reasoned.source).to(language)
    comment: list[Plain] = [*_comment(why, source, language)]
    return {
        "value": value,
        "why": why,
        "source": source,
        "yaml": yaml_value(value),
        "comment": comment,
    }


def _comment(why: str, source: str, language: Language) -> list[str]:
    """The reason and its source: on one line, or apart, so that the eye can skip the source."""
    width = WIDTH - len("  # ")
    brackets, named = ("（{}）", "出处：{}") if language == "zh" else (" ({})", "source: {}")
    together = wrapped(why + brackets.format(source), width=width)
    if len(together) == 1:
        return [f"# {together[0]}"]
    apart = wrapped(named.format(source), width=width - 2)
    return [f"# {line}" for line in wrapped(why, width=width)] + [f"#   {line}" for line in apart]


def _as_yaml(value: Plain) -> Plain:
    match value:
        case list():
            return [_as_yaml(item) for item in value]
        case dict():
            return {yaml_text(key): _as_yaml(item) for key, item in value.items()}
        case _:
            return yaml_value(value)


def _written(value: Plain, write: Callable[[str], str]) -> Plain:
    match value:
        case str():
            return write(value)
        case list():
            return [_written(item, write) for item in value]
        case dict():
            return {key: _written(item, write) for key, item in value.items()}
        case _:
            return value


def _yaml_float(value: float) -> str:
    if not math.isfinite(value):
        return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, ".nan")
    if value == 0 or 0.01 <= abs(value) < 1e16:
        return repr(value)
    # YAML 1.1 wants a dot and a signed exponent: it reads 1e-3 as text
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    first, *rest = digits
    power = int(exponent) + len(rest)
    mantissa = f"{first}.{''.join(map(str, rest)) or '0'}"
    return f"{'-' * sign}{mantissa}e{power:+d}"


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN or char in "\ufffe\uffff"


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


class _Dumper(yaml.SafeDumper):
    """Safe, without anchors, and with double quotes around what must be escaped."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if any(map(_hidden, text)) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
