"""No number that identifies a person or a policy reaches a prompt."""

from __future__ import annotations

import pytest

from package_name.config import Config
from package_name.formatting import mask_numbers, to_conversation


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的手机是13800001234", "我的手机是[号码]"),
        ("身份证 11010119900101123X", "身份证 [号码]"),
        ("保单BD2026000123456刚买", "保单[号码]刚买"),
        ("修车花了3200元，2026年5月", "修车花了3200元，2026年5月"),
    ],
)
def test_long_numbers_are_masked(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked


def test_the_model_is_shown_the_masked_text(config: Config) -> None:
    record = {"text": "追尾了，电话13800001234", "label": config.task.labels[0]}
    messages = to_conversation(record, config.task)
    assert messages[1]["content"] == "追尾了，电话[号码]"
