from __future__ import annotations

import os
from pathlib import Path

import pytest

from newft.emitted.file_access import RecordError, hash_file, list_data_files
from newft.emitted.readers import detect_format, read_rows


def write_texts(folder: Path, texts: dict[str, bytes]) -> Path:
    for name, content in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_the_name_of_a_folder_is_the_label_of_its_texts(tmp_path: Path) -> None:
    texts = {
        "退款/1.txt": "我要退钱".encode(),
        "退款/2.txt": "退钱".encode("gb18030"),
        "物流/1.txt": "到哪里了\n急".encode("utf-8-sig"),
        "README.txt": b"notes",
    }
    folder = write_texts(tmp_path, texts)
    assert list_data_files(folder) == [folder]
    layout = detect_format(folder)
    assert (layout.kind, layout.columns) == ("folder", ("text", "label", "file"))
    assert [(row.values["text"], row.values["label"]) for row in read_rows(folder, layout)] == [
        ("到哪里了\n急", "物流"),
        ("我要退钱", "退款"),
        ("退钱", "退款"),
    ]


@pytest.mark.parametrize("name", ["7.txt", "49960"])
def test_folders_of_labels_in_folders_of_splits(tmp_path: Path, name: str) -> None:
    texts = {f"{split}/{label}/{name}": b"text" for split in ("train", "test") for label in "ab"}
    folder = write_texts(tmp_path, texts)
    assert list_data_files(folder) == [folder]
    layout = detect_format(folder)
    assert layout.columns == ("text", "label", "file", "split")
    rows = [(row.values["split"], row.values["label"]) for row in read_rows(folder, layout)]
    assert rows == [("test", "a"), ("test", "b"), ("train", "a"), ("train", "b")]
    before = hash_file(folder)
    write_texts(folder, {f"train/b/{name}": b"other"})
    assert hash_file(folder) != before


def test_what_cannot_be_a_text_is_a_fault_of_its_row(tmp_path: Path) -> None:
    folder = write_texts(tmp_path, {"a/1.txt": b"\xff\xff", "b/1.txt": b"x" * 5_000_000})
    os.mkfifo(folder / "b" / "2.txt")
    assert [row.fault for row in read_rows(folder)] == ["bad_encoding", "too_long", "broken_row"]


def test_the_hash_changes_with_any_text(tmp_path: Path) -> None:
    folder = write_texts(tmp_path, {"a/1.txt": b"one", "b/1.txt": b"two"})
    before = hash_file(folder)
    assert hash_file(folder) == before
    write_texts(folder, {"b/1.txt": b"three"})
    assert hash_file(folder) != before


@pytest.mark.parametrize(
    "texts",
    [
        {"a/1.txt": b"one"},
        {"a/1.txt": b"one", "b/1.md": b"two"},
    ],
)
def test_other_folders_are_no_labels(tmp_path: Path, texts: dict[str, bytes]) -> None:
    with pytest.raises(RecordError, match="no data file in this folder"):
        list_data_files(write_texts(tmp_path, texts))


def test_a_table_beside_folders_is_read_instead(tmp_path: Path) -> None:
    folder = write_texts(tmp_path, {"a/1.txt": b"one", "b/1.txt": b"two", "t.csv": b"text,label\n"})
    assert list_data_files(folder) == [folder / "t.csv"]


def write_agent(folder: Path) -> Path:
    """An agent of two intents, of which one says an order number in a part of its own."""
    said = '[{"data": [{"text": "Order "}, {"text": "17", "alias": "number"}]}, {"data": []}]'
    intents = {"pay.late": said, "pay.card": '[{"data": [{"text": "Card"}]}]'}
    files = {f"intents/{name}_usersays_en.json": text.encode() for name, text in intents.items()}
    files |= {"agent.json": b"{}", "intents/pay.card.json": b'{"responses": []}'}
    return write_texts(folder, files)


@pytest.mark.parametrize("inside", ["", "intents"])
def test_the_phrases_of_an_agent_are_texts_of_its_intents(tmp_path: Path, inside: str) -> None:
    folder = write_agent(tmp_path) / inside
    assert list_data_files(folder) == [folder]
    layout = detect_format(folder)
    assert (layout.kind, layout.columns) == ("folder", ("text", "label"))
    rows = [(row.values["text"], row.values["label"]) for row in read_rows(folder, layout)]
    assert rows == [("Card", "pay.card"), ("Order 17", "pay.late"), ("", "pay.late")]
    before = hash_file(folder)
    phrases = (folder if inside else folder / "intents") / "pay.card_usersays_en.json"
    phrases.write_text("[]")
    assert hash_file(folder) != before
    phrases.write_text("[{")
    with pytest.raises(RecordError, match="usersays_en"):
        list(read_rows(folder, layout))


def test_texts_with_marked_parts_are_refused_by_name(tmp_path: Path) -> None:
    texts = {"1.txt": b"one", "1.ann": b"T1\tParty 0 3\tone", "notes.txt": b"two", "2.txt": b"x"}
    assert len(list_data_files(write_texts(tmp_path, texts))) == 3
    with pytest.raises(RecordError, match="mark parts of the texts, in files such as"):
        list_data_files(write_texts(tmp_path, {"2.ann": b""}))
