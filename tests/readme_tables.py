"""The rows of both READMEs that list the answers, made from the table of answer keys.

python tests/readme_tables.py writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

from newft.answers.keys import ANSWER_KEYS
from newft.text import Language
from support.checkout import REPOSITORY

READMES: dict[Language, Path] = {
    "en": REPOSITORY / "README.md",
    "zh": REPOSITORY / "README.zh.md",
}
ROWS = re.compile(r"(?:^\| `--.*\n)+", re.MULTILINE)


def format_rows(language: Language) -> str:
    """One row for each answer: its option, its key, and the help of the option."""
    return "".join(
        f"| `{entry.option}` | `{entry.key}` | {entry.help.to(language)} |\n"
        for entry in ANSWER_KEYS
    )


def main() -> None:
    """Replace the rows in both READMEs."""
    for language, readme in READMES.items():
        text = readme.read_text(encoding="utf-8")
        (rows,) = ROWS.findall(text)
        readme.write_text(text.replace(rows, format_rows(language)), encoding="utf-8")


if __name__ == "__main__":
    main()
