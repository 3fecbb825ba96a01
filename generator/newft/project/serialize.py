"""Convert plans and facts to plain data; escape strings for YAML, TOML and one-line contexts."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

import yaml

from newft.emitted.markdown_text import escape_markdown
from newft.schema.answers import Answers
from newft.schema.kit import SystemPrompts
from newft.schema.plan import ExportedRecipe, ExportValue, Plan
from newft.schema.reasoned import Reasoned, Sourced, as_citation
from newft.text import Language, Text
from newft.text_layout import wrap_text

PlainValue: TypeAlias = "bool | int | float | str | list[PlainValue] | dict[str, PlainValue] | None"

# the parser in C is several times faster; some builds of PyYAML lack it
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LINE_WIDTH = 100  # columns of a line in an emitted file; a Chinese character takes two

EXPORT_HEADING = Text(
    "newft writes this file from the answers of the project: an edit of run.yaml, which gives the "
    "reasons of the values, does not reach it. The rows are the same.",
    "此文件由 newft 根据项目的选择生成，各项取值的理由见 run.yaml，修改 run.yaml 不会同步到这里。"
    "训练数据与本项目相同。",
)
# of a project whose run.yaml has no recipe
WRITTEN_HEADING = Text(
    "newft writes this file from the answers of the project.",
    "此文件由 newft 根据项目的选择生成。",
)
REASONS_HEADING = Text(
    "The comment above a value gives its reason and its source.",
    "各项取值的理由与出处见其上方的注释。",
)
DIFFERENCES_HEADING = Text("What differs from `make train`:", "与 `make train` 的不同之处：")
NOTES_HEADING = Text("What to know:", "需要注意：")  # where the project has no training of its own

_WORD_REGEX = r"[\w/.+'()%，。；：、！？（）-]"
_BARE_TEXT_PATTERN = re.compile(rf"[^\W\d]{_WORD_REGEX}*(?: {_WORD_REGEX}+)*")
_HIDDEN_CATEGORIES = {
    "Cc",
    "Cf",
    "Co",
    "Cs",
    "Zl",
    "Zp",
}  # control, bidirectional and private characters are always escaped


def to_plain(value: object, language: Language | None = None) -> PlainValue:
    """Convert a value to plain data; a Text becomes one language, or a mapping of both."""
    match value:
        case Text():
            return value.to(language) if language else {"en": value.en, "zh": value.zh}
        case Reasoned() | Sourced() if language:
            return _reasoned_to_plain(value, language)
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(key): to_plain(item, language) for key, item in value.items()}
        case tuple() | list():
            return [to_plain(item, language) for item in value]
        case _ if is_dataclass(value):
            return {
                item.name: to_plain(getattr(value, item.name), language) for item in fields(value)
            }
        case _:
            raise TypeError(f"{type(value).__name__} is not plain data")


def build_template_data(plan: Plan, answers: Answers) -> dict[str, PlainValue]:
    """Return the two names that templates see, `answers` and `plan`.

    `plan.yaml`, `plan.toml`, `plan.line` and `plan.markdown` are the plan again: every value as a
    YAML scalar, every text as a TOML string, every text on one line with nothing invisible in it,
    and such a line as Markdown that shows it as it is.
    """
    # folders of this machine do not belong in a project
    task = replace(plan.task, sample_folder=None)
    seen = {item.name: getattr(plan, item.name) for item in fields(plan)} | {
        "kit": {name: getattr(plan.kit, name) for name in ("id", "title", "description")},
        "task": task,
    }
    for name in ("overlays", "exports", "advice", "roi", "rollout", "charts"):
        del seen[name]
    values = {name: to_plain(value, plan.language) for name, value in seen.items()}
    values["hypotheses"] = to_plain(plan.rollout.hypotheses, plan.language)
    values["run"] = f"{answers.task}-{answers.method}"
    as_yaml = {key: _yaml_strings(value) for key, value in values.items()}
    as_yaml["prompts"] = {
        item.name: format_yaml_block(getattr(plan.prompts, item.name), indent=4)
        for item in fields(SystemPrompts)
    }
    for name in ("template_arguments", "stop_tokens"):
        as_yaml[name] = format_yaml_value(to_plain(getattr(plan.model, name)))
    forms: dict[str, PlainValue] = {
        "yaml": as_yaml,
        "toml": {key: _map_strings(value, quote) for key, value in values.items()},
        "line": {key: _map_strings(value, to_one_line) for key, value in values.items()},
        "markdown": {key: _map_strings(value, _to_markdown) for key, value in values.items()},
    }
    forms["charts"] = _map_strings(to_plain(plan.charts, plan.language), escape_xml)
    forms["exports"] = {
        name: {
            "tool": exported.tool,
            "comment": format_export_comment(
                exported, plan.language, trains_here=plan.model.trained_here
            ),
            "lines": format_export_lines(exported, plan.language),
        }
        for name, exported in plan.exports.items()
    }
    return {"answers": to_plain(answers, plan.language), "plan": values | forms}


def format_export_comment(
    exported: ExportedRecipe, language: Language, *, trains_here: bool
) -> PlainValue:
    """Format the comment above the recipe for another tool."""
    lines: list[str] = []
    for step in exported.steps:  # its lines stay as they are, so that they can be copied
        lines += _wrap_comment(step.purpose.to(language))
        lines += [f"#     {to_one_line(line)}" for line in step.lines]
    headings = [EXPORT_HEADING, DIFFERENCES_HEADING]
    if not trains_here:
        headings = [WRITTEN_HEADING, REASONS_HEADING, NOTES_HEADING]
    said = (" " if language == "en" else "").join(one.to(language) for one in headings)
    lines += ["#", *_wrap_comment(said)]
    for text in exported.differences:
        first, *rest = wrap_text(to_one_line(text.to(language)), LINE_WIDTH - len("# - "))
        lines += [f"# - {first}", *(f"#   {line}" for line in rest)]
    return [*lines]


def format_export_lines(exported: ExportedRecipe, language: Language) -> PlainValue:
    """Format the recipe for another tool, with an empty line between its sections."""
    lines: list[PlainValue] = []
    for section in filter(None, exported.sections):
        lines += [*([""] if lines else [])]
        for key, value in section.items():
            if reasoned := exported.reasons.get(key):
                why, source = reasoned.why.to(language), as_citation(reasoned.source).to(language)
                lines += _format_comment(why, source, language)
            lines += _format_export_value(key, value)
    return lines


def _format_export_value(key: str, value: ExportValue) -> list[str]:
    """Format a value on one line, but each item of a list of mappings on lines of its own."""
    if not (isinstance(value, tuple) and any(isinstance(item, Mapping) for item in value)):
        return [f"{key}: {format_yaml_value(to_plain(value))}"]
    lines = [f"{key}:"]
    for item in value:
        assert isinstance(item, Mapping)
        inner = [f"{name}: {format_yaml_value(to_plain(one))}" for name, one in item.items()]
        lines += [f"  {'-' if first else ' '} {line}" for first, line in _mark_first(inner)]
    return lines


def _mark_first(lines: list[str]) -> list[tuple[bool, str]]:
    return [(place == 0, line) for place, line in enumerate(lines)]


def _wrap_comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap_text(to_one_line(text), LINE_WIDTH - len("# "))]


def dump_yaml(values: Mapping[str, PlainValue]) -> str:
    """Format a mapping as YAML that people read and edit."""
    text = yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=math.inf)
    return "\n".join(map(_escape_hidden, text.split("\n")))


def format_yaml_value(value: PlainValue) -> str:
    """Format a value on one line of YAML; every parser reads its numbers as numbers."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case float():
            return _format_yaml_float(value)
        case int():
            return str(value)
        case str():
            return format_yaml_text(value)
        case list():
            return f"[{', '.join(format_yaml_value(item) for item in value)}]"
        case dict():
            items = (
                f"{format_yaml_text(key)}: {format_yaml_value(item)}" for key, item in value.items()
            )
            return f"{{{', '.join(items)}}}"


