"""Every text that an emitted command prints exists in both languages, with the same values."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TypeGuard

import pytest
from wcwidth import wcswidth

from newft.project.template_layers import (
    EMITTED_MODULES,
    KIND_MODULES,
    OUTCOME_MODULE,
    POLICY_MODULE,
)
from support.checkout import DOMAINS

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "templates/layers/language/zh/src/package_name/runtime/messages.json"
# functions that take templates: the positions of the templates among their arguments
TEMPLATES_TAKEN = {
    "say": (0,),
    "fill": (0,),
    "ProjectError": (0, 1),
    "Remark": (0,),
    "RejectReason": (0,),
    "RecordError": (1, 2),  # the first is the file
    "YamlFault": (0,),
    "PolicyFault": (1,),  # the first is the place
    "_print_error": (0, 1),
    "run_command": (1,),  # the help of a command
    "explain_read_errors": (1,),
    "read_json": (1,),
}
# keywords of these functions that are no values of the text
OPTIONS = {"file"}
# mappings whose values are templates, and one template for what is not among them
TABLES = {
    "OTHER_COLUMN_QUESTION",
    "WRONG_COLUMN_QUESTIONS",
    "RULE_MESSAGES",
    "FOREIGN_MESSAGES",
    "FOREIGN_HINTS",
}
# print a line that changes, a blank line, or tokens in colour; `say` prints whole texts
PRINTING = ("output.py", "progress_line.py", "check.py", "chat.py")


def emitted_modules() -> Iterator[Path]:
    yield from (ROOT / "templates").rglob("src/**/*.py")
    yield from (ROOT / "domains").rglob("src/**/*.py")
    yield from (
        ROOT / "generator/newft/emitted" / Path(name).name
        for name in (
            *EMITTED_MODULES,
            *{name for names in KIND_MODULES.values() for name in names},
            OUTCOME_MODULE,
            POLICY_MODULE,
        )
    )


@cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def calls_of(module: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree_of(module)) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    function = call.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def template_arguments(module: Path) -> Iterator[tuple[ast.Call, ast.expr]]:
    for call in calls_of(module):
        for place in TEMPLATES_TAKEN.get(called(call), ()):
            if place < len(call.args):
                yield call, call.args[place]


def parts(expression: ast.expr) -> list[ast.expr]:
    """The expression, or what a condition or an `or` chooses from."""
    if isinstance(expression, ast.IfExp):
        return [*parts(expression.body), *parts(expression.orelse)]
    if isinstance(expression, ast.BoolOp):
        return [each for value in expression.values for each in parts(value)]
    return [expression]


def is_text(expression: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(expression, ast.Constant) and isinstance(expression.value, str)


def templates_of(module: Path) -> Iterator[str]:
    """Every constant text that the module hands over to be filled in, by itself or by a name."""
    for _, argument in template_arguments(module):
        for part in parts(argument):
            if is_text(part):
                yield str(part.value)
            elif isinstance(part, ast.Name):
                yield from texts_by_name().get(part.id, ())
    for node in ast.walk(tree_of(module)):
        for target, value in assignments(node):
            if isinstance(target, ast.Name) and target.id in TABLES:
                values = value.values if isinstance(value, ast.Dict) else [value]
                yield from (str(each.value) for each in values if is_text(each))


@cache
def texts_by_name() -> dict[str, list[str]]:
    """The texts that are assigned to each name, anywhere in the emitted modules."""
    named: dict[str, list[str]] = {}
    for module in emitted_modules():
        for node in ast.walk(tree_of(module)):
            for target, value in assignments(node):
                if isinstance(target, ast.Name):
                    texts = [str(each.value) for each in parts(value) if is_text(each)]
                    named.setdefault(target.id, []).extend(texts)
    return named


def assignments(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.AnnAssign) and node.value:
        return [(node.target, node.value)]
    if not isinstance(node, ast.Assign):
        return []
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return list(zip(target.elts, value.elts, strict=True))
    return [(target, value)]


def filled_names(module: Path) -> set[str]:
    """The names that a module gives to texts which are filled in already."""
    return {
        target.id
        for node in ast.walk(tree_of(module))
        for target, value in assignments(node)
        if isinstance(target, ast.Name)
        and any(isinstance(part, ast.Call) and called(part) == "fill" for part in parts(value))
    }


def is_put_together(expression: ast.AST) -> bool:
    """Whether a text is written as an f-string or with operators, in a list that is joined too."""
    if isinstance(expression, ast.JoinedStr | ast.BinOp):
        return True
    if isinstance(expression, ast.Call) and called(expression) != "join":
        return False
    return any(map(is_put_together, ast.iter_child_nodes(expression)))


def placeholders(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name}


def has_words(text: str) -> bool:
    return any(letter.isalpha() for part, *_ in Formatter().parse(text) for letter in part)


def place(module: Path, node: ast.expr) -> str:
    return f"{module.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


@pytest.fixture(scope="module")
def translations() -> dict[str, str]:
    texts: dict[str, str] = json.loads(TRANSLATIONS.read_text(encoding="utf-8"))
    return texts


def test_every_text_is_translated_and_no_translation_is_left_over(
    translations: dict[str, str],
) -> None:
    used = {text for module in emitted_modules() for text in templates_of(module)}
    assert sorted(text for text in used - translations.keys() if has_words(text)) == []
    assert sorted(translations.keys() - used) == []


def test_a_translation_has_the_values_of_its_text(translations: dict[str, str]) -> None:
    differing = [
        text
        for text, translation in translations.items()
        if {name for name, _ in placeholders(text)}
        != {name for name, _ in placeholders(translation)}
    ]
    assert differing == []


def test_no_template_is_put_together() -> None:
    """A text that holds its values already, or is joined from pieces, finds no translation."""
    put_together = [
        place(module, argument)
        for module in emitted_modules()
        for _, argument in template_arguments(module)
        if is_put_together(argument)
    ]
    assert put_together == []


def test_what_takes_values_is_a_constant() -> None:
    """A text that is filled in already may hold braces, which a second filling would take for
    names: it is a value.
    """
    varying = [
        place(module, part)
        for module in emitted_modules()
        for call, argument in template_arguments(module)
        if {each.arg for each in call.keywords} - OPTIONS
        for part in parts(argument)
        if isinstance(part, ast.Call)
        or (isinstance(part, ast.Name) and part.id in filled_names(module))
    ]
    assert varying == []


def test_what_people_read_is_filled_in() -> None:
    """Nothing goes to the terminal or into an error but by `say` and `fill`."""
    printed = [
        place(module, call)
        for module in emitted_modules()
        if module.name not in PRINTING
        for call in calls_of(module)
        if called(call) == "print"
    ]
    raised = [
        place(module, call)
        for module in emitted_modules()
        if module.name
        in ("config.py", "config_base.py", "config_errors.py", "section.py", "task.py", "files.py")
        for call in calls_of(module)
        if called(call) == "ValueError"
        and not (isinstance(call.args[0], ast.Call) and called(call.args[0]) == "fill")
    ]
    assert printed + raised == []


@pytest.mark.parametrize(
    "module", [*DOMAINS.glob("*/overlay/*/src/*/metrics.py")], ids=lambda path: path.parts[-4]
)
def test_what_is_said_of_metrics_fits_a_terminal(
    module: Path, translations: dict[str, str]
) -> None:
    (legend,) = [
        text
        for node in tree_of(module).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LEGEND"
        for call in [node.value]
        if isinstance(call, ast.Call) and is_text(call.args[0])
        for text in [str(call.args[0].value)]
    ]
    for shown in (legend, translations[legend]):
        assert max(map(wcswidth, shown.splitlines())) <= 80
