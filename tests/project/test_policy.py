"""What a starter kit allows, checked in the project by itself: `make policy`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from newft.emitted.policy_rules import POLICY_FILE, find_policy_faults
from newft.schema.kit import Lock, Policy
from newft.text import Text
from support.generate_project import catalog, generate, ruff_faults
from support.run_newft import plain_environment
from support.starter_kits import make_starter_kit

pytestmark = pytest.mark.slow

ANSWERS = {"data.files": (), "gpu": "cpu", "domain": "customer_service", "task": "intent"}
WHY = Text("the bank's servers load LoRA alone", "银行的服务器只能加载 LoRA")
POLICY = Policy(
    families=("smollm2", "qwen3"),
    licenses=("apache-2.0",),
    methods=("lora", "full"),
    hubs=("modelscope",),
    required_files=("README.md", "config/run.yaml"),
)
KIT = make_starter_kit(policy=POLICY, locked={"method": Lock("lora", WHY)})


@pytest.fixture(scope="module", params=["en", "zh"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    generate({**ANSWERS, "language": request.param, "name": "desk"}, folder, KIT)
    return folder


@pytest.fixture
def project(desk: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(desk, tmp_path / "desk"))


def edit(project: Path, path: str, pattern: str, text: str) -> int:
    """Replace the one match of a pattern; return its line."""
    file = project / path
    content = file.read_text(encoding="utf-8")
    found = re.search(pattern, content, re.MULTILINE)
    assert found
    file.write_text(content[: found.start()] + text + content[found.end() :], encoding="utf-8")
    return content.count("\n", 0, found.start()) + 1


def make_policy(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desk.policy"],
        cwd=project,
        env=plain_environment(project.parent) | {"PYTHONPATH": str(project / "src")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_a_new_project_keeps_to_its_policy_and_is_clean(desk: Path) -> None:
    assert find_policy_faults(desk) == []
    assert ruff_faults(desk) == ""
    assert "policy: | $(PYTHON)" in (desk / "Makefile").read_text(encoding="utf-8")
    assert "`make policy`" in (desk / "README.md").read_text(encoding="utf-8")


def test_the_policy_names_the_state_of_the_kit_and_the_models_it_allows(desk: Path) -> None:
    policy = yaml.safe_load((desk / POLICY_FILE).read_text(encoding="utf-8"))
    assert policy["kit"] == {"id": "bank", "version": None, "commit": "c" * 40, "tree": "7" * 40}
    assert policy["locked"][0]["run_key"] == "method.name"
    families = catalog().families
    allowed = {
        spec.hub_id
        for name in POLICY.families
        for spec in families[name].sizes
        if spec.license == "apache-2.0"
    }
    assert allowed <= {*policy["models"]}
    assert not {spec.hub_id for spec in families["glm4"].sizes} & {*policy["models"]}


def test_the_commands_of_the_project_say_what_is_wrong_where(project: Path) -> None:
    kept = make_policy(project)
    assert (kept.returncode, kept.stderr) == (0, "")
    assert re.search("SHA-256 [0-9a-f]{64}", kept.stdout)
    line = edit(project, "config/run.yaml", r"^  license: .*$", "  license: proprietary")
    broken = make_policy(project)
    assert (broken.returncode, broken.stdout) == (1, "")
    assert f"config/run.yaml:{line}: model.license" in broken.stderr


def test_other_files_of_settings_and_the_answers_are_checked_too(project: Path) -> None:
    shutil.copy(project / "config/run.yaml", project / "config/other.yaml")
    line = edit(project, "config/other.yaml", r"^  name: lora$", "  name: full")
    where = edit(project, ".newft/answers.yml", r"^method: .*$", "method: qlora")
    found = find_policy_faults(project)
    assert {fault.place for fault in found} == {
        f"config/other.yaml:{line}",
        f".newft/answers.yml:{where}",
    }
    # full is allowed and not what the kit locks; qlora is neither
    assert len(found) == 3
    assert WHY.en in str(found[0].values) or WHY.zh in str(found[0].values)


def test_an_edit_of_the_policy_itself_is_reported(project: Path) -> None:
    edit(project, POLICY_FILE, r"^  - lora\n", "  - lora\n  - qlora\n")
    assert [fault.place for fault in find_policy_faults(project)] == [POLICY_FILE]


@pytest.mark.parametrize("kept", ["README.md", "config/run.yaml", POLICY_FILE])
def test_a_file_that_is_gone_is_reported(project: Path, kept: str) -> None:
    (project / kept).unlink()
    assert kept in [fault.place for fault in find_policy_faults(project)]
    assert kept == "README.md" or make_policy(project).returncode == 1


@pytest.mark.parametrize(
    ("path", "content", "place"),
    [
        (POLICY_FILE, b"methods: lora\n", f"{POLICY_FILE}:1"),
        (POLICY_FILE, b"<<<<<<< mine\n", f"{POLICY_FILE}:1"),
        (POLICY_FILE, b"\xff\xfe\x00", POLICY_FILE),
        (POLICY_FILE, b"", f"{POLICY_FILE}:1"),
        (".newft/answers.yml", b"a: [\n", ".newft/answers.yml:2"),
        (".newft/snapshot.tar", b"no tar", ".newft/snapshot.tar"),
    ],
)
def test_a_damaged_file_is_a_fault_and_no_crash(
    project: Path, path: str, content: bytes, place: str
) -> None:
    (project / path).write_bytes(content)
    places = [fault.place for fault in find_policy_faults(project)]
    assert any(found.startswith(place.partition(":")[0]) for found in places)
    assert place in places or content.startswith(b"\xff")


def test_a_link_in_place_of_the_policy_is_not_followed(project: Path) -> None:
    kept = (project / POLICY_FILE).rename(project.parent / "policy.yaml")
    (project / POLICY_FILE).symlink_to(kept)
    assert [fault.place for fault in find_policy_faults(project)] == [POLICY_FILE]


def test_no_file_of_the_policy_comes_without_one(tmp_path: Path) -> None:
    for number, kit in enumerate((None, make_starter_kit())):
        folder = tmp_path / str(number)
        plan = generate({**ANSWERS, "language": "en"}, folder, kit)
        assert plan.policy is None
        assert [path for path in folder.rglob("*policy*") if path.is_file()] == []
        assert "policy" not in (folder / "Makefile").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_tests_of_the_project_hold(project: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_policy.py"],
        cwd=project,
        env=plain_environment(project.parent) | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
