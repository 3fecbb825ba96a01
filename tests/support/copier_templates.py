"""The copier templates of tests/cases/copier, and small ones written by a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from newft.answers.keys import AnswerValue
from newft.kits.copier_template import CopierTemplate
from newft.schema.starter_kit import KitPin
from support.files import read_contents

TEMPLATES = Path(__file__).parents[1] / "cases" / "copier"
PIN = KitPin("https://git.example/template.git", "v1.2.0", commit="ab" * 20, tree="cd" * 20)
NEWFT_ANSWERS: Mapping[str, AnswerValue] = {
    "name": "Acme Support",
    "domain": "customer_service",
    "task": "intent",
    "language": "en",
    "family": "qwen3",
    "model": "embedded",
    "method": "lora",
}


def load_template(folder: Path) -> CopierTemplate:
    """The template of a folder, as it would come from a repository."""
    return CopierTemplate(folder, PIN)


def make_answers(**answers: AnswerValue) -> dict[str, AnswerValue]:
    """The answers of newft with those to questions of a template."""
    return {**NEWFT_ANSWERS, **{f"kit.answers.{name}": value for name, value in answers.items()}}


def write_template(
    folder: Path, config: str, files: Mapping[str, str | bytes] | None = None
) -> CopierTemplate:
    """Write a template with this copier.yml, and load it."""
    for name, content in {"copier.yml": config, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_template(folder)


def render(template: CopierTemplate, into: Path, **answers: AnswerValue) -> dict[str, bytes]:
    """Render a template; return the content of every file by path."""
    template.render(make_answers(**answers), str(into), with_secrets=True)
    return read_contents(into)
