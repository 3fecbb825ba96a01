"""Claims are compared with what was measured, and a figure never says more than its interval."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from package_name import plan
from package_name.config import Config
from package_name.evaluation.hypotheses import (
    Hypothesis,
    judge_assumed_benefit,
    judge_hypothesis,
    load_hypotheses,
)
from package_name.metrics import PRIMARY_METRICS
from package_name.runtime.errors import ProjectError
from package_name.runtime.messages import fill

HYPOTHESES_YAML = Path(__file__).parents[1] / "config" / "hypotheses.yaml"
SHARE = st.floats(0, 1)


def claim(**values: object) -> Hypothesis:
    usual = {
        "claim": "outputs that can be read",
        "metric": "readable",
        "against": None,
        "unit": "share",
        "direction": "at_least",
        "today": None,
        "target": 0.9,
        "rows_needed": 35,
    }
    return Hypothesis.model_validate({**usual, **values})


def evaluation(value: float, low: float, high: float, n: int = 100) -> dict[str, object]:
    metric = {"value": value, "low": low, "high": high, "n": n}
    test = {"difference": value, "low": low, "high": high}
    names = ("readable", *PRIMARY_METRICS)
    return {
        "rows": n,
        **{model: dict.fromkeys(names, metric) for model in ("base", "tuned", "baseline")},
        "comparison": dict.fromkeys(names, test),
        "comparison_with_baseline": dict.fromkeys(names, test),
    }


@pytest.mark.parametrize(
    ("values", "measured", "verdict"),
    [
        ({}, (0.97, 0.92, 0.99), "supported"),
        ({}, (0.93, 0.86, 0.97), "too few rows"),
        ({}, (0.8, 0.7, 0.88), "refuted"),
        ({"today": 0.8}, (0.93, 0.86, 0.97), "supported"),
        ({"today": 0.8}, (0.88, 0.84, 0.91), "too few rows"),  # the target is not reached
        ({"today": 0.8}, (0.91, 0.79, 0.96), "too few rows"),  # it may be what it was before
        ({"direction": "at_most", "target": 0.1}, (0.05, 0.02, 0.09), "supported"),
        ({"direction": "at_most", "target": 0.1}, (0.2, 0.12, 0.3), "refuted"),
        ({"direction": "at_most", "target": 0.1, "today": 0.4}, (0.09, 0.05, 0.2), "supported"),
        ({"against": "base", "target": 0.05}, (0.08, 0.01, 0.15), "supported"),
        ({"against": "baseline", "target": 0.05}, (0.01, -0.02, 0.04), "refuted"),
        ({"against": "base", "target": 0.05, "rows_needed": 626}, (0.0, 0.0, 0.0), "too few rows"),
        ({"against": "base", "target": 0.05, "rows_needed": 80}, (0.0, 0.0, 0.0), "refuted"),
        ({"metric": "primary"}, (0.97, 0.92, 0.99), "supported"),
        ({"metric": "no_such_metric"}, (0.97, 0.92, 0.99), "not measured"),
        ({"target": None}, (0.97, 0.92, 0.99), "not measured"),
        ({"metric": None}, (0.97, 0.92, 0.99), "not measured"),
    ],
)
def test_a_claim_is_judged_by_the_interval(
    values: dict[str, object], measured: tuple[float, float, float], verdict: str
) -> None:
    assert judge_hypothesis(claim(**values), evaluation(*measured)).verdict == verdict


def test_a_figure_of_the_pilot_counts_where_no_test_row_can_tell() -> None:
    pilot = {"value": 0.95, "low": 0.92, "high": 0.97, "n": 800}
    judged = judge_hypothesis(claim(metric=None, measured=pilot), evaluation(0, 0, 0))
    assert judged.verdict == "supported"
    assert judged.measured is not None
    assert judged.measured.n == 800


@given(ends=st.tuples(SHARE, SHARE, SHARE), target=SHARE, today=SHARE | st.none())
def test_the_opposite_claim_about_the_opposite_figure_has_the_same_verdict(
    ends: tuple[float, float, float], target: float, today: float | None
) -> None:
    low, value, high = sorted(ends)
    one = claim(target=target, today=today, unit="score")
    other = claim(
        target=-target,
        today=None if today is None else -today,
        unit="score",
        direction="at_most",
    )
    opposite = evaluation(-value, -high, -low)
    assert (
        judge_hypothesis(one, evaluation(value, low, high)).verdict
        == judge_hypothesis(other, opposite).verdict
    )


def test_all_faults_of_the_file_are_told_with_their_lines(tmp_path: Path) -> None:
    values = claim().model_dump(exclude={"measured"})
    path = tmp_path / "hypotheses.yaml"
    path.write_text(
        yaml.safe_dump({"one": {**values, "target": "much"}, "two": {**values, "units": 1}}),
        encoding="utf-8",
    )
    with pytest.raises(ProjectError) as caught:
        load_hypotheses(path)
    lines = caught.value.message.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{path}:") for line in lines)
    assert "target" in lines[0]
    assert "units" in lines[1]


@pytest.mark.parametrize(
    ("assumed", "ends", "agreement"),
    [
        ("same", (-0.08, 0.06), "no difference"),
        ("same", (0.5, 0.7), "contradicts"),
        ("same", (-0.3, -0.1), "contradicts"),
        ("less", (0.5, 0.7), "agrees"),
        ("less", (-0.08, 0.06), "no difference"),
        ("less", (-0.3, -0.1), "contradicts"),
        ("more", (-0.3, -0.1), "agrees"),
        ("more", (0.5, 0.7), "contradicts"),
        (None, (0.5, 0.7), None),
    ],
)
def test_the_benefit_that_is_counted_is_compared_with_what_was_measured(
    assumed: str | None, ends: tuple[float, float], agreement: str | None
) -> None:
    values = {"metric": "primary", "against": "baseline", "assumed_benefit": assumed}
    figures = evaluation(sum(ends) / 2, *ends)
    judged = judge_hypothesis(claim(**values), figures)
    assert judge_assumed_benefit(judged) == agreement
    lower_is_better = judge_hypothesis(claim(**values, direction="at_most"), figures)
    opposite = {"less": "more", "more": "less"}.get(assumed or "", assumed)
    turned = judge_hypothesis(claim(**{**values, "assumed_benefit": opposite}), figures)
    assert judge_assumed_benefit(lower_is_better) == judge_assumed_benefit(turned)


def test_a_claim_is_a_text_in_its_table() -> None:
    judged = judge_hypothesis(claim(claim="a | <b>\n`c` [d](e)"), evaluation(0.9, 0.8, 1.0))
    assert plan.format_table([judged])[2].startswith(r"| a \| &lt;b> `c` \[d](e) | ")


def test_the_claims_of_this_project_become_a_table(
    run_yaml: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    shutil.copy(HYPOTHESES_YAML, "config")
    folder = Path("runs") / run_yaml.run.name
    with pytest.raises(ProjectError, match=r"evaluation\.json"):
        plan.main(run_yaml, Namespace())
    folder.mkdir(parents=True)
    (folder / "evaluation.json").write_text(json.dumps(evaluation(0.99, 0.981, 1.0)))
    plan.main(run_yaml, Namespace())
    claims = load_hypotheses(HYPOTHESES_YAML)
    table = (folder / "hypotheses.md").read_text(encoding="utf-8").splitlines()
    rows = table[: table.index("")]
    assert len(rows) == 2 + len(claims)
    assert {line.replace(r"\|", "").count("|") for line in rows} == {7}
    compared = [one for one in claims.values() if one.against and one.assumed_benefit]
    assert len(table[len(rows) + 1 :]) >= 3 + len(compared) > 3  # three models, and what is counted
    said = capsys.readouterr().out
    assert all(one.claim.split(" ")[0] in said for one in claims.values())
    assert fill("supported") in said
