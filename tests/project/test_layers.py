from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from newft import emitted, paths
from newft.decide.project_name import MAX_NAME_LENGTH
from newft.errors import RenderError
from newft.project.layer_files import REPLACES_FILE, Layer
from newft.project.template_layers import (
    EMITTED_MODULES,
    LAYER_ORDER,
    stack_layers,
)
from newft.schema.plan import Plan
from support.checkout import DOMAINS, GENERATOR, REPOSITORY, TEMPLATES
from support.example_plan import make_facts, make_plan, sample
from support.generate_project import catalog
from support.layers import compose_layers
from support.project_matrix import choose_share, list_layer_stacks

MODULES = [path for root in (TEMPLATES, DOMAINS) for path in root.rglob("*.py")]
MODULES += (GENERATOR / "newft" / "emitted").glob("*.py")
OWN = {f"src/acme/{name}": "newft" for name in EMITTED_MODULES}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return make_plan(make_facts(sample(tmp_path / "data")))


def layer(folder: Path, files: dict[str, str]) -> Layer:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))
    return Layer(folder.name, folder)


def test_layers_stack_by_precedence_whatever_their_order_in_the_plan(tmp_path: Path) -> None:
    names = ("language/zh", "source/folder", "device/cpu", "method/lora")
    plan = make_plan(make_facts(sample(tmp_path)), layers=names)
    assert [layer.name for layer in stack_layers(plan)] == [
        "base",
        "method/lora",
        "device/cpu",
        "source/folder",
        "language/zh",
        "domain/customer_service/classification",
    ]


@pytest.mark.parametrize("name", ["method/none", "language/fr", "colour/red"])
def test_a_layer_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    plan = make_plan(make_facts(sample(tmp_path)), layers=(name,))
    with pytest.raises(RenderError) as caught:
        stack_layers(plan)
    assert caught.value.where == name


def test_every_template_file_is_used_by_some_plan(tmp_path: Path) -> None:
    facts = make_facts(sample(tmp_path / "data"))
    taken: set[str] = set()
    used: set[str] = set()
    stacks = sorted(list_layer_stacks(choose_share()))
    # only the starter kit of a project, which no answer names here, brings the layer of its policy,
    # and only figures of a team those of its charts
    rare = ("policy/kit", "charts/cash_flow", "charts/sensitivity")
    dense = next(names for names in stacks if "method/lora" in names)
    elsewhere = next(names for names in stacks if "training/elsewhere" in names)
    chinese = [
        tuple(name.replace("language/en", "language/zh") for name in names)
        for names in (dense, elsewhere)
    ]
    # of few rows, and of a CPU, none are packed
    packed = tuple("batches/packed" if name == "batches/padded" else name for name in dense)
    others = [*chinese, (*dense, *rare), (*dense, "method/lora_experts"), packed]
    for number, names in enumerate([*stacks, *others]):
        if taken >= {*names}:
            continue
        taken |= {*names}
        layers = stack_layers(make_plan(facts, layers=names))
        owners = compose_layers(layers, "package_name", tmp_path / str(number))
        folders = {layer.name: layer.folder for layer in layers}
        used |= {str(folders[owner] / path) for path, owner in owners.items() if owner in folders}
    known = {
        str(path)
        for folder in ("project", "layers")
        for path in (paths.get_templates_folder() / folder).rglob("*")
        if path.is_file()
        and path.name != REPLACES_FILE
        and not any("cache" in part for part in path.parts)
    }
    assert known - used == set()
    assert {name.partition("/")[0] for name in taken} == {*LAYER_ORDER}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_an_import_fits_its_line_with_the_longest_name_of_a_package(module: Path) -> None:
    lines = module.read_text(encoding="utf-8").splitlines()
    renamed = [line.replace("package_name", "x" * MAX_NAME_LENGTH) for line in lines]
    assert [line for line in renamed if len(line) > 100 and "import" in line] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_module_names_no_task_but_its_own(module: Path) -> None:
    tasks = {task for kit in catalog().kits.values() for task in kit.tasks}
    text = module.read_text(encoding="utf-8")
    named = {task for task in tasks if re.search(rf"\b{task}s?\b", text)}
    assert named <= {*module.parts}  # domains/<domain>/overlay/<task>/


def test_the_package_is_named_in_paths_and_in_python_only(tmp_path: Path) -> None:
    files = {
        "src/package_name/a.py": "import package_name.b\nmy_package_names = 'package_name'\n",
        "tests/test_package_name.py": "",
        "notes.md": "package_name\n",
    }
    compose_layers([layer(tmp_path / "base", files)], "acme", tmp_path / "out")
    out = tmp_path / "out"
    assert (out / "src/acme/a.py").read_text() == "import acme.b\nmy_package_names = 'acme'\n"
    assert (out / "tests/test_package_name.py").exists()
    assert (out / "notes.md").read_text() == "package_name\n"


