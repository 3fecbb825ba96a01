"""Rows of the tables that newft shows of costs and return, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from newft.answers.keys import ROI_PREFIX
from newft.console.summary_rows import DisplayRow
from newft.figure_text import format_figure, format_money, format_share
from newft.i18n import Messages
from newft.schema.advice import Advice
from newft.schema.roi import SCENARIOS, Outcome, Roi, Scenario, Spread

DEVICE_LINES = ("training", "retraining", "serving")  # that pay for devices
TextRow = tuple[str, ...]


def build_money_rows(roi: Roi, advice: Advice, messages: Messages) -> Iterator[DisplayRow]:
    """Yield costs and return of fine-tuning in a few lines, then of what is recommended instead.

    Without a volume, it says what the volume would have to be.
    """
    once, monthly = (
        sum(line.amount.base for line in lines) for lines in (roi.one_off, roi.monthly)
    )
    amounts = {"once": format_money(once), "monthly": format_money(monthly)}
    yield messages("roi.cost"), messages("roi.amounts", currency=roi.currency, **amounts)
    devices = [
        sum(line.amount.base for line in lines if line.id in DEVICE_LINES)
        for lines in (roi.one_off, roi.monthly)
    ]
    amounts = {"once": format_money(devices[0]), "monthly": format_money(devices[1])}
    yield messages("roi.devices"), messages("roi.amounts", currency=roi.currency, **amounts)
    if roi.outcomes:
        outcomes = [roi.outcomes[name] for name in SCENARIOS]
        shares = [format_share(one.roi, messages.language) for one in outcomes]
        yield messages("roi.roi"), _format_ends(shares, messages)
        npv = _format_ends([format_money(one.npv) for one in outcomes], messages)
        yield messages("roi.npv"), f"{roi.currency} {npv}"
        paybacks = [format_payback(one, messages) for one in outcomes]
        yield messages("roi.payback"), _format_ends(paybacks, messages)
    if roi.missing:
        keys = messages.join(f"{ROI_PREFIX}{name}" for name in roi.missing)
        yield messages("roi.return"), messages("roi.missing", keys=keys)
    if roi.break_even_volume is not None:
        volume = f"{roi.break_even_volume:,.0f}"
        yield messages("roi.break_even"), messages("roi.volume", volume=volume)
    for other in roi.alternatives:
        if other.id == advice.recommendation and other.one_off_total is not None:
            amounts = {"currency": roi.currency, "once": format_money(other.one_off_total)}
            text = messages("roi.other_once", **amounts)
            if other.outcomes:
                ends = [format_money(other.outcomes[name].npv) for name in SCENARIOS]
                text = messages("roi.other", npv=_format_ends(ends, messages), **amounts)
            yield advice.titles[advice.recommendation].to(messages.language), text


def build_simple_formula_rows(roi: Roi, messages: Messages) -> Iterator[DisplayRow]:
    """Yield what the article's formula says, and why it misleads."""
    simple = roi.simple_formula
    if simple:
        months = "-" if simple.payback_months is None else f"{simple.payback_months:.1f}"
        value = messages(
            "roi.simple_value",
            roi=format_share(simple.roi, messages.language),
            months=months,
            why=roi.simple_formula_why.to(messages.language),
        )
        yield messages("roi.simple"), value


def build_outcome_rows(roi: Roi, messages: Messages) -> Iterator[TextRow]:
    """Yield what the planned approach and the others earn, in the three scenarios."""
    yield ("", *(messages(f"roi.{name}") for name in SCENARIOS), messages("roi.payback"))
    if roi.outcomes:
        yield _list_outcome_cells(messages("roi.planned"), roi.outcomes, messages)
    for other in roi.alternatives:
        title = other.title.to(messages.language)
        if other.outcomes:
            cells = _list_outcome_cells(title, other.outcomes, messages)
            yield cells if other.id != "nothing" else (*cells[:-1], "")
        else:
            yield title, messages("advise.unknown"), "", "", ""


def build_cost_rows(roi: Roi, messages: Messages) -> Iterator[TextRow]:
    """Yield every line of the budget with its share."""
    heads = (messages(f"roi.{name}") for name in SCENARIOS)
    yield (roi.currency, *heads, messages("roi.share"))
    for key, lines in (("roi.one_off", roi.one_off), ("roi.monthly", roi.monthly)):
        for line in lines:
            title = messages(key, title=line.title.to(messages.language))
            share = format_share(line.share, messages.language)
            yield title, *map(format_money, _list_ends(line.amount)), share


def build_sensitivity_rows(roi: Roi, messages: Messages) -> Iterator[TextRow]:
    """Yield the NPV where one figure alone is at its ends, the widest first."""
    yield messages("roi.figure"), messages("roi.at_low"), messages("roi.at_high")
    for one in roi.sensitivity:
        title = f"{ROI_PREFIX}{one.figure}"
        yield title, format_money(one.npv_at_low), format_money(one.npv_at_high)


def build_figure_rows(roi: Roi, messages: Messages) -> Iterator[TextRow]:
    """Yield every figure with its three values, why it has them, and who has to edit it."""
    yield tuple(map(messages, ("roi.figure", "roi.values", "plan.why")))
    language = messages.language
    for name, one in roi.figures.items():
        why = messages(
            "update.reason",
            why=one.spread.why.to(language),
            source=one.spread.source.to(language),
        )
        if one.origin == "default":
            why = messages("roi.edit", why=why)
        ends = [format_figure(end, one.unit, language) for end in _list_ends(one.spread.value)]
        values = ends[0] if len({*ends}) == 1 else " / ".join(ends)
        yield f"{ROI_PREFIX}{name}", values, why
    for name in roi.missing:
        yield f"{ROI_PREFIX}{name}", messages("advise.unknown"), messages("roi.give")


def format_payback(outcome: Outcome, messages: Messages) -> str:
    """Format the month in which an outcome has paid back, or that it never does."""
    if outcome.payback_month is None:
        return messages("roi.no_payback")
    return messages("roi.month", month=outcome.payback_month)


def _list_outcome_cells(
    title: str, outcomes: Mapping[Scenario, Outcome], messages: Messages
) -> TextRow:
    amounts = [format_money(outcomes[name].npv) for name in SCENARIOS]
    return title, *amounts, format_payback(outcomes["base"], messages)


def _format_ends(shown: Sequence[str], messages: Messages) -> str:
    """Format the base value with the low and the high one behind it, if they differ."""
    low, base, high = shown
    return base if low == high else messages("roi.ends", low=low, base=base, high=high)


def _list_ends(spread: Spread) -> tuple[float, float, float]:
    return spread.low, spread.base, spread.high
