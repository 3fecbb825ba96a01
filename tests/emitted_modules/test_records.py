"""Records of JSON in the forms that programs write: documents, nested objects, known shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newft.emitted import json_rows
from newft.emitted.cells import read_text
from newft.emitted.file_access import RecordError
from newft.emitted.json_rows import MAX_RECORD_NESTING
from newft.emitted.readers import detect_format, read_rows
from newft.emitted.record_shapes import read_turns
from newft.emitted.records import MAX_COLUMNS, find_records, flatten
from support.data_files import write

PAIRS = [
    (f"where is parcel {number} of mine", f"{'login' if number % 3 else 'refund'}")
    for number in range(24)
]
ROWS = [{"text": text, "label": label} for text, label in PAIRS]
TEXTS, LABELS = [text for text, _ in PAIRS], [label for _, label in PAIRS]


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def by_row(values: list[str]) -> dict[str, str]:
    return {str(place): value for place, value in enumerate(values)}


def lines(rows: list[object]) -> str:
    return "\n".join(map(dump, rows)) + "\n"


def read(path: Path, *columns: str) -> list[tuple[str, ...]]:
    """The texts of some columns of every row."""
    rows = [*read_rows(path)]
    assert [row.fault for row in rows] == [None] * len(rows)
    assert len({row.number for row in rows}) == len(rows)
    return [tuple(read_text(row.values[name]) for name in columns) for row in rows]


SPLIT = {
    "columns": ["text", "label"],
    "index": [*range(24)],
    "data": [list(pair) for pair in PAIRS],
}
FORMS = {
    "list.json": dump(ROWS),
    "list.jsonl": json.dumps(ROWS, indent=2),
    "list.txt": dump(ROWS),
    "lines.jsonl": lines([*ROWS]),
    "lines.json": lines([*ROWS]),
    "lines.ndjson": lines([*ROWS]),
    "lines.txt": lines([*ROWS]),
    "printed.jsonl": "\n".join(map(repr, ROWS)),
    "indented.jsonl": "\n".join(json.dumps(row, indent=2) for row in ROWS),
    "indented.json": "\n".join(json.dumps(row, indent=2) for row in ROWS),
    "joined.json": "".join(map(dump, ROWS)),
    "commas.json": "[" + ",\n".join(dump(row)[:-1] + ",}" for row in ROWS) + ",\n]\n",
    "commas.jsonl": ",\n".join(map(dump, ROWS)) + ",\n",
    "sequence.json": "".join(f"\x1e{dump(row)}\n" for row in ROWS),
    "data.json": dump({"version": "1", "data": ROWS}),
    "deep.json": dump({"meta": {"by": [{"name": "a"}]}, "result": {"page": {"items": ROWS}}}),
    "by_id.json": dump({f"case-{place}": row for place, row in enumerate(ROWS)}),
    "orient_columns.json": dump({"text": by_row(TEXTS), "label": by_row(LABELS)}),
    "orient_index.json": dump({str(place): row for place, row in enumerate(ROWS)}),
    "orient_list.json": dump({"text": TEXTS, "label": LABELS}),
    "orient_split.json": dump(SPLIT),
    "orient_table.json": dump({"schema": {"fields": [{"name": "text"}]}, "data": ROWS}),
    "lists.json": dump([["text", "label"], *map(list, PAIRS)]),
    "lists.jsonl": lines([["text", "label"], *map(list, PAIRS)]),
    "server.json": dump(
        {
            "features": [{"name": "text"}],
            "rows": [
                {"row_idx": n, "row": row, "truncated_cells": []} for n, row in enumerate(ROWS)
            ],
        }
    ),
    "pages.json": dump(
        [{"count": 12, "next_page": None, "tickets": part} for part in (ROWS[:12], ROWS[12:])]
    ),
    "rasa.json": dump(
        {
            "rasa_nlu_data": {
                "common_examples": ROWS,
                "regex_features": [{"name": "zip", "pattern": "[0-9]{5}"}],
            }
        }
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_same_rows_are_read_from_every_form(name: str, tmp_path: Path) -> None:
    """The form of a document changes nothing of its rows."""
    path = write(tmp_path, name, FORMS[name])
    assert {"text", "label"} <= {*detect_format(path).columns}
    assert read(path, "text", "label") == PAIRS


def test_lists_without_a_header_keep_their_first_row(tmp_path: Path) -> None:
    """A first list whose cells occur again names no columns."""
    path = write(tmp_path, "values.json", dump([*map(list, PAIRS)]))
    assert read(path, "column_1", "column_2") == PAIRS


def test_lists_by_split_keep_the_name_of_the_split(tmp_path: Path) -> None:
    """Rows of an object of splits say which split they are of."""
    path = write(tmp_path, "a.json", dump({"train": ROWS[:20], "test": ROWS[20:]}))
    splits = [("train",)] * 20 + [("test",)] * 4
    assert read(path, "text", "label", "split") == [
        (*a, *b) for a, b in zip(PAIRS, splits, strict=True)
    ]


@pytest.mark.parametrize("around", [lambda one: one, lambda one: {"data": one}])
def test_what_stands_beside_lists_by_split_is_said_and_hides_none(
    around: Callable[[object], object], tmp_path: Path
) -> None:
    """A version or a list of fields beside the splits does not make the test set disappear."""
    fields = [{"name": "text", "about": "what was written"}]
    splits = {"version": "0.1", "train": ROWS[:20], "fields": fields, "test": ROWS[20:]}
    path = write(tmp_path, "a.json", dump(around(splits)))
    assert [one[-1] for one in read(path, "text", "label", "split")] == ["train"] * 20 + [
        "test"
    ] * 4
    remark = detect_format(path).remarks[0]
    for name in ("version", "fields"):
        assert name in str(remark.values["others"])
    assert "test" in str(remark.values["path"])


def test_splits_of_columns_are_rows(tmp_path: Path) -> None:
    """Each split may be an object of columns, as data frames are written."""
    columns = {"text": [text for text, _ in PAIRS], "label": [label for _, label in PAIRS]}
    parts = {"train": columns, "test": {name: among[:4] for name, among in columns.items()}}
    path = write(tmp_path, "a.json", dump(parts))
    assert [one[-1] for one in read(path, "text", "split")] == ["train"] * 24 + ["test"] * 4


def test_an_object_that_lists_the_texts_of_labels_is_rows(tmp_path: Path) -> None:
    """The key of a list of texts is their label."""
    texts = {label: [text for text, of in PAIRS if of == label] for label in ("login", "refund")}
    assert sorted(read(write(tmp_path, "a.json", dump(texts)), "text", "label")) == sorted(PAIRS)
    taught = {
        "intents": [
            {"tag": label, "patterns": texts[label], "responses": ["ok"]} for label in texts
        ]
    }
    path = write(tmp_path, "bot.json", dump(taught))
    assert sorted(read(path, "patterns", "tag")) == sorted(PAIRS)


@pytest.mark.parametrize("form", ["{text}", "{parts}", "{data}"])
def test_each_example_of_an_intent_is_a_row(tmp_path: Path, form: str) -> None:
    """Examples are objects with a text, as of Watson, or with its parts, as of Dialogflow."""

    def example(text: str) -> dict[str, object]:
        first, rest = text[:5], text[5:]
        parts = [{"text": first}, {"text": rest, "alias": "what"}]
        return {
            "{text}": {"text": text, "mentions": []},
            "{parts}": {"id": "1", "parts": parts, "repeatCount": 1},
            "{data}": {"data": parts, "isTemplate": False},
        }[form]

    taught = {
        "intents": [
            {"intent": label, "examples": [example(t) for t, one in PAIRS if one == label]}
            for label in dict.fromkeys(LABELS)
        ],
        "entities": [{"entity": f"a long name of entity {n}", "values": [1]} for n in range(30)],
    }
    path = write(tmp_path, "bot.json", dump(taught))
    assert sorted(read(path, "examples", "intent")) == sorted(PAIRS)


def test_a_text_beside_its_scores_is_a_row(tmp_path: Path) -> None:
    """spaCy is taught with pairs of a text and what is known of it."""
    rows = [
        [text, {"cats": {one: one == label for one in ("login", "refund")}}]
        for text, label in PAIRS
    ]
    assert read(write(tmp_path, "a.json", dump(rows)), "text", "cats") == PAIRS


def test_objects_become_dotted_columns(tmp_path: Path) -> None:
    """Every text of an object is in a column of its own, as lists of objects are by key."""
    row = {
        "fact": "f",
        "meta": {"accusation": ["a", "b"], "term": {"months": 3}},
        "tags": [{"name": "x"}, {"name": "y"}],
    }
    path = write(tmp_path, "a.json", lines([row, row]))
    names = ("fact", "meta.accusation", "meta.term.months", "tags.name")
    assert detect_format(path).columns == names
    assert read(path, *names) == [("f", "a\nb", "3", "x\ny")] * 2


ASKED = [
    {"role": "system", "content": "Name it."},
    {"role": "user", "content": "my parcel"},
    {"role": "assistant", "content": "delivery"},
]
CHATS: list[tuple[list[dict[str, object]], list[str], list[str]]] = [
    ([*ASKED], ["my parcel"], ["delivery"]),
    ([{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}], ["a"], ["b"]),
    ([{"speaker": "用户", "text": "a"}, {"speaker": "客服", "text": "b"}], ["a"], ["b"]),
    (
        [
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]},
            {"role": "assistant", "content": "b"},
        ],
        ["a"],
        ["b"],
    ),
    (
        [
            {"role": "user", "content": "a"},
            {"role": "user", "content": "b"},
            {"role": "assistant", "content": "c"},
            {"role": "user", "content": "d"},
        ],
        ["a", "b"],
        ["c"],
    ),
]


CHATS += [
    (
        [{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}],
        ["a"],
        ["b"],
    ),
    ([{"角色": "客户", "内容": "a"}, {"角色": "客服", "内容": "b"}], ["a"], ["b"]),
]


@pytest.mark.parametrize(("turns", "asked", "answered"), CHATS)
def test_a_chat_is_what_was_asked_and_what_was_answered(
    turns: list[dict[str, object]], asked: list[str], answered: list[str], tmp_path: Path
) -> None:
    """Turns are told by their roles, whatever these and their keys are called."""
    assert read_turns(turns) == {"user_turn": asked, "assistant_turn": answered}
    path = write(tmp_path, "a.jsonl", lines([{"messages": turns, "source": "x"}] * 2))
    layout = detect_format(path)
    assert layout.columns == ("messages.user_turn", "messages.assistant_turn", "source")
    assert [remark.values["columns"] for remark in layout.remarks] == ["`messages`"]


def test_choices_of_label_studio_are_columns(tmp_path: Path) -> None:
    """The first annotation that was not cancelled counts; predictions are no labels."""

    def annotate(choice: str) -> dict[str, object]:
        result = {
            "from_name": "intent",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [choice]},
        }
        return {"id": 1, "result": [result], "was_cancelled": choice == "no"}

    tasks = [
        {
            "id": n,
            "data": {"text": text},
            "annotations": [annotate("no"), annotate(label)],
            "predictions": [],
        }
        for n, (text, label) in enumerate(PAIRS)
    ]
    path = write(tmp_path, "a.json", dump(tasks))
    assert read(path, "data.text", "annotations.intent") == PAIRS
    least = [{"text": text, "intent": {"choices": [label]}} for text, label in PAIRS]
    assert read(write(tmp_path, "min.json", dump(least)), "text", "intent") == PAIRS


def test_each_question_of_a_paragraph_is_a_row(tmp_path: Path) -> None:
    """SQuAD's questions are rows; where they quote a type, as CUAD's do, each passage is one."""

    def ask(question: str, *texts: str) -> dict[str, object]:
        return {
            "question": question,
            "answers": [{"text": text, "answer_start": 0} for text in texts],
        }

    plain = [{"context": "c", "qas": [ask("who?", "me"), ask("why?")]}]
    path = write(
        tmp_path, "a.json", dump({"version": "2", "data": [{"title": "t", "paragraphs": plain}]})
    )
    assert read(path, "title", "context", "question", "answer") == [
        ("t", "c", "who?", "me"),
        ("t", "c", "why?", ""),
    ]
    quoted = [
        {
            "context": "c" * 10_000,
            "qas": [ask('parts related to "Non-Compete"', "one", "two"), ask('"Cap"')],
        }
    ]
    path = write(tmp_path, "b.json", dump({"data": [{"title": "t", "paragraphs": quoted}]}))
    assert read(path, "title", "type", "text") == [
        ("t", "Non-Compete", "one"),
        ("t", "Non-Compete", "two"),
    ]


def test_questions_about_a_short_text_are_answered_by_yes_and_no(tmp_path: Path) -> None:
    """A type without an answer is none of the text's, whose other answers are spans of it."""
    asked = [
        {"question": 'Is it "Cap"?', "answers": [{"text": "a cap"}]},
        {"question": 'Is it "Term"?', "answers": [], "is_impossible": True},
    ]
    document = {"data": [{"title": "t", "paragraphs": [{"context": "a cap.", "qas": asked}]}]}
    path = write(tmp_path, "a.json", dump(document))
    assert read(path, "title", "text", "type", "answer") == [
        ("t", "a cap.", "Cap", "yes"),
        ("t", "a cap.", "Term", "no"),
    ]


