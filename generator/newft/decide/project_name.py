"""Validate the name of a project and derive the name of its package."""

from __future__ import annotations

import hashlib
import keyword
import re
import sys
import unicodedata

from newft.decide.reserved_names import INSTALLED_NAMES, PROJECT_NAMES, WINDOWS_DEVICE_NAMES
from newft.errors import UsageError
from newft.text import Text, join_names

MAX_NAME_LENGTH = 40


def validate_name(name: str) -> str:
    """Return the name; raise `UsageError` if it is not valid for a folder and a package."""
    fault = _find_name_fault(name)
    if fault:
        shown = _escape_unprintable(name)
        message = Text(f"`{shown}` {fault.en}", f"`{shown}` {fault.zh}")
        raise UsageError(message, where="name", hint=_NAME_HINT)
    return name


_NAME_HINT = Text(
    "use letters, digits, spaces, hyphens or underscores, "
    f"at most {MAX_NAME_LENGTH} characters, such as `acme support`",
    f"请用字母、数字、空格、连字符或下划线，最多 {MAX_NAME_LENGTH} 个字符，例如 `acme support`",
)


def derive_package_name(name: str, *, domain: str) -> str:
    """Return the name of the Python package: `Acme Support` becomes `acme_support`.

    A name without ASCII letters and digits, such as a Chinese one, has no standard transliteration.
    Its package is named after the domain and six hex digits of the hash of the name: the same on
    every machine, and different for two such projects in one environment.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    if not words:
        return f"{domain}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return words if not words[0].isdigit() else f"project_{words}"


def _find_name_fault(name: str) -> Text | None:
    if not name.strip():
        return Text("is empty", "为空")
    if len(name) > MAX_NAME_LENGTH:
        return Text(f"has {len(name)} characters", f"有 {len(name)} 个字符")
    if name != name.strip() or name[0] in "-_":
        return Text(
            "must begin with a letter or digit and end without a space",
            "须以字母或数字开头，末尾不能有空格",
        )
    odd = sorted({mark for mark in name if not (mark.isalnum() or mark in " -_")})
    if odd:
        marks = join_names(
            _escape_unprintable(mark) if mark.isprintable() else ascii(mark) for mark in odd
        )
        return Text(f"contains {marks.en}", f"含有 {marks.zh}")
    return _find_reserved_fault(derive_package_name(name, domain="project"))


def _find_reserved_fault(package: str) -> Text | None:
    if keyword.iskeyword(package):
        return Text(f"is a Python keyword (`{package}`)", f"是 Python 关键字（`{package}`）")
    if package in sys.stdlib_module_names:
        return Text(
            f"has the same name as Python's own module `{package}`",
            f"与 Python 自带的模块 `{package}` 重名",
        )
    if package in INSTALLED_NAMES or package in PROJECT_NAMES:
        return Text(
            f"has the same name as `{package}`, which the project needs",
            f"与项目要用的 `{package}` 重名",
        )
    if package in WINDOWS_DEVICE_NAMES:
        return Text(
            f"is a device name on Windows (`{package}`)", f"是 Windows 的设备名（`{package}`）"
        )
    return None


def _escape_unprintable(text: str) -> str:
    return text if text.isprintable() else ascii(text)[1:-1]
