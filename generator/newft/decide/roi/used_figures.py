"""The figures of a cash flow: those of the team, those of its project, and defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newft.decide.estimate.token_estimates import (
    MEDIAN,
    P95,
    estimate_input_tokens,
    estimate_longest_target_tokens,
    estimate_tokens,
    select_prompts,
)
from newft.decide.inputs import Inputs
from newft.decide.roi.device_price import read_device_price
from newft.decide.roi.given_figures import (
    CURRENCY_KEY,
    EXCHANGE_RATE_KEY,
    USD,
    GivenFigures,
    make_figures_error,
    read_figures,
)
from newft.decide.rollout.effort import Effort
from newft.decide.written_numbers import read_number
from newft.schema.plan import Estimate
from newft.schema.reasoned import Reasoned, as_citation
from newft.schema.roi import BenefitKind, Figure, Spread, UsedFigure
from newft.text import Text

LABELLED_ROWS = "labelled_rows"  # the factor of the advice
GIVEN = Text("given by the team", "由团队给出")
ANSWERS = Text("the answers", "所给的答案")
OWN_ESTIMATE = Text("the estimate of this project", "本项目的估算")
OWN_DATA = Text("the data of this project", "本项目的数据")


@dataclass(frozen=True)
class Figures:
    """The figures of one cash flow, in one currency."""

    currency: str
    benefit: BenefitKind
    used: Mapping[str, UsedFigure]
    missing: tuple[str, ...]  # that have no default and were not given

    def get(self, name: str) -> Spread:
        """Return the three values of a figure that is not missing."""
        return self.used[name].spread.value


def collect_figures(
    inputs: Inputs,
    estimate: Estimate,
    effort: Effort,
    figures: Mapping[str, Figure],
    benefit: BenefitKind,
) -> Figures:
    """Collect the figures that this kind of benefit needs."""
    given = read_figures(inputs.answers.roi, figures)
    used: dict[str, UsedFigure] = {}
    unconverted: list[str] = []
    needed = {
        name: one for name, one in figures.items() if not one.benefits or benefit in one.benefits
    }
    own = {
        **_take_effort(effort, figures),
        **_collect_own_figures(inputs, estimate, given, figures),
    }
    _refuse_other_kinds(given, needed)
    for name, figure in needed.items():
        if spread := (given.spreads or {}).get(name):
            found = Reasoned(spread, GIVEN, ANSWERS)
            used[name] = UsedFigure(figure.title, figure.unit, found, "team")
        elif name in own:
            used[name] = UsedFigure(figure.title, figure.unit, own[name], "project")
        elif default := _find_default(figure, inputs, given):
            used[name] = UsedFigure(figure.title, figure.unit, default, "default")
        elif _has_default_in_usd(figure, inputs):
            unconverted.append(name)
    if unconverted:
        raise _make_rate_error(unconverted, given.currency)
    missing = tuple(name for name in needed if name not in used)
    return Figures(given.currency, benefit, used, missing)


def _refuse_other_kinds(given: GivenFigures, needed: Mapping[str, Figure]) -> None:
    """Refuse figures that the benefit of this domain does not depend on."""
    message = Text(
        f"counts for other domains; here these do: {', '.join(sorted(needed))}",
        f"用于其他领域；本领域的项有：{'、'.join(sorted(needed))}",
    )
    others = {name: message for name in given.spreads or {} if name not in needed}
    if others:
        raise make_figures_error(others)


def _find_default(figure: Figure, inputs: Inputs, given: GivenFigures) -> Reasoned[Spread] | None:
    """Return the default of a figure in the currency of the team."""
    source = as_citation(figure.source)
    if figure.default:
        return Reasoned(figure.default, figure.why, source)
    own = (figure.money or {}).get(given.currency)
    if own:
        return Reasoned(own, figure.why, source)
    price = figure.accelerators.get(inputs.hardware.accelerator.id)
    in_usd = price.value if price else (figure.money or {}).get(USD)
    why, source = (price.why, as_citation(price.source)) if price else (figure.why, source)
    if in_usd is None:
        return None
    if given.currency == USD:
        return Reasoned(in_usd, why, source)
    if given.exchange_rate is None:
        return None
    rate, currency = given.exchange_rate, given.currency
    converted = Text(
        f"{why.en}; from USD, of which 1 is {rate:g} {currency}",
        f"{why.zh}；由美元折算，1 美元合 {rate:g} {currency}",
    )
    return Reasoned(scale_spread(in_usd, rate), converted, source)


def _has_default_in_usd(figure: Figure, inputs: Inputs) -> bool:
    accelerator = inputs.hardware.accelerator.id
    return USD in (figure.money or {}) or accelerator in figure.accelerators


def _make_rate_error(names: list[str], currency: str) -> Exception:
    listed, listed_zh = ", ".join(names), "、".join(names)
    message = Text(
        f"is needed: roi.{CURRENCY_KEY} is {currency}, and these have defaults in USD only: "
        f"{listed}; say how much {currency} 1 USD is, or give these figures",
        f"需要填写：roi.{CURRENCY_KEY} 是 {currency}，而以下项只有美元默认值：{listed_zh}；"
        f"请写明 1 美元合多少 {currency}，或直接给出这些项",
    )
    return make_figures_error({EXCHANGE_RATE_KEY: message})


def scale_spread(spread: Spread, factor: float) -> Spread:
    """Multiply the three values."""
    return Spread(spread.low * factor, spread.base * factor, spread.high * factor)


def _take_effort(effort: Effort, figures: Mapping[str, Figure]) -> dict[str, Reasoned[Spread]]:
    """Take the months of the phases and their people, so that one plan says one thing of both."""
    taken = {"build_months": effort.months, "person_months": effort.person_months}
    return {
        name: Reasoned(spread, figures[name].why, as_citation(figures[name].source))
        for name, spread in taken.items()
        if name in figures
    }


def _collect_own_figures(
    inputs: Inputs, estimate: Estimate, given: GivenFigures, figures: Mapping[str, Figure]
) -> dict[str, Reasoned[Spread]]:
    """Collect the figures that follow from other answers and from the data."""
    found: dict[str, Reasoned[Spread]] = {}
    if estimate.hours:
        low, high = (hours * inputs.hardware.count for hours in estimate.hours)
        rounded = (float(f"{hours:.3g}") for hours in (low, (low + high) / 2, high))
        found["training_hours"] = Reasoned(Spread(*rounded), estimate.why, OWN_ESTIMATE)
    if price := _take_device_price(inputs, given):
        found["gpu_price"] = price
    if labels := _count_missing_labels(inputs, figures):
        found["labels"] = labels
    prompt = select_prompts(inputs).base.replace("{labels}", "\n".join(inputs.facts.data.labels))
    prompt_tokens = estimate_tokens(prompt, inputs.family)
    typical, long = (
        float(prompt_tokens + estimate_input_tokens(inputs, share)) for share in (MEDIAN, P95)
    )
    found["input_tokens"] = Reasoned(
        Spread(typical, typical, long),
        Text(
            "prompt with the list of labels, and a text of median length; the high value has one "
            "of the 95th percentile",
            "带标签列表的提示词，加上中位长度的文本；高值取 95 分位的长度",
        ),
        OWN_DATA,
    )
    tokens = float(estimate_longest_target_tokens(inputs))
    found["output_tokens"] = Reasoned(
        Spread(tokens, tokens, tokens), Text("the longest target", "最长的目标文本"), OWN_DATA
    )
    return found


def _count_missing_labels(inputs: Inputs, figures: Mapping[str, Figure]) -> Reasoned[Spread] | None:
    """Count the rows that are still to be labelled; None if the team has said of no row."""
    if not inputs.facts.data.sample:
        why = Text(
            f"the {inputs.rows:,} rows of the project are labelled",
            f"项目的 {inputs.rows:,} 行数据已有标注",
        )
        return Reasoned(Spread(0, 0, 0), why, OWN_DATA)
    rows, wanted = read_number(inputs.answers.advice.get(LABELLED_ROWS, "")), figures.get("labels")
    if rows is None or wanted is None or wanted.default is None:
        return None
    low, base, high = (
        max(0.0, each - rows)
        for each in (wanted.default.low, wanted.default.base, wanted.default.high)
    )
    why = Text(
        f"besides the {rows:,.0f} rows that are labelled: {wanted.why.en}",
        f"除已标注的 {rows:,.0f} 行之外：{wanted.why.zh}",
    )
    return Reasoned(Spread(low, base, high), why, ANSWERS)


def _take_device_price(inputs: Inputs, given: GivenFigures) -> Reasoned[Spread] | None:
    """Take the price of a device, unless it is in a currency that cannot be converted."""
    found = read_device_price(inputs.answers)
    if found is None:
        return None
    price, currency = found
    rate = 1.0 if currency in ("", given.currency) else given.exchange_rate
    if rate is None or currency not in ("", given.currency, USD):
        return None
    spread = scale_spread(Spread(price, price, price), rate)
    return Reasoned(spread, GIVEN, as_citation("device_price"))
