from __future__ import annotations

from pathlib import Path

import pytest

from newft.emitted.readers import detect_format
from support.data_files import refusal, values, write

RASA = """\
version: "3.1"
nlu:
- intent: yes
  examples: |
    - I paid [300](amount) too much
    - my [Norwegian]{"entity": "country", "value": "NO"} card
- synonym: card
  examples: |
    - cards
"""


def test_the_texts_of_a_chat_bot_are_records(tmp_path: Path) -> None:
    path = write(tmp_path, "nlu.yml", RASA)
    assert values(path) == [["I paid 300 too much", "yes"], ["my Norwegian card", "yes"]]
    assert [remark.values["others"] for remark in detect_format(path).remarks] == ["nlu.synonym"]


def test_a_list_of_objects_is_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, "rows.yaml", "- {text: a, label: no}\n- {text: b, label: 1.0}\n")
    assert values(path) == [["a", "no"], ["b", "1.0"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: &a [x, x]\nb: *a\n", "aliases and deeply nested values are not read"),
        ("[" * 200 + "]" * 200, "aliases and deeply nested values are not read"),
        ("a: [b\nc: d", "this is not YAML: "),
        ("a: !!int x\nb:\tc: d", "this is not YAML: "),
    ],
)
def test_other_documents_are_refused(tmp_path: Path, content: str, message: str) -> None:
    assert refusal(write(tmp_path, "a.yml", content)).message.startswith(message)
