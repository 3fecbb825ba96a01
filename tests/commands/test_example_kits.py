"""The kits that platform teams would write, through the command itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from support.checkout import REPOSITORY
from support.generate_project import ruff_faults, untidy
from support.kit_folders import write_files
from support.run_newft import plain_environment, run_newft
from support.warm_process import run_warm

pytestmark = pytest.mark.slow

KITS = REPOSITORY / "tests/cases/kits"
OWNER = ("--set", "kit.answers.owner=RISK-07")


def create(kit: str, folder: Path, *words: str) -> dict[str, object]:
    """The report of `newft new` in an empty folder."""
    run = run_newft(
        *("new", "desk", "--kit", str(KITS / kit), "--gpu", "cpu", "--yes", "--json"),
        *words,
        cwd=folder,
    )
    assert run.returncode == 0, run.stderr
    report: dict[str, object] = json.loads(run.stdout)
    return report


def run_project(folder: Path, *words: str) -> str:
    """What a command of the project `desk` prints; it must succeed."""
    environment = plain_environment(folder) | {"PYTHONPATH": str(folder / "desk/src")}
    environment |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = run_warm(words[0], words[1:], folder / "desk", environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_bank_fixes_family_and_method(tmp_path: Path) -> None:
    report = create("bank", tmp_path, *OWNER)
    assert (report["family"], report["method"]) == ("qwen3", "lora")
    kit = report["kit"]
    assert isinstance(kit, dict)
    assert (kit["id"], kit["version"], len(str(kit["tree"]))) == ("bank", "1.2.0", 40)
    desk = tmp_path / "desk"
    assert "Owner: RISK-07. Records: internal." in (desk / "SECURITY.md").read_text("utf-8")
    recorded = yaml.safe_load((desk / ".newft/answers.yml").read_text("utf-8"))
    assert recorded["kit"] == {
        "source": str(KITS / "bank"),
        "tree": kit["tree"],
        **({"commit": kit["commit"]} if kit["commit"] else {}),
        "answers": {"owner": "RISK-07", "classification": "internal"},
    }
    run = yaml.safe_load((desk / "config/run.yaml").read_text("utf-8"))
    assert run["task"]["system"] == "Grade the application by the credit policy of the bank."
    assert ruff_faults(desk) == ""
    run_project(tmp_path, "pytest", "-q", "tests/test_formatting.py", "tests/test_policy.py")


def test_the_layer_of_a_kit_depends_on_an_answer(tmp_path: Path) -> None:
    words = ("--answers", str(KITS / "bank/tests/confidential.yml"))
    create("bank", tmp_path, *words)
    approval = (tmp_path / "desk/docs/model_approval.md").read_text("utf-8")
    assert approval.endswith("approved for confidential records by\nMRM-0042.\n")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((*OWNER, "--method", "full"), "locks `method` to `lora`, not `full`: the base weights"),
        ((*OWNER, "--model", "embedded"), "locks `family` to `qwen3`, not `smollm2`"),
        ((*OWNER, "--hub", "huggingface"), "does not allow `huggingface`, only modelscope"),
        ((), "asks what has no default: Which team owns the model?"),
        (("--set", "kit.answers.owner=x"), "does not match: the code of a team such as RISK-07"),
        (
            (*OWNER, "--set", "kit.answers.classification=confidential"),
            "asks what has no default: Number of the approval to use confidential records",
        ),
        (("--set", "kit.answers.owne=x"), "does not ask for `owne`; did you mean `owner`?"),
    ],
)
def test_what_a_bank_does_not_allow_is_refused(
    tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    run = run_newft("new", "desk", "--kit", str(KITS / "bank"), "--yes", *words, cwd=tmp_path)
    assert run.returncode in (1, 2)
    assert fault in " ".join(run.stderr.split())
    assert not (tmp_path / "desk").exists()


@pytest.mark.slow
def test_insurance_claims_are_a_domain_of_their_own(tmp_path: Path) -> None:
    report = create("insurance_claims", tmp_path)
    assert (report["domain"], report["task"]) == ("insurance_claims", "claim")
    assert report["language"] == "zh"
    assert "共 115 行，保留 113 行" in run_project(tmp_path, "desk.prepare")
    rows = "".join(
        path.read_text("utf-8") for path in (tmp_path / "desk/data/processed").glob("*.jsonl")
    )
    assert "电话[号码]，车在路边被撞了左后门" in rows
    assert ruff_faults(tmp_path / "desk") == ""
    names = ("formatting", "metrics", "masking")
    run_project(tmp_path, "pytest", "-q", *(f"tests/test_{name}.py" for name in names))


def test_a_file_of_claims_is_recognised(tmp_path: Path) -> None:
    records = KITS / "insurance_claims/sample/claims_zh.csv"
    shutil.copy(records, tmp_path / "export.csv")
    report = create("insurance_claims", tmp_path, "--data", "export.csv")
    assert report["task"] == "claim"
    data = report["data"]
    assert isinstance(data, dict)
    assert data["mapping"] == {"text": "报案描述", "label": "理赔类型", "group": "保单号"}


@pytest.mark.parametrize("domain", ["legal", "customer_service"])
def test_a_house_style_holds_for_every_domain(tmp_path: Path, domain: str) -> None:
    report = create("house", tmp_path, "--domain", domain)
    assert report["domain"] == domain
    readme = (tmp_path / "desk/README.md").read_text("utf-8")
    assert readme.startswith("# desk\n") and readme.endswith("Questions go to ml-platform.\n")
    ci = (tmp_path / "desk/.github/workflows/ci.yml").read_text("utf-8")
    assert "[self-hosted, ml]" in ci
    assert untidy("README.md", readme) + untidy("ci.yml", ci) == []


def test_a_preset_gives_way_to_an_option(tmp_path: Path) -> None:
    create("house", tmp_path, "--ci", "none", "--set", "kit.answers.contact=me")
    assert not (tmp_path / "desk/.github").exists()
    assert "Questions go to me." in (tmp_path / "desk/README.md").read_text("utf-8")


def test_a_kit_of_five_lines(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    kit.mkdir()
    manifest = (
        "title: Desk\nextends: customer_service\npresets: {ci: gitlab}\nlocked:\n  method: lora\n"
    )
    (kit / "kit.yaml").write_text(manifest, encoding="utf-8")
    run = run_newft("new", "desk", "--kit", "kit", "--yes", "--gpu", "cpu", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "method  lora (locked by Desk)" in run.stderr
    assert "ci      gitlab (preset)" in run.stderr
    assert (tmp_path / "desk/.gitlab-ci.yml").is_file()


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (
            {"overlay/project/README.md": "mine"},
            "kit x: overlay/project: README.md of kit x: overlay/project hides README.md of "
            "language/en",
        ),
        (
            {"overlay/project/a.md.jinja": "a\n{{ answers.kit.answers.nothing }}"},
            "kit x: overlay/project: a.md.jinja:2: the template failed",
        ),
        (
            {"overlay/project/a.md.jinja": "{{ answers.__class__.__mro__ }}"},
            "kit x: overlay/project: a.md.jinja:1: the template failed",
        ),
    ],
)
def test_a_kit_that_cannot_be_rendered_is_named(
    tmp_path: Path, files: dict[str, str], fault: str
) -> None:
    write_files(tmp_path / "x", {"kit.yaml": "title: X\n", **files})
    run = run_newft("new", "desk", "--kit", "./x", "--yes", "--gpu", "cpu", cwd=tmp_path)
    assert run.returncode == 1
    assert fault in " ".join(run.stderr.split())
    assert not (tmp_path / "desk").exists()


def test_answers_are_data_wherever_a_template_puts_them(tmp_path: Path) -> None:
    manifest = """\
title: X
questions:
  note: {title: Note}
  uses: {title: Uses, type: choices, choices: {a: A, b: B}}
  late: {title: Late, default: x, when: {ci: github}}
"""
    template = """\
note: {{ answers.kit.answers.note | tojson }}
uses: {{ answers.kit.answers.uses | tojson }}
{% if answers.kit.answers.late is defined %}
late: true
{% endif %}
"""
    write_files(tmp_path / "x", {"kit.yaml": manifest, "overlay/project/x.yaml.jinja": template})
    note = 'a: {{ 1 + 1 }}\n"quoted" 中文 # no comment'
    options = ("--set", f"kit.answers.note={note}", "--set", "kit.answers.uses=[b, a]")
    words = ("new", "desk", "--kit", "./x", "--yes", "--gpu", "cpu", *options)
    run = run_newft(*words, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    written = yaml.safe_load((tmp_path / "desk/x.yaml").read_text("utf-8"))
    assert written == {"note": note, "uses": ["b", "a"]}
