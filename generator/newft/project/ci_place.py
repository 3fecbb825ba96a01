"""Say what to do with the CI file of a project in a subfolder, where no CI service reads it."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from pathlib import Path

from newft.text import Text

GITHUB_FILE = ".github/workflows/ci.yml"
GITLAB_FILE = ".gitlab-ci.yml"


def describe_ci_place(folder: Path, paths: Container[str]) -> Iterator[Text]:
    """Yield what to do with those of `paths` that are CI files, if the repository begins above."""
    project = folder.absolute().resolve()
    root = next((one for one in (project, *project.parents) if os.path.lexists(one / ".git")), None)
    if root is None or root == project:
        return
    place = project.relative_to(root).as_posix()
    if GITHUB_FILE in paths:
        copy = f".github/workflows/{place.replace('/', '-')}.yml"
        line = f"defaults: {{run: {{working-directory: {place}}}}}"
        yield Text(
            f"GitHub does not read {place}/{GITHUB_FILE}: copy it to {copy} of the repository, add"
            f" `{line}`, and write {place}/ before pyproject.toml and constraints.txt",
            f"GitHub 不会读取 {place}/{GITHUB_FILE}：请把它复制为仓库的 {copy}，加上"
            f" `{line}`，并在 pyproject.toml 和 constraints.txt 前写上 {place}/",
        )
    if GITLAB_FILE in paths:
        yield Text(
            f"GitLab does not read {place}/{GITLAB_FILE}: copy its jobs to the {GITLAB_FILE} of the"
            f" repository, and begin each with `cd {place}`",
            f"GitLab 不会读取 {place}/{GITLAB_FILE}：请把其中的任务复制到仓库的 {GITLAB_FILE}，"
            f"每个任务先执行 `cd {place}`",
        )
