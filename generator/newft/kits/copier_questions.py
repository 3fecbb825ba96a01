"""A question of a copier template: what is a valid answer to it, and how the user is asked."""

from __future__ import annotations

from typing import Any, NamedTuple

from copier._types import MISSING
from copier._user_data import Question, parse_yaml_list

from newft.answers.keys import AnswerValue
from newft.emitted.normalize import escape_controls
from newft.kits.copier_answers import (
    ANSWERED_NAMES,
    YES_NO,
    describe_failure,
    describe_wrong_type,
    format_value,
    is_truth_value,
    join_values,
    list_texts,
    list_values,
    split_help,
)
from newft.schema.starter_kit import AskedQuestion
from newft.text import Text, join_names, to_bilingual_text


class EvaluatedQuestion(NamedTuple):
    """A question of copier with the answers before it, and how the user is asked, if at all."""

    question: Question
    asked: AskedQuestion | None

    @property
    def is_secret(self) -> bool:
        """Whether the answer is never recorded."""
        return bool(self.question.secret)

    def find_fault(self, value: AnswerValue) -> Text | None:
        """Return why a value is no answer to the question; None if it is."""
        return parse_value(self.question, value)[1]


def parse_value(question: Question, value: AnswerValue) -> tuple[Any, Text | None]:
    """Return the value of an answer, or why it is not valid."""
    try:
        type_name = question.get_type_name()
        given = list_values(value) if question.multiselect else join_values(value, type_name)
        items = parse_yaml_list(given) if isinstance(given, str) and question.multiselect else given
        for item in [items] if isinstance(items, str) else items:
            if fault := _find_item_fault(question, type_name, item):
                return MISSING, fault
        parsed = question.parse_answer(given)
        question.validate_answer(parsed)
    except Exception as error:
        said = describe_failure(error, question.var_name)
        return MISSING, Text(
            f"{(shown := _show_answer(question, value)).en} is refused: {said.en}",
            f"{shown.zh} 不能用：{said.zh}",
        )
    return parsed, None


def _find_item_fault(question: Question, type_name: str, item: str) -> Text | None:
    """Return why one value is not of the type of a question, or not one of its choices.

    Copier takes every text for a truth value; newft takes only those that YAML has for one.
    """
    shown = _show_answer(question, item)
    try:
        if type_name == "bool" and not is_truth_value(item):
            raise ValueError
        value = question.cast_answer(item)
    except (ValueError, TypeError) as error:
        return describe_wrong_type(shown, type_name, error)
    choices = [
        (question.cast_answer(one.value), one.disabled) for one in question._formatted_choices
    ]
    if not choices or any(value == one and not disabled for one, disabled in choices):
        return None
    if reason := next((disabled for one, disabled in choices if value == one), ""):
        raise ValueError(reason)
    listed = join_names(format_value(one, type_name) for one, disabled in choices if not disabled)
    return Text(f"{shown.en} is not one of: {listed.en}", f"{shown.zh} 不在可选范围内：{listed.zh}")


def _show_answer(question: Question, value: AnswerValue) -> Text:
    """Return an answer as messages show it: never a secret."""
    if question.secret:
        return Text("the answer", "该答案")
    text = value if isinstance(value, str) else ", ".join(value)
    return to_bilingual_text(f"`{escape_controls(text)}`")


def _is_settled(question: Question) -> bool:
    """Return whether a question is the same whatever other answers are."""
    texts = [*list_texts([question.type, question.when, question.choices, question.default])]
    lexed = [token for text in texts for token in question.jinja_env.lex(text)]
    return question.var_name not in ANSWERED_NAMES and all(kind == "data" for _, kind, _ in lexed)


def describe_question(question: Question, default: Any) -> AskedQuestion:
    """Return a question as it stands after the answers so far."""
    type_name = question.get_type_name()
    words = str(question.render_value(question.help))
    title, help_text = split_help(words, question.var_name, str(question.get_placeholder()))
    choices = tuple(
        (
            format_value(question.cast_answer(one.value), type_name),
            to_bilingual_text(str(one.title)),
        )
        for one in question._formatted_choices
        if not one.disabled
    )
    shown: AnswerValue | None = None
    if default is not MISSING:
        values = default if question.multiselect else [default]
        texts = tuple(format_value(value, type_name) for value in values)
        shown = texts if question.multiselect else texts[0]
    return AskedQuestion(
        question.var_name,
        title,
        help_text,
        choices=choices or (YES_NO if type_name == "bool" else ()),
        multiple=question.multiselect,
        secret=question.secret,
        default=shown,
        type=type_name,
        settled=_is_settled(question) and (default is not MISSING or question.default is MISSING),
    )
