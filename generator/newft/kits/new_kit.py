"""The files of a new starter kit, which a team then changes."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import NamedTuple

from newft.answers.keys import KIT_ANSWERS_PREFIX
from newft.paths import get_templates_folder
from newft.project.serialize import format_yaml_text, to_one_line
from newft.schema.catalog import Catalog
from newft.schema.starter_kit import StarterKit
from newft.text import Language

NO_BASE_LINE = "# extends: DOMAIN"
EXAMPLE_ANSWER = "example"  # to a question of the base that has neither a default nor choices
EXAMPLE_DOCUMENT, EXAMPLE_QUESTION = "handover", "owner"  # of the kit


class NewKit(NamedTuple):
    """What the author of a new kit decides."""

    folder: str  # its name
    id: str  # that newft derives from the folder
    title: str
    extends: str | None  # as kit.yaml says it: a domain, or the source of a kit
    language: Language  # of the comments and of the example
    replaces: tuple[str, ...] = ()  # files of newft that the template it extends replaces


def write_new_kit(kit: NewKit, catalog: Catalog, into: Path) -> None:
    """Write the files of a new kit into a folder; `catalog` is that of what it extends."""
    domain = next(iter(catalog.kits.values()))
    # a kit must not write the files or repeat the questions of another one that it extends
    document, question = EXAMPLE_DOCUMENT, EXAMPLE_QUESTION
    if catalog.starter_kit:
        document, question = kit.id, f"{kit.id}_{EXAMPLE_QUESTION}"
    answers = [f"    {question}: fraud-desk", *_list_required_answers(catalog.starter_kit)]
    values = {
        "document": document,
        "question": question,
        "folder": kit.folder,
        "heading": to_one_line(kit.title),
        "title": format_yaml_text(kit.title),
        "extends": f"extends: {format_yaml_text(kit.extends)}" if kit.extends else NO_BASE_LINE,
        "task": f"domain: {domain.id}\ntask: {next(iter(domain.tasks))}",
        "answers": "\n".join(answers),
        "replaces": ", ".join(map(format_yaml_text, kit.replaces)),
    }
    source = get_templates_folder() / "starter_kit" / kit.language
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        name = path.name.replace(EXAMPLE_DOCUMENT, document)
        target = into / path.relative_to(source).with_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = Template(path.read_text(encoding="utf-8")).substitute(values)
        target.write_text(text, encoding="utf-8", newline="\n")


def _list_required_answers(base: StarterKit | None) -> list[str]:
    """Return lines with an answer to each question of the base that has no default."""
    lines = []
    questions = base.questions if base else None
    for name in questions.names if questions else ():
        question = questions.describe(name, {}) if questions else None
        given = base and KIT_ANSWERS_PREFIX + name in {**base.presets, **base.locked}
        if question is None or given or question.default is not None:
            continue
        value = question.choices[0][0] if question.choices else EXAMPLE_ANSWER
        text = format_yaml_text(value)
        lines.append(f"    {name}: {f'[{text}]' if question.multiple else text}")
    return lines