def test_what_a_model_guessed_is_no_label(tmp_path: Path) -> None:
    """Suggestions beside responses are dropped; a file that nobody annotated is refused."""
    records = [
        {
            "fields": {"text": text},
            "suggestions": {"risk": {"value": "other", "agent": "m"}},
            "responses": {"risk": [{"value": label, "user_id": "u"}]},
        }
        for text, label in PAIRS
    ]
    path = write(tmp_path, "a.json", dump(records))
    assert read(path, "fields.text", "responses.risk.value") == PAIRS
    assert not [name for name in detect_format(path).columns if "suggestions" in name]
    guessed = [
        {"data": {"text": text}, "annotations": [], "predictions": [{"result": []}]}
        for text, _ in PAIRS
    ]
    with pytest.raises(RecordError, match="no record is annotated"):
        detect_format(write(tmp_path, "b.json", dump(guessed)))


def test_of_annotators_who_disagree_all_choices_are_read(tmp_path: Path) -> None:
    """A task of one label then leaves the row out; who agree give one label."""

    def annotate(choice: str) -> dict[str, object]:
        value = {"choices": [choice]}
        return {"result": [{"from_name": "topic", "type": "choices", "value": value}]}

    tasks = [
        {"data": {"text": "a"}, "annotations": [annotate("x"), annotate("x")]},
        {"data": {"text": "b"}, "annotations": [annotate("x"), annotate("y")]},
    ]
    path = write(tmp_path, "a.json", dump(tasks))
    assert read(path, "annotations.topic") == [("x",), ("x\ny",)]