@cache  # keys and names recur in every form of the plan
def format_yaml_text(text: str) -> str:
    """Format a text as a YAML scalar: plain if that is safe, else in double quotes."""
    bare = _BARE_TEXT_PATTERN.fullmatch(text) and text.lower() not in {"y", "n"}
    return text if bare and yaml.load(f"[{text}]", _LOADER) == [text] else quote(text)


def format_yaml_block(text: str, *, indent: int) -> str:
    """Format a text of several lines as a YAML block if the block is read as the same text."""
    lines = text.split("\n")
    block = "|-\n" + "\n".join(" " * indent + line if line else "" for line in lines)
    clean = all(line == line.rstrip() and not _has_hidden(line) for line in lines)
    if len(lines) < 2 or not clean or not lines[0] or not lines[-1] or lines[0][0] == " ":
        return format_yaml_text(text)
    return block


def quote(text: str) -> str:
    """Put a text in double quotes that YAML and TOML read alike."""
    return _escape_hidden(json.dumps(text, ensure_ascii=False))


def to_one_line(text: str) -> str:
    """Put a text on one line, with every invisible character escaped."""
    return _escape_hidden(" ".join(text.split()))


def _to_markdown(text: str) -> str:
    return escape_markdown(to_one_line(text))


def escape_xml(text: str) -> str:
    """Put a text on one line of XML, where it can neither end an attribute nor start an element."""
    return escape(to_one_line(text), {'"': "&quot;", "'": "&apos;"})


