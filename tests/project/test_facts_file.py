"""What `.newft/` keeps leads to the same tree again, and a damaged file is told with its line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newft.answers.parse import build_answers
from newft.answers.yaml_file import load_answers
from newft.catalog.gpu_spec import parse_gpu
from newft.decide.plan import make_plan
from newft.errors import NewftError
from newft.project.facts_file import read_facts
from newft.project.render import render_tree
from newft.project.snapshot import build_metadata, load_rendered_tree, read_snapshot
from newft.schema.dataset import Facts
from support.example_plan import make_answers, make_facts, sample
from support.generate_project import catalog, generate
from support.run_newft import run_newft
from support.tickets import GOOD, table

pytestmark = pytest.mark.slow

SAMPLES = [
    (kit.id, task_id, language)
    for kit in catalog().kits.values()
    for task_id, task in kit.tasks.items()
    for language in task.sample
]


def rendered_again(project: Path, into: Path) -> tuple[dict[str, bytes], Facts]:
    """Every file that newft renders, made of nothing but what `.newft/` keeps."""
    answers, facts = (
        build_answers(load_answers(project / ".newft/answers.yml")),
        read_facts(project),
    )
    hardware = parse_gpu(answers.gpu, catalog().accelerators, machine=facts.machine)
    templates = render_tree(make_plan(answers, facts, catalog(), hardware), answers, into).digest
    tree = load_rendered_tree(into)
    kept = build_metadata(tree, answers=answers, facts=facts, templates=templates)
    return {path: file.content for path, file in {**tree, **kept}.items()}, facts


def written(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and not path.is_relative_to(project / "data/raw")
    }


@pytest.mark.parametrize(("domain", "task", "language"), SAMPLES)
def test_answers_and_facts_lead_to_the_same_bytes_again(
    domain: str, task: str, language: str, tmp_path: Path
) -> None:
    given = {"domain": domain, "task": task, "language": language, "gpu": "1x24GB"}
    generate({**given, "data.files": (), "model": "embedded"}, tmp_path / "desk")
    again, _ = rendered_again(tmp_path / "desk", tmp_path / "again")
    assert again == written(tmp_path / "desk")
    snapshot = read_snapshot(tmp_path / "desk")
    assert snapshot.tree == load_rendered_tree(tmp_path / "desk")
    assert snapshot.answers == again[".newft/answers.yml"]


@pytest.mark.parametrize(("former", "positive"), [("high", ("high",)), ("null", ())])
def test_facts_of_one_positive_label_are_read_as_those_of_a_list(
    former: str, positive: tuple[str, ...], tmp_path: Path
) -> None:
    given = {"domain": "credit_risk", "task": "risk", "language": "en", "gpu": "cpu"}
    generate({**given, "data.files": (), "model": "embedded"}, tmp_path / "desk")
    path = tmp_path / "desk/.newft/facts.yml"
    facts = path.read_text(encoding="utf-8")
    assert "    positive:\n    - high\n" in facts
    path.write_text(facts.replace("positive:\n    - high", f"positive: {former}"), encoding="utf-8")
    assert read_facts(tmp_path / "desk").data.positive == positive


def test_records_of_the_user_and_the_machine_lead_to_the_same_bytes_again(tmp_path: Path) -> None:
    table(tmp_path, GOOD)
    options = ("--data", "tickets.csv", "--set", "data.columns.label=intent", "--yes")
    run = run_newft("new", "desk", "--domain", "customer_service", *options, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    again, facts = rendered_again(tmp_path / "desk", tmp_path / "again")
    assert facts.machine
    assert again == written(tmp_path / "desk")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but `.newft/`."""
    folder = tmp_path_factory.mktemp("kept")
    file = sample(folder / "data")
    answers, facts = make_answers(file), make_facts(file)
    for path, content in build_metadata(
        {}, answers=answers, facts=facts, templates="1" * 64
    ).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content.content)
    return folder


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rows: 640", "rows: many", "facts.yml:15: `facts.data.rows` should be a valid integer"),
        ("rows: 640", "row: 640", "facts.yml:15: `facts.data.row` is not a valid key"),
        ("language: en", "language: fr", "`facts.data.language`"),
        ("rows: 640", "<<<<<<< HEAD", "facts.yml:"),
        ("newft: 0", "nwft: 0", "`nwft` is not a valid key here; did you mean `newft`?"),
        ("    sample: false\n", "", "`facts.data` lacks `sample`"),
    ],
)
def test_a_fault_of_the_facts_is_told_with_its_line(
    old: str, new: str, told: str, kept: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(kept, tmp_path / "copy")
    file = folder / ".newft/facts.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(NewftError) as caught:
        read_facts(folder)
    assert told in str(caught.value)


def test_missing_facts_are_told_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(NewftError) as caught:
        read_facts(tmp_path)
    assert "--remeasure" in str(caught.value.hint)