def test_a_label_that_was_not_accepted_is_not_read(tmp_path: Path) -> None:
    """Prodigy writes what was rejected and ignored too."""
    rows = [
        {"text": "a", "accept": ["x"], "answer": "accept", "options": [{"id": "x", "text": "X"}]},
        {"text": "b", "accept": ["y"], "answer": "reject", "options": [{"id": "x", "text": "X"}]},
    ]
    path = write(tmp_path, "a.jsonl", lines(rows))
    assert read(path, "text", "accept") == [("a", "x"), ("b", "")]
    assert "answer" not in detect_format(path).columns


def test_classes_have_the_names_of_their_features(tmp_path: Path) -> None:
    """The dataset viewer writes numbers, and their names beside the rows."""
    features = [
        {"feature_idx": 0, "name": "text", "type": {"dtype": "string", "_type": "Value"}},
        {"feature_idx": 1, "name": "label", "type": {"names": ["x", "y"], "_type": "ClassLabel"}},
    ]
    rows = [{"row_idx": n, "row": {"text": "t", "label": n}} for n in (0, 1, -1)]
    by_name = {one["name"]: one["type"] for one in features}  # as dataset_info.json has them
    for said in (features, by_name):
        path = write(tmp_path, "a.json", dump({"features": said, "rows": rows}))
        assert read(path, "text", "label") == [("t", "x"), ("t", "y"), ("t", "")]


