"""Which values of config/run.yaml an update changes, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.schema.plan import Plan, Recipe
from newft.schema.reasoned import Reasoned
from newft.schema.tree import FileTree
from newft.schema.update import ValueChange
from newft.text import Text

RUN_FILE = "config/run.yaml"
_METHOD_KEY = "method.name"
# The values whose key in run.yaml is not the name that the recipe has for them.
_RECIPE_NAMES = {
    "training.time_budget_minutes": "training_minutes",
    "evaluation.time_budget_minutes": "evaluation_minutes",
    "evaluation.batch_size": "evaluation_batch_size",
}


def list_value_changes(before: FileTree, after: FileTree, plan: Plan) -> tuple[ValueChange, ...]:
    """Return the values that the new render sets in another way than the snapshot."""
    old, new = _read_values(before), _read_values(after)
    reasons = _list_reasons(plan)
    changes = []
    for key in dict.fromkeys([*new, *old]):
        if old.get(key) != new.get(key):
            reason = reasons.get(key)
            why, source = (reason.why, reason.source) if reason and key in new else (None, None)
            changes.append(ValueChange(key, old.get(key), new.get(key), why, source))
    return tuple(changes)


def describe_other_method(after: FileTree, render: FileTree) -> Iterator[Text]:
    """Yield that the run of a project has another method than its answers.

    Branches that were merged without their history, as in a squash, leave such a project.
    """
    has, wanted = (_read_values(tree).get(_METHOD_KEY) for tree in (after, render))
    if has and wanted and has != wanted:
        yield Text(
            f"{RUN_FILE} has {_METHOD_KEY} {has}, but the answers have method {wanted}: if a merged"
            f" branch has brought it, give its answers again (newft update --set method={has})",
            f"{RUN_FILE} 的 {_METHOD_KEY} 是 {has}，而答案中的 method 是 {wanted}：如果它来自合并的"
            f"分支，请重新给出该分支的答案（newft update --set method={has}）",
        )


def _read_values(tree: FileTree) -> dict[str, Any]:
    """Return the values of run.yaml by dotted key; empty if it is missing or no YAML."""
    file = tree.get(RUN_FILE)
    try:
        return dict(_flatten(read_yaml(file.content).value, "")) if file else {}
    except YamlError:
        return {}


def _flatten(value: object, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _flatten(item, f"{key}.{name}" if key else str(name))
    elif key:
        yield key, value


def _list_reasons(plan: Plan) -> Mapping[str, Reasoned[Any]]:
    """Return the reasoned values of a plan by their keys in run.yaml."""
    recipe = {item.name: getattr(plan.recipe, item.name) for item in fields(Recipe)}
    by_section: dict[str, Reasoned[Any]] = {
        f"{section}.{name}": value
        for section in ("run", "data", "model", "training", "evaluation")
        for name, value in recipe.items()
        if name != "method"
    }
    by_section |= {f"method.{name}": value for name, value in plan.recipe.method.items()}
    by_section |= {f"task.{name}": value for name, value in plan.settings.items()}
    return by_section | {key: recipe[name] for key, name in _RECIPE_NAMES.items()}
