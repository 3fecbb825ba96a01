from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from newft import __version__, paths
from newft.answers.parse import build_answers
from newft.answers.yaml_file import load_answers
from newft.catalog.loader import load_kit
from newft.dataset.profile import profile_dataset
from newft.project.snapshot import write_snapshot
from newft.schema.answers import DataAnswer
from newft.schema.dataset import Facts
from support.example_plan import make_answers, make_facts, sample
from support.help_desk_export import RECORDS


def written(tmp_path: Path, name: str = "tree") -> Path:
    tree = tmp_path / name
    for path in ("b.md", "a/run.sh", "data/raw/tickets.csv", ".gitignore"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(path)
    (tree / "a/run.sh").chmod(0o700)
    file = sample(tmp_path / "data")
    write_snapshot(tree, answers=make_answers(file, "zh"), facts=make_facts(file, "zh"))
    return tree


def test_the_kept_answers_lead_to_the_same_project_from_inside_it(tmp_path: Path) -> None:
    file = sample(tmp_path / "data")
    kept = build_answers(load_answers(written(tmp_path) / ".newft/answers.yml"))
    # `hub` is not kept, and is back as the default: the embedded model is on none
    assert "hub" not in load_answers(tmp_path / "tree/.newft/answers.yml")
    assert kept == replace(
        make_answers(file, "zh"), data=DataAnswer(files=("data/raw/tickets.csv",))
    )


@pytest.mark.parametrize("given", ["./x.csv", "./", "../here/x.csv", "~", "~/x.csv"])
def test_the_kept_answers_say_nothing_of_where_the_files_lay(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, tree = tmp_path / "here", tmp_path / "tree"
    for made in (folder, tree):
        made.mkdir()
    (folder / "x.csv").write_bytes(RECORDS.encode("utf-16"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    task = load_kit(paths.get_domains_folder() / "customer_service").tasks["intent"]
    facts = Facts(profile_dataset([given], task=task, columns={}, language=None))
    answers = replace(make_answers(facts.data.files[0], "en"), data=DataAnswer(files=(given,)))

    write_snapshot(tree, answers=answers, facts=facts)
    assert load_answers(tree / ".newft/answers.yml")["data.files"] == ("data/raw/x.csv",)
    kept = (tree / ".newft/facts.yml").read_text(encoding="utf-8")
    assert "data/raw/x.csv" in kept and str(tmp_path) not in kept


def test_open_questions_have_no_key(tmp_path: Path) -> None:
    text = (written(tmp_path) / ".newft/answers.yml").read_text(encoding="utf-8")
    assert text.startswith("name: acme-desk\ndomain: customer_service\n")
    assert "revision" not in text and "columns" not in text and "null" not in text


def test_facts_are_kept_without_warnings_and_paths_of_this_machine(tmp_path: Path) -> None:
    text = (written(tmp_path) / ".newft/facts.yml").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    kept = yaml.safe_load(text)
    assert kept["newft"] == __version__
    data = kept["facts"]["data"]
    assert data["files"][0]["path"] == "data/raw/tickets.csv"
    assert data["warnings"] == []  # they may quote cells, and this file is put under git
    assert data["mapping"] == {"text": ["message", "客户消息"], "label": ["intent"]}


def test_the_baseline_holds_the_tree_without_the_users_records(tmp_path: Path) -> None:
    with tarfile.open(written(tmp_path) / ".newft/snapshot.tar") as tar:
        entries = tar.getmembers()
    assert [(entry.name, oct(entry.mode)) for entry in entries] == [
        (".gitignore", "0o644"),
        ("a/run.sh", "0o755"),
        ("b.md", "0o644"),
    ]
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname) for entry in entries} == {
        (0, 0, 0, "")
    }


def test_the_baseline_says_nothing_of_time_and_place(tmp_path: Path) -> None:
    first = (written(tmp_path, "one") / ".newft/snapshot.tar").read_bytes()
    second = (written(tmp_path, "two") / ".newft/snapshot.tar").read_bytes()
    assert first == second
