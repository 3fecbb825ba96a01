"""What is given as the source of a kit and is none: half an address, a file, a project."""

from __future__ import annotations

import re
from pathlib import Path

from newft.emitted.normalize import escape_controls
from newft.errors import UsageError
from newft.project.snapshot import METADATA_DIR
from newft.text import Text, join_names

_HALF_SHORTHAND = re.compile(r"(gh|gl):")
_HALF_URL = re.compile(r"(?:git\+)?(file|https?|ssh):/*(?P<rest>.*)")
_MANIFESTS = ("kit.yaml", "copier.yml", "copier.yaml")


def explain_other_thing(text: str, base: Path) -> UsageError | None:
    """Return what a text is that is no source of a kit, and what to give instead; else None.

    Args:
        text: The source as given; it is no complete URL and no shorthand of a repository.
        base: Where relative paths begin.
    """
    try:
        path = base / Path(text).expanduser()
        is_file, is_folder = path.is_file(), path.is_dir()
    except (OSError, RuntimeError, ValueError):  # an unknown user, a NUL
        return None
    if is_file:
        return _make_error(text, *_explain_file(Path(text)))
    if is_folder:
        return _make_error(text, *_explain_project(text)) if _is_project(path) else None
    if found := _HALF_SHORTHAND.match(text):
        message = Text(
            "is no repository: its owner or name is missing", "不是仓库：缺少所有者或名称"
        )
        hint = f"{found[1]}:OWNER/NAME"
        return _make_error(text, message, Text(f"write {hint}", f"请写成 {hint}"))
    if found := _HALF_URL.match(text):
        scheme, rest = found[1], found["rest"]
        message = Text("is no URL: `//` is missing", "不是网址：缺少 `//`")
        url = f"{scheme}:///{rest}" if scheme == "file" else f"{scheme}://{rest}"
        shown = escape_controls(re.sub(r"//[^/]*@", "//", url))
        folder = Text(f", or the folder itself: /{rest}", f"，或直接写文件夹：/{rest}")
        tail = folder if scheme == "file" else Text("", "")
        return _make_error(
            text, message, Text(f"write {shown}{tail.en}", f"请写成 {shown}{tail.zh}")
        )
    return None


def _is_project(folder: Path) -> bool:
    has_manifest = any((folder / name).is_file() for name in _MANIFESTS)
    return (folder / METADATA_DIR).is_dir() and not has_manifest


def _explain_file(path: Path) -> tuple[Text, Text]:
    folder = path.parent.as_posix()
    shown = folder if "/" in folder or folder in (".", "..") else f"./{folder}"
    if path.name in _MANIFESTS:
        message = Text(
            "is a file of a kit; the kit is its folder", "是套件中的文件，套件是它所在的文件夹"
        )
        return message, Text(f"give {shown}", f"请给出 {shown}")
    message = Text("is a file, and a kit is a folder", "是文件，而套件是文件夹")
    names = join_names(_MANIFESTS[:2])
    hint = Text(
        f"give a folder with one of: {names.en}", f"请给出含有以下文件之一的文件夹：{names.zh}"
    )
    return message, hint


def _explain_project(text: str) -> tuple[Text, Text]:
    message = Text("is a project made by newft, not a kit", "是 newft 生成的项目，不是套件")
    hint = Text(
        f"give the kit that it is made from; `newft status {text}` names it",
        f"请给出生成它的套件；`newft status {text}` 会列出",
    )
    return message, hint


def _make_error(text: str, message: Text, hint: Text) -> UsageError:
    shown = escape_controls(re.sub(r"//[^/]*@", "//", text))  # without a login
    return UsageError(Text(f"`{shown}` {message.en}", f"`{shown}` {message.zh}"), hint=hint)
