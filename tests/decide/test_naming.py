"""Names of projects, as people write them."""

from __future__ import annotations

import keyword
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.decide.naming import package_name, valid_name
from newft.errors import UsageError


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("acme-support", "acme_support"),
        ("Acme Support 2", "acme_support_2"),
        ("acme", "acme"),
        ("客服 desk", "desk"),
        ("3rd line", "project_3rd_line"),
        ("Müller", "muller"),
        ("客服助手", "support_6c0c9c"),
    ],
)
def test_a_package_is_what_a_reader_expects(name: str, package: str) -> None:
    assert package_name(valid_name(name), domain="support") == package


def test_two_chinese_names_give_two_packages() -> None:
    assert package_name("客服", domain="x") != package_name("售后", domain="x")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "`` is empty"),
        ("   ", "`   ` is empty"),
        ("..", "`..` has ."),
        ("a/b", "`a/b` has /"),
        ("a\\b", "`a\\b` has \\"),
        ('say "hi"', '`say "hi"` has "'),
        ("it's", "`it's` has '"),
        ("{{ name }}", "`{{ name }}` has {, }"),
        ("two\nlines", "`two\\nlines` has '\\n'"),
        ("a" * 41, f"`{'a' * 41}` has 41 characters"),
        ("-rf", "`-rf` must begin with a letter or digit and end without a space"),
        ("class", "`class` is a keyword of Python (`class`)"),
        ("Class", "`Class` is a keyword of Python (`class`)"),
        ("json", "`json` would hide Python's own module `json`"),
        ("torch", "`torch` would hide the module `torch` that the project needs"),
        (
            "package-name",
            "`package-name` would hide the module `package_name` that the project needs",
        ),
        ("CON", "`CON` is a device on Windows (`con`)"),
    ],
)
def test_a_name_that_cannot_be_says_why(name: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        valid_name(name)
    assert caught.value.message == fault
    assert caught.value.hint


@given(st.text(max_size=45))
def test_a_valid_name_gives_an_importable_package(name: str) -> None:
    try:
        package = package_name(valid_name(name), domain="customer_service")
    except UsageError as error:
        assert "\n" not in str(error)
        return
    assert package.isidentifier()
    assert package.isascii()
    assert not keyword.iskeyword(package)
    assert package not in sys.stdlib_module_names
