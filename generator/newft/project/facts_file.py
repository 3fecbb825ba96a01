"""Read back the facts that were measured when a project was made or last measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newft.errors import ProjectError
from newft.project.snapshot import FACTS_FILE
from newft.schema.dataset import Facts
from newft.strict_yaml import CatalogFile
from newft.text import Text


@dataclass(frozen=True)
class _FactsFile:
    newft: str  # the version that measured them
    facts: Facts


def read_facts(folder: Path) -> Facts:
    """Return the facts of a project; an error lists every fault of the file with its line."""
    file = folder / FACTS_FILE
    if not file.is_file():
        raise ProjectError(
            Text("the facts about data and machine are missing", "缺少数据与机器的实测信息"),
            where=str(file),
            hint=Text(
                "take the file from an earlier commit, or measure again with --remeasure",
                "请从之前的提交取回该文件，或加 --remeasure 重新测量",
            ),
        )
    content = CatalogFile.read(file)
    data = _update_positive(content.document.value)
    return content.build(_FactsFile, given={}, data=data).facts


def _update_positive(recorded: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the facts with a list of positive labels, of which projects once recorded one."""
    facts = recorded.get("facts")
    data = facts.get("data") if isinstance(facts, dict) else None
    if not facts or not isinstance(data, dict) or isinstance(data.get("positive", []), list):
        return recorded
    positive = [data["positive"]] if data["positive"] else []
    return {**recorded, "facts": {**facts, "data": {**data, "positive": positive}}}
