"""`newft kit check`: what it makes of a good kit, and every fault of a bad one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.checkout import DOMAINS, REPOSITORY
from support.generate_project import catalog
from support.kit_folders import write_files
from support.run_newft import plain_environment, run_newft

pytestmark = pytest.mark.slow

CASES = REPOSITORY / "tests" / "cases"
DOCUMENT = "overlay/project/docs/handover.md.jinja"


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    run = run_newft("kit", "new", "bank-kit", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    return tmp_path / "bank-kit"


def check(kit: Path, *words: str, tests: bool = False) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of a check, which runs the tests of projects or does not."""
    options = ["--json"] if tests else ["--no-tests", "--json"]
    run = run_newft("kit", "check", str(kit), *options, *words, cwd=kit.parent)
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    environment = plain_environment(folder.parent)
    subprocess.run(["git", *who, *words], cwd=folder, env=environment, check=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--no-tests"], "未运行测试：指定了 --no-tests"),
        # the tests of projects are run for the domains below
        pytest.param([], "测试通过", marks=pytest.mark.matrix),
    ],
)
def test_a_new_kit_passes(tmp_path: Path, words: list[str], said: str) -> None:
    options = ("--language", "zh", "--extends", "legal", "--title", "合同审查")
    run_newft("kit", "new", "desk-kit", *options, cwd=tmp_path)
    run = run_newft("kit", "check", "desk-kit", "--lang", "zh", *words, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    rows = dict(line.split("\t") for line in run.stdout.splitlines())
    assert rows["套件"] == "合同审查（desk_kit）0.1.0"
    assert rows["基于"] == "legal"
    assert rows["新增文件"] == "docs/handover.md"
    assert rows["tests/default.yml"].endswith(said)


def test_a_new_kit_for_every_domain_passes(kit: Path) -> None:
    code, report = check(kit)
    assert (code, report["faults"], report["domain"]) == (0, [], None)
    assert report["update"]["reason"]  # there is no version before


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["customer_service", "credit_risk", "legal"])
def test_a_built_in_domain_passes(domain: str) -> None:
    code, report = check(DOMAINS / domain)
    assert (code, report["faults"]) == (0, [])
    tasks = catalog().kits[domain].tasks
    assert [one["name"] for one in report["projects"]] == [f"{domain}/{task}" for task in tasks]
    assert "src/package_name/formatting.py" in report["adds"]["files"]
    assert report["adds"]["replaces"] == []


