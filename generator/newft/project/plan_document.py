"""The tables of PLAN.md: cells as they are shown, safe in a table of Markdown."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from newft.data_errors import name_reject
from newft.figure_text import format_share
from newft.project.markdown_cells import (
    NO_VALUE,
    format_cell,
    format_code,
    format_months,
    format_range,
)
from newft.project.plan_money import build_money_tables
from newft.project.plan_verdict import build_advice_tables
from newft.project.serialize import PlainValue, to_plain
from newft.schema.advice import Approach
from newft.schema.dataset import DataFacts
from newft.schema.plan import Plan
from newft.schema.roi import Roi
from newft.schema.rollout import Duty, Hypothesis, Phase, Rollout
from newft.text import Language, Text

MAX_LABELS_LISTED = 20
HASH_CHARACTERS = 12  # of a file, enough to tell versions apart

_DUTY_TITLES: Mapping[Duty, Text] = {
    "responsible": Text("does", "执行"),
    "approves": Text("approves", "验收"),
    "consulted": Text("is asked", "咨询"),
}
_UNIT_TITLES = {"seconds": Text(" s", " 秒"), "minutes": Text(" min", " 分钟")}
_PILOT = Text("in the pilot, by the team", "试点中由团队测量")
_MEASURE_FIRST = Text("measure first", "先测量")
_SET_TARGET = Text("set it before the pilot", "试点前确定")
_UNKNOWN_SIZE = Text("depends on the spread: measure first", "取决于离散程度，先测量")
_ROWS_NEEDED = Text("rows needed", "所需行数")
_TOO_FEW = Text("**{rows}**: too few here", "**{rows}**：现有行数不足")
_BEATS = {
    "base": Text("above the base model", "比基座模型高"),
    "baseline": Text("above the classical baseline", "比传统基线高"),
}


def build_plan_document(plan: Plan) -> PlainValue:
    """Build the tables of PLAN.md in the language of the project."""
    language = plan.language
    tables: dict[str, object] = {
        **_build_data_tables(plan.data, language),
        **_build_rollout_tables(plan.rollout, plan.advice.recommendation, language),
    }
    tables |= _compare_staff(plan.rollout.phases, plan.roi, language)
    tables |= build_advice_tables(plan.advice, language)
    tables |= build_money_tables(plan.roi, plan.advice, language)
    return to_plain(tables)


def _build_rollout_tables(
    rollout: Rollout, recommendation: Approach, language: Language
) -> dict[str, object]:
    def to(text: Text) -> str:
        return format_cell(text, language)

    totals = [sum(phase.months[end] for phase in rollout.phases) for end in (0, 1)]
    return {
        "hypotheses": [
            _list_hypothesis_cells(one, rollout.test_rows, language) for one in rollout.hypotheses
        ],
        "test_rows": f"{rollout.test_rows:,}",
        "hypothesis_notes": _list_hypothesis_notes(rollout.hypotheses, language),
        "phases": [
            _describe_phase(phase, rollout, recommendation, language) for phase in rollout.phases
        ],
        "months": format_months((totals[0], totals[1]), language),
        "roles": _list_role_rows(rollout, language),
        "small_team": [[to(one.title), to(one.duties)] for one in rollout.small_team],
        "compliance": [
            [
                to(one.jurisdiction),
                f"**{to(one.title)}**",
                to(one.duty),
                format_cell(one.applies_from or Text("in force", "已生效"), language),
                format_cell(one.as_of),
                format_cell(one.source, language),
                to(_SEVERITY_TITLES[one.severity]),
                to(one.evidence) if one.evidence else NO_VALUE,
            ]
            for one in rollout.compliance
        ],
        "risks": [[to(one.title), to(one.signal), to(one.response)] for one in rollout.risks],
        "triggers": [[to(one.title), to(one.signal), to(one.response)] for one in rollout.triggers],
        "kill_switch": to(rollout.kill_switch),
        "as_of": None if rollout.as_of is None else format_cell(rollout.as_of),
    }


_SEVERITY_TITLES = {"must": Text("must", "必须"), "should": Text("should", "建议")}


def _list_hypothesis_cells(one: Hypothesis, test_rows: int, language: Language) -> list[str]:
    today = _MEASURE_FIRST if one.today is None else _format_figure(one, one.today.value)
    target = _SET_TARGET
    if one.target is not None:
        target = _format_target(one, one.target.value)
    if one.sample_size is not None:
        size = f"{one.sample_size.value:,}"
        if one.metric and one.sample_size.value > test_rows:
            size = _TOO_FEW.to(language).format(rows=size)
    else:
        unknown = _UNKNOWN_SIZE if one.unit != "share" else _MEASURE_FIRST
        size = unknown.to(language)
    measured = format_code(one.metric) if one.metric else _PILOT.to(language)
    return [
        format_cell(one.claim, language),
        NO_VALUE if one.against else today.to(language),
        target.to(language),
        measured,
        size,
    ]


def _format_target(one: Hypothesis, value: float) -> Text:
    """Format a target; that of two models, as a difference, which is in points for shares."""
    if one.against:
        beats, by = _BEATS[one.against], Text(f"{value:g}", f"{value:g}")
        if one.unit == "share":
            by = Text(f"{100 * value:g} points", f"{100 * value:g} 个百分点")
        return Text(f"≥ {by.en} {beats.en}", f"{beats.zh} ≥ {by.zh}")
    figure = _format_figure(one, value)
    sign = "≥" if one.direction == "at_least" else "≤"
    if one.unit == "share" and value == (one.direction == "at_least"):
        return figure  # all, or none at all
    return Text(f"{sign} {figure.en}", f"{sign} {figure.zh}")


def _format_figure(one: Hypothesis, value: float) -> Text:
    if one.unit == "share":
        return Text(format_share(value, "en"), format_share(value, "zh"))
    unit = _UNIT_TITLES.get(one.unit, Text("", ""))
    return Text(f"{value:g}{unit.en}", f"{value:g}{unit.zh}")


def _list_hypothesis_notes(hypotheses: Iterable[Hypothesis], language: Language) -> list[str]:
    """List where each figure comes from, once for each reason."""
    notes: dict[str, None] = {}
    for one in hypotheses:
        for value in (one.today, one.target, one.sample_size):
            if value is not None:
                claim = _ROWS_NEEDED if value is one.sample_size else one.claim
                why, source = value.why.to(language), value.source.to(language)
                text = claim.to(language) + ("：" if language == "zh" else ": ") + why
                cited = f"{text}（{source}）" if language == "zh" else f"{text} ({source})"
                notes[format_cell(cited)] = None
    return [*notes]


def _describe_phase(
    phase: Phase, rollout: Rollout, recommendation: Approach, language: Language
) -> dict[str, object]:
    def name(role: str) -> str:
        return format_cell(rollout.roles[role].title, language)

    def list_roles(duty: Duty) -> str:
        return _join(language, (name(role) for role, one in phase.duties.items() if one == duty))

    staff = (f"{name(role)} {format_range(ends, language)}" for role, ends in phase.staff.items())
    return {
        "title": format_cell(phase.title, language),
        "goal": format_cell(phase.goal, language),
        "months": format_months(phase.months, language),
        "gates": [
            {
                "title": format_cell(gate.title, language),
                "applies": recommendation in (gate.approaches or (recommendation,)),
            }
            for gate in phase.gates
        ],
        "artefacts": _join(language, (format_cell(one, language) for one in phase.artefacts)),
        "staff": _join(language, staff),
        "responsible": list_roles("responsible"),
        "approves": list_roles("approves"),
        "source": format_cell(phase.source, language),
    }


def _compare_staff(phases: Sequence[Phase], roi: Roi, language: Language) -> dict[str, object]:
    """Compare the budget with the staff of all phases but the last, in which the model is used."""
    building = phases[:-1]

    def add_up(end: Literal[0, 1]) -> tuple[float, float]:
        staff = [sum(ends[end] for ends in phase.staff.values()) for phase in building]
        months = [phase.months[end] for phase in building]
        return sum(months), round(sum(map(operator.mul, months, staff)), 1)

    planned = [*zip(add_up(0), add_up(1), strict=True)]
    figures = [roi.figures[name].spread.value for name in ("build_months", "person_months")]
    budget = [(one.low, one.high) for one in figures]
    return {
        "staff_differs": any(
            not low <= sum(ends) / 2 <= high
            for ends, (low, high) in zip(planned, budget, strict=True)
        ),
        "phases_months": format_months(planned[0], language),
        "phases_person_months": format_range(planned[1], language),
        "budget_months": format_months(budget[0], language),
        "budget_person_months": format_range(budget[1], language),
    }


def _list_role_rows(rollout: Rollout, language: Language) -> list[list[str]]:
    rows = []
    for name, role in rollout.roles.items():
        builds = Text("yes", "是") if role.builds else Text("no", "否")
        duties = (phase.duties.get(name) for phase in rollout.phases)
        marks = [_DUTY_TITLES[duty].to(language) if duty else "" for duty in duties]
        row = [format_cell(one, language) for one in (role.title, role.duties, builds)]
        rows.append([*row, *marks])
    return rows


def _build_data_tables(data: DataFacts, language: Language) -> dict[str, object]:
    labels = sorted(data.labels.items(), key=lambda one: (-one[1], one[0]))
    return {
        "files": [
            [
                format_code(file.project_path),
                file.kind,
                f"{file.rows:,}",
                f"`{file.sha256[:HASH_CHARACTERS]}`",
            ]
            for file in data.files
        ],
        "rows": f"{data.rows:,}",
        "accepted": f"{data.accepted:,}",
        "rejected": [
            [format_cell(name_reject(reason), language), f"{rows:,}"]
            for reason, rows in data.rejected.items()
        ],
        "labels": [[format_code(label), f"{rows:,}"] for label, rows in labels[:MAX_LABELS_LISTED]],
        "further_labels": str(len(labels) - MAX_LABELS_LISTED)
        if len(labels) > MAX_LABELS_LISTED
        else None,
        "fields": [
            [format_code(field), _join(language, map(format_code, columns))]
            for field, columns in data.mapping.items()
        ],
        "protected": _list_code(data.protected, language),
        "excluded": _list_code((*data.excluded, *data.leaking), language),
    }


def _list_code(names: Iterable[str], language: Language) -> str:
    return _join(language, map(format_code, dict.fromkeys(names)))


def _join(language: Language, parts: Iterable[str]) -> str:
    return ("、" if language == "zh" else ", ").join(parts)
