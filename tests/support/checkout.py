"""Where things lie in the checkout that is tested."""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
GENERATOR = REPOSITORY / "generator"
TEMPLATES = REPOSITORY / "templates"
DOMAINS = REPOSITORY / "domains"
TESTS = REPOSITORY / "tests"
# `make setup` keeps this library apart: only projects with QLoRA have it in their PYTHONPATH
BITSANDBYTES = Path(sys.prefix) / "bitsandbytes"