def test_the_reader_of_records_is_the_one_of_newft(plan: Plan, tmp_path: Path) -> None:
    owners = compose_layers(stack_layers(plan), "acme", tmp_path / "out")
    for name in EMITTED_MODULES:
        original = Path(emitted.__file__).with_name(Path(name).name)
        assert (tmp_path / "out/src/acme" / name).read_bytes() == original.read_bytes()
        assert owners[f"src/acme/{name}"] == "newft"


def test_bytes_line_ends_and_executability_are_kept_whatever_the_umask(tmp_path: Path) -> None:
    base = layer(tmp_path / "base", {"run.bat": "a\r\nb\r\n", "run.sh": "#!/bin/sh\n"})
    (base.folder / "run.sh").chmod(0o700)
    (base.folder / "run.bat").chmod(0o640)
    before = os.umask(0o077)
    try:
        compose_layers([base], "acme", tmp_path / "out")
    finally:
        os.umask(before)
    assert (tmp_path / "out/run.bat").read_bytes() == b"a\r\nb\r\n"
    assert (tmp_path / "out/run.bat").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "out/run.sh").stat().st_mode & 0o777 == 0o755


def test_leftovers_of_tools_are_no_templates(tmp_path: Path) -> None:
    files = {
        "a.py": "",
        "__pycache__/a.cpython-311.pyc": "",
        "b.pyc": "",
        ".mypy_cache/3.11/a.json": "",
        ".ruff_cache/x": "",
        ".pytest_cache/README.md": "",
        ".hypothesis/x": "",
    }
    owners = compose_layers([layer(tmp_path / "base", files)], "acme", tmp_path / "out")
    assert set(owners) == {*OWN, "a.py"}


@pytest.mark.parametrize("upper", ["notes.md", "notes.md.jinja", "notes.md/inner.md"])
def test_a_hidden_file_is_refused_with_both_layers_and_the_path(tmp_path: Path, upper: str) -> None:
    layers = [layer(tmp_path / "base", {"notes.md": "a"}), layer(tmp_path / "kit", {upper: "b"})]
    path = upper.removesuffix(".jinja")
    with pytest.raises(RenderError) as caught:
        compose_layers(layers, "acme", tmp_path / "out")
    assert caught.value.message == f"{path} of kit hides notes.md of base"
    assert caught.value.hint == "rename the file, or name it in replaces.txt of the upper layer"


def test_a_folder_may_not_be_hidden_by_a_file(tmp_path: Path) -> None:
    layers = [layer(tmp_path / "base", {"docs/a.md": "a"}), layer(tmp_path / "kit", {"docs": "b"})]
    with pytest.raises(RenderError, match=r"docs of kit hides docs/a\.md of base"):
        compose_layers(layers, "acme", tmp_path / "out")


def test_a_declared_replacement_wins(tmp_path: Path) -> None:
    base = layer(tmp_path / "base", {"src/package_name/a.py": "old", "b.md.jinja": "old"})
    declared = "src/package_name/a.py\nb.md\n"
    files = {"src/package_name/a.py": "new", "b.md": "new", "replaces.txt": declared}
    owners = compose_layers([base, layer(tmp_path / "kit", files)], "acme", tmp_path / "out")
    assert owners == {**OWN, "src/acme/a.py": "kit", "b.md": "kit"}
    assert (tmp_path / "out/src/acme/a.py").read_text() == "new"


def test_a_replacement_of_nothing_or_by_nothing_is_refused(tmp_path: Path) -> None:
    base = layer(tmp_path / "base", {"a.md": ""})
    kit = layer(tmp_path / "kit", {"b.md": "", "replaces.txt": "a.md\nb.md\n"})
    with pytest.raises(RenderError) as caught:
        compose_layers([base, kit], "acme", tmp_path / "out")
    assert caught.value.message.splitlines() == [
        "replaces.txt names b.md, but no lower layer has it",
        "replaces.txt names a.md, but this layer does not have it",
    ]


def test_a_link_in_a_layer_is_refused(tmp_path: Path) -> None:
    base = layer(tmp_path / "base", {"a.md": ""})
    (base.folder / "b.md").symlink_to("/etc/hostname")
    with pytest.raises(RenderError, match=r"base: b\.md: a layer must not contain links"):
        compose_layers([base], "acme", tmp_path / "out")
