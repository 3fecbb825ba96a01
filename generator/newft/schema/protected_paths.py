"""Where in a project no template writes, and which of its files no kit may bring or replace.

The check of the policy has its own files. A kit that could write them would switch off what the
kit that it extends forbids. A file that Python or make takes in place of one of them counts too:
`policy/__init__.py` for `policy.py`, `GNUmakefile` for `Makefile`.
"""

from __future__ import annotations

RESERVED_FOLDERS = (".newft", ".git", "data/raw")  # the records, git's own, the user's data
_POLICY_FILE = ("config", "policy.yaml")
_POLICY_MODULES = (
    ("tests", "test_policy"),
    ("src", "{package}", "policy"),
    ("src", "{package}", "runtime", "policy_rules"),
)
_MAKEFILES = ("gnumakefile", "bsdmakefile", "makefile")


def is_reserved_path(path: str) -> bool:
    """Return whether a path lies where no template writes."""
    whole = path.casefold()
    return any(whole == folder or whole.startswith(f"{folder}/") for folder in RESERVED_FOLDERS)


def is_protected_path(path: str, package: str) -> bool:
    """Return whether a path of a rendered file is one that no kit may bring or replace."""
    parts = path.casefold().split("/")
    if len(parts) == 1:
        return parts[0] in _MAKEFILES and path != "Makefile"
    if tuple(parts[:2]) == _POLICY_FILE:
        return True
    return any(
        [*parts[: len(module) - 1], parts[len(module) - 1].split(".")[0]]
        == [part.format(package=package.casefold()) for part in module]
        for module in _POLICY_MODULES
        if len(parts) >= len(module)
    )
