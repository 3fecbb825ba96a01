from __future__ import annotations

import json
from pathlib import Path

import pytest

from newft.dataset.column_mapping import open_files
from newft.dataset.side_files import open_labelled_files
from newft.errors import DataError

RECORDS = [{"id": n, "text": f"where is parcel {n} now", "label": "ab"[n % 2]} for n in range(40)]


def to_lines(*names: str, rows: int = 40) -> str:
    return "\n".join(json.dumps({name: one[name] for name in names}) for one in RECORDS[:rows])


def open_folder(folder: Path, files: dict[str, str]) -> tuple[list[str], list[str]]:
    for name, content in {"train.jsonl": to_lines("id", "text", "label"), **files}.items():
        (folder / name).write_text(content, encoding="utf-8")
    opened = open_files([str(folder)])
    return [one.path.name for one in opened], [text.en for one in opened for text in one.left_out]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (
            "dataset_info.json",
            json.dumps({"mine": {"file_name": "train.jsonl"}, "other": {"file_name": "x.json"}}),
            "fewer than 20 rows, and no text or label column of train.jsonl",
        ),
        ("label_names.json", '["a", "b"]', "it holds no records"),
        ("unlabelled.jsonl", to_lines("id", "text"), "it lacks `label`, which train.jsonl has"),
        (
            "sample_submission.jsonl",
            to_lines("id", "label"),
            "it lacks `text`, which train.jsonl has",
        ),
        (
            "README.txt",
            "These are messages.\nThey have labels.\n" * 20,
            "it holds lines of text without labels, unlike train.jsonl",
        ),
    ],
)
def test_what_holds_no_records_is_left_out_by_name(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    assert open_folder(tmp_path, {name: content}) == (
        ["train.jsonl"],
        [f"{name} is left out: {reason}"],
    )


def test_all_that_is_left_out_is_named_once(tmp_path: Path) -> None:
    """A submission stays named where the file that stands before the others is left out too."""
    for name, columns in {
        "sample_submission": ("id", "label"),
        "test": ("id", "text"),
        "train": ("id", "text", "label"),
    }.items():
        (tmp_path / f"{name}.jsonl").write_text(to_lines(*columns), encoding="utf-8")
    sources, held_out = open_labelled_files([str(tmp_path)])
    assert [one.path.name for one in sources] == ["train.jsonl"]
    said = [text.en.partition(" ")[0] for one in sources for text in one.left_out]
    assert (said, [text.en.partition(" ")[0] for text in held_out]) == (
        ["sample_submission.jsonl"],
        ["test.jsonl"],
    )


@pytest.mark.parametrize("mark", ["-1", "", "?"])
def test_a_test_set_whose_labels_are_marks_is_left_out(tmp_path: Path, mark: str) -> None:
    for name in ("train", "test"):
        rows = [one | {"label": mark} if name == "test" else one for one in RECORDS]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    sources, held_out = open_labelled_files([str(tmp_path)])
    assert [one.path.name for one in sources] == ["train.jsonl"]
    assert held_out[0].en.startswith("test.jsonl is left out: it is named as held out, and has no")


def test_a_long_list_of_words_is_not_taken_for_the_records(tmp_path: Path) -> None:
    files, said = open_folder(tmp_path, {"vocab.txt": "token\n" * 500})
    assert (files, len(said)) == (["train.jsonl"], 1)


def test_what_is_no_data_file_is_named(tmp_path: Path) -> None:
    for name in ("README.md", ".hidden", *(f"scan {n}.pdf" for n in range(6))):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "images").mkdir()
    (tmp_path / "train.jsonl").write_text(to_lines("text", "label"), encoding="utf-8")
    said = [text.en for one in open_files([str(tmp_path)]) for text in one.unread]
    assert said == [
        "not read, as they are folders or no data files: README.md, images/, scan 0.pdf, "
        "scan 1.pdf, scan 2.pdf and 3 more"
    ]
    assert open_files([str(tmp_path / "train.jsonl")])[0].unread == ()


def test_folders_whose_files_are_read_are_not_named(tmp_path: Path) -> None:
    for split in ("train", "test"):
        folder = tmp_path / "default" / split
        folder.mkdir(parents=True)
        (folder / "0.jsonl").write_text(to_lines("text", "label"), encoding="utf-8")
    files = open_files([str(tmp_path)])
    assert (len(files), [one.unread for one in files]) == (2, [(), ()])


@pytest.mark.parametrize("name", ["test.jsonl", "more.jsonl"])
def test_files_with_texts_and_labels_stay(tmp_path: Path, name: str) -> None:
    files, remarks = open_folder(tmp_path, {name: to_lines("text", "label")})
    assert (sorted(files), remarks) == (sorted(["train.jsonl", name]), [])


def test_a_damaged_file_of_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is not JSON"):
        open_folder(tmp_path, {"more.json": '[{"text": "hi"},\n {"text": b}]'})


def test_a_folder_without_records_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text('["a", "b"]', encoding="utf-8")
    (tmp_path / "more.json").write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(DataError, match="the file holds no JSON objects"):
        open_files([str(tmp_path)])
