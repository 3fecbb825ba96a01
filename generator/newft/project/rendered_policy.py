"""Refuse a rendered project that does not keep to the policy of its own starter kit.

The policy and the locks of a kit hold for the answers. A kit can also replace files, such as
`config/run.yaml`, and so set what it, or the kit that it extends, forbids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from newft.emitted.policy_rules import POLICY_FILE, SNAPSHOT_FILE, find_policy_faults
from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.errors import RenderError
from newft.i18n import translate_template
from newft.schema.plan import Plan, ProjectPolicy
from newft.text import Text, join_texts, to_bilingual_text

_RULES = ("families", "models", "licenses", "methods", "hubs", "required_files")
_MAKEFILE = "Makefile"
_TARGET = re.compile(r"^[^\S\n]*policy[^\S\n]*:.*\n(?:\t.*\n?)*", re.MULTILINE)
_RECIPE = "\t$(RUN).policy --config $(CONFIG) $(ARGS)"


def refuse_broken_policy(plan: Plan, rendered: Path, layers: Mapping[str, str]) -> None:
    """Raise one error with every rule that a rendered tree breaks; `layers` has those of files."""
    if plan.policy is None:
        return
    faults = [*_find_faults(plan.policy, rendered)]
    if not faults:
        return
    lines = []
    for place, (en, zh) in faults:
        layer = layers.get(place.split(":")[0])
        owner = f" ({layer})" if layer else ""
        lines.append(Text(f"\n  {place}{owner}: {en}", f"\n  {place}{owner}：{zh}"))
    listed = join_texts(lines, to_bilingual_text(""))
    en, zh = plan.policy.title
    raise RenderError(
        Text(
            f"the files of the project break the policy of the kit `{en}`:{listed.en}",
            f"项目文件违反套件 `{zh}` 的策略：{listed.zh}",
        ),
        where="policy",
        hint=Text(
            "mend the kit that brings the file, or use another kit",
            "请修改带来该文件的套件，或改用其他套件",
        ),
    )


def _find_faults(policy: ProjectPolicy, rendered: Path) -> Iterator[tuple[str, Text]]:
    for fault in find_policy_faults(rendered):
        packed_later = fault.place == SNAPSHOT_FILE
        # a file that the team is to write, such as a model card, is missing at first
        written_later = fault.place in policy.required_files
        if not packed_later and not written_later:
            yield fault.place, translate_template(fault.message, **fault.values)
    if (rendered / POLICY_FILE).is_file() and not _is_written(policy, rendered / POLICY_FILE):
        yield POLICY_FILE, Text("it is not the policy of the kit", "内容不是套件的策略")
    makefile = rendered / _MAKEFILE
    text = makefile.read_text(encoding="utf-8", errors="replace") if makefile.is_file() else ""
    targets = _TARGET.findall(text)
    if len(targets) != 1 or targets[0].rstrip().split("\n")[1:] != [_RECIPE]:
        yield (
            _MAKEFILE,
            Text(
                f"its target `policy` must be newft's, with the one line `{_RECIPE.strip()}`",
                f"目标 `policy` 须与 newft 的相同，只含一行 `{_RECIPE.strip()}`",
            ),
        )


def _is_written(policy: ProjectPolicy, file: Path) -> bool:
    """Return whether a file says what the policy is, whatever templates a kit has replaced."""
    try:
        written: Any = read_yaml(file.read_bytes()).value
    except YamlError:
        return False
    if not isinstance(written, dict):
        return False
    if any(written.get(rule) != list(getattr(policy, rule)) for rule in _RULES):
        return False
    keys = ("answer", "value", "run_key", "run_value")
    locked = [[lock.get(key) for key in keys] for lock in written.get("locked", [])]
    return locked == [[getattr(lock, key) for key in keys] for lock in policy.locked]
