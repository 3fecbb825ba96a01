"""The questions about the outcome that is scored: its labels, and those that do not tell it yet."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from newft.answers.keys import INDETERMINATE_KEY, POSITIVE_KEY, RawAnswers, get_option
from newft.errors import UsageError
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text
from newft.wizard.question import VALUE_SEPARATOR, Choice, Question
from newft.wizard.state import WizardState


def _are_positive_labels_unclear(state: WizardState) -> bool:
    """Return whether the task scores labels and the records do not tell which."""
    task, data = state.task, state.data
    return bool(task and task.positive and data and not data.positive)


def _list_labels(state: WizardState) -> tuple[Choice, ...]:
    """List the labels, the rarest first: what is scored is usually rare."""
    labels = state.data.labels if state.data else {}
    return tuple(
        Choice(label, Text(label, label), _count_rows(labels[label]))
        for label in sorted(labels, key=labels.__getitem__)
    )


def _count_rows(count: int) -> Text:
    return Text(f"{count:,} {'row' if count == 1 else 'rows'}", f"{count:,} 行")


def _get_default_positive_labels(state: WizardState) -> Reasoned[str]:
    """Raise an error that lists the options: a wrong default would invert every metric."""
    assert state.data
    data, title = state.data, state.positive_title
    if data.likely_positive:
        raise _make_several_error(state, data.likely_positive)
    column, labels = data.mapping["label"][0], data.labels
    options = [_show_options(POSITIVE_KEY, [label]) for label in labels]
    raise UsageError(
        Text(
            f"it is not clear which label of `{column}` is the {title.en}: {', '.join(labels)}",
            f"“{column}”列中哪个标签代表{title.zh}并不明确：{'、'.join(labels)}",
        ),
        where=POSITIVE_KEY,
        hint=Text(
            f"name the label of the {title.en}: {' or '.join(options)}",
            f"请指明代表{title.zh}的标签：{' 或 '.join(options)}",
        ),
    )


def _make_several_error(state: WizardState, likely: Sequence[str]) -> UsageError:
    """Make the error for several labels whose names say the outcome, which are one choice."""
    assert state.data
    data, title = state.data, state.positive_title
    column, listed = data.mapping["label"][0], data.labels
    options = _show_options(POSITIVE_KEY, likely)
    hint = Text(
        f"name all labels of the {title.en}; all others count as none: {options}",
        f"请列出代表{title.zh}的全部标签，其余标签都归为另一类：{options}",
    )
    if unknown := data.likely_indeterminate:
        left_out = _show_options(INDETERMINATE_KEY, unknown)
        hint = Text(
            f"{hint.en}\nto leave out rows whose outcome is not known yet, add: {left_out}",
            f"{hint.zh}\n如要剔除结果尚未确定的行，请再加：{left_out}",
        )
    return UsageError(
        Text(
            f"several labels of `{column}` may be the {title.en}: {', '.join(likely)}"
            f" (of {', '.join(listed)})",
            f"“{column}”列中有几个标签可能代表{title.zh}：{'、'.join(likely)}"
            f"（全部标签：{'、'.join(listed)}）",
        ),
        where=POSITIVE_KEY,
        hint=hint,
    )


def _show_options(key: str, labels: Sequence[str]) -> str:
    return " ".join(f"{get_option(key)} {quote(label)}" for label in labels)


def _propose_positive_labels(state: WizardState) -> tuple[str, ...]:
    return state.data.likely_positive if state.data else ()


def _have_labels_without_outcome(state: WizardState) -> bool:
    """Return whether names of labels say that the outcome is not known yet."""
    task, data = state.task, state.data
    return bool(task and task.positive and data and data.positive and data.likely_indeterminate)


def _list_other_labels(state: WizardState) -> tuple[Choice, ...]:
    """List the labels that are not scored."""
    scored = state.data.positive if state.data else ()
    return tuple(choice for choice in _list_labels(state) if choice.value not in scored)


def _get_default_indeterminate(_: WizardState) -> Reasoned[str]:
    why = Text("only an answer leaves rows out", "除非指定，不剔除任何行")
    return Reasoned("", why, as_citation("newft"))


def _propose_indeterminate(state: WizardState) -> tuple[str, ...]:
    return state.data.likely_indeterminate if state.data else ()


def _parse_positive(value: str, _: WizardState) -> RawAnswers:
    return {POSITIVE_KEY: tuple(value.split(VALUE_SEPARATOR))}


def _parse_indeterminate(value: str, _: WizardState) -> RawAnswers:
    return {INDETERMINATE_KEY: tuple(value.split(VALUE_SEPARATOR)) if value else ()}


POSITIVE_QUESTION = Question(
    "positive",
    "several",
    _get_default_positive_labels,
    _parse_positive,
    _list_labels,
    applies=_are_positive_labels_unclear,
    propose=_propose_positive_labels,
)
INDETERMINATE_QUESTION = Question(
    "indeterminate",
    "several",
    _get_default_indeterminate,
    _parse_indeterminate,
    _list_other_labels,
    applies=_have_labels_without_outcome,
    propose=_propose_indeterminate,
    allow_none=True,
)
