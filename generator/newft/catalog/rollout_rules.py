"""Load what a rollout consists of, and check that whoever builds never approves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from newft.schema.rollout import HypothesisRule, Phase, RolloutRules
from newft.strict_yaml import CatalogFile, Fault
from newft.text import Text


def load_rollout_rules(file: Path) -> RolloutRules:
    """Load the roles, phases, hypotheses and risks that hold for every domain."""
    content = CatalogFile.read(file)
    rules = content.build(RolloutRules, given={})
    content.refuse(
        [
            *_find_phase_faults(rules),
            *_find_small_team_faults(rules),
            *find_hypothesis_faults(rules.hypotheses),
        ]
    )
    return rules


def _find_phase_faults(rules: RolloutRules) -> Iterator[Fault]:
    for name, phase in rules.phases.items():
        at = ("phases", name)
        for key, roles in (("staff", phase.staff), ("duties", phase.duties)):
            for role in roles:
                if role not in rules.roles:
                    yield Fault((*at, key, role), Text("is not a role", "不是已列出的角色"))
        for role, duty in phase.duties.items():
            if duty == "approves" and role in rules.roles and rules.roles[role].builds:
                message = Text("builds, so it cannot approve", "参与开发，不能负责验收")
                yield Fault((*at, "duties", role), message)
        yield from _find_gate_faults(name, phase)


def _find_gate_faults(name: str, phase: Phase) -> Iterator[Fault]:
    at = ("phases", name)
    if "approves" not in phase.duties.values():
        yield Fault((*at, "duties"), Text("have nobody who approves", "没有人负责验收"))
    if not phase.gates:
        yield Fault((*at, "gates"), Text("are empty", "为空"))
    if phase.months[0] > phase.months[1]:
        message = Text("should begin with the smaller number", "应先写较小的数")
        yield Fault((*at, "months"), message)


def _find_small_team_faults(rules: RolloutRules) -> Iterator[Fault]:
    if all(role.builds for role in rules.small_team.values()):
        message = Text("needs a role that does not build", "需要一个不参与开发的角色")
        yield Fault(("small_team",), message)


def find_hypothesis_faults(hypotheses: Mapping[str, HypothesisRule]) -> Iterator[Fault]:
    """Yield the hypotheses that nothing could support or refute."""
    for name, one in hypotheses.items():
        at = ("hypotheses", name)
        if one.against and (one.metric is None or one.target or one.today):
            message = Text(
                "compares two models: it needs `metric`, and has no `today` or `target`",
                "比较两个模型，需要 `metric`，不能有 `today` 或 `target`",
            )
            yield Fault(at, message)
        if not one.against and one.metric is not None and one.target is None:
            yield Fault(at, Text("needs `target` or `against`", "需要 `target` 或 `against`"))
        shares = [value for value in (one.today, one.target) if value is not None]
        if one.unit == "share" and not all(0 <= value.value <= 1 for value in shares):
            yield Fault(at, Text("needs shares from 0 to 1", "的比例应在 0 到 1 之间"))
        if one.today and one.target and not _improves(one):
            message = Text("has a target that is not better than today", "的目标并不优于现状")
            yield Fault(at, message)


def _improves(one: HypothesisRule) -> bool:
    assert one.today is not None
    assert one.target is not None
    gain = one.target.value - one.today.value
    return gain > 0 if one.direction == "at_least" else gain < 0
