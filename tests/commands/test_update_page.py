"""The whole page of an update in a terminal of 80 columns, in both languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newft import __version__
from support.run_newft import run_newft
from support.update_cases import OPTIONS, act, installed, make_resources

pytestmark = pytest.mark.slow

NAMES = ("notes.md", "guide.md", "no_end.txt", "run.sh", "local.env")
NAMES += ("windows.txt", "docs/first.md", "docs/second.md", "docs/third.md", "中文 说明.md")
ENGLISH = """
desk: newft {version}

Changes
updated   1   empty.txt
added     1   logo.bin.after-update
conflict  11  docs/first.md: lines 2-8
              docs/second.md: lines 2-8
              docs/third.md: lines 2-8
              guide.md: lines 2-8
              local.env: lines 2-8
              logo.bin: the whole file
              no_end.txt: lines 2-8
              notes.md: lines 2-8
              ... 3 more

desk is updated: 12 files written, 0 removed

To resolve the conflicts, edit the parts between <<<<<<< and >>>>>>>.

Of each of these files there are two, one of which ends in -update: keep one under the name of \
the file, delete the other: logo.bin

Next
  make test

To take it back:
"""
CHINESE = """
desk：newft {version}

变更
更新  1   empty.txt
新增  1   logo.bin.after-update
冲突  11  docs/first.md：第 2-8 行
          docs/second.md：第 2-8 行
          docs/third.md：第 2-8 行
          guide.md：第 2-8 行
          local.env：第 2-8 行
          logo.bin：整个文件
          no_end.txt：第 2-8 行
          notes.md：第 2-8 行
          …… 另有 3 个

desk 已更新：写入 12 个文件，删除 0 个

解决冲突：请编辑 <<<<<<< 与 >>>>>>> 之间的内容。

以下文件各有两份，其中一份的名称以 -update 结尾；请保留一份并用原名，删除另一份：logo.bin

接下来
  make test

撤销这次更新：
"""


def change_all(folder: Path, word: str) -> None:
    """Change the second line of every text, and the bytes of the image."""
    for name in NAMES:
        lines = (folder / name).read_bytes().split(b"\n")
        lines[1] = word.encode()
        (folder / name).write_bytes(b"\n".join(lines))
    (folder / "logo.bin").write_bytes(b"\0" + word.encode())


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("versions")
    made = {name: make_resources(folder / name) for name in ("v1", "v2")}
    change_all(made["v2"] / "templates/project", "theirs")
    act(made["v2"] / "templates/project", {"empty.txt": "no longer empty\n"})
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, versions: dict[str, Path]) -> Path:
    folder = tmp_path_factory.mktemp("made")
    with installed(versions["v1"]):
        run = run_newft("new", "desk", *OPTIONS, cwd=folder)
    assert run.returncode == 0, run.stderr
    change_all(folder / "desk", "ours")
    return folder / "desk"


@pytest.mark.parametrize(("language", "page"), [("en", ENGLISH), ("zh", CHINESE)])
def test_many_conflicts_are_a_page_that_can_be_read(
    language: str, page: str, made: Path, tmp_path: Path, versions: dict[str, Path]
) -> None:
    desk = shutil.copytree(made, tmp_path / "desk")
    with installed(versions["v2"]):
        run = run_newft("update", "--yes", "--lang", language, cwd=desk, COLUMNS="80")
    assert run.returncode == 3
    shown, _, command = run.stderr.rstrip().rpartition("\n")
    assert f"{shown}\n" == page.format(version=__version__)
    assert command.endswith("newft update --undo")
