"""PiSSA is refused: it decomposes whole weights, and these are in 4 bit."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from package_name.config import Config
from package_name.model.method import MethodConfig


def test_pissa_is_refused(config: Config) -> None:
    with pytest.raises(ValidationError, match="PiSSA"):
        MethodConfig.model_validate(config.method.model_dump() | {"pissa": True})
