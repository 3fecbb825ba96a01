"""The golden project: what newft writes today is what is kept, and what is kept is clean."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from golden_project import GOLDEN, make_golden
from support.generate_project import emitted, ruff_faults, untidy

# what these libraries say of their types is theirs: it is neither read nor relied on
MYPY = """
[mypy]
strict = true
warn_return_any = false
disallow_untyped_calls = false
disallow_subclassing_any = false
disallow_untyped_decorators = false

[mypy-torch.*,transformers.*,peft.*,gguf.*,matplotlib.*,safetensors.*,scipy.*,sklearn.*,uniplot.*]
follow_imports = skip
ignore_missing_imports = true
"""


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and "cache" not in str(path.relative_to(folder))
    }


def test_what_is_written_is_what_is_kept(tmp_path: Path) -> None:
    make_golden(tmp_path / "today")
    today, kept = files(tmp_path / "today"), files(GOLDEN)
    difference = [
        line
        for path in sorted(today.keys() | kept.keys())
        for line in difflib.unified_diff(
            kept.get(path, "").splitlines(keepends=True),
            today.get(path, "").splitlines(keepends=True),
            fromfile=f"kept/{path}" if path in kept else "/dev/null",
            tofile=f"today/{path}" if path in today else "/dev/null",
        )
    ]
    assert not difference, "`make golden` if this is meant:\n" + "".join(difference)
    assert today.keys() == kept.keys()  # an empty file makes no difference of lines


def test_all_of_it_is_in_git(repository: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", str(GOLDEN)], cwd=repository, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("this is no checkout")
    paths = {str(repository / path) for path in listed.stdout.split("\0") if path}
    assert {str(GOLDEN / path) for path in files(GOLDEN)} == paths


def test_style_is_clean_by_its_own_rules() -> None:
    assert ruff_faults(GOLDEN) == ""


def test_every_file_is_tidy() -> None:
    texts = emitted(GOLDEN)
    assert [fault for path, text in texts.items() for fault in untidy(path, text)] == []


def test_nothing_of_a_template_is_left() -> None:
    for path, text in emitted(GOLDEN).items():
        if path == "tests/chat_template.txt":  # of the tests' own model
            continue
        marks = r"package_name|\{%" if path.endswith(".py") else r"\{\{|\{%|\{#"
        assert re.findall(marks, text) == [], path


@pytest.mark.slow
def test_types_are_clean(tmp_path: Path) -> None:
    settings = tmp_path / "mypy.ini"
    settings.write_text(MYPY, encoding="utf-8")
    options = [f"--config-file={settings}", f"--cache-dir={tmp_path / 'cache'}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "src"],
        cwd=GOLDEN,
        env=os.environ | {"MYPYPATH": "src"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
