"""A folder is replaced as a whole, or stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from package_name.runtime.atomic_folder import replace_when_complete

DONE = "summary.json"


def filled(folder: Path, text: str) -> None:
    (folder / DONE).write_text(text, encoding="utf-8")


def test_the_new_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for text in ("old", "new"):
        with replace_when_complete(tmp_path / "rows", mark=DONE) as fresh:
            filled(fresh, text)
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
    assert (tmp_path / "rows" / DONE).read_text(encoding="utf-8") == "new"


def test_the_old_folder_stays_where_the_new_one_cannot_take_its_place(tmp_path: Path) -> None:
    with replace_when_complete(tmp_path / "rows", mark=DONE) as fresh:
        filled(fresh, "old")
    with (
        pytest.raises(FileNotFoundError),
        replace_when_complete(tmp_path / "rows", mark=DONE) as fresh,
    ):
        (fresh.parent / "elsewhere").mkdir()
        fresh.rename(fresh.parent / "elsewhere" / "gone")
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
    assert (tmp_path / "rows" / DONE).read_text(encoding="utf-8") == "old"
