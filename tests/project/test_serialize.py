from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from newft.project.serialize import (
    build_template_data,
    dump_yaml,
    format_yaml_block,
    format_yaml_text,
    format_yaml_value,
    quote,
    to_one_line,
    to_plain,
)
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text
from support.example_plan import make_answers, make_facts, make_plan, recipe, sample

HOSTILE = [
    "no",
    "null",
    "~",
    "1e-3",
    "1_000",
    "0x1f",
    "2026-01-01",
    "- item",
    "key: value",
    "a #comment",
    "{{ plan.name }}",
    "{% raw %}",
    "{labels}",
    '"quoted" \\ back',
    "it's",
    "line\nbreak",
    "tab\there",
    " padded ",
    "",
    "物流 查询",
    "right-to-left \u202e override",
    "next\u0085line\u2028separator\u2029end",
    "\x00\x07\x1b\x7f",
    "\ufeffmark\ufffe",
    "🎉 party",
    "&anchor *alias !tag",
    "[1, 2]",
]
hostile = pytest.mark.parametrize("text", HOSTILE, ids=[repr(text) for text in HOSTILE])
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def hidden(text: str) -> list[str]:
    return [char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}]


@hostile
def test_yaml_reads_a_hostile_text_back(text: str) -> None:
    written = format_yaml_text(text)
    assert yaml.safe_load(f"list: [{written}]\nkey: {written}\n") == {"list": [text], "key": text}
    assert hidden(written) == []


@hostile
def test_toml_reads_a_hostile_text_back(text: str) -> None:
    assert tomllib.loads(f"key = {quote(text)}\n") == {"key": text}


@given(st.text())
def test_yaml_and_toml_read_any_text_back(text: str) -> None:
    assert yaml.safe_load(f"key: {format_yaml_text(text)}") == {"key": text}
    assert tomllib.loads(f"key = {quote(text)}\n") == {"key": text}


@given(st.text())
def test_a_line_stays_one_line_and_hides_nothing(text: str) -> None:
    assert hidden(to_one_line(text)) == []
    assert yaml.safe_load(f"# {to_one_line(text)}\nkey: 1\n") == {"key": 1}


@given(plain_values)
@example({"warm up": [0.1, None, True, {}]})
def test_yaml_reads_any_value_on_a_line_back(value: object) -> None:
    assert yaml.safe_load(format_yaml_value(value)) == value  # type: ignore[arg-type]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_written_as_yaml_1_1_and_1_2_read_it(number: float) -> None:
    written = format_yaml_value(number)
    assert re.fullmatch(r"-?\d+\.\d+(e[+-]\d+)?", written)
    assert yaml.safe_load(written) == number


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, "0.0"),
        (0.05, "0.05"),
        (1e-3, "1.0e-3"),
        (0.002, "2.0e-3"),
        (1.5e-05, "1.5e-5"),
        (math.inf, ".inf"),
        (7, "7"),
        (True, "true"),
        (None, "null"),
        (["q_proj", "no"], '[q_proj, "no"]'),
    ],
)
def test_values_are_written_as_an_engineer_would(number: object, written: str) -> None:
    assert format_yaml_value(number) == written  # type: ignore[arg-type]


def test_a_text_of_several_lines_is_a_block() -> None:
    text = "Choose one.\n\nIntents: # all\n{labels}"
    written = format_yaml_block(text, indent=4)
    assert written == "|-\n    Choose one.\n\n    Intents: # all\n    {labels}"
    assert yaml.safe_load(f"task:\n  system: {written}\n") == {"task": {"system": text}}


@given(st.text() | st.text(alphabet="a \n\t:#-"))
def test_a_block_says_exactly_the_same(text: str) -> None:
    written = f"task:\n  system: {format_yaml_block(text, indent=4)}\n  next: 1\n"
    assert yaml.safe_load(written) == {"task": {"system": text, "next": 1}}
    assert not any(line != line.rstrip() for line in written.splitlines())


@given(plain_values.map(lambda value: {"key": value}))
@example({"key": [f"{char}x" for char in "\u202e\x85\u2028\ufeff"]})
def test_what_newft_keeps_is_read_back(value: dict[str, object]) -> None:
    written = dump_yaml(value)  # type: ignore[arg-type]
    assert yaml.safe_load(written) == value
    assert [char for char in hidden(written) if char != "\n"] == []


def test_a_reason_is_said_in_the_projects_language() -> None:
    reasoned = Reasoned(0.002, Text("ten times", "十倍"), Text("measured", "实测"))
    assert to_plain(reasoned, "en") == {
        "value": 0.002,
        "why": "ten times",
        "source": "measured",
        "yaml": "2.0e-3",
        "comment": ["# ten times (measured)"],
    }
    assert to_plain(reasoned, "zh")["comment"] == ["# 十倍（实测）"]  # type: ignore[index,call-overload]


def test_a_long_reason_and_its_source_are_kept_apart() -> None:
    why = Text("many labels " * 8, "标签" * 20)
    reasoned = Reasoned(8, why, as_citation("https://example.org/a/paper"))
    assert to_plain(reasoned, "en")["comment"] == [  # type: ignore[index,call-overload]
        "# " + ("many labels " * 8).strip(),
        "#   source: https://example.org/a/paper",
    ]
    assert to_plain(reasoned, "zh")["comment"] == [  # type: ignore[index,call-overload]
        "# " + "标签" * 20,
        "#   出处：https://example.org/a/paper",
    ]


def test_templates_see_plain_data_only(tmp_path: Path) -> None:
    file = sample(tmp_path)
    facts = make_facts(file)
    data = build_template_data(make_plan(facts, recipe=recipe()), make_answers(file))
    assert set(data) == {"answers", "plan"}
    waiting: list[object] = [data]
    while waiting:
        value = waiting.pop()
        assert type(value) in {dict, list, str, int, float, bool, type(None)}
        waiting += value.values() if isinstance(value, dict) else []
        waiting += value if isinstance(value, list) else []
