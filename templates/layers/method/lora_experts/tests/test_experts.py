"""Experts: they are adapted by name, and not with every variant of LoRA."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from package_name.config import Config
from package_name.model.method import MethodConfig


@pytest.mark.parametrize("values", [{"dora": True}, {"dropout": 0.1}, {"pissa": True}])
def test_experts_are_adapted_by_plain_lora_alone(values: dict[str, object], config: Config) -> None:
    experts = {"target_parameters": ["mlp.experts.down_proj"]}
    plain = config.method.model_dump() | {"dropout": 0.0} | experts
    options = MethodConfig.model_validate(plain).list_adapter_options()
    assert options["target_parameters"] == ["mlp.experts.down_proj"]
    with pytest.raises(ValidationError, match="target_parameters"):
        MethodConfig.model_validate(plain | values)
