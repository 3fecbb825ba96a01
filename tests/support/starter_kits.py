"""Starter kits made by hand, for the tests of what a project gets from them."""

from __future__ import annotations

from collections.abc import Mapping

from newft.schema.kit import Kit, Lock, Policy
from newft.schema.starter_kit import KitPin, LocatedKit, StarterKit
from newft.text import Text


def make_starter_kit(
    *, policy: Policy | None = None, locked: Mapping[str, Lock] | None = None
) -> StarterKit:
    """A kit of a git repository, without questions and files of its own."""
    pin = KitPin("https://git.example/bank-kit.git", "v1", "c" * 40, "7" * 40)
    title = Text("Bank", "银行")
    located = (LocatedKit("bank", pin),)
    kits = (Kit("bank", title),)
    return StarterKit("bank", title, kits, located, locked=locked or {}, policy=policy)
