"""The questions of `newft advise`, which need neither a model nor a name of a project.

First comes what `newft new` asks about data, task and hardware, then facts about the team and
figures of the cash flow. What task, data or hardware tell is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from newft.answers.keys import ADVICE_PREFIX, ROI_PREFIX, UNKNOWN_VALUE
from newft.decide.advice.factor_values import find_known_factors, read_factor_values
from newft.decide.roi.costs import VOLUME, select_costs
from newft.decide.roi.given_figures import CURRENCY_KEY, EXCHANGE_RATE_KEY, USD, read_figures
from newft.errors import UsageError
from newft.schema.advice import PLANNED, AdviceRules, Factor
from newft.schema.catalog import Catalog
from newft.schema.reasoned import Reasoned, as_citation
from newft.schema.roi import Figure
from newft.schema.starter_kit import AskedQuestion
from newft.text import Text
from newft.wizard.question import Question
from newft.wizard.questions import QUESTIONS
from newft.wizard.state import WizardState

PROJECT_QUESTIONS = ("data", "task", "positive", "gpu")  # of `newft new`
YES_NO = (("yes", Text("yes", "是")), ("no", Text("no", "否")))
ESTIMATED_FIGURES = ("training_hours", "input_tokens", "output_tokens")  # known of every project
GPU_PRICE, DEVICE_PRICE_KEY = "gpu_price", "device_price"
SETTING_TEXTS = {
    CURRENCY_KEY: (
        Text("Currency of all money", "所有金额的币种"),
        Text("Its code, such as CNY; USD if you enter none.", "写币种代码，如 CNY；不填则为 USD。"),
    ),
    EXCHANGE_RATE_KEY: (
        Text("How much of this currency is 1 USD", "1 美元合多少该币种"),
        Text("Several prices have defaults in US dollars only.", "部分价格只有美元的默认值。"),
    ),
}
UNKNOWN_CHOICE = (UNKNOWN_VALUE, Text("I don't know", "不知道"))
_NO_VALUE = Reasoned(UNKNOWN_VALUE, Text("not known", "不知道"), as_citation("newft"))


def list_advice_questions(catalog: Catalog) -> tuple[Question, ...]:
    """Return the questions in their order."""
    rules, figures = catalog.advice, catalog.figures
    to_be_given = [
        name
        for name, one in figures.items()
        if one.default is None and one.money is None and name not in ESTIMATED_FIGURES
    ]
    return (
        *(question for question in QUESTIONS if question.key in PROJECT_QUESTIONS),
        *(_make_factor_question(name, rules) for name in rules.factors if name != VOLUME),
        _make_figure_question(VOLUME, figures),
        _make_setting_question(CURRENCY_KEY, figures, is_volume_known),
        _make_setting_question(EXCHANGE_RATE_KEY, figures, needs_exchange_rate),
        *(_make_figure_question(name, figures) for name in to_be_given if name != VOLUME),
    )


def is_volume_known(state: WizardState) -> bool:
    """Return whether a return can be estimated, for which more has to be known."""
    given = (state.answers.get(f"{prefix}{VOLUME}") for prefix in (ROI_PREFIX, ADVICE_PREFIX))
    return any(value not in (None, UNKNOWN_VALUE) for value in given)


def needs_exchange_rate(state: WizardState) -> bool:
    """Return whether defaults in US dollars may have to be converted."""
    currency = state.answers.get(f"{ROI_PREFIX}{CURRENCY_KEY}", UNKNOWN_VALUE)
    return currency not in (UNKNOWN_VALUE, USD)


def _make_factor_question(name: str, rules: AdviceRules) -> Question:
    factor = rules.factors[name]
    asked = _describe(f"{ADVICE_PREFIX}{name}", factor.question, factor.help, _list_choices(factor))

    def describe(state: WizardState) -> AskedQuestion | None:
        known = find_known_factors(rules, task=state.task, data=state.data, hardware=state.hardware)
        return None if name in known else asked

    def check(text: str) -> None:
        read_factor_values({name: text}, rules)

    return _make_question(asked, describe, None if asked.choices else check)


def _make_figure_question(name: str, figures: Mapping[str, Figure]) -> Question:
    figure = figures[name]
    why = Text(f"{figure.why.en[:1].upper()}{figure.why.en[1:]}.", f"{figure.why.zh}。")
    asked = _describe(f"{ROI_PREFIX}{name}", figure.title, why, ())

    def describe(state: WizardState) -> AskedQuestion | None:
        if name == VOLUME:
            return None if f"{ADVICE_PREFIX}{name}" in state.answers else asked
        return asked if is_volume_known(state) and _is_needed(name, figure, state) else None

    return _make_question(asked, describe, lambda text: _check_figure(name, text, figures))


def _is_needed(name: str, figure: Figure, state: WizardState) -> bool:
    """Return whether the return cannot be estimated without a figure."""
    if name == GPU_PRICE and (DEVICE_PRICE_KEY in state.answers or _has_price(figure, state)):
        return False
    benefit = state.catalog.kits[str(state.answers["domain"])].benefit
    return name in select_costs(PLANNED, benefit).needed


def _has_price(figure: Figure, state: WizardState) -> bool:
    return bool(state.hardware and state.hardware.accelerator.id in figure.accelerators)


def _make_setting_question(
    name: str, figures: Mapping[str, Figure], applies: Callable[[WizardState], bool]
) -> Question:
    """Make a question about the currency of all money, or its rate."""
    title, help_text = SETTING_TEXTS[name]
    asked = _describe(f"{ROI_PREFIX}{name}", title, help_text, ())
    return _make_question(
        asked,
        lambda state: asked if applies(state) else None,
        lambda text: _check_figure(name, text, figures),
    )


def _check_figure(name: str, text: str, figures: Mapping[str, Figure]) -> None:
    """Refuse a figure that cannot be read; a rate is that of any other currency than USD."""
    other = {CURRENCY_KEY: "EUR"} if name == EXCHANGE_RATE_KEY else {}
    read_figures({**other, name: text}, figures)


def _list_choices(factor: Factor) -> tuple[tuple[str, Text], ...]:
    """List the choices of a factor with that of not knowing; none for a number."""
    if factor.type == "yes_no":
        return (*YES_NO, UNKNOWN_CHOICE)
    return (*factor.choices.items(), UNKNOWN_CHOICE) if factor.choices else ()


def _describe(
    key: str, title: Text, help_text: Text | None, choices: tuple[tuple[str, Text], ...]
) -> AskedQuestion:
    return AskedQuestion(
        name=key,
        title=title,
        help=help_text or Text("", ""),
        choices=choices,
        multiple=False,
        secret=False,
        default=UNKNOWN_VALUE if choices else "",
    )


def _make_question(
    asked: AskedQuestion,
    describe: Callable[[WizardState], AskedQuestion | None],
    check: Callable[[str], None] | None,
) -> Question:
    """Make a question for a choice, or for a text that passes the check; an empty one is unknown.

    Without a terminal, nothing is known of it.
    """

    def find_fault(text: str) -> Text | None:
        assert check
        try:
            check(text)
        except UsageError as error:
            return Text(error.to("en")[0], error.to("zh")[0])
        return None

    return Question(
        asked.name,
        "text",
        lambda _: _NO_VALUE,
        lambda value, _: {asked.name: value or UNKNOWN_VALUE},
        applies=lambda state: describe(state) is not None,
        describe=describe,
        find_fault=find_fault if check else None,
    )
