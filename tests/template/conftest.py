"""The modules of the golden project, imported from where it lies."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from golden_project import GOLDEN


@pytest.fixture(scope="module")
def project() -> Any:
    """The modules of the golden project that format rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(GOLDEN / "src"))
        from golden_desk import config, prepare

        yield prepare, config.load_config(GOLDEN / "config" / "run.yaml")
    for name in [name for name in sys.modules if name.split(".")[0] == "golden_desk"]:
        del sys.modules[name]
