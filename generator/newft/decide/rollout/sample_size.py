"""How many rows or contacts it takes to decide a hypothesis."""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

from newft.decide.citations import WILSON_INTERVAL, cite_link
from newft.figure_text import format_share
from newft.schema.reasoned import Reasoned
from newft.schema.rollout import PairedTest
from newft.text import Language, Text

SIGNIFICANCE_LEVEL = 0.05  # two-sided
POWER = 0.8
LANGUAGES: tuple[Language, ...] = ("en", "zh")
Z_LEVEL = NormalDist().inv_cdf(1 - SIGNIFICANCE_LEVEL / 2)
Z_POWER = NormalDist().inv_cdf(POWER)
MIN_EXPECTED_ROWS = 5  # of either outcome, below which the normal approximation does not hold

ONE_PROPORTION_TEST = cite_link(
    "NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.4.2",
    "NIST/SEMATECH 统计方法手册 7.2.4.2",
    "https://www.itl.nist.gov/div898/handbook/prc/section2/prc242.htm",
)
MCNEMAR_TEST = Text(
    "Connor 1987, Sample size for testing differences in proportions for the paired-sample "
    "design, Biometrics 43",
    "Connor 1987, Sample size for testing differences in proportions for the paired-sample "
    "design, Biometrics 43",
)


def count_rows_for_change(before: float, after: float) -> Reasoned[int]:
    """Count the rows that tell a share of `after` from one of `before`."""
    spread = Z_LEVEL * sqrt(before * (1 - before)) + Z_POWER * sqrt(after * (1 - after))
    rows = ceil((spread / (after - before)) ** 2)
    if 0 < before < 1:
        rows = max(rows, ceil(MIN_EXPECTED_ROWS / min(before, 1 - before) - 1e-9))
    old, new = (Text(*(format_share(one, to) for to in LANGUAGES)) for one in (before, after))
    why = Text(
        f"tells {new.en} from {old.en} at the 5 % level with a power of 80 %: "
        "n = ((1.96 sqrt(p0(1-p0)) + 0.84 sqrt(p1(1-p1))) / (p1-p0))^2, and at least 5 rows of "
        "each outcome as it is today",
        f"在 5% 显著性水平、80% 检验功效下区分 {old.zh} 与 {new.zh}："
        "n = ((1.96√(p0(1−p0)) + 0.84√(p1(1−p1))) / (p1−p0))²，且按现状两种结果各不少于 5 行",
    )
    return Reasoned(rows, why, ONE_PROPORTION_TEST)


def count_rows_for_target(target: float, *, at_least: bool) -> Reasoned[int] | None:
    """Count the fewest rows with which a flawless result lies above (or below) the target.

    A target of 100 % or of 0 cannot be shown by any number of rows.
    """
    odds = target / (1 - target) if at_least and target < 1 else 0.0
    if not at_least and target > 0:
        odds = (1 - target) / target
    if odds <= 0:
        return None
    rows = ceil(Z_LEVEL**2 * odds - 1e-9)
    why = Text(
        "fewest rows with which a result without a fault has its whole 95 % interval beyond "
        "the target: n = 1.96^2 x t / (1-t)",
        "毫无差错时，95% 区间整体越过目标所需的最少行数：n = 1.96² × t / (1−t)",
    )
    return Reasoned(rows, why, WILSON_INTERVAL)


def count_rows_for_pairs(test: PairedTest) -> Reasoned[int]:
    """Count the rows of a comparison of two models that predict the same rows (McNemar test)."""
    gain, apart = test.difference.value, test.discordant.value
    spread = Z_LEVEL * sqrt(apart) + Z_POWER * sqrt(apart - gain**2)
    points, share = format_share(gain, "zh"), format_share(apart, "zh")
    why = Text(
        f"finds a gain of {format_share(gain, 'en')} if "
        f"{format_share(apart, 'en')} of the rows are right for only one of the two (both: edit "
        "me), at the 5 % level with a power of 80 %: "
        "n = ((1.96 sqrt(pd) + 0.84 sqrt(pd-d^2)) / d)^2",
        f"若有 {share} 的行只被其中一个模型预测对，可发现 {points} 的提升"
        "（两个数请按实际修改；5% 显著性水平、80% 检验功效）："
        "n = ((1.96√pd + 0.84√(pd−d²)) / d)²",
    )
    return Reasoned(ceil((spread / gain) ** 2), why, MCNEMAR_TEST)
