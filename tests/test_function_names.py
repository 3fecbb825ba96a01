"""A function is named by what it does: an imperative verb, or the value that it computes.

Past participles (`opened`), prepositions (`of_model`) and clauses (`told_when_full`) say neither.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = (
    *sorted((ROOT / "generator/newft").rglob("*.py")),
    *sorted((ROOT / "templates").glob("**/src/**/*.py")),
    *sorted((ROOT / "domains").glob("**/src/**/*.py")),
)
IRREGULAR_PARTICIPLES = [
    "built",
    "drawn",
    "found",
    "given",
    "held",
    "kept",
    "known",
    "left",
    "lost",
    "made",
    "met",
    "said",
    "seen",
    "shown",
    "taken",
    "told",
    "written",
]
PREPOSITIONS = ["as", "at", "by", "for", "from", "in", "into", "of", "on", "to", "with", "without"]
CLAUSE_WORDS = ["how", "that", "what", "whatever", "when", "where", "which", "who", "why"]
FIRST_WORD = re.compile(
    rf"_*(?:[a-z]+ed|{'|'.join([*IRREGULAR_PARTICIPLES, *PREPOSITIONS, *CLAUSE_WORDS])})(?:_|$)"
)
LAST_WORD = re.compile(r".*_(?:of|that|when|where|which)$")
ALLOWED = {
    "as_citation": "a conversion, as in `as_tuple`",
    "balanced_accuracy": "the name of the metric in scikit-learn",
    "feed": "a verb",
    "from_string": "a method of Jinja's Environment",
    "on_broken_pipe": "an event handler",
    "on_finalized_text": "a method of transformers' TextStreamer",
    "on_log": "a method of transformers' TrainerCallback",
    "on_save": "a method of transformers' TrainerCallback",
    "on_step_begin": "a method of transformers' TrainerCallback",
    "on_step_end": "a method of transformers' TrainerCallback",
    "on_train_begin": "a method of transformers' TrainerCallback",
    "paired_bootstrap": "the name of the test",
    "without_hint": "returns a changed copy, as `with_` and `without_` do",
    "_reasoned_to_json": "converts a `Reasoned`, which is the name of the type",
    "_reasoned_to_plain": "converts a `Reasoned`, which is the name of the type",
}
CONVERSION = re.compile(r"_*to(?:_|$)")  # `to_json` converts, as in pandas


def list_functions(path: Path) -> Iterator[str]:
    """The functions and methods of a module; a property is an adjective or a noun."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and not any(
            "property" in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            yield node.name


def is_misnamed(name: str) -> bool:
    if name in ALLOWED or CONVERSION.match(name):
        return False
    return bool(FIRST_WORD.match(name) or LAST_WORD.match(name))


@pytest.mark.parametrize("name", ["opened", "_mapped", "of_model", "told_when_full", "run_dir_of"])
def test_a_participle_a_preposition_and_a_clause_are_found(name: str) -> None:
    assert is_misnamed(name)


@pytest.mark.parametrize("name", ["open_file", "to_json", "read_rows", "proportion", "split_text"])
def test_a_verb_a_conversion_and_a_noun_pass(name: str) -> None:
    assert not is_misnamed(name)


def test_every_function_is_named_by_a_verb_or_by_its_value() -> None:
    misnamed = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        for name in list_functions(path)
        if is_misnamed(name)
    }
    assert misnamed == set()


def test_every_exception_is_still_needed() -> None:
    names = {name for path in SOURCES for name in list_functions(path)}
    assert set(ALLOWED) - names == set()
