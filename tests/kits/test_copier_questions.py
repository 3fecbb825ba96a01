"""Every form of question that the documentation of copier describes, asked by newft."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from newft.answers.keys import AnswerValue
from newft.schema.starter_kit import AskedQuestion
from support.copier_templates import make_answers, render, write_template


class Form(NamedTuple):
    """A copier.yml with a question `a`: what is asked, and what an answer becomes in a file."""

    config: str
    default: AnswerValue | None = None
    choices: tuple[str, ...] = ()
    given: AnswerValue | None = None
    value: str | None = None  # of the answer, or else of the default, in JSON
    others: Mapping[str, AnswerValue] = {}


FORMS = {
    "a short text": Form("a: word", "word", value='"word"'),
    "a short number": Form("a: 5", "5", given="7", value="7"),
    "a short fraction": Form("a: 0.5", "0.5", value="0.5"),
    "a short truth": Form("a: true", "yes", ("yes", "no"), given="no", value="false"),
    "a short list": Form("a: [1, 2]", "[1, 2]", given="[3]", value="[3]"),
    "a short mapping": Form("a: {default: {b: 1}}", '{"b": 1}', value='{"b": 1}'),
    "nothing as default": Form("a: {default: null}", "null", value="null"),
    "no default": Form("a: {type: str}", None, given="x", value='"x"'),
    "a required truth": Form("a: {type: bool}", None, ("yes", "no"), given="y", value="true"),
    "the type follows the default": Form('a: {default: "7"}', "7", value='"7"'),
    "a text of digits": Form("a: {type: str, default: 3.10}", "3.1", given="3.10", value='"3.10"'),
    "an integer": Form("a: {type: int, default: 1}", "1", given="12", value="12"),
    "a float": Form("a: {type: float, default: 1}", "1.0", given="1e-3", value="0.001"),
    "JSON": Form("a: {type: json}", None, given='{"b": [1]}', value='{"b": [1]}'),
    "YAML": Form("a: {type: yaml}", None, given="b: [1]", value='{"b": [1]}'),
    "YAML that reads as a number": Form("a: {type: yaml, default: '5'}", "5", value="5"),
    "a path": Form("a: {type: path, default: docs/a.md}", "docs/a.md", value='"docs/a.md"'),
    "several lines": Form(
        "a: {type: str, multiline: true, default: ''}", "", given="b\nc", value='"b\\nc"'
    ),
    "a list of choices": Form(
        "a: {type: str, choices: [b, c], default: c}", "c", ("b", "c"), value='"c"'
    ),
    "choices without a default": Form("a: {choices: [b, c]}", None, ("b", "c"), "b", '"b"'),
    "choices with titles": Form(
        "a: {type: str, choices: {First: b, Second: c}, default: b}", "b", ("b", "c"), "c", '"c"'
    ),
    "choices as pairs": Form(
        "a: {type: int, choices: [[One, 1], [Two, 2]], default: 1}", "1", ("1", "2"), "2", "2"
    ),
    "choices of several types": Form(
        "a: {type: yaml, choices: {No: false, Some: [1], Text: t}, default: [1]}",
        "[1]",
        ("false", "[1]", "t"),
        given="false",
        value="false",
    ),
    "a choice that needs another answer": Form(
        "b: {type: str, default: aws}\n"
        "a: {type: str, choices: {Any: any, Own: {value: own, validator: \"{% if b != 'own' %}no"
        '{% endif %}"}}, default: any}',
        "any",
        ("any",),
        value='"any"',
    ),
    "a choice that another answer allows": Form(
        "b: {type: str, default: aws}\n"
        "a: {type: str, choices: {Any: any, Own: {value: own, validator: \"{% if b != 'own' %}no"
        '{% endif %}"}}, default: any}',
        "any",
        ("any", "own"),
        given="own",
        value='"own"',
        others={"b": "own"},
    ),
    "choices that depend on an answer": Form(
        "b: {type: str, default: python}\n"
        "a:\n  type: str\n  choices: |\n"
        "    {% if b == 'python' %}\n    - pip\n    - uv\n    {% else %}\n    - npm\n"
        "    {% endif %}",
        None,
        ("npm",),
        given="npm",
        value='"npm"',
        others={"b": "js"},
    ),
    "several choices": Form(
        "a: {type: str, multiselect: true, choices: [b, c, d], default: [b]}",
        ("b",),
        ("b", "c", "d"),
        given=("d", "c"),
        value='["c", "d"]',
    ),
    "several choices on one line": Form(
        "a: {type: int, multiselect: true, choices: [1, 2, 3], default: [1]}",
        ("1",),
        ("1", "2", "3"),
        given="[2, 3]",
        value="[2, 3]",
    ),
    "one of several choices": Form(
        "a: {type: str, multiselect: true, choices: [b, c]}", None, ("b", "c"), "c", '["c"]'
    ),
    "several defaults by a template": Form(
        "a: {type: str, multiselect: true, choices: [b, c], default: \"{{ ['c'] }}\"}",
        ("c",),
        ("b", "c"),
        value='["c"]',
    ),
    "a default from another answer": Form(
        "b: {type: str, default: x}\na: {type: str, default: '{{ b | upper }}'}",
        "Y",
        value='"Y"',
        others={"b": "y"},
    ),
    "a default that is unset": Form(
        'b: {type: bool, default: false}\na: {type: str, default: "{{ b or UNSET }}"}',
        None,
        given="x",
        value='"x"',
    ),
    "a type by a template": Form(
        "b: {type: str, default: int}\na: {type: '{{ b }}', default: 4}", "4", value="4"
    ),
    "a default that the validator refuses": Form(
        "a: {type: int, default: 0, validator: '{% if a < 1 %}too small{% endif %}'}",
        None,
        given="1",
        value="1",
    ),
    "a question that is answered unless asked": Form(
        "b: {type: str, default: x}\na: {type: str, default: y, ask: true}", "y", value='"y"'
    ),
    "other brackets": Form(
        "_envops: {variable_start_string: '[[', variable_end_string: ']]'}\n"
        "b: x\na: {type: str, default: '[[ b ]] {{ c }}'}",
        "x {{ c }}",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_documented_form_of_question(tmp_path: Path, name: str) -> None:
    form = FORMS[name]
    template = write_template(tmp_path / "kit", form.config, {"a.txt.jinja": "{{ a | to_json }}"})
    answers = make_answers(**form.others)
    asked = template.describe("a", answers)
    assert asked is not None
    assert (asked.default, tuple(value for value, _ in asked.choices)) == (
        form.default,
        form.choices,
    )
    if form.given is not None:
        assert template.find_fault("a", form.given, answers) is None
    if form.value is not None:
        given = {} if form.given is None else {"a": form.given}
        files = render(template, tmp_path / "out", **form.others, **given)
        assert files["a.txt"].decode() == form.value


@pytest.mark.parametrize(
    ("config", "asked"),
    [
        ("b: true\na: {type: str, default: x, when: '{{ b }}'}", True),
        ("b: false\na: {type: str, default: x, when: '{{ b }}'}", False),
        ("b: 'no'\na: {type: str, default: x, when: '{{ b }}'}", False),
        ("a: {type: str, default: x, when: false}", False),
        ("a: {type: str, default: x, when: \"{{ language == 'en' }}\"}", True),
        ("a: {type: str, default: x, ask: false}", False),
    ],
)
def test_conditions(tmp_path: Path, config: str, asked: bool) -> None:
    template = write_template(tmp_path / "kit", config, {"a.txt.jinja": "{{ a }}"})
    assert (template.describe("a", make_answers()) is not None) == asked
    assert render(template, tmp_path / "out")["a.txt"] == b"x"


def test_an_answer_to_a_question_that_does_not_apply_is_not_used(tmp_path: Path) -> None:
    template = write_template(
        tmp_path / "kit",
        "b: false\na: {type: str, default: x, when: '{{ b }}'}",
        {"a.txt.jinja": "{{ a }}"},
    )
    assert render(template, tmp_path / "out", a="y")["a.txt"] == b"x"


def test_a_value_is_computed_again_for_other_answers(tmp_path: Path) -> None:
    template = write_template(
        tmp_path / "kit",
        "b: x\na: {default: '{{ b }}{{ b }}', when: false}",
        {"a.jinja": "{{ a }}"},
    )
    assert render(template, tmp_path / "one")["a"] == b"xx"
    assert render(template, tmp_path / "two", b="y")["a"] == b"yy"


def test_help_and_placeholder_may_be_templates(tmp_path: Path) -> None:
    config = "a: {type: str, help: 'Team of {{ domain }}?', placeholder: '{{ task }}-team'}"
    asked = write_template(tmp_path / "kit", config).describe("a", make_answers())
    assert isinstance(asked, AskedQuestion)
    assert asked.title.en == "Team of customer_service?"
    assert asked.help == ("for example: intent-team", "例如：intent-team")
