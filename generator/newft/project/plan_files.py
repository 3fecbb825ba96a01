"""The files of `newft advise --output`: the plan, its charts, and the answers it was made from.

A plan that advise wrote is replaced as long as nobody has edited it: the file of answers lists the
digest of each file. Anything else at a path stays, and nothing is written.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from newft.errors import ProjectError, UsageError
from newft.project.file_state import find_obstacle, read_file, resolve_folder
from newft.project.snapshot import ANSWERS_FILE
from newft.project.transaction import FileChange
from newft.project.write import apply_changes
from newft.project.write_errors import make_write_error
from newft.schema.tree import TreeFile
from newft.text import Text, list_lines

PLAN_FILE = "PLAN.md"
CHARTS_FOLDER = "docs/plan"
ANSWERS_NAME = "answers.yml"
_HEADER = (
    "# Answers of `newft advise`; `newft new --advice FILE` takes them over.\n"
    "# `newft advise` replaces these files while nobody has edited them (SHA-256 of each):\n"
)
_UPDATE_COMMAND = re.compile(r"`newft update (--set [^\s`=]+=[^\s`]+)`")  # of a project
_DIGEST_LINE = re.compile(r"# ([0-9a-f]{64})  (.+)\n")


def check_plan_path(output: Path) -> None:
    """Refuse a path that no plan can have, before anything is asked or worked out."""
    if output.suffix.lower() not in (".md", ".markdown") or not output.stem.strip("."):
        raise UsageError(
            Text(f"`{output.name}` is no Markdown file", f"`{output.name}` 不是 Markdown 文件"),
            where="--output",
            hint=Text("write --output plan.md", "请写 --output plan.md"),
        )
    if not output.parent.is_dir():
        raise ProjectError(
            Text("there is no such folder", "没有这个文件夹"),
            where=str(output.parent),
            hint=Text("make it first, or choose another path", "请先创建，或换一个路径"),
        )


def write_plan(tree: Path, answers: str, output: Path) -> tuple[str, ...]:
    """Write the plan of a rendered project and its charts, all or nothing; return the paths."""
    check_plan_path(output)
    folder = resolve_folder(output.parent)
    charts = output.stem
    files = _collect_files(tree, output.name, charts)
    record = f"{charts}/{ANSWERS_NAME}"
    digests = {
        path: _digest(content) for path, content in {**files, record: answers.encode()}.items()
    }
    lines = "".join(f"# {digest}  {path}\n" for path, digest in digests.items())
    files[record] = f"{_HEADER}{lines}{answers}".encode()
    try:
        written = _list_written(folder, record)
        _refuse_others(folder, files, written)
        stale = [path for path in written if path not in files]
        apply_changes(
            folder,
            [
                *(FileChange(path, written.get(path), TreeFile(files[path])) for path in files),
                *(FileChange(path, written[path], None) for path in stale),
            ],
            keep_undo=False,
        )
    except OSError as error:
        raise make_write_error(folder, error) from error
    return tuple(files)


def _collect_files(tree: Path, name: str, charts: str) -> dict[str, bytes]:
    """Return the plan with links to the charts beside it, and the charts, by path."""
    plan = (tree / PLAN_FILE).read_text(encoding="utf-8")
    record = f"{charts}/{ANSWERS_NAME}"
    plan = plan.replace(f"]({CHARTS_FOLDER}/", f"]({quote(charts)}/")
    plan = plan.replace(f"`{ANSWERS_FILE}`", f"`{record}`")
    command = f"`newft advise --answers {shlex.quote(record)} \\1 --output {shlex.quote(name)}`"
    plan = _UPDATE_COMMAND.sub(command, plan)
    files = {name: plan.encode()}
    for chart in sorted((tree / CHARTS_FOLDER).glob("*.svg")):
        files[f"{charts}/{chart.name}"] = chart.read_bytes()
    return files


def _list_written(folder: Path, record: str) -> dict[str, TreeFile]:
    """Return the files that an earlier run of advise wrote and that nobody has edited since."""
    found = read_file(folder, record)
    text = found.content.decode("utf-8", "replace").replace("\r\n", "\n") if found else ""
    if found is None or not text.startswith(_HEADER):
        return {}
    rest = text.removeprefix(_HEADER)
    listed = {path: digest for digest, path in _DIGEST_LINE.findall(rest)}
    answers = _DIGEST_LINE.sub("", rest)
    written = {}
    if listed.get(record) == _digest(answers.encode()):
        written[record] = found
    for path, digest in listed.items():
        file = read_file(folder, path) if path != record and _is_beside(path, record) else None
        if file and _digest(file.content) == digest:
            written[path] = file
    return written


def _is_beside(path: str, record: str) -> bool:
    """Tell whether advise may have written a path: the plan, or a chart in its folder."""
    charts = record.rpartition("/")[0]
    return bool(re.fullmatch(rf"{re.escape(charts)}(\.[^/]+|/[^/]+\.svg)", path))


def _refuse_others(
    folder: Path, files: Mapping[str, bytes], written: Mapping[str, TreeFile]
) -> None:
    """Refuse to write where something else lies, or a plan that was edited."""
    obstacles = [path for path in files if path not in written and find_obstacle(folder, path)]
    if obstacles:
        listed = list_lines(obstacles)
        raise ProjectError(
            Text(
                f"nothing was written, because these are not as `newft advise` wrote them:\n"
                f"{listed.en}",
                f"未写入任何文件，因为以下文件不是 `newft advise` 写出的原样：\n{listed.zh}",
            ),
            where=str(folder),
            hint=Text("move them, or choose another --output", "请移走它们，或换一个 --output"),
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
