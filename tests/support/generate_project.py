"""Whole projects from answers alone, as the command makes them: for the tests of what comes out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from unittest.mock import patch

from newft.answers.keys import AnswerValue
from newft.catalog.loader import load_catalog
from newft.commands.new import render_and_write
from newft.schema.catalog import Catalog
from newft.schema.family import Family
from newft.schema.plan import Plan
from newft.schema.starter_kit import StarterKit
from newft.wizard.default_answers import fill_defaults
from newft.wizard.project_plan import plan_project
from newft.wizard.services import build_services
from newft.wizard.state import Services, WizardState

CODE = (".py", ".toml", ".yaml", ".yml", ".md", "Makefile", ".gitignore", ".txt")


@cache
def catalog() -> Catalog:
    return load_catalog()


@cache
def sample_services() -> Services:
    """Services that read the sample of a domain once for all projects made from it."""
    return build_services(catalog(), machine=None)


def generate(
    given: Mapping[str, AnswerValue],
    folder: Path,
    kit: StarterKit | None = None,
    families: Mapping[str, Family] | None = None,
) -> Plan:
    """The plan that these answers lead to, once its project is in the folder."""
    known = replace(catalog(), starter_kit=kit, families=families or catalog().families)
    usual = kit is None and families is None and not given.get("data.files")
    services = sample_services() if usual else build_services(known, machine=None)
    end = fill_defaults(WizardState(known, given), services)
    plan = plan_project(end)
    with patch("os.fsync"):  # the project need not outlive a power cut
        render_and_write(plan, end, folder, dry_run=False)
    return plan


def emitted(folder: Path) -> dict[str, str]:
    """Every text that newft wrote, by path: neither the records nor the baseline."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name.endswith(CODE) and "data" not in path.parts
    }


def untidy(path: str, text: str) -> list[str]:
    """What an editor or a reviewer would stumble over in one emitted text."""
    faults = []
    if not text.endswith("\n") or text.endswith("\n\n"):
        faults.append("does not end with one line end")
    if any(line != line.rstrip() for line in text.split("\n")):
        faults.append("has a space at the end of a line")
    if not path.endswith(".py") and ("\n\n\n" in text or text.startswith("\n")):
        faults.append("has two blank lines")
    return [f"{path} {fault}" for fault in faults]


def ruff_faults(folder: Path) -> str:
    """What ruff says of a project by the project's own rules; nothing is good."""
    said = []
    for command in (["check", "--no-cache", "."], ["format", "--no-cache", "--check", "."]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command], cwd=folder, capture_output=True, text=True
        )
        said += [done.stdout + done.stderr] if done.returncode else []
    return "\n".join(said)
