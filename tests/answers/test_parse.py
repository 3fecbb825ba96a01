"""Answers come from options, `--set` and files, with the same keys and the same checks."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newft.answers import command_line, parse, yaml_file
from newft.answers.keys import ANSWER_KEYS, RECORDED_KEYS
from newft.errors import UsageError
from newft.schema.answers import Answers, DataAnswer, KitAnswer
from newft.wizard.questions import QUESTIONS

FULL = {
    "name": "desk",
    "domain": "customer_service",
    "task": "intent",
    "language": "zh",
    "gpu": "2xV100-32GB",
    "family": "qwen3",
    "model": "Qwen/Qwen3-1.7B",
    "hub": "modelscope",
    "revision": "1234567",
    "method": "lora",
    "data.files": ("工单.csv", "b.xlsx"),
    "data.columns.text": "客户: 消息",
    "advice.knowledge_change": "daily",
    "roi.requests_per_month": "20000",
}
WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)


def test_complete_answers_become_their_type() -> None:
    assert parse.build_answers(FULL) == Answers(
        name="desk",
        domain="customer_service",
        task="intent",
        language="zh",
        gpu="2xV100-32GB",
        family="qwen3",
        model="Qwen/Qwen3-1.7B",
        hub="modelscope",
        revision="1234567",
        method="lora",
        advice={"knowledge_change": "daily"},
        roi={"requests_per_month": "20000"},
        data=DataAnswer(("工单.csv", "b.xlsx"), {"text": "客户: 消息"}),
    )


def test_every_key_is_a_field_of_the_answers() -> None:
    groups = {"data": DataAnswer, "kit": KitAnswer}
    fields = [field.name for field in dataclasses.fields(Answers) if field.name not in groups]
    for group, kind in groups.items():
        fields += [f"{group}.{field.name}" for field in dataclasses.fields(kind)]
    keys = [*(entry.key for entry in ANSWER_KEYS), *RECORDED_KEYS]
    assert sorted([*keys, "data.columns", "kit.answers", "recipe", "advice", "roi"]) == sorted(
        fields
    )


def test_every_question_of_the_table_is_asked_in_its_order() -> None:
    named = [entry.question for entry in ANSWER_KEYS if entry.question]
    assert [question.key for question in QUESTIONS] == list(dict.fromkeys(named))


def test_a_fixed_choice_is_suggested_only_if_it_is_one() -> None:
    for entry in ANSWER_KEYS:
        if entry.suggestion:
            assert entry.choices and entry.suggestion[0] in entry.choices


def test_what_is_dumped_is_read_back() -> None:
    assert yaml_file.parse_answers_yaml("a.yml", parse.format_answers_yaml(FULL)) == FULL


@given(column=WORDS, path=WORDS)
@example(column="[label", path="a.csv")
@example(column=" label ", path="a.csv")
@settings(deadline=None, max_examples=40)
def test_any_text_survives_a_file_and_the_repeat_command(column: str, path: str) -> None:
    given_answers = {**FULL, "data.files": (path,), "data.columns.text": column}

    assert (
        yaml_file.parse_answers_yaml("a.yml", parse.format_answers_yaml(given_answers))
        == given_answers
    )
    words = shlex.split(command_line.format_command(given_answers, "./desk"))
    assert path in words
    written = next(word for word in words if word.startswith("data.columns.text="))
    assert parse.parse_set(written) == ("data.columns.text", column)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpu=cpu", ("gpu", "cpu")),
        ("gpu=AUTO", ("gpu", "auto")),
        ("name=" + "[" * 3_000, ("name", "[" * 3_000)),
        ("revision=0123456", ("revision", "0123456")),
        ("name=no", ("name", "no")),
        ('name="a b"', ("name", "a b")),
        ("data.columns.text=Body: text #2", ("data.columns.text", "Body: text #2")),
        ("data.columns.label=a=b", ("data.columns.label", "a=b")),
        ("data.files=my #1.csv", ("data.files", ("my #1.csv",))),
        ("data.files=[a.csv, b.csv]", ("data.files", ("a.csv", "b.csv"))),
        ("data.files=[]", ("data.files", ())),
        ("advice.needs_citation=yes", ("advice.needs_citation", "yes")),
        ("roi.containment=35%", ("roi.containment", "35%")),
        ("roi.containment=15%/35%/65%", ("roi.containment", "15%/35%/65%")),
        ("roi.containment=[15%, 35%, 65%]", ("roi.containment", "15%/35%/65%")),
    ],
)
def test_set_takes_a_value_as_it_is_written(text: str, expected: tuple[str, object]) -> None:
    assert parse.parse_set(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("gpu", "--set: `gpu` has no `=`", "--set KEY=VALUE"),
        ("gpu=", "--set gpu: the value is missing", "--set gpu=VALUE"),
        ("famly=qwen3", "--set: `famly` is not known", "did you mean `family`?"),
        ("language=fr", "--set language: `fr` is not known", "known: en, zh"),
        ("hub=hugingface", "--set hub: `hugingface` is not known", "did you mean `huggingface`?"),
        ("advice=rag", "--set: `advice` holds several values", "--set advice.NAME=VALUE"),
        ("roi.containment=[]", "--set roi.containment: the value is missing", None),
        ("data.files=[{a: b}]", "--set data.files: the value must be a list of texts", None),
    ],
)
def test_a_wrong_set_says_what_is_meant(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        parse.parse_set(text)
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_every_fault_of_a_file_is_listed_with_its_line() -> None:
    text = "famly: qwen3\nlanguage: fr\ngpu: [a]\ngpu: cpu\ndata:\n  colums: {text: a}\n"
    with pytest.raises(UsageError) as caught:
        yaml_file.parse_answers_yaml("a.yml", text)
    assert str(caught.value) == (
        "a.yml: 4 faults\n"
        "a.yml:1: `famly` is not known (did you mean `family`?)\n"
        "a.yml:2: language: `fr` is not known (known: en, zh)\n"
        "a.yml:4: `gpu` is given twice\n"
        "a.yml:6: `data.colums` is not known (did you mean `data.columns.text`?)"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gpu: cpu\ngpu: auto\n", "a.yml:2: `gpu` is given twice"),
        ("- gpu\n", "a.yml: the file has no `key: value` pairs"),
        ('data: {files: ""}\n', "a.yml:1: data.files: the value is missing"),
        ("data: {files: [a.csv, '']}\n", "a.yml:1: data.files: the value is missing"),
        ('name: ""\n', "a.yml:1: name: the value is missing"),
        ("name: " + "[" * 3_000, "a.yml:1: values are nested more than 20 levels deep"),
        (
            "gpu: cpu\n  name: x\n",
            "a.yml:2: invalid YAML: mapping values are not allowed here",
        ),
    ],
)
def test_a_broken_file_is_explained(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        yaml_file.parse_answers_yaml("a.yml", text)
    assert str(caught.value) == message


def test_a_key_without_a_value_is_not_answered() -> None:
    assert yaml_file.parse_answers_yaml("a.yml", "gpu: cpu\nrevision:\n") == {"gpu": "cpu"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, ": there is no such file or folder"),
        (b"#" * 1_100_000, ": the file has more than 1,048,576 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "a.yml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        yaml_file.load_answers(path)
    assert str(caught.value) == f"{path}{message}"
    assert caught.value.hint


def test_options_and_set_win_over_the_file() -> None:
    merged = parse.merge_answers(
        {"gpu": "cpu"},
        [("name", "b"), ("gpu", "cpu")],
        {"gpu": "auto", "name": "a", "hub": "modelscope"},
    )
    assert merged == {"gpu": "cpu", "name": "b", "hub": "modelscope"}


@pytest.mark.parametrize(
    ("options", "sets", "message"),
    [
        (
            {"gpu": "cpu"},
            [("gpu", "auto")],
            "--set gpu: the value is `auto` here and `cpu` in --gpu",
        ),
        (
            {},
            [("gpu", "cpu"), ("gpu", "t4")],
            "--set gpu: the value is `t4` here and `cpu` in another --set",
        ),
    ],
)
def test_an_option_and_a_set_that_disagree_are_refused(
    options: dict[str, str], sets: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        parse.merge_answers(options, sets, {})
    assert str(caught.value) == message


def test_the_repeat_command_names_every_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["newft"])
    assert command_line.format_command(FULL, "./my desk") == (
        "newft new './my desk' --data 工单.csv --data b.xlsx --domain customer_service"
        " --task intent --language zh --gpu 2xV100-32GB --family qwen3 --model Qwen/Qwen3-1.7B"
        " --revision 1234567 --hub modelscope --method lora --name desk"
        " --set 'data.columns.text=客户: 消息' --set advice.knowledge_change=daily"
        " --set roi.requests_per_month=20000 --yes"
    ).replace("工单.csv", "'工单.csv'")


def test_an_empty_option_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        parse.collect_options({"name": "", "gpu": None})
    assert str(caught.value) == "--name: the value is missing"


def test_auto_is_kept_in_one_spelling() -> None:
    assert parse.collect_options({"gpu": "Auto"}) == {"gpu": "auto"}
    assert yaml_file.parse_answers_yaml("a.yml", "gpu: AUTO\n") == {"gpu": "auto"}


def test_a_task_can_be_named_with_its_domain() -> None:
    assert parse.merge_answers({"task": "legal/clause"}, (), {}) == {
        "domain": "legal",
        "task": "clause",
    }
    both = {"task": "legal/clause", "domain": "legal"}
    assert parse.merge_answers(both, (), {}) == {"domain": "legal", "task": "clause"}
    file = {"task": "legal/clause", "domain": "legal"}
    assert parse.merge_answers({"task": "legal/charge"}, (), file) == {
        "domain": "legal",
        "task": "charge",
    }


def test_a_task_of_another_domain_than_the_named_one_is_refused() -> None:
    with pytest.raises(UsageError, match="`legal/clause` is not a task of the domain `other`"):
        parse.merge_answers({"task": "legal/clause", "domain": "other"}, (), {})
