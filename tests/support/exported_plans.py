"""Plans with the configurations of other tools, on a machine that every model fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from newft.catalog.loader import load_catalog
from newft.decide.exports.registry import TOOLS
from newft.decide.plan import make_plan
from newft.project.serialize import format_export_lines
from newft.schema.family import Family, ModelSpec
from newft.schema.hardware import Hardware
from newft.schema.plan import Plan
from support.decide_examples import ANSWERS, facts

CATALOG = load_catalog()
LARGE, WITHOUT_BF16 = (
    Hardware(replace(CATALOG.accelerators[name], memory_gb=10_000.0), 8)
    for name in ("A100-80GB", "V100-32GB")
)
ALL_TOOLS = ("llama_factory", "axolotl", "ms_swift")


def list_tools(family: Family, method: str) -> tuple[str, ...]:
    """The tools that have the method, and can load the models of the family."""
    return tuple(
        name
        for name, tool in TOOLS.items()
        if method in tool.methods and (name == "llama_factory" or family.successor is None)
    )


def plan_for(
    family: Family, size: ModelSpec, method: str = "lora", hardware: Hardware = LARGE, **given: Any
) -> Plan:
    """The plan for one model of the catalogue."""
    values = {"exports": ALL_TOOLS, **given}
    answers = replace(ANSWERS, family=family.id, model=size.hub_id, method=method, **values)
    return make_plan(answers, facts(), CATALOG, hardware)


def write_export(plan: Plan, tool: str) -> str:
    """The file for a tool, without its comment."""
    lines = format_export_lines(plan.exports[tool], "en")
    assert isinstance(lines, list)
    return "\n".join(map(str, lines))


def read_export(plan: Plan, tool: str) -> dict[str, Any]:
    """What a YAML parser reads of the file for a tool."""
    values: dict[str, Any] = yaml.safe_load(write_export(plan, tool))
    return values