def test_the_fields_of_a_help_desk_are_columns(tmp_path: Path) -> None:
    """A list of names with values, such as custom_fields, is an object in other words."""
    rows = [
        {"text": "t", "custom_fields": [{"id": 36, "value": label}, {"id": 37, "value": None}]}
        for _, label in PAIRS
    ]
    path = write(tmp_path, "a.jsonl", lines(rows))
    assert detect_format(path).columns == ("text", "custom_fields.36", "custom_fields.37")


def test_broken_lines_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    """Lines stay lines where some cannot be read."""
    path = write(tmp_path, "a.jsonl", "{broken\n" + lines([*ROWS]) + '["a list"]\n')
    found = [row.fault for row in read_rows(path)]
    assert found == ["broken_row", *[None] * 24, "broken_row"]


def test_text_in_brackets_is_no_json(tmp_path: Path) -> None:
    """A text file whose first line begins with a bracket is lines of text."""
    path = write(tmp_path, "a.txt", "[picture] hello\n[voice] bye\n")
    assert read(path, "text") == [("[picture] hello",), ("[voice] bye",)]


def test_wide_and_deep_objects_are_bounded() -> None:
    """An object of thousands of keys, or of many levels, stays one value."""
    wide = {"a": {str(n): n for n in range(MAX_COLUMNS + 1)}, "b": 1}
    assert flatten(wide) == wide
    deep: dict[str, object] = {"x": "end"}
    for _ in range(MAX_RECORD_NESTING):
        deep = {"x": deep}
    assert all(isinstance(value, dict) for value in flatten({"a": deep}).values())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=30,
)


