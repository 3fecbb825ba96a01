"""Run the tests of a project that was just made, with the interpreter that runs newft."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from newft.schema.kit_check import ProjectTests
from newft.text import Text, join_names

# They train models, or repeat the statistics of newft itself, and take most of the time.
SLOW_TESTS = ("test_auto_setup.py", "test_report.py", "test_time_budget.py", "test_train.py")
TEST_REQUIREMENTS = ("pytest", "hypothesis")
TIME_LIMIT = 1800.0  # seconds
MAX_LINES_SHOWN = 40  # of the output of tests that failed
_TEST_VARIABLES = {
    "HF_HUB_OFFLINE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONIOENCODING": "utf-8",
}


def run_fast_tests(project: Path, requirements: Iterable[str]) -> ProjectTests:
    """Run the tests of a project but the slow ones, if this environment has what they need."""
    if missing := _list_missing([*requirements, *TEST_REQUIREMENTS]):
        names = join_names(missing)
        return ProjectTests(
            "not_run",
            Text(
                f"this environment lacks {names.en}: run newft where the dependencies of a project "
                "are installed, such as in its .venv after `make setup`",
                f"当前环境缺少 {names.zh}：请在装有项目依赖的环境中运行 newft，"
                "例如执行 `make setup` 之后的 .venv",
            ),
        )
    ignored = [f"--ignore=tests/{name}" for name in SLOW_TESTS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *ignored]
    try:
        done = subprocess.run(
            command,
            cwd=project,
            env=_make_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return ProjectTests("failed", output=_shorten(error.output or b""))
    if done.returncode == 0:
        return ProjectTests("passed")
    return ProjectTests("failed", output=_shorten(done.stdout))


def _make_environment() -> dict[str, str]:
    """Return the environment without what is set for other tests or another newft."""
    dropped = ("PYTEST_", "PYTHONPATH", "NEWFT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | _TEST_VARIABLES


def _list_missing(requirements: Iterable[str]) -> list[str]:
    from packaging.requirements import Requirement

    missing = []
    for text in requirements:
        requirement = Requirement(text)
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            missing.append(str(requirement))
    return missing


def _shorten(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").rstrip().splitlines()
    return "\n".join(lines[-MAX_LINES_SHOWN:])
