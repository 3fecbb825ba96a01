"""Files of two layers that cannot both be in a project are found, and named with their layers."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.errors import RenderError
from newft.project.layer_collisions import find_hidden_files
from newft.project.layer_files import Layer
from newft.project.template_layers import choose_files
from support.kit_folders import write_files

PATHS = st.lists(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join), unique=True, max_size=8
)


@given(PATHS, PATHS)
def test_every_file_that_excludes_a_lower_one_is_found(files: list[str], lower: list[str]) -> None:
    def exclude(one: str, other: str) -> bool:
        first, second = PurePosixPath(one), PurePosixPath(other)
        return first.is_relative_to(second) or second.is_relative_to(first)

    found = dict(find_hidden_files(files, lower))
    assert {*found} == {path for path in files if any(exclude(path, one) for one in lower)}
    assert all(hidden in lower and exclude(path, hidden) for path, hidden in found.items())


def test_a_kit_replaces_what_it_declares_in_the_folder_that_has_it(tmp_path: Path) -> None:
    base = Layer("base", write_files(tmp_path / "base", {"a.md.jinja": "a", "b.md": "b"}))
    kit = write_files(tmp_path / "kit", {"one/a.md": "A", "two/b.md.jinja": "B"})
    declared = ("a.md", "b.md")
    layers = [base, *(Layer(name, kit / name, replaces=declared) for name in ("one", "two"))]
    chosen = {file.target: file.layer for file in choose_files(layers, "desk", own=())}
    assert chosen == {"a.md": "one", "b.md": "two"}


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"a.md": "A"}, "a.md of kit hides a.md of base"),
        ({"a.md/x": "A"}, "a.md/x of kit hides a.md of base"),
        ({"docs": "A"}, "docs of kit hides docs/x of base"),
        ({"new.md": "A"}, "replaces names new.md, but no lower layer has it"),
        ({"src/x.py": b"\xff\n"}, "the file is not UTF-8 text"),
        ({"data/raw/x": "A"}, "no template writes here"),
        ({".NEWFT/x": "A"}, "no template writes here"),
    ],
)
def test_a_kit_that_does_not_fit_is_named(
    tmp_path: Path, files: dict[str, str | bytes], fault: str
) -> None:
    base = Layer("base", write_files(tmp_path / "base", {"a.md": "a", "docs/x": "x"}))
    kit = Layer("kit", write_files(tmp_path / "kit", files), replaces=("new.md",))
    with pytest.raises(RenderError) as caught:
        choose_files([base, kit], "desk", own=())
    assert fault in caught.value.message
    assert str(caught.value.where).startswith("kit")


@pytest.mark.parametrize(
    "path",
    [
        "config/policy.yaml.jinja",
        "config/Policy.yaml",
        "src/package_name/policy.py",
        "src/package_name/policy/__init__.py",
        "src/desk/runtime/policy_rules.py",
        "src/desk/runtime/policy_rules.cpython-311-x86_64-linux-gnu.so",
        "tests/test_policy.py",
        "GNUmakefile",
        "makefile",
        "makefile.jinja",
    ],
)
def test_no_kit_takes_the_place_of_what_checks_the_policy(tmp_path: Path, path: str) -> None:
    folder = write_files(tmp_path / "kit", {path: "x"})
    for verbatim in (False, True):
        if verbatim and ("package_name" in path or path.endswith(".jinja")):
            continue
        kit = Layer("kit", folder, replaces=(path,), verbatim=verbatim, prefer="kit")
        with pytest.raises(RenderError, match="no kit may bring this file"):
            choose_files([kit], "desk", own=())
    assert choose_files([Layer("policy", folder)], "desk", own=())  # a layer of newft may


@pytest.mark.parametrize(
    "path", ["Makefile", "docs/policy.yaml", "src/desk/policy_notes.py", "tests/test_policies.py"]
)
def test_other_files_of_a_kit_may_be_about_policies(tmp_path: Path, path: str) -> None:
    folder = write_files(tmp_path / "kit", {path: "x"})
    assert choose_files([Layer("kit", folder, replaces=())], "desk", own=())