@given(JSON)
def test_no_document_breaks_the_search(document: object) -> None:
    """Whatever a document holds, records are found or none are."""
    found, _ = find_records(document)
    for record in found.records:
        if isinstance(record, dict):
            assert not any(isinstance(value, dict) and value for value in flatten(record).values())


def test_records_keyed_by_what_they_hold_have_few_columns(tmp_path: Path) -> None:
    """An object that is an index has other keys in each record: not each is a column."""
    rows = [
        {"text": f"t{n}", "by": {f"user-{n}-{place}": place for place in range(40)}}
        for n in range(100)
    ]
    columns = detect_format(write(tmp_path, "a.jsonl", lines([*rows]))).columns
    assert columns[0] == "text"
    assert len(columns) == json_rows.MAX_COLUMNS


def test_splits_within_splits_are_bounded() -> None:
    """Objects of splits may hold each other without end."""
    document: object = [{"text": "t"}]
    for _ in range(400):
        document = {"train": document, "test": [{"text": "t"}]}
    assert find_records(document)[0].records


def test_wrapped_values_and_scored_labels_are_values() -> None:
    """A dump wraps numbers, and a text classifier's records score each label."""
    record = {
        "_id": {"$oid": "1a"},
        "amount": {"$numberLong": "5"},
        "cats": {"refund": 1.0, "login": 0.0},
        "term": {"life": False, "months": 8},
    }
    assert flatten(record) == {
        "_id": "1a",
        "amount": "5",
        "cats": ["refund"],
        "term.life": False,
        "term.months": 8,
    }


def test_texts_without_an_end_and_keys_of_their_own_end_soon(tmp_path: Path) -> None:
    """What would be searched again from each quote, or looked at in each row, is not."""
    unended = write(tmp_path, "a.json", '[{"a": "' + '"\\' * 200_000)
    with pytest.raises(RecordError, match="this is not JSON"):
        detect_format(unended)
    keyed = [{"text": text, f"k{n}": "v"} for n, (text, _) in enumerate(PAIRS * 50)]
    assert detect_format(write(tmp_path, "b.json", dump(keyed))).columns == ("text",)


def test_a_prediction_beside_an_annotation_is_no_label(tmp_path: Path) -> None:
    """As Rubrix writes both."""
    rows = [
        {"text": text, "prediction": [{"label": "x", "score": 0.9}], "annotation": label}
        for text, label in PAIRS
    ]
    assert read(write(tmp_path, "a.jsonl", lines(rows)), "text", "annotation") == PAIRS
    assert detect_format(tmp_path / "a.jsonl").columns == ("text", "annotation")
