"""Lay out the charts of PLAN.md, so that the templates only write down positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, floor, log10

from newft.schema.advice import Advice
from newft.schema.charts import (
    BarKind,
    CashFlowChart,
    CashLine,
    Charts,
    ScoreBar,
    ScoresChart,
    SensitivityBar,
    SensitivityChart,
    Tick,
)
from newft.schema.roi import SCENARIOS, Outcome, Roi, Scenario
from newft.text import Text
from newft.text_layout import clip_text, measure_width

WIDTH = 720.0
MARGIN = 16.0
BAR_HEIGHT, BAR_GAP = 20.0, 10.0
TITLE_HEIGHT = 44.0  # title and the gap below it
LABEL_WIDTH = 230.0  # of the approaches
FIGURE_LABEL_WIDTH = 320.0
COLUMN_WIDTH = 6.7  # of a letter at 12 pixels; a Chinese character takes two columns
AXIS_HEIGHT = 34.0
PLOT_HEIGHT = 240.0
MIN_LABEL_DISTANCE = 16.0
MAX_SENSITIVITY_BARS = 10
MONTHS_BETWEEN_TICKS = 6

_SCENARIO_TITLES: dict[Scenario, Text] = {
    "low": Text("low", "低"),
    "base": Text("base", "中"),
    "high": Text("high", "高"),
}
Scale = Callable[[float], float]


def make_charts(advice: Advice, roi: Roi) -> Charts:
    """Lay out the charts; those of money need outcomes."""
    return Charts(
        scores=_lay_out_scores(advice),
        cash_flow=_lay_out_cash_flow(roi),
        sensitivity=_lay_out_sensitivity(roi),
    )


def _lay_out_scores(advice: Advice) -> ScoresChart:
    points = advice.scores.values()
    lowest, highest = min(0, *points), max(1, *points)
    figure_width = 30.0  # of the points beside a bar
    left, right = LABEL_WIDTH + figure_width, WIDTH - MARGIN - figure_width
    scale = _make_scale(lowest, highest, left, right)
    bars = []
    for row, (approach, score) in enumerate(advice.rank_scores()):
        standing = advice.get_standing(approach)
        kind: BarKind = "other"
        if standing == "ruled_out" or standing == "recommended":
            kind = standing
        ends = sorted((scale(0), scale(score)))
        bars.append(
            ScoreBar(
                label=_clip_label(_label_approach(advice.titles[approach], kind), LABEL_WIDTH),
                kind=kind,
                top=_round(TITLE_HEIGHT + row * (BAR_HEIGHT + BAR_GAP)),
                left=_round(ends[0]),
                width=_round(ends[1] - ends[0]),
                points=f"{score:+d}" if score else "0",
                points_at=_round(scale(score) + (-6 if score < 0 else 6)),
                anchor="end" if score < 0 else "start",
            )
        )
    best = advice.titles[advice.recommendation]
    description = Text(f"Recommended: {best.en}", f"建议采用：{best.zh}")
    if advice.nothing_known:
        description = Text("No approach is recommended yet", "暂无建议方案")
    return ScoresChart(
        title=Text("Points of each approach", "各方案得分"),
        description=description,
        width=WIDTH,
        height=_round(TITLE_HEIGHT + len(bars) * (BAR_HEIGHT + BAR_GAP) + MARGIN),
        bar_height=BAR_HEIGHT,
        label_width=LABEL_WIDTH,
        zero=_round(scale(0)),
        bars=tuple(bars),
    )


def _label_approach(title: Text, kind: BarKind) -> Text:
    if kind != "ruled_out":
        return title
    return Text(f"{title.en} (ruled out)", f"{title.zh}（已排除）")


def _lay_out_cash_flow(roi: Roi) -> CashFlowChart | None:
    if roi.outcomes is None:
        return None
    amounts = [value for one in roi.outcomes.values() for value in one.cumulative]
    ticks = _choose_ticks(min(0.0, *amounts), max(0.0, *amounts))
    months = max(len(one.cumulative) for one in roi.outcomes.values()) - 1
    left, right = MARGIN + _measure_labels(ticks), WIDTH - 150.0
    top, bottom = TITLE_HEIGHT, TITLE_HEIGHT + PLOT_HEIGHT
    across = _make_scale(0, max(1, months), left, right)
    down = _make_scale(ticks[0], ticks[-1], bottom, top)
    ends = [down(roi.outcomes[name].npv) for name in SCENARIOS]
    lines = tuple(
        _draw_line(name, roi.outcomes[name], label_top, across, down)
        for name, label_top in zip(SCENARIOS, _spread_labels(ends), strict=True)
    )
    base = roi.outcomes["base"]
    payback = (
        Text("not paid back within the horizon", "期限内收不回")
        if base.payback_month is None
        else Text(
            f"paid back in month {base.payback_month} (not discounted)",
            f"第 {base.payback_month} 个月回本（不折现）",
        )
    )
    currency = roi.currency
    return CashFlowChart(
        title=Text(
            f"Fine-tuning: cumulative discounted cash flow ({currency})",
            f"微调的累计折现现金流（{currency}）",
        ),
        description=Text(
            f"Base case: {base.npv:,.0f} {currency} after {months} months, {payback.en}",
            f"中间情形：{months} 个月后 {base.npv:,.0f} {currency}，{payback.zh}",
        ),
        width=WIDTH,
        height=bottom + AXIS_HEIGHT + MARGIN,
        left=_round(left),
        right=_round(right),
        top=top,
        bottom=bottom,
        zero=_round(down(0)),
        months=tuple(
            Tick(_round(across(month)), str(month))
            for month in range(0, months + 1, MONTHS_BETWEEN_TICKS)
        ),
        amounts=tuple(Tick(_round(down(tick)), f"{tick:,.0f}") for tick in ticks),
        month_title=Text("month", "月份"),
        lines=lines,
    )


def _draw_line(
    name: Scenario, outcome: Outcome, label_top: float, across: Scale, down: Scale
) -> CashLine:
    title, value = _SCENARIO_TITLES[name], f"{outcome.npv:,.0f}"
    points = (
        f"{_round(across(month)):g},{_round(down(amount)):g}"
        for month, amount in enumerate(outcome.cumulative)
    )
    return CashLine(
        scenario=name,
        label=Text(f"{title.en} {value}", f"{title.zh} {value}"),
        points=" ".join(points),
        label_top=_round(label_top),
    )


def _lay_out_sensitivity(roi: Roi) -> SensitivityChart | None:
    if roi.outcomes is None or not roi.sensitivity:
        return None
    base, shown = roi.outcomes["base"].npv, roi.sensitivity[:MAX_SENSITIVITY_BARS]
    ends = [base, *(end for one in shown for end in (one.npv_at_low, one.npv_at_high))]
    ticks = _choose_ticks_apart(min(ends), max(ends), WIDTH - FIGURE_LABEL_WIDTH - 2 * MARGIN)
    right = WIDTH - MARGIN - _measure_labels(ticks) / 2
    scale = _make_scale(ticks[0], ticks[-1], FIGURE_LABEL_WIDTH + MARGIN, right)
    bars = []
    for row, one in enumerate(shown):
        low, high = (sorted((scale(base), scale(end))) for end in (one.npv_at_low, one.npv_at_high))
        bars.append(
            SensitivityBar(
                label=_clip_label(one.title, FIGURE_LABEL_WIDTH),
                top=_round(2 * TITLE_HEIGHT - MARGIN + row * (BAR_HEIGHT + BAR_GAP)),
                low_left=_round(low[0]),
                low_width=_round(low[1] - low[0]),
                high_left=_round(high[0]),
                high_width=_round(high[1] - high[0]),
            )
        )
    bottom = bars[-1].top + BAR_HEIGHT + BAR_GAP
    currency, widest = roi.currency, shown[0].title
    return SensitivityChart(
        title=Text(
            f"Fine-tuning: NPV with one figure at its low or high value ({currency})",
            f"单项数字取低值或高值时微调的净现值（{currency}）",
        ),
        description=Text(
            f"Base case: {base:,.0f} {currency}; {widest.en} moves it most",
            f"中间情形：{base:,.0f} {currency}；影响最大的是{widest.zh}",
        ),
        width=WIDTH,
        height=_round(bottom + AXIS_HEIGHT),
        bar_height=BAR_HEIGHT,
        label_width=FIGURE_LABEL_WIDTH,
        base=_round(scale(base)),
        bottom=_round(bottom),
        amounts=tuple(Tick(_round(scale(tick)), f"{tick:,.0f}") for tick in ticks),
        legend={
            "low": Text("figure at its low value", "数字取低值"),
            "high": Text("figure at its high value", "数字取高值"),
        },
        bars=tuple(bars),
    )


def _make_scale(low: float, high: float, start: float, end: float) -> Scale:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _choose_ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Choose round amounts that enclose a range, in steps of 1, 2 or 5 times a power of ten."""
    cent = 0.01  # amounts that are nearer to each other are the same
    span = high - low if high - low >= cent else max(abs(high), 1.0)
    power = 10.0 ** floor(log10(span / most))
    step = next(power * one for one in (1, 2, 5, 10, 20) if span / (power * one) <= most - 1)
    first, last = floor(low / step), ceil(high / step)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def _choose_ticks_apart(low: float, high: float, width: float) -> list[float]:
    """Choose the ticks of an axis below a plot, so few that their labels do not touch."""
    for most in (6, 5, 4):
        ticks = _choose_ticks(low, high, most=most)
        label = _measure_labels(ticks)
        if (len(ticks) - 1) * label <= width - label / 2:
            return ticks
    return _choose_ticks(low, high, most=3)


def _spread_labels(tops: Sequence[float]) -> list[float]:
    """Move labels apart that would overlap, keeping their order."""
    order = sorted(range(len(tops)), key=lambda place: tops[place])
    spread = list(tops)
    for above, below in pairwise(order):
        spread[below] = max(spread[below], spread[above] + MIN_LABEL_DISTANCE)
    return spread


def _clip_label(label: Text, width: float) -> Text:
    """Shorten a label to the room left of the bars."""
    columns = int((width - MARGIN) / COLUMN_WIDTH)
    en, zh = (
        text if measure_width(text) <= columns else f"{clip_text(text, columns - 1).rstrip()}…"
        for text in label
    )
    return Text(en, zh)


def _measure_labels(ticks: Sequence[float]) -> float:
    return max(len(f"{tick:,.0f}") for tick in ticks) * COLUMN_WIDTH + 8


def _round(value: float) -> float:
    """Round to a tenth of a pixel, without a negative zero."""
    return round(value, 1) + 0.0