def _reasoned_to_plain(
    reasoned: Reasoned[Any] | Sourced[Any], language: Language
) -> dict[str, PlainValue]:
    value, why = to_plain(reasoned.value, language), reasoned.why.to(language)
    source = as_citation(reasoned.source).to(language)
    comment: list[PlainValue] = [*_format_comment(why, source, language)]
    return {
        "value": value,
        "why": why,
        "source": source,
        "yaml": format_yaml_value(value),
        "comment": comment,
    }


def _format_comment(why: str, source: str, language: Language) -> list[str]:
    """Format reason and source as a comment: on one line if they fit, else the source apart."""
    width = LINE_WIDTH - len("  # ")
    brackets, named = ("（{}）", "出处：{}") if language == "zh" else (" ({})", "source: {}")
    together = wrap_text(to_one_line(why + brackets.format(source)), width)
    if len(together) == 1:
        return [f"# {together[0]}"]
    apart = wrap_text(to_one_line(named.format(source)), width - 2)
    return [f"# {line}" for line in wrap_text(to_one_line(why), width)] + [
        f"#   {line}" for line in apart
    ]


def _yaml_strings(value: PlainValue) -> PlainValue:
    match value:
        case list():
            return [_yaml_strings(item) for item in value]
        case dict():
            return {format_yaml_text(key): _yaml_strings(item) for key, item in value.items()}
        case _:
            return format_yaml_value(value)


def _map_strings(value: PlainValue, write: Callable[[str], str]) -> PlainValue:
    match value:
        case str():
            return write(value)
        case list():
            return [_map_strings(item, write) for item in value]
        case dict():
            return {key: _map_strings(item, write) for key, item in value.items()}
        case _:
            return value


def _format_yaml_float(value: float) -> str:
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


def _escape_hidden(text: str) -> str:
    """Escape the characters of a text that cannot be seen."""
    if not _has_hidden(text):
        return text
    return "".join(_escape_character(char) if _is_hidden(char) else char for char in text)


def _has_hidden(text: str) -> bool:
    # nearly all texts are printable, which is told without a look at each character
    return not text.isprintable() and any(map(_is_hidden, text))


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN_CATEGORIES or char in "\ufffe\uffff"


def _escape_character(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


class _Dumper(yaml.SafeDumper):
    """A safe dumper without anchors that puts texts with escapes in double quotes."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _has_hidden(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
