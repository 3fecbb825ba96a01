from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.system.safe_paths import find_path_faults, fold_path

REFUSED = [
    "",
    "..",
    "a/../b",
    "a//b",
    "./a",
    "/etc/passwd",
    "C:/x",
    "c:x",
    "a\\b",
    "a\0b",
    "a\rb",
    "a\nb",
    "a\x1b[2Jb",
    "safe\u202egpj.exe",
    "zero\u200bwidth",
    "\udcff",
    "a.",
    "a ",
    "sub /a",
    ".git",
    ".GIT/config",
    "a/.Git/hooks/post-checkout",
    "git~1",
    ".git ",
    ".git.",
    ".git::$INDEX_ALLOCATION/x",
    ".g\u200cit/config",
    ".gitmodules",
    ".newft/answers.yml",
    ".NEWFT",
    ".newft-apply/journal",
    "con",
    "NUL.txt",
    "a/lpt1.py",
    "Com\u00b9",
    "aux .x",
    "x:y",
    "a" * 256,
    "a/" * 200 + "b",
]
ACCEPTED = [
    ".gitignore",
    ".gitattributes",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    "overlay/project/Makefile",
    "说明/读我.md",
    "config.py",
    "console.py",
    "a b/c.txt",
    "{% if ci == 'x:y' %}ci.yml{% endif %}.jinja",
    "{{ package }}/main.py",
    "gitlab~x",
]


@pytest.mark.parametrize("path", REFUSED)
def test_a_name_that_could_mean_another_file_is_refused(path: str) -> None:
    [fault] = find_path_faults([path])
    assert fault.path == path
    assert fault.reason.en
    assert fault.reason.zh


def test_names_that_projects_have_are_accepted() -> None:
    assert find_path_faults(ACCEPTED) == ()


@pytest.mark.parametrize(
    "pair",
    [
        ("README.md", "readme.md"),
        ("Src/a.py", "src/b.py"),
        ("caf\u00e9", "cafe\u0301"),
        ("stra\u00dfe", "STRASSE"),
        ("a", "a/b"),
        ("a/B", "a/b/c"),
    ],
)
def test_paths_that_are_one_on_some_disk_are_refused(pair: tuple[str, str]) -> None:
    assert len(find_path_faults(pair)) == 1


@given(st.lists(st.text(min_size=1, max_size=30), max_size=6))
def test_accepted_paths_stay_inside_their_folder_and_apart(paths: list[str]) -> None:
    if find_path_faults(paths):
        return
    for path in paths:
        parts = PurePosixPath(path).parts
        assert "/".join(parts) == path
        assert ".." not in parts
        assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in path)
    assert len({fold_path(path) for path in paths}) == len(set(paths))
