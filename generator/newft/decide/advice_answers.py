"""Check the answers to the advice and to the cash flow together, so that one error lists all."""

from __future__ import annotations

from newft.decide.advice.factor_values import read_factor_values
from newft.decide.roi.given_figures import read_figures
from newft.errors import UsageError
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.text import Text, join_texts


def check_advice_answers(answers: Answers, catalog: Catalog) -> None:
    """Refuse factors and figures that cannot be read, all in one error."""
    errors = []
    try:
        read_factor_values(answers.advice, catalog.advice)
    except UsageError as error:
        errors.append(error)
    try:
        read_figures(answers.roi, catalog.figures)
    except UsageError as error:
        errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise _join_errors(*errors)


def _join_errors(first: UsageError, second: UsageError) -> UsageError:
    message, other = first.texts[0], second.texts[0]
    placed = Text(f"{second.where}: {other.en}", f"{second.where}：{other.zh}")
    return UsageError(join_texts((message, placed), Text("\n", "\n")), where=first.where)
