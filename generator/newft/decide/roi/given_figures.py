"""The figures that a team gives: numbers, spreads, shares, one currency; every fault at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from newft.answers.keys import ROI_PREFIX, SPREAD_SEPARATOR
from newft.decide.written_numbers import explain_wrong_number, read_number, read_share
from newft.emitted.normalize import escape_controls
from newft.errors import UsageError
from newft.schema.roi import ROI_SETTINGS, Figure, FigureUnit, Spread
from newft.text import Text, find_nearest_names, list_lines

CURRENCY_KEY, EXCHANGE_RATE_KEY = ROI_SETTINGS
HORIZON_KEY = "horizon_months"
BUILD_KEY = "build_months"
USD = "USD"
# a year at least, because a shorter horizon ends before full use; after five years nobody knows
MIN_HORIZON, MAX_HORIZON = 12, 60
MAX_FAULTS_LISTED = 40
MAX_VALUE = 1e12  # no team has more requests, or spends more; sums of such values stay finite

_PRICED = re.compile(r"[^\W\d_]{3}.*\d.*|[$€£¥].*\d.*|.*\d ?(?:[^\W\d_]{3}|[$€£¥])")
_SHARE = Text("a share such as 0.35 or 35%", "0.35 或 35% 这样的比例")


@dataclass(frozen=True)
class GivenFigures:
    """What a team gives, in one currency."""

    currency: str = USD
    exchange_rate: float | None = None  # units of the currency for 1 USD
    spreads: Mapping[str, Spread] | None = None


class _Faults(dict[str, Text]):
    """What is wrong, by the name of the figure; the first fault of each counts."""

    def report(self, name: str, en: str, zh: str) -> None:
        self.setdefault(name, Text(en, zh))


def read_figures(given: Mapping[str, str], figures: Mapping[str, Figure]) -> GivenFigures:
    """Read the figures that a team gives; refuse all that cannot be read, in one error."""
    faults = _Faults()
    currency = _read_currency(given, faults)
    rate = _read_exchange_rate(given, currency, faults)
    spreads = {}
    for name, written in given.items():
        if name in ROI_SETTINGS:
            continue
        if name not in figures:
            _report_unknown(name, [*figures, *ROI_SETTINGS], faults)
        elif spread := _read_spread(name, written, figures[name], faults):
            spreads[name] = spread
    _check_horizon(spreads, figures, faults)
    if faults:
        raise make_figures_error(faults)
    return GivenFigures(currency, rate, spreads)


def make_figures_error(faults: Mapping[str, Text]) -> UsageError:
    """Make one error of the faults of several figures."""
    (first, message), *others = faults.items()
    lines = [message, *(_name_figure(name, text) for name, text in others)]
    return UsageError(
        list_lines(lines, most=MAX_FAULTS_LISTED, indent=""), where=f"{ROI_PREFIX}{first}"
    )


def _name_figure(name: str, text: Text) -> Text:
    return Text(f"{ROI_PREFIX}{name}: {text.en}", f"{ROI_PREFIX}{name}：{text.zh}")


def _report_unknown(name: str, known: list[str], faults: _Faults) -> None:
    name, near = escape_controls(name), find_nearest_names(name, known)
    if near:
        meant = f"{ROI_PREFIX}{near[0]}"
        faults.report(
            name, f"is not known; did you mean `{meant}`?", f"无法识别，是否想写 `{meant}`？"
        )
    else:
        names = sorted(known)
        faults.report(
            name,
            f"is not known; known: {', '.join(names)}",
            f"无法识别，可选：{'、'.join(names)}",
        )


def _read_currency(given: Mapping[str, str], faults: _Faults) -> str:
    written = given.get(CURRENCY_KEY, USD).strip()
    if not re.fullmatch(r"[A-Z]{3}", written):
        faults.report(
            CURRENCY_KEY,
            f"is `{escape_controls(written)}`; write the code of one currency, such as USD or CNY",
            f"是 `{escape_controls(written)}`；请写一个币种代码，如 USD 或 CNY",
        )
    return written


def _read_exchange_rate(given: Mapping[str, str], currency: str, faults: _Faults) -> float | None:
    if EXCHANGE_RATE_KEY not in given:
        return None
    written = given[EXCHANGE_RATE_KEY]
    rate = _read_number(EXCHANGE_RATE_KEY, written, "multiple", faults)
    if rate is not None and rate <= 0:
        faults.report(EXCHANGE_RATE_KEY, "must be above 0", "必须大于 0")
    if currency == USD:
        faults.report(
            EXCHANGE_RATE_KEY,
            f"is how much of roi.{CURRENCY_KEY} 1 USD is worth; without another currency, leave it "
            "out",
            f"表示 1 美元合多少 roi.{CURRENCY_KEY}；币种就是美元时请去掉",
        )
    return rate


def _read_spread(name: str, written: str, figure: Figure, faults: _Faults) -> Spread | None:
    """Read one number, or the low, the base and the high one."""
    parts = unicodedata.normalize("NFKC", written).split(SPREAD_SEPARATOR)
    if len(parts) not in (1, 3) or (name == HORIZON_KEY and len(parts) == 3):
        one = Text("one number", "一个数") if name == HORIZON_KEY else None
        faults.report(
            name,
            f"must be {one.en if one else 'one number, or low/base/high'}",
            f"应为{one.zh if one else '一个数，或 低/中/高'}",
        )
        return None
    numbers = [_read_number(name, part.strip(), figure.unit, faults) for part in parts]
    values = [number for number in numbers if number is not None]
    if len(values) < len(parts):
        return None
    for value in values:
        _check_bounds(name, value, figure, faults)
    spread = Spread(values[0], values[len(values) // 2], values[-1])
    if not spread.low <= spread.base <= spread.high:
        faults.report(
            name,
            "must rise from its low to its high value: the smallest number first",
            "应从低到高递增：先写最小的数",
        )
    return spread


def _read_number(name: str, written: str, unit: FigureUnit, faults: _Faults) -> float | None:
    found = read_share(written) if unit == "share" else read_number(written)
    if found is not None:
        return found
    if unit == "money" and _PRICED.fullmatch(written):
        message = Text(
            f"is `{escape_controls(written)}`; write the number alone, all money is in "
            f"roi.{CURRENCY_KEY}",
            f"是 `{escape_controls(written)}`；请只写数字，所有金额都以 roi.{CURRENCY_KEY} 为币种",
        )
    else:
        message = explain_wrong_number(
            written, _SHARE if unit == "share" else Text("a number", "数字")
        )
    faults.report(name, *message)
    return None


def _check_bounds(name: str, value: float, figure: Figure, faults: _Faults) -> None:
    expected = _describe_bounds(name, value, figure)
    if expected:
        faults.report(name, f"is {value:g}, but {expected.en}", f"是 {value:g}，{expected.zh}")


def _describe_bounds(name: str, value: float, figure: Figure) -> Text | None:
    """Say what a number should be that the figure cannot have."""
    whole = value == int(value)
    if name == HORIZON_KEY and not (whole and MIN_HORIZON <= value <= MAX_HORIZON):
        return Text(
            f"must be a whole number from {MIN_HORIZON} to {MAX_HORIZON}",
            f"应为 {MIN_HORIZON} 至 {MAX_HORIZON} 的整数",
        )
    if figure.unit == "share":
        return None if 0 <= value <= 1 else _describe_share(value)
    if figure.unit == "multiple" and value < 1:
        return Text("a multiple is at least 1", "倍数不小于 1")
    if value < 0:
        return Text("cannot be negative", "不能为负数")
    if value == 0 and figure.positive:
        return Text("must be above 0", "必须大于 0")
    if value > MAX_VALUE:
        return Text(f"must be at most {MAX_VALUE:g}", f"不能大于 {MAX_VALUE:g}")
    if figure.unit == "months" and not whole:
        return Text("must be whole months", "应为整月数")
    return None


def _describe_share(value: float) -> Text:
    limits = Text("a share is from 0 to 1", "比例应在 0 到 1 之间")
    if not 1 < value <= 100:
        return limits
    return Text(
        f"{limits.en}: write {value / 100:g} or {value:g}%",
        f"{limits.zh}：请写 {value / 100:g} 或 {value:g}%",
    )


def _check_horizon(
    spreads: Mapping[str, Spread], figures: Mapping[str, Figure], faults: _Faults
) -> None:
    """Refuse a project that is built until after its horizon, if both are known to be right."""
    if {HORIZON_KEY, BUILD_KEY} & faults.keys():
        return
    horizon, build = (
        spreads.get(name) or (figures[name].default if name in figures else None)
        for name in (HORIZON_KEY, BUILD_KEY)
    )
    if horizon and build and build.high >= horizon.base:
        faults.report(
            BUILD_KEY,
            f"is {build.high:g} months, but only {horizon.base:g} are counted",
            f"是 {build.high:g} 个月，而只计算 {horizon.base:g} 个月",
        )
