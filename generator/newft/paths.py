"""Locate templates/ and domains/: in the package if it is installed, else in the checkout."""

from __future__ import annotations

from pathlib import Path


def get_resource_root() -> Path:
    """Return the folder that holds `templates/` and `domains/`."""
    package = Path(__file__).resolve().parent
    in_wheel = (package / "templates").is_dir()
    return package if in_wheel else package.parents[1]


def get_templates_folder() -> Path:
    """Return the folder of the base project, the layers and the catalogue."""
    return get_resource_root() / "templates"


def get_domains_folder() -> Path:
    """Return the folder of the domains that ship with newft."""
    return get_resource_root() / "domains"
