"""The tests of a project, run from outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from newft.system.project_tests import run_fast_tests


def make_project(folder: Path, test: str) -> Path:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text(test, encoding="utf-8")
    (folder / "tests" / "test_train.py").write_text("assert False\n", encoding="utf-8")
    return folder


def test_what_the_environment_lacks_is_named_and_nothing_is_run(tmp_path: Path) -> None:
    project = make_project(tmp_path, "assert False\n")
    run = run_fast_tests(project, ["pytest>=1", "no-such-package>=1", "pytest>=999"])
    assert run.outcome == "not_run"
    assert run.reason
    assert "no-such-package, pytest>=999" in run.reason.en
    assert "no-such-package" in run.reason.zh


@pytest.mark.slow
def test_slow_tests_are_left_out_and_the_end_of_a_failure_is_kept(tmp_path: Path) -> None:
    code = "def test_it() -> None:\n    print('\\n'.join(map(str, range(500))))\n    assert {}\n"
    project = make_project(tmp_path, code.format("True"))
    assert run_fast_tests(project, []).outcome == "passed"
    (project / "tests" / "test_it.py").write_text(code.format("False"), encoding="utf-8")
    run = run_fast_tests(project, [])
    assert run.outcome == "failed"
    assert "1 failed" in run.output
    assert "test_train" not in run.output
    assert len(run.output.splitlines()) <= 40
    assert not list(project.rglob("__pycache__"))
