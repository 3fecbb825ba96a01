"""A project holds what it uses, and what its texts name is there."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from newft.answers.keys import AnswerValue
from newft.schema.plan import Plan
from support.checkout import DOMAINS, GENERATOR, TEMPLATES
from support.generate_project import generate
from support.run_newft import plain_environment

pytestmark = pytest.mark.slow

PROJECTS: dict[str, dict[str, AnswerValue]] = {
    "qlora": {"gpu": "1xRTX4090", "model": "Qwen/Qwen3-8B", "method": "qlora"},
    "several devices": {
        "domain": "legal",
        "task": "clause",
        "language": "zh",
        "gpu": "2xA100-80GB",
        "model": "zai-org/GLM-4-9B-0414",
        "method": "freeze",
        "exports": ("llama_factory", "axolotl"),
    },
    "embedded": {"gpu": "cpu", "model": "embedded", "method": "prefix", "language": "zh"},
    "experts": {
        "domain": "legal",
        "task": "clause",
        "gpu": "1xA100-80GB",
        "model": "openai/gpt-oss-20b",
    },
    "figures": {
        "domain": "credit_risk",
        "task": "risk",
        "gpu": "cpu",
        "model": "Qwen/Qwen3-0.6B",
        "hub": "modelscope",
    },
    "own code": {"gpu": "cpu", "model": "zai-org/chatglm3-6b"},
}
# what the task of a project may use of a module of all projects
OF_TASKS = {"add_ranked_prefix"}
# parts of a task and types of settings that are for a model trained in the project
OF_MODELS = {
    *("compare_predictions", "format_question", "list_candidates"),
    *("INPUT_HINT", "MULTILINE_INPUT", "NonNegativeFraction", "PositiveCount"),
}
COMMENT_BEHIND_BRACKET = re.compile(r"^\s*[\])}]+,?  # (?!fmt|noqa|type:)")


@dataclass(frozen=True)
class Project:
    """A project that was generated from some answers."""

    folder: Path
    plan: Plan

    @cached_property
    def modules(self) -> dict[str, ast.Module]:
        """The modules of its package, by their paths in it."""
        root = self.folder / "src" / self.plan.package
        return {
            path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted(root.rglob("*.py"))
        }

    @cached_property
    def texts(self) -> set[str]:
        """Every text that its modules hold."""
        return {
            node.value
            for tree in self.modules.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }


@pytest.fixture(scope="module", params=PROJECTS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("parts") / "desk"
    return Project(folder, generate(PROJECTS[request.param] | {"name": "desk"}, folder))


def test_every_module_that_a_command_line_names_can_be_started(project: Project) -> None:
    named = {
        word for text in project.texts for word in re.findall(r"-m (\{package\}\.[\w.]+)", text)
    }
    assert bool(named) == project.plan.model.trained_here
    ask = (
        "import sys; from importlib.util import find_spec; from desk.runtime import PACKAGE\n"
        "print(*(word for word in sys.argv[1:] if not find_spec(word.format(package=PACKAGE))))"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", ask, *sorted(named)],
        env=plain_environment(project.folder) | {"PYTHONPATH": str(project.folder / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == []


def test_only_texts_that_the_project_says_are_translated(project: Project) -> None:
    translations = next(iter(project.folder.rglob("messages.json")), None)
    if translations is None:
        assert project.plan.language == "en"
        return
    texts = json.loads(translations.read_text(encoding="utf-8"))
    assert len(texts) > 100
    assert sorted(texts.keys() - project.texts) == []


def test_every_name_that_a_module_defines_is_used_in_the_project(project: Project) -> None:
    used = {name for tree in project.modules.values() for name in list_used_names(tree)}
    known = {"__all__", *OF_TASKS}
    if not project.plan.model.trained_here:
        known |= OF_MODELS
    unused = {
        f"{path}: {name}"
        for path, tree in project.modules.items()
        for name in list_defined_names(tree)
        if name not in used | known
    }
    assert unused == set()


def list_defined_names(module: ast.Module) -> Iterator[str]:
    """The functions, classes and values of a module."""
    for node in module.body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Assign():
                names = (name for target in node.targets for name in ast.walk(target))
                yield from (name.id for name in names if isinstance(name, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def list_used_names(module: ast.Module) -> Iterator[str]:
    """The names that a module reads, as a value, an attribute or an import."""
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                yield name
            case ast.ImportFrom():
                yield from (one.name for one in node.names)


def test_every_package_that_a_module_imports_is_required(project: Project) -> None:
    plan, owners = project.plan, packages_distributions()
    required = {
        re.split(r"[^\w-]", requirement)[0].lower().replace("_", "-")
        for requirement in (*plan.requirements, *plan.requirements_no_deps)
    }
    imported = {
        name.partition(".")[0]
        for tree in project.modules.values()
        for name in list_absolute_imports(tree)
    }
    missing = {
        name
        for name in imported - sys.stdlib_module_names
        if not required & {one.lower().replace("_", "-") for one in owners.get(name, [name])}
    }
    assert missing == set()


def test_versions_are_bound_of_packages_that_are_installed_alone(project: Project) -> None:
    lines = (project.folder / "constraints.txt").read_text(encoding="utf-8").splitlines()
    bound = {line.partition("==")[0].lower() for line in lines if not line.startswith("#")}
    required = {
        re.split(r"[^\w-]", requirement)[0].lower().replace("_", "-")
        for requirement in project.plan.requirements
    }
    for package in ("gguf", "modelscope", "peft", "bitsandbytes"):
        assert (package in bound) == (package in required), package


def test_what_several_devices_need_is_in_their_projects_alone(project: Project) -> None:
    makefile = (project.folder / "Makefile").read_text(encoding="utf-8")
    several = project.plan.hardware.count > 1
    assert ("GPUS" in makefile) == several
    assert not [text for text in project.texts if "GPUS=" in text]
    assert not [text for text in project.texts if "Fine-tune" in text and "torch.distr" in text]


def test_what_trains_is_in_projects_that_train_alone(project: Project) -> None:
    trains = project.plan.model.trained_here
    told = [text for text in project.texts if "code of its own" in text]
    assert bool(told) == (not trains)
    of_training = {"train.py", "chat.py", "plan.py", "model/load.py", "training/run_dir.py"}
    assert project.modules.keys() & of_training == (of_training if trains else set())
    libraries = {
        name.partition(".")[0]
        for path in project.folder.rglob("*.py")
        for name in list_absolute_imports(ast.parse(path.read_text(encoding="utf-8")))
    }
    required = {re.split(r"[^\w]", one)[0].lower() for one in project.plan.requirements}
    assert {"torch", "transformers"} & libraries == {"torch", "transformers"} & required
    assert bool(required & {"torch", "transformers", "peft", "accelerate"}) == trains


def test_every_module_that_is_imported_is_there(project: Project) -> None:
    package = project.plan.package
    modules = {path.removesuffix(".py").removesuffix("/__init__") for path in project.modules}
    missing = []
    for path, tree in project.modules.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                base = path.split("/")[: -node.level]
                named = [*base, *(node.module.split(".") if node.module else [])]
                names = [named] if node.module else [[*named, one.name] for one in node.names]
                missing += [
                    f"{path}: {'/'.join(one)}" for one in names if not is_there(one, modules)
                ]
    for test in (project.folder / "tests").glob("*.py"):
        for name in list_absolute_imports(ast.parse(test.read_text(encoding="utf-8"))):
            first, *rest = name.split(".")
            if first == package and rest and not is_there(rest, modules):
                missing.append(f"{test.name}: {name}")
    assert missing == []


def is_there(parts: list[str], modules: set[str]) -> bool:
    """Whether a module, or the package that has the name, is in the project."""
    return "/".join(parts) in modules or "/".join(parts[:-1]) in {"__init__", "runtime"}


def list_absolute_imports(tree: ast.Module) -> list[str]:
    """The dotted names that a module imports, of its package with what it takes from there."""
    names = [
        one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names
    ]
    return names + [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    ]


def test_the_readme_names_what_the_project_reads_and_writes(project: Project) -> None:
    text = (project.folder / "README.md").read_text(encoding="utf-8")
    assert "summary.json" in text and "slices.jsonl" in text
    tree = text.split("```")[3]
    for line in tree.splitlines():
        if line.startswith(("config/", "data/", "tests/", ".newft/")):
            _, _, about = line.partition(" ")
            assert not about.strip() or line.index(about.strip()) == 20, line
    one_line = not project.plan.task.tabular and "type" not in project.plan.data.mapping
    one_line = one_line and project.plan.model.trained_here
    for shown in (text, (project.folder / "Makefile").read_text(encoding="utf-8")):
        assert ('--once "' in shown) == one_line


def test_a_workbook_is_advised_only_where_the_project_reads_workbooks(project: Project) -> None:
    advised = [text for text in project.texts if re.search(r"save .* as xlsx|the xlsx file", text)]
    assert bool(advised) == ("data/workbook.py" in project.modules)


def test_no_comment_stands_behind_a_closing_bracket() -> None:
    folders = (TEMPLATES, DOMAINS, GENERATOR / "newft" / "emitted")
    found = [
        f"{path.name}:{number}"
        for folder in folders
        for path in folder.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if COMMENT_BEHIND_BRACKET.match(line)
    ]
    assert found == []