@pytest.mark.slow
@pytest.mark.parametrize("domain", ["credit_risk", "legal"])
def test_the_projects_of_tasks_with_code_of_their_own_pass_their_tests(
    domain: str, tmp_path: Path
) -> None:
    # the tests of a project of customer_service are run where newft is installed, and tasks of
    # other domains share its code
    words: list[str] = []
    for name, task in catalog().kits[domain].tasks.items():
        if task.overlay_of is None:
            answers = tmp_path / f"{name}.yml"
            answers.write_text(f"domain: {domain}\ntask: {name}\n", encoding="utf-8")
            words += ["--answers", str(answers)]
    code, report = check(DOMAINS / domain, *words, tests=True)
    assert (code, report["faults"]) == (0, [])
    assert [one["tests"] for one in report["projects"]] == ["passed"] * (len(words) // 2)


def test_the_report_says_what_a_kit_adds(kit: Path) -> None:
    edit(kit / "kit.yaml", "replaces: []", "replaces: [README.md]")
    (kit / "overlay/project/README.md").write_text("# Ours\n", encoding="utf-8")
    edit(kit / "kit.yaml", "# locked:\n#   method:\n#     value", "locked:\n  method:\n    value")
    edit(kit / "kit.yaml", "#     why: our", "    why: our")
    code, report = check(kit)
    assert (code, report["faults"]) == (0, [])
    adds = report["adds"]
    assert (adds["files"], adds["replaces"]) == (["docs/handover.md"], ["README.md"])
    assert adds["locked"]["method"]["value"] == "lora"
    assert adds["locked"]["method"]["why"]
    assert adds["presets"] == {"exports": ["none"]}
    assert adds["questions"] == ["owner"]
    assert adds["policy"]["required_files"] == ["docs/handover.md"]
    [project] = report["projects"]
    assert (project["name"], project["tests"]) == ("tests/default.yml", "not_run")


def test_faults_of_the_manifest_are_named_with_file_and_line(kit: Path) -> None:
    edit(kit / "kit.yaml", "exports: none", "exports: nonne")
    edit(kit / "kit.yaml", "version: 0.1.0", "versoin: 0.1.0")
    run = run_newft("kit", "check", "bank-kit", cwd=kit.parent)
    assert run.returncode == 1
    lines = (kit / "kit.yaml").read_text(encoding="utf-8").splitlines()
    for text in ("versoin", "exports: nonne"):
        line = next(number for number, one in enumerate(lines, 1) if text in one)
        assert f"bank-kit/kit.yaml:{line}" in run.stderr


def test_every_fault_of_the_projects_is_listed(kit: Path) -> None:
    (kit / "tests/broken.yml").write_text("domain: legal\ntask: intent\n", encoding="utf-8")
    (kit / "tests/unknown.yml").write_text("gpu: cpu\nmethd: lora\n", encoding="utf-8")
    (kit / "tests/locked.yml").write_text("gpu: 1x99XB\n", encoding="utf-8")
    edit(kit / "kit.yaml", "[docs/handover.md]", "[docs/handover.md, docs/risk.md]")
    code, report = check(kit)
    assert code == 1
    places = [fault["where"] for fault in report["faults"]]
    assert [one.partition(":")[0] for one in places] == [
        f"tests/{name}.yml" for name in ("broken", "default", "locked", "unknown")
    ]
    assert "docs/risk.md" in " ".join(places + [one["message"] for one in report["faults"]])
    assert "unknown.yml:2" in places[-1]
    assert not any("/newft-" in one for one in places)


def test_a_template_that_fails_is_named_with_its_line(kit: Path) -> None:
    path = kit / DOCUMENT
    path.write_text(path.read_text(encoding="utf-8") + "{{ plan.nothing }}\n", encoding="utf-8")
    line = len(path.read_text(encoding="utf-8").splitlines())
    code, report = check(kit)
    assert code == 1
    [fault] = report["faults"]
    assert f"docs/handover.md.jinja:{line}" in fault["where"]


def test_projects_of_the_version_before_are_updated(kit: Path) -> None:
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"], ["tag", "v0.1.0"]):
        git(kit, *words)
    code, report = check(kit)
    assert (code, report["update"]["from"]) == (0, None)  # nothing is before the first version
    edit(kit / "kit.yaml", "version: 0.1.0", "version: 0.2.0")
    question = "questions:\n  stage: {title: Stage, default: trial}"
    edit(kit / "kit.yaml", "questions:", question)
    edit(kit / DOCUMENT, "# Handover", "# Handover ({{ answers.kit.answers.stage }})")
    code, report = check(kit)
    assert (code, report["faults"]) == (0, [])
    assert report["update"]["from"] == "v0.1.0"
    [project] = report["update"]["projects"]
    assert project["name"] == "tests/default.yml"
    assert project["changed"] == ["config/policy.yaml", "docs/handover.md"]
    assert project["conflicts"] == []


def test_a_kit_that_extends_a_folder_beside_it_is_updated_too(kit: Path) -> None:
    run = run_newft("kit", "new", "sub-kit", "--extends", "./bank-kit", cwd=kit.parent)
    assert run.returncode == 0, run.stderr
    sub = kit.parent / "sub-kit"
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"], ["tag", "v0.1.0"]):
        git(sub, *words)
    edit(sub / "kit.yaml", "version: 0.1.0", "version: 0.1.1")
    code, report = check(sub)
    assert (code, report["faults"], report["extends"]) == (0, [], ["bank_kit"])
    assert report["adds"]["files"] == ["docs/sub_kit.md"]  # not those of what it extends
    assert report["update"]["projects"][0]["changed"] == ["config/policy.yaml"]


def test_a_new_question_without_default_is_noted(kit: Path) -> None:
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"], ["tag", "v0.1.0"]):
        git(kit, *words)
    edit(kit / "kit.yaml", "version: 0.1.0", "version: 0.2.0")
    edit(kit / "kit.yaml", "questions:", "questions:\n  stage: {title: Which stage?}")
    edit(kit / "tests/default.yml", "  answers:", "  answers:\n    stage: trial")
    code, report = check(kit)
    assert (code, report["faults"]) == (0, [])
    note = "kit.answers.stage: new since v0.1.0: give it a default, or every update must ask"
    assert report["notes"] == [note]
    assert [one["name"] for one in report["update"]["projects"]] == ["tests/default.yml"]
    shown = run_newft("kit", "check", str(kit), "--no-tests", "--lang", "zh", cwd=kit.parent)
    assert shown.returncode == 0 and "kit.answers.stage：v0.1.0 之后新增的问题" in shown.stderr


def test_files_that_a_kit_adds_are_listed_where_no_project_can_be_made(kit: Path) -> None:
    edit(kit / "tests/default.yml", "owner: fraud-desk", "ownr: fraud-desk")
    code, report = check(kit)
    assert (code, report["projects"]) == (1, [])
    assert report["adds"]["files"] == ["docs/handover.md"]


@pytest.mark.parametrize(
    ("base", "hint"),
    [("customer_servic", "did you mean `customer_service`?"), ("nowhere", "there is no kit")],
)
def test_an_unknown_base_is_a_fault_of_the_manifest_among_others(
    base: str, hint: str, tmp_path: Path
) -> None:
    policy = "policy: {licenses: [mti, our-licence, qwen]}"
    text = f"title: Bank\nextends: {base}\n{policy}\nlocked: {{method: lroa}}\n"
    write_files(tmp_path / "bank", {"kit.yaml": text})
    run = run_newft("kit", "check", "./bank", cwd=tmp_path)
    assert run.returncode == 1
    said = run.stderr.splitlines()
    assert any("kit.yaml:2: `extends`" in line and hint in line for line in said), said
    assert any("kit.yaml:3:" in line and "did you mean `mit`?" in line for line in said), said
    assert any("kit.yaml:4:" in line and "did you mean `lora`?" in line for line in said), said
    assert "our-licence" not in run.stderr and "qwen" not in run.stderr


def test_tests_of_a_kit_from_elsewhere_are_not_run(kit: Path) -> None:
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"], ["tag", "v0.1.0"]):
        git(kit, *words)
    run = run_newft("kit", "check", "--json", f"{kit}@v0.1.0", cwd=kit.parent)
    assert run.returncode == 0, run.stderr
    [project] = json.loads(run.stdout)["projects"]
    assert project["tests"] == "not_run"
    assert "clone it" in project["reason"]


@pytest.mark.parametrize("name", ["bank", "house", "insurance_claims"])
def test_the_example_kits_pass(name: str) -> None:
    code, report = check(CASES / "kits" / name)
    assert (code, report["faults"]) == (0, [])
    assert report["adds"]["files"] + report["adds"]["replaces"]
    assert all(project["name"].startswith("tests/") for project in report["projects"])


@pytest.mark.slow
def test_tests_that_fail_are_shown(kit: Path) -> None:
    path = kit / "overlay/project/tests/test_ours.py"
    path.parent.mkdir()
    path.write_text("from package_name import nothing\n", encoding="utf-8")  # ends all tests
    run = run_newft("kit", "check", "bank-kit", cwd=kit.parent)
    assert run.returncode == 1
    assert "its tests fail" in run.stdout
    assert "ERROR tests/test_ours.py" in run.stderr


def test_a_copier_template_passes() -> None:
    code, report = check(CASES / "copier" / "docs_ci")
    assert (code, report["faults"]) == (0, [])
    assert ".github/workflows/docs.yml" in report["adds"]["files"]
    assert len(report["projects"]) == sum(len(kit.tasks) for kit in catalog().kits.values())


@pytest.mark.slow
def test_answers_can_be_given_for_a_template(tmp_path: Path) -> None:
    answers = {"domain": "legal", "task": "clause", "kit": {"answers": {"ticket": "CHG-1234"}}}
    (tmp_path / "given.yml").write_text(json.dumps(answers), encoding="utf-8")
    template = CASES / "copier" / "release_form"
    code, report = check(template, "--answers", str(tmp_path / "given.yml"))
    assert (code, report["faults"]) == (0, [])
    assert [one["name"] for one in report["projects"]] == [str(tmp_path / "given.yml")]


def test_given_answers_are_those_of_the_version_before_too(kit: Path) -> None:
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "One"], ["tag", "v0.1.0"]):
        git(kit, *words)
    edit(kit / "kit.yaml", "version: 0.1.0", "version: 0.2.0")
    edit(kit / "kit.yaml", "questions:", "questions:\n  stage: {title: Stage, default: trial}")
    answers = {"domain": "legal", "task": "clause", "kit": {"answers": {"stage": "live"}}}
    (kit.parent / "given.yml").write_text(json.dumps(answers), encoding="utf-8")
    code, report = check(kit, "--answers", "given.yml")
    assert (code, report["faults"]) == (0, [])
    assert [one["name"] for one in report["projects"]] == ["given.yml"]
    assert [one["name"] for one in report["update"]["projects"]] == ["given.yml"]


