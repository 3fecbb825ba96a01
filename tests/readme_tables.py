"""The rows of both READMEs that list the answers and the shapes of records, made from the code.

python tests/readme_tables.py writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from newft.answers.keys import ANSWER_KEYS
from newft.catalog.loader import load_catalog
from newft.schema.record_shape import SHAPE_COLUMNS, SHAPE_TITLES
from newft.text import Language
from newft.text_layout import clip_text
from newft.wizard.shape_examples import get_shape_example, list_tasks_of_shape
from support.checkout import REPOSITORY

READMES: dict[Language, Path] = {
    "en": REPOSITORY / "README.md",
    "zh": REPOSITORY / "README.zh.md",
}
ROWS = re.compile(r"(?:^\| `--.*\n)+", re.MULTILINE)
FAMILIES: dict[Language, str] = {"en": "families", "zh": "模型系列"}
FAMILY_ROW = re.compile(rf"^\| (?:{'|'.join(FAMILIES.values())}) \| [^|\n]+ \|\n", re.MULTILINE)
SHAPE_ROWS = re.compile(r"(?:^\| [^|`\n]+ \(`[a-z_]+`\) \|.*\n)+", re.MULTILINE)
MAX_EXAMPLE_COLUMNS, MAX_EXAMPLE_WIDTH = 3, 32  # the last columns hold the label


def format_rows(language: Language) -> str:
    """One row for each answer: its option, its key, and the help of the option."""
    return "".join(
        f"| `{entry.option}` | `{entry.key}` | {entry.help.to(language)} |\n"
        for entry in ANSWER_KEYS
    )


def format_family_row(language: Language) -> str:
    """The titles of all families."""
    titles = ", ".join(family.title for family in load_catalog().families.values())
    return f"| {FAMILIES[language]} | {titles} |\n"


def format_shape_rows(language: Language) -> str:
    """One row for each shape: its columns, part of a record, and the tasks that take it."""
    catalog, rows = load_catalog(), []
    for shape, title in SHAPE_TITLES.items():
        example = get_shape_example(shape, catalog, language)
        parts = [f"{name}: {_clip(value)}" for name, value in example.items()]
        shown = "; ".join(parts[-MAX_EXAMPLE_COLUMNS:])
        tasks = ", ".join(f"`{name}`" for name in list_tasks_of_shape(shape, catalog)) or "-"
        columns = SHAPE_COLUMNS[shape].to(language)
        rows.append(f"| {title.to(language)} (`{shape}`) | {columns} | {shown} | {tasks} |\n")
    return "".join(rows)


def _clip(value: str) -> str:
    whole = " ".join(value.replace("|", "/").split())
    shown = clip_text(whole, MAX_EXAMPLE_WIDTH)
    return shown if shown == whole else f"{shown.rstrip()}..."


def main() -> None:
    """Replace the rows in both READMEs."""
    for language, readme in READMES.items():
        text = readme.read_text(encoding="utf-8")
        for pattern, new in (
            (ROWS, format_rows),
            (FAMILY_ROW, format_family_row),
            (SHAPE_ROWS, format_shape_rows),
        ):
            (rows,) = pattern.findall(text)
            text = text.replace(rows, new(language))
        readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
