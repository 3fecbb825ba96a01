"""Projects of a few files with a snapshot, which cost little to write many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from newft.answers.parse import build_answers
from newft.answers.yaml_file import parse_answers_yaml
from newft.project.facts_file import read_facts
from newft.project.snapshot import Snapshot, build_metadata, read_snapshot
from newft.schema.tree import TreeFile


def shrink_project(project: Path, folder: Path, kept: tuple[str, ...]) -> None:
    """Write a project of some of the files of another one; its snapshot holds no others."""
    snapshot = read_snapshot(project)
    tree = {path: snapshot.tree[path] for path in kept}
    write_files({**tree, **make_metadata(project, snapshot, tree)}, folder)


def change_rendered_by(project: Path, *, templates: str) -> None:
    """Rewrite the snapshot as if the project had been rendered with other templates."""
    snapshot = read_snapshot(project)
    rendered_by = replace_digest(snapshot, templates)
    write_files(make_metadata(project, rendered_by, snapshot.tree), project)


def replace_digest(snapshot: Snapshot, templates: str) -> Snapshot:
    """The snapshot with another digest of its templates."""
    return snapshot._replace(rendered_by=snapshot.rendered_by._replace(templates=templates))


def make_metadata(
    project: Path, snapshot: Snapshot, tree: Mapping[str, TreeFile]
) -> dict[str, TreeFile]:
    """The files of `.newft/` of a project, for another tree."""
    facts = read_facts(project)
    answers = build_answers(parse_answers_yaml("answers.yml", snapshot.answers))
    if facts.data.sample:
        answers = replace(answers, data=replace(answers.data, files=()))
    return build_metadata(
        tree, answers=answers, facts=facts, templates=snapshot.rendered_by.templates
    )


def write_files(files: Mapping[str, TreeFile], folder: Path) -> None:
    """Write files below a folder."""
    for path, file in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