def test_a_question_without_default_says_where_to_answer(kit: Path) -> None:
    edit(kit / "kit.yaml", "    default: data-platform\n", "")
    (kit / "tests/default.yml").unlink()
    code, report = check(kit)
    assert code == 1
    tasks = sum(len(one.tasks) for one in catalog().kits.values())
    assert len(report["faults"]) == tasks
    assert all("kit.answers.owner" in fault["where"] for fault in report["faults"])
    assert all("--answers FILE" in fault["hint"] for fault in report["faults"])


@pytest.mark.parametrize(
    ("source", "what", "instead"),
    [
        ("gh:a", "`gh:a` is no repository", "gh:OWNER/NAME"),
        ("gl:", "`gl:` is no repository", "gl:OWNER/NAME"),
        ("file:/x", "`file:/x` is no URL", "file:///x, or the folder itself: /x"),
        ("https:/git.example/kit", "is no URL", "https://git.example/kit"),
        ("./desk-kit/kit.yaml", "is a file of a kit", "give ./desk-kit"),
        ("desk-kit/kit.yaml", "is a file of a kit", "give ./desk-kit"),
        ("notes.txt", "`notes.txt` is a file", "kit.yaml, copier.yml"),
        ("project", "`project` is a project made by newft, not a kit", "newft status project"),
        ("./project", "is a project made by newft, not a kit", "newft status ./project"),
    ],
)
def test_what_is_no_source_of_a_kit_is_named(
    source: str, what: str, instead: str, tmp_path: Path
) -> None:
    files = {
        "desk-kit/kit.yaml": "title: Desk\n",
        "notes.txt": "x",
        "project/.newft/answers.yml": "",
    }
    write_files(tmp_path, files)
    for words in (("kit", "check", source), ("new", "desk", "--yes", "--kit", source)):
        run = run_newft(*words, cwd=tmp_path)
        said = " ".join(run.stderr.split())
        assert run.returncode == 2 and what in said and instead in said, said
    assert run_newft("kit", "check", source, "--lang", "zh", cwd=tmp_path).returncode == 2
