"""Rows of the tables that newft shows of its advice, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter

from newft.answers.keys import ADVICE_PREFIX
from newft.console.summary_rows import DisplayRow, format_value
from newft.i18n import Messages
from newft.schema.advice import Advice, AdviceRules, Approach, Veto
from newft.text import Text
from newft.text_layout import NO_BREAK_SPACE

BAR_WIDTH = 24  # columns of the longest bar
MAX_FLIPS_SHOWN = 3  # in the summary; an explanation lists all
MAX_UNKNOWN_SHOWN = 2
TextRow = tuple[str, ...]


def build_score_rows(advice: Advice, messages: Messages) -> Iterator[TextRow]:
    """Yield a bar for each approach, the best first, and which of them are ruled out."""
    longest = max(1, *map(abs, advice.scores.values()))
    for approach, points in advice.rank_scores():
        standing = advice.get_standing(approach)
        bar = ("#" if points > 0 else "-") * round(BAR_WIDTH * abs(points) / longest)
        mark = "" if standing == "other" else messages(f"advise.{standing}")
        title = advice.titles[approach].to(messages.language)
        yield title, f"{points:+d}" if points else "0", bar, mark


def build_advice_rows(
    advice: Advice, messages: Messages, *, most: int = MAX_FLIPS_SHOWN
) -> Iterator[DisplayRow]:
    """Yield what rules approaches out, what would change the advice, and what would help it.

    `most` is how many vetoes and changes there is room for.
    """
    language = messages.language
    for veto in _drop_repeated(advice.vetoes)[:most]:
        titles = messages.join(
            advice.titles[one.approach].to(language)
            for one in advice.vetoes
            if one.rule == veto.rule
        )
        text = messages(
            "advise.veto", titles=titles, why=veto.why.to(language), first=veto.first.to(language)
        )
        yield messages("advise.ruled_out"), text
    flips = list_flips(advice, messages)
    shown = flips[:most]
    if len(flips) > most:
        shown[-1] = messages("advise.more_flips", flip=shown[-1], count=len(flips) - most)
    for number, flip in enumerate(shown):
        yield "" if number else messages("advise.flips"), flip
    if advice.first_match_rule != advice.recommendation:
        title = advice.titles[advice.first_match_rule].to(language)
        yield messages("advise.first_match"), messages("advise.first_match_differs", title=title)
    if advice.unknown:
        yield messages("advise.surer"), name_unknown_factors(advice, messages)


def name_unknown_factors(
    advice: Advice, messages: Messages, *, most: int = MAX_UNKNOWN_SHOWN
) -> str:
    """Name the unknown factors that tell most, with the keys of their answers."""
    named = [
        messages(
            "advise.give",
            title=advice.factor_titles[name].to(messages.language),
            answer=f"{ADVICE_PREFIX}{name}",
        )
        for name in advice.unknown[:most]
    ]
    more = len(advice.unknown) - most
    if more > 0:
        named.append(messages("data.more", count=more))
    return messages.join(named)


def build_first_match_rows(advice: Advice, messages: Messages) -> Iterator[DisplayRow]:
    """Yield what the article's rule says, and why that may differ."""
    title = advice.titles[advice.first_match_rule].to(messages.language)
    yield (
        messages("advise.first_match"),
        messages("update.reason", why=title, source=advice.first_match_why.to(messages.language)),
    )


def build_contribution_rows(advice: Advice, messages: Messages) -> Iterator[TextRow]:
    """Yield each rule that holds: the facts that it asks for, the points it gives, and why."""
    language = messages.language
    yield tuple(map(messages, ("advise.fact", "advise.points_head", "plan.why")))
    for given in advice.group_contributions():
        first = given[0]
        facts = messages.join(advice.factor_titles[name].to(language) for name in first.factors)
        points = messages.join(
            f"{advice.titles[one.approach].to(language)}{NO_BREAK_SPACE}{one.points:+d}"
            for one in given
        )
        why = messages(
            "update.reason", why=first.why.to(language), source=first.source.to(language)
        )
        value = first.value.to(language)
        yield messages("advise.fact_value", fact=facts, value=value), points, why


def list_flips(advice: Advice, messages: Messages) -> list[str]:
    """List what would change the recommendation; values of one factor that do the same are one.

    Each other approach comes once before any comes twice.
    """
    grouped: dict[tuple[str, Approach], list[str]] = {}
    for flip in advice.flips:
        grouped.setdefault((flip.factor, flip.recommendation), []).append(
            flip.value.to(messages.language)
        )
    shown: dict[Approach, int] = {}
    order = []
    for (factor, approach), values in grouped.items():
        shown[approach] = shown.get(approach, 0) + 1
        title = advice.titles[approach].to(messages.language)
        name = advice.factor_titles[factor].to(messages.language)
        text = messages("advise.flip", title=title, factor=name, value=messages.join(values))
        order.append((shown[approach], text))
    return [text for _, text in sorted(order, key=itemgetter(0))]


def build_factor_rows(advice: Advice, rules: AdviceRules, messages: Messages) -> Iterator[TextRow]:
    """Yield every factor with its value, where that is from, and the values that it may have."""
    language = messages.language
    for name, factor in rules.factors.items():
        known = advice.known.get(name)
        value = messages("advise.unknown")
        if known is not None:
            shown = format_factor(known.value, factor.choices, messages)
            why = known.why.to(language)
            value = messages("data.because", names=shown, why=why)
        choices = [*factor.choices] or [messages(f"advise.type.{factor.type}")]
        yield f"{ADVICE_PREFIX}{name}", factor.title.to(language), value, messages.join(choices)


def format_factor(value: object, choices: Mapping[str, Text], messages: Messages) -> str:
    """Format the value of a factor: a choice by its title."""
    if isinstance(value, str) and value in choices:
        return choices[value].to(messages.language)
    return format_value(value, messages)


def _drop_repeated(vetoes: Iterable[Veto]) -> list[Veto]:
    """Return one veto of each rule, which may rule several approaches out."""
    return [*{veto.rule: veto for veto in vetoes}.values()]
