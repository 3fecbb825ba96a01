"""PLAN.md and the README show what others wrote as it is, and no word of it becomes Markdown."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from newft.catalog.loader import load_catalog
from newft.decide.rollout.rollout import plan_rollout
from newft.project.markdown_cells import format_code
from newft.project.render import render_tree
from newft.schema.kit import Kit
from newft.schema.reasoned import Sourced
from newft.schema.rollout import DatedRule, HypothesisRule, Risk
from newft.text import Language, Text
from support.example_plan import ROLLOUT_RULES, make_answers, make_facts, make_plan, sample

pytestmark = pytest.mark.slow

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
LANGUAGES: tuple[Language, ...] = ("en", "zh")
HOSTILE = "# a | `b` <script> ](x) <!-- ![c](d) **e** ~~f~~ \n\n---\n1. g `h"
NAMES = st.text(st.sampled_from("ab1 .)(]![-+>=#*_~`|<&;:\\\n是"), min_size=1, max_size=20)


def write_kit(text: str) -> Kit:
    """A kit that says the same words wherever its author may write some."""
    said, kit = Text(text, text), load_catalog().kits["customer_service"]
    figure = Sourced(0.9, said, said)
    claim = HypothesisRule(said, metric="accuracy", today=Sourced(0.5, said, said), target=figure)
    return replace(
        kit,
        title=said,
        expert=said,
        kill_switch=said,
        hypotheses={"one": claim},
        compliance={"one": DatedRule(said, said, "2026-01-01", said, said, evidence=said)},
        risks=(Risk(said, said, said),),
        tasks={"intent": replace(kit.tasks["intent"], title=said, description=said)},
    )


def render(text: str, language: Language) -> dict[str, list[Token]]:
    """The Markdown of a project whose kit, columns, labels and files are named like this."""
    kit = write_kit(text)
    with tempfile.TemporaryDirectory() as folder:
        file = replace(sample(Path(folder) / "data"), project_path=f"data/raw/{text}")
        facts = make_facts(
            file,
            language,
            mapping={"text": (text,), "label": (f"{text} 2",)},
            labels={text: 5, f"{text} b": 6},
            out_of_scope=None,
            protected=(text,),
            excluded=(text,),
        )
        plan = make_plan(
            facts,
            language,
            kit=kit,
            task=kit.tasks["intent"],
            title=text,
            rollout=plan_rollout(kit, "intent", facts.data, ROLLOUT_RULES),
        )
        into = Path(folder) / "out"
        render_tree(plan, make_answers(file, language), into)
        return {
            name: RENDERER.parse((into / name).read_text(encoding="utf-8"))
            for name in ("PLAN.md", "README.md")
        }


@cache
def render_plain(language: Language) -> dict[str, list[str]]:
    return {name: [*list_structure(tokens)] for name, tokens in render("word", language).items()}


def list_structure(tokens: Sequence[Token]) -> Iterator[str]:
    """Headings, tables, lists and links of a document, without text and code in them."""
    for token in tokens:
        if token.type == "inline":
            kinds = [part.type for part in token.children or ()]
            yield from (kind for kind in kinds if kind not in ("text", "code_inline"))
        else:
            yield f"{token.type} {token.tag} {token.attrs}"


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=5, deadline=None)
@given(text=NAMES.filter(str.strip))
@example(text=HOSTILE)
def test_no_text_changes_the_structure(language: Language, text: str) -> None:
    for name, tokens in render(text, language).items():
        assert [*list_structure(tokens)] == render_plain(language)[name]


@given(name=NAMES.filter(str.strip))
def test_a_name_is_shown_in_a_cell_as_it_is(name: str) -> None:
    tokens = RENDERER.parse(f"| a |\n| --- |\n| {format_code(name)} |\n")
    cell = next(tokens[at + 1] for at, one in enumerate(tokens) if one.type == "td_open")
    assert cell.children is not None
    assert {part.type for part in cell.children} <= {"text", "code_inline"}
    shown = "".join(part.content for part in cell.children)
    assert shown.split() == name.split()
