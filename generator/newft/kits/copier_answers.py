"""Convert between the answers of newft, which are texts, and the values of a copier template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from newft.answers.keys import RawAnswers
from newft.catalog.question_rules import TRUTH_VALUES
from newft.decide.project_name import derive_package_name
from newft.emitted.normalize import escape_controls
from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.schema.starter_kit import KitPin
from newft.text import Text, to_bilingual_text

# Answers of newft that a template may refer to. A question of the template with the same name
# hides the answer of newft, because a `model` or a `domain` may mean something else there.
CONTEXT_NAMES = ("domain", "task", "language", "family", "model", "method")
# Questions that newft has answered already: they are not asked if the answer is valid for them.
ANSWERED_NAMES = ("project_name", "package_name")

YES_NO = (("yes", Text("yes", "是")), ("no", Text("no", "否")))


def build_context(answers: RawAnswers) -> dict[str, str]:
    """Return the answers of newft as plain texts, by the names that a template knows them by."""
    context = {name: str(answers[name]) for name in CONTEXT_NAMES if name in answers}
    if "name" in answers:
        name = str(answers["name"])
        package = derive_package_name(name, domain=context.get("domain", "project"))
        context |= {"project_name": name, "package_name": package}
    return context


def build_settings(pin: KitPin, answers_file: str) -> dict[str, Any]:
    """Return what a template reads as `_copier_conf`: no path and no other fact of this machine."""
    return {
        "answers_file": answers_file,
        "data": {},
        "dst_path": ".",
        "os": "linux",
        "sep": "/",
        "src_path": pin.source,
        "unsafe": False,
        "vcs_ref": pin.revision,
        "vcs_ref_hash": pin.commit,
    }


def format_value(value: object, type_name: str) -> str:
    """Return the text from which copier reads a value of a type again."""
    if type_name == "bool":
        return "yes" if value else "no"
    if type_name == "json" or (type_name == "yaml" and not isinstance(value, str)):
        return json.dumps(value, ensure_ascii=False, default=str)
    if type_name == "yaml" and not _reads_as_itself(str(value)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _reads_as_itself(text: str) -> bool:
    try:
        return bool(read_yaml(text).value == text)
    except YamlError:
        return False


def split_help(words: str, name: str, placeholder: str) -> tuple[Text, Text]:
    """Return the title of a question, the first line of its help, and the other lines."""
    lines = [escape_controls(line.rstrip()) for line in words.strip().splitlines()] or [name]
    help_lines = [line for line in lines[1:] if line]
    text = to_bilingual_text("\n".join(help_lines))
    if placeholder.strip():
        example = escape_controls(" ".join(placeholder.split()))
        text = Text(
            f"{text.en}\nfor example: {example}".strip(), f"{text.zh}\n例如：{example}".strip()
        )
    return to_bilingual_text(lines[0]), text


def escape_lines(text: str) -> str:
    """Return a text of several lines without what controls a terminal."""
    return "\n".join(escape_controls(line) for line in text.strip().splitlines())


def list_values(value: str | tuple[str, ...]) -> list[str] | str:
    """Return the answer to a question of several choices as copier reads it."""
    if isinstance(value, tuple) and len(value) != 1:
        return list(value)
    value = value if isinstance(value, str) else value[0]
    return value if value.lstrip().startswith("[") else [value]


def join_values(value: str | tuple[str, ...], type_name: str) -> str:
    """Return the answer to a question of one value as copier reads it; it may be a list."""
    if isinstance(value, str):
        return value
    if type_name in ("json", "yaml"):
        return f"[{', '.join(value)}]"
    raise ValueError("takes one value, not a list")


def describe_failure(error: BaseException, name: str) -> Text:
    """Return why copier does not accept a value, without the name of the question."""
    said = str(error) or type(error).__name__
    for prefix in (f"Validation error for question '{name}': ", f"Invalid choice for '{name}': "):
        said = said.removeprefix(prefix)
    return to_bilingual_text(" ".join(escape_controls(line) for line in said.split()))


def is_truth_value(text: str) -> bool:
    """Return whether a text says yes or no."""
    return text.strip().lower() in TRUTH_VALUES


_TYPES = {
    "bool": Text("is neither yes nor no", "既不是 yes 也不是 no"),
    "int": Text("is not a whole number", "不是整数"),
    "float": Text("is not a number", "不是数值"),
    "json": Text("is not valid JSON", "不是合法的 JSON"),
    "yaml": Text("is not valid YAML", "不是合法的 YAML"),
}


def describe_wrong_type(shown: Text, type_name: str, error: Exception) -> Text:
    """Return that an answer, shown as in messages, is not of the type of its question."""
    what = _TYPES.get(type_name) or to_bilingual_text(f"is not of the type {type_name}")
    said = " ".join(escape_controls(line) for line in str(error).split())
    detail = f": {said}" if type_name == "json" and said else ""
    return Text(f"{shown.en} {what.en}{detail}", f"{shown.zh} {what.zh}{detail}")


def list_texts(value: object) -> Iterator[str]:
    """Yield the texts in a value of lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from list_texts([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from list_texts(one)


def build_record(remembered: Mapping[str, Any], pin: KitPin) -> dict[str, Any]:
    """Return what the answers file of copier records: the real source, then the answers.

    The file is the template's own, and tools of a company read it. It names the source and the
    revision as copier would, so that copier can update the project too.
    """
    state = {"_commit": _choose_version(pin), "_src_path": pin.source}
    answers = {key: value for key, value in remembered.items() if not key.startswith("_")}
    return {key: value for key, value in state.items() if value} | answers


def _choose_version(pin: KitPin) -> str | None:
    """Return the revision if it is a tag with a version, which copier compares, or the commit."""
    revision = pin.revision or ""
    return revision if re.fullmatch(r"v?\d+(\.\d+)+[\w.+-]*", revision) else pin.commit
