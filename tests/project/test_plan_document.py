"""PLAN.md and its charts: whole tables, valid XML, and nothing that the data do not give."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newft.decide.charts import make_charts
from newft.project.serialize import escape_xml, to_plain
from newft.schema.charts import Charts
from newft.schema.roi import Outcome, Roi, Sensitivity
from newft.text import Language, Text
from support.example_plan import ADVICE, UNKNOWN_RETURN
from support.generate_project import generate

AMOUNT = st.floats(-1e9, 1e9).map(lambda value: round(value, 2))


def make_return(ends: tuple[float, ...], spread: float, *, currency: str = "USD") -> Roi:
    """Cash flows that end at three amounts, and one figure that moves the middle one."""
    low, base, high = sorted(ends)
    outcomes = {
        name: Outcome(end, 0.1, 7, tuple(end * month / 12 for month in range(13)))
        for name, end in (("low", low), ("base", base), ("high", high))
    }
    moved = Sensitivity("salary", Text("Salary", "工资"), base - spread, base + spread)
    return replace(
        UNKNOWN_RETURN,
        currency=currency,
        outcomes=outcomes,  # type: ignore[arg-type]
        sensitivity=(moved,),
    )


def list_numbers(charts: object) -> list[float]:
    """Every position of a chart, those of its lines included."""
    match charts:
        case bool() | None:
            return []
        case int() | float():
            return [charts]
        case str():
            return [float(one) for one in re.findall(r"-?[\d.]+(?=[,\s]|$)", charts)]
        case dict():
            kept = ("points", "points_at")
            inner = {
                key: value
                for key, value in charts.items()
                if not isinstance(value, str) or (key in kept and "," in value)
            }
            return [number for value in inner.values() for number in list_numbers(value)]
        case list():
            return [number for value in charts for number in list_numbers(value)]
    raise TypeError(charts)


@given(ends=st.tuples(AMOUNT, AMOUNT, AMOUNT), spread=st.floats(0, 1e9))
@example(ends=(0.0, 0.0, 0.0), spread=5e-324)
def test_all_that_is_drawn_lies_on_the_panel(
    ends: tuple[float, float, float], spread: float
) -> None:
    charts = make_charts(ADVICE, make_return(ends, spread))
    for chart in (charts.scores, charts.cash_flow, charts.sensitivity):
        assert chart is not None
        plain = to_plain(chart, "en")
        assert all(0 <= number <= max(chart.width, chart.height) for number in list_numbers(plain))
    assert charts.cash_flow is not None
    tops = sorted(line.label_top for line in charts.cash_flow.lines)
    assert all(below - above >= 15.9 for above, below in itertools.pairwise(tops))
    assert charts.cash_flow.top <= charts.cash_flow.zero <= charts.cash_flow.bottom


@given(ends=st.tuples(AMOUNT, AMOUNT, AMOUNT), spread=st.floats(0, 1e7))
@example(ends=(-6_000_000.0, -168_000.0, 7_000_000.0), spread=1_100_000.0)
def test_amounts_below_a_plot_do_not_touch(ends: tuple[float, float, float], spread: float) -> None:
    chart = make_charts(ADVICE, make_return(ends, spread)).sensitivity
    assert chart is not None
    for one, other in itertools.pairwise(chart.amounts):
        letters = (len(one.label) + len(other.label)) / 2
        assert other.at - one.at >= 6.7 * letters


def test_a_chart_without_data_is_not_drawn() -> None:
    assert make_charts(ADVICE, UNKNOWN_RETURN) == Charts(
        make_charts(ADVICE, UNKNOWN_RETURN).scores, None, None
    )


@given(text=st.text())
def test_no_text_ends_its_element(text: str) -> None:
    element = f'<text title="{escape_xml(text)}">{escape_xml(text)}</text>'
    parsed = ET.fromstring(element)
    assert (parsed.text or "") == parsed.get("title")


def read_tables(text: str) -> list[list[str]]:
    """The tables of a Markdown file, line by line."""
    blocks = (block.splitlines() for block in text.split("\n\n"))
    return [block for block in blocks if block and block[0].startswith("|")]


@pytest.mark.parametrize(
    ("language", "given_figures"),
    [("en", True), ("zh", True), ("zh", False)],
    ids=["en", "zh", "zh without a volume"],
)
def test_the_plan_is_whole(language: Language, given_figures: bool, tmp_path: Path) -> None:
    volume = {"roi.requests_per_month": "20000"} if given_figures else {}
    project = tmp_path / "desk"
    answers = {"gpu": "cpu", "family": "smollm2", "name": "desk", "language": language}
    generate({**answers, **volume}, project)
    text = (project / "PLAN.md").read_text(encoding="utf-8")
    tables = read_tables(text)
    assert len(tables) > 15
    for table in tables:
        assert re.fullmatch(r"\|( :?-+:? \|)+", table[1]), table[:3]
        assert {line.replace("\\|", "").count("|") for line in table} == {table[1].count("|")}
    assert not re.search(r"\bNone\b|\bnan\b|\{\{|\{%", text)
    charts = sorted(path.name for path in (project / "docs/plan").iterdir())
    shown = sorted(re.findall(r"\]\(docs/plan/(.+?)\)", text))
    money = ["cash_flow.svg", "sensitivity.svg"] if given_figures else []
    assert charts == shown == sorted([*money, "scores.svg"])
    for name in charts:
        root = ET.parse(project / "docs/plan" / name).getroot()
        tags = [element.tag.rpartition("}")[2] for element in root.iter()]
        assert tags[1:3] == ["title", "desc"]
        assert "script" not in tags
    assert "`roi.requests_per_month`" in text
    undecided = {"en": "**No approach is recommended yet**", "zh": "**暂无建议**"}
    assert undecided[language] in text


def test_a_budget_that_the_phases_exceed_is_named(tmp_path: Path) -> None:
    answers = {"gpu": "cpu", "family": "smollm2", "name": "desk"}
    short = {"roi.build_months": "2/4/6", "roi.person_months": "4/8/12"}
    generate({**answers, **short, "advice.team": "ml"}, tmp_path / "desk")
    said = (
        "take 4.25-8.5 months and\n14.9-41.8 person-months; this budget counts 2-6 months and 4-12"
    )
    assert said in (tmp_path / "desk/PLAN.md").read_text(encoding="utf-8")
    generate({**answers, "advice.team": "ml"}, tmp_path / "agreeing")
    assert "before you sign" not in (tmp_path / "agreeing/PLAN.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "mark"), [("en", "*(not for"), ("zh", "*（不适用于")])
def test_a_plan_that_recommends_another_approach_has_its_budget_and_its_gates(
    language: Language, mark: str, tmp_path: Path
) -> None:
    answers = {"gpu": "cpu", "family": "smollm2", "name": "desk", "language": language}
    facts = {"advice.labelled_rows": "700", "roi.requests_per_month": "20000"}
    plan = generate({**answers, **facts}, tmp_path / "desk")
    assert plan.advice.recommendation == "classical"
    text = (tmp_path / "desk/PLAN.md").read_text(encoding="utf-8")
    budget, rest = text.split("\n## 7. ")[1].split("\n## 8. ")
    headings = [line for line in budget.splitlines() if line.startswith("### ")]
    assert len(headings) == 2
    assert plan.advice.titles["classical"].to(language) in headings[0]
    gates = [gate for phase in plan.rollout.phases for gate in phase.gates]
    others = [one for one in gates if one.approaches and "classical" not in one.approaches]
    assert text.count(mark) == len(others) > 0
    first = rest.split("\n\n")[2].splitlines()[0]
    assert first.startswith(f"| {plan.advice.titles['classical'].to(language)} |")


def test_one_sentence_says_that_nothing_earned_is_known(tmp_path: Path) -> None:
    answers = {"gpu": "cpu", "family": "smollm2", "name": "desk", "advice.labelled_rows": "700"}
    plan = generate(answers, tmp_path / "desk")
    assert plan.advice.recommendation == "classical" and not plan.roi.outcomes
    text = (tmp_path / "desk/PLAN.md").read_text(encoding="utf-8")
    said = re.findall(r"^What .*unknown until.*$", text, re.MULTILINE)
    assert len(said) == 1 and "recommendation and fine-tuning" in said[0]


def test_a_label_of_the_data_is_no_markup(tmp_path: Path) -> None:
    label = "[open](javascript:alert(1))"
    words = ["door", "window", "roof", "floor", "garden", "cellar", "stairs", "lamp"]
    texts = [" ".join(one) for one in itertools.permutations(words, 5)][::97]
    rows = [f"{text},{(label, '**close**')[n % 2]}" for n, text in enumerate(texts)]
    data = tmp_path / "rows.csv"
    data.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    answers = {"gpu": "cpu", "family": "smollm2", "name": "desk", "data.files": (str(data),)}
    generate(answers, tmp_path / "desk")
    plan = (tmp_path / "desk" / "PLAN.md").read_text(encoding="utf-8")
    for one in (label, "**close**"):
        assert one not in plan.replace(f"`{one}`", "")
