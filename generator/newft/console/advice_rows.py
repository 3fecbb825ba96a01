"""Rows of the tables that newft shows of its advice, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from newft.answers.keys import ADVICE_PREFIX
from newft.console.summary_rows import DisplayRow, format_value
from newft.i18n import Messages
from newft.schema.advice import Advice, AdviceRules, Approach, Veto
from newft.text import Text

BAR_WIDTH = 24  # columns of the longest bar
MAX_FLIPS_SHOWN = 3  # in the summary; an explanation lists all
MAX_UNKNOWN_SHOWN = 3
TextRow = tuple[str, ...]


def build_score_rows(advice: Advice, messages: Messages) -> Iterator[TextRow]:
    """Yield a bar for each approach, the best first, and which of them are ruled out."""
    language = messages.language
    longest = max(1, *map(abs, advice.scores.values()))
    vetoed = {veto.approach for veto in advice.vetoes}
    for approach in rank_approaches(advice):
        points = advice.scores[approach]
        bar = ("#" if points > 0 else "-") * round(BAR_WIDTH * abs(points) / longest)
        mark = ""
        if approach in vetoed:
            mark = messages("advise.ruled_out")
        elif approach == advice.recommendation:
            mark = messages("advise.recommended")
        elif approach == advice.runner_up:
            mark = messages("advise.runner_up")
        yield advice.titles[approach].to(language), f"{points:+d}" if points else "0", bar, mark


def rank_approaches(advice: Advice) -> list[Approach]:
    """Return the approaches in the order of their points; those that are ruled out come last."""
    vetoed = {veto.approach for veto in advice.vetoes}
    order = [*advice.titles]
    first = {advice.recommendation: 0, advice.runner_up: 1}

    def place(approach: Approach) -> tuple[bool, int, int, int]:
        points = advice.scores[approach]
        return approach in vetoed, first.get(approach, 2), -points, order.index(approach)

    return sorted(advice.scores, key=place)


def build_advice_rows(
    advice: Advice, rules: AdviceRules, messages: Messages
) -> Iterator[DisplayRow]:
    """Yield what rules approaches out, what would change the advice, and what would help it."""
    language = messages.language
    for veto in _drop_repeated(advice.vetoes):
        titles = messages.join(
            advice.titles[one.approach].to(language)
            for one in advice.vetoes
            if one.rule == veto.rule
        )
        text = messages(
            "advise.veto", titles=titles, why=veto.why.to(language), first=veto.first.to(language)
        )
        yield messages("advise.ruled_out"), text
    if advice.flips:
        flips = [
            messages(
                "advise.flip",
                title=advice.titles[flip.recommendation].to(language),
                factor=rules.factors[flip.factor].title.to(language),
                value=flip.value.to(language),
            )
            for flip in advice.flips[:MAX_FLIPS_SHOWN]
        ]
        yield messages("advise.flips"), messages.join_clauses(flips)
    if advice.first_match_rule != advice.recommendation:
        title = advice.titles[advice.first_match_rule].to(language)
        yield messages("advise.first_match"), messages("advise.first_match_why", title=title)
    if advice.unknown:
        yield messages("advise.surer"), name_unknown_factors(advice, rules, messages)


def name_unknown_factors(
    advice: Advice, rules: AdviceRules, messages: Messages, *, most: int = MAX_UNKNOWN_SHOWN
) -> str:
    """Name the unknown factors that tell most, with the keys of their answers."""
    named = [
        messages(
            "advise.give",
            title=rules.factors[name].title.to(messages.language),
            key=f"{ADVICE_PREFIX}{name}",
        )
        for name in advice.unknown[:most]
    ]
    more = len(advice.unknown) - most
    if more > 0:
        named.append(messages("data.more", count=more))
    return messages.join(named)


def build_contribution_rows(advice: Advice, messages: Messages) -> Iterator[TextRow]:
    """Yield every point with the fact that gives it and the reason."""
    language = messages.language
    yield tuple(messages(f"advise.{name}") for name in ("fact", "approach", "points", "why"))
    for one in advice.contributions:
        title, why = advice.titles[one.approach].to(language), one.why.to(language)
        source = one.source.to(language)
        yield (
            one.value.to(language),
            title,
            f"{one.points:+d}",
            messages("update.reason", why=why, source=source),
        )


def build_flip_rows(advice: Advice, rules: AdviceRules, messages: Messages) -> Iterator[DisplayRow]:
    """Yield every change of one fact that changes the recommendation."""
    language = messages.language
    for flip in advice.flips:
        factor = rules.factors[flip.factor].title.to(language)
        title = advice.titles[flip.recommendation].to(language)
        yield f"{factor}: {flip.value.to(language)}", f"-> {title}"


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


def format_factor(value: object, choices: dict[str, Text] | object, messages: Messages) -> str:
    """Format the value of a factor: a choice by its title."""
    if isinstance(value, str) and isinstance(choices, dict) and value in choices:
        return str(choices[value].to(messages.language))
    return format_value(value, messages)


def _drop_repeated(vetoes: Iterable[Veto]) -> list[Veto]:
    """Return one veto of each rule, which may rule several approaches out."""
    return [*{veto.rule: veto for veto in vetoes}.values()]
