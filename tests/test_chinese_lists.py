"""Chinese texts list names with their own separator: `、`, not the English comma."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import newft
from newft.text import CJK_PATTERN

PACKAGE = Path(newft.__file__).parent


def find_comma_lists(source: str) -> Iterator[int]:
    """The lines of Chinese texts that hold names which an English comma joins."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            joined = {*list_joined_names(function)}
            for text in ast.walk(function):
                if isinstance(text, ast.JoinedStr) and CJK_PATTERN.search(ast.unparse(text)):
                    yield from (text.lineno for one in list_values(text) if is_list(one, joined))


def list_joined_names(function: ast.FunctionDef) -> Iterator[str]:
    """The names of such lists; one that is called `en` is for an English text."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and joins_by_comma(node.value):
            names = (one.id for one in node.targets if isinstance(one, ast.Name))
            yield from (name for name in names if name != "en")


def list_values(text: ast.JoinedStr) -> Iterator[ast.expr]:
    """The values of a text, without lists of code such as [q_proj, v_proj]."""
    before = ""
    for part in text.values:
        if isinstance(part, ast.Constant):
            before = str(part.value)
        elif isinstance(part, ast.FormattedValue) and not before.endswith("["):
            yield part.value


def is_list(value: ast.expr, joined: set[str]) -> bool:
    return joins_by_comma(value) or (isinstance(value, ast.Name) and value.id in joined)


def joins_by_comma(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "join"
        and isinstance(node.func.value, ast.Constant)
        and node.func.value.value == ", "
    )


def test_no_chinese_text_joins_names_by_an_english_comma() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in PACKAGE.rglob("*.py")
        for line in find_comma_lists(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_such_a_text_is_found() -> None:
    source = 'def f(x):\n    a = ", ".join(x)\n    return f"可选：{a}", f"[{a}] 写法"\n'
    assert [*find_comma_lists(source)] == [3]
