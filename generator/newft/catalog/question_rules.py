"""What is a valid answer to a question of a kit, and which questions are sound."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from newft.answers.conditions import list_values
from newft.answers.keys import (
    COLUMNS_PREFIX,
    KIT_ANSWERS_PREFIX,
    find_answer_key,
    is_answer_key,
)
from newft.emitted.yaml_lines import KeyPath
from newft.schema.kit import AnswerText, Condition, Kit, KitQuestion
from newft.strict_yaml import Fault
from newft.text import Text, join_names, join_texts, to_bilingual_text

YES_NO_CHOICES: Mapping[str, Text] = {"yes": Text("yes", "是"), "no": Text("no", "否")}
# Of a question of copier: what YAML has for a truth value, and digits. Copier takes any other
# text for true.
TRUTH_VALUES = ("y", "yes", "t", "true", "on", "1", "n", "no", "f", "false", "off", "0")
MAX_ANSWER_CHARACTERS = 2000
NAME_PATTERN = re.compile(r"[a-z][a-z0-9_]*")

_TYPES_WITH_CHOICES = ("choice", "choices")


def list_choices(question: KitQuestion) -> Mapping[str, Text]:
    """Return the values that a question offers, with their titles; empty for a free text."""
    return YES_NO_CHOICES if question.type == "yes_no" else question.choices


def find_value_fault(question: KitQuestion, value: AnswerText) -> Text | None:
    """Return why a value is no answer to a question; None if it is."""
    if isinstance(value, tuple) != (question.type == "choices"):
        if isinstance(value, tuple):
            return Text("only one value can be given", "只能给出一个值")
        value = (value,)
    faults = (_find_single_fault(question, one) for one in list_values(value))
    return next((fault for fault in faults if fault), None)


def matches_pattern(pattern: str, text: str) -> bool:
    """Return whether a text matches the pattern of a kit in full.

    The engine needs time that is linear in the text, whatever the pattern, so that a pattern of a
    foreign kit cannot stop newft.

    Raises:
        ValueError: If this is not a pattern, or one with a backreference or a look-around.
    """
    from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=rf"\A(?:{pattern})\z"))
    except SchemaError as error:
        raise ValueError(str(error).strip().splitlines()[-1]) from error
    try:
        validator.validate_python(text)
    except ValidationError:
        return False
    return True


def find_question_faults(kit: Kit) -> Iterator[Fault]:
    """Yield the faults of the questions of a kit."""
    asked: set[str] = set()
    for name, question in kit.questions.items():
        at = ("questions", name)
        if not NAME_PATTERN.fullmatch(name):
            message = Text(
                "should begin with a letter and hold only small letters, digits and `_`",
                "应以字母开头，只含小写字母、数字和 `_`",
            )
            yield Fault(at, message)
        elif hasattr(dict, name):  # `answers.kit.answers.items` is a method in a template
            message = Text(
                "has a meaning of its own in templates: choose another name",
                "在模板中另有含义，请换一个名称",
            )
            yield Fault(at, message)
        yield from _find_type_faults(at, question)
        yield from find_condition_faults((*at, "when"), question.when, kit, asked)
        asked.add(name)


def find_condition_faults(
    at: KeyPath, condition: Condition, kit: Kit, asked: set[str]
) -> Iterator[Fault]:
    """Yield the keys of a condition that name no answer, or a question that comes later.

    The questions of the kits that this one extends are known only when the chain is resolved.
    """
    for key, values in condition.items():
        name = key.removeprefix(KIT_ANSWERS_PREFIX)
        entry = find_answer_key(key)
        if name != key:
            if name in kit.questions and name not in asked:
                yield Fault((*at, key), Text("is asked later", "在后面才会问到"))
            elif name not in kit.questions and kit.extends is None:
                yield Fault((*at, key), Text("is not a question of the kit", "不是本套件的问题"))
        elif not is_answer_key(key) or key.startswith(("kit.", COLUMNS_PREFIX)):
            yield Fault((*at, key), Text("is not the key of an answer", "不是答案的键"))
        elif entry and entry.choices:
            yield from (
                Fault((*at, key), Text(f"cannot be `{value}`", f"不可能是 `{value}`"))
                for value in list_values(values)
                if value not in entry.choices
            )


def _find_type_faults(at: KeyPath, question: KitQuestion) -> Iterator[Fault]:
    wants_choices = question.type in _TYPES_WITH_CHOICES
    if wants_choices and not question.choices:
        yield Fault(at, Text("lacks `choices`", "缺少 `choices`"))
    if question.choices and not wants_choices:
        message = Text(f"are not for the type `{question.type}`", f"不适用于类型 `{question.type}`")
        yield Fault((*at, "choices"), message)
    if question.pattern is not None:
        if question.type != "text":
            yield Fault((*at, "pattern"), Text("is only for texts", "仅用于文本"))
        try:
            matches_pattern(question.pattern, "")
        except ValueError as error:
            message = Text(
                f"is not a regular expression: {error}", f"不是合法的正则表达式：{error}"
            )
            yield Fault((*at, "pattern"), message)
            return
    if question.default is not None and (fault := find_value_fault(question, question.default)):
        yield Fault(
            (*at, "default"), Text(f"is no answer: {fault.en}", f"不是有效答案：{fault.zh}")
        )


def _find_single_fault(question: KitQuestion, value: str) -> Text | None:
    choices = list_choices(question)
    if choices and value not in choices:
        listed = join_names(choices)
        return Text(
            f"`{value}` is not one of: {listed.en}", f"`{value}` 不在可选范围内：{listed.zh}"
        )
    if question.type == "integer" and not re.fullmatch(r"-?[0-9]{1,18}", value):
        return Text(f"`{value}` is not a whole number", f"`{value}` 不是整数")
    if len(value) > MAX_ANSWER_CHARACTERS:
        return Text(
            f"the text has more than {MAX_ANSWER_CHARACTERS} characters",
            f"文本超过 {MAX_ANSWER_CHARACTERS} 个字符",
        )
    if question.pattern is not None and not matches_pattern(question.pattern, value):
        wish = question.pattern_message or to_bilingual_text(f"`{question.pattern}`")
        message = Text(f"`{value}` does not match: ", f"`{value}` 不符合要求：")
        return join_texts([message, wish], Text("", ""))
    return None
