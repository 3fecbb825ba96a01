"""Check the answers to the advice and to the cash flow together, so that one error lists all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from newft.decide.advice.factor_values import read_factor_values
from newft.decide.roi.device_price import check_price_currency
from newft.decide.roi.given_figures import read_figures
from newft.errors import NewftError, UsageError
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.text import Text, join_texts


def check_advice_answers(answers: Answers, catalog: Catalog) -> None:
    """Refuse factors, figures and a price of devices that cannot be used, all in one error."""
    checks: tuple[Callable[[], object], ...] = (
        lambda: read_factor_values(answers.advice, catalog.advice),
        lambda: read_figures(answers.roi, catalog.figures),
        lambda: check_price_currency(answers),
    )
    errors = []
    for check in checks:
        try:
            check()
        except NewftError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise _join_errors(errors)


def _join_errors(errors: Sequence[NewftError]) -> UsageError:
    first, *others = errors
    lines = [first.texts[0]]
    for error in others:
        en, zh = error.texts[0]
        lines.append(Text(f"{error.where}: {en}", f"{error.where}：{zh}"))
    return UsageError(join_texts(lines, Text("\n", "\n")), where=first.where)
