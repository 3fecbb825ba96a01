"""From complete answers to a plan and to the files of the project."""

from __future__ import annotations

from pathlib import Path

from newft.answers.keys import AUTO_GPU
from newft.answers.parse import build_answers
from newft.decide.plan import make_plan
from newft.project.render import render_project
from newft.schema.dataset import Facts
from newft.schema.plan import Plan
from newft.wizard.state import WizardState


def plan_project(state: WizardState) -> Plan:
    """Make the plan for complete answers."""
    assert state.hardware
    answers = build_answers(state.answers)
    return make_plan(answers, collect_facts(state), state.catalog, state.hardware)


def render_planned_project(plan: Plan, state: WizardState, into: Path) -> None:
    """Write the files of a planned project into an empty folder."""
    kit = state.catalog.starter_kit
    render_project(
        plan,
        build_answers(state.answers),
        collect_facts(state),
        into,
        kit_archive=kit.archive if kit else b"",
    )


def collect_facts(state: WizardState) -> Facts:
    """Return what was measured about the data, the machine and the model's files."""
    assert state.data
    machine = state.machine if trains_on_this_machine(state) else None
    return Facts(state.data, machine, state.model_facts)


def trains_on_this_machine(state: WizardState) -> bool:
    """Return whether the project will be trained on the machine that newft runs on."""
    return state.answers["gpu"] == AUTO_GPU
