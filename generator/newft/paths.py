"""Where templates/ and domains/ are: beside the package in a wheel, two levels up in a checkout."""

from __future__ import annotations

from pathlib import Path


def resource_root() -> Path:
    """The folder that holds `templates/` and `domains/`."""
    package = Path(__file__).resolve().parent
    in_wheel = (package / "templates").is_dir()
    return package if in_wheel else package.parents[1]


def get_templates_folder() -> Path:
    """The folder of the base project, the layers, the families and the hardware."""
    return resource_root() / "templates"


def get_domains_folder() -> Path:
    """The folder of the domains that ship with newft."""
    return resource_root() / "domains"
