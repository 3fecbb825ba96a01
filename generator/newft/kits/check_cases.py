"""The projects that a check of a kit makes: one for each file of answers in its `tests/`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from newft.answers.keys import FILES_KEY, RawAnswers, get_data_files
from newft.answers.yaml_file import load_answers
from newft.kits.resolve import is_plain_template
from newft.schema.catalog import Catalog

TESTS_FOLDER = "tests"
ANSWER_SUFFIXES = (".yml", ".yaml")
CHECK_GPU = "cpu"  # where a case names no hardware: a check must not depend on the machine


class CheckCase(NamedTuple):
    """A project to be made: a file of answers, or a task with default answers."""

    name: str
    file: Path | None
    answers: RawAnswers  # if there is no file

    def load(self) -> RawAnswers:
        """Return the answers; the data files of a file lie beside it."""
        if self.file is None:
            return self.answers
        answers = dict(load_answers(self.file))
        if files := get_data_files(answers):
            answers[FILES_KEY] = tuple(str(self.file.parent / file) for file in files)
        return {FILES_KEY: (), **answers}


def list_check_cases(folder: Path, catalog: Catalog, files: Sequence[Path] = ()) -> list[CheckCase]:
    """Return the cases of the kit in a folder; without any, every task with its defaults.

    Files of answers that are named take the place of those of the kit. The folder `tests` of a
    copier template holds files of projects.
    """
    if files:
        return [CheckCase(str(path), path, {}) for path in files]
    tests = folder / TESTS_FOLDER
    own = [path for path in sorted(tests.glob("*")) if path.suffix in ANSWER_SUFFIXES]
    if own and not is_plain_template(folder):
        return [CheckCase(f"{TESTS_FOLDER}/{path.name}", path, {}) for path in own]
    return [
        CheckCase(f"{kit.id}/{task}", None, {"domain": kit.id, "task": task, FILES_KEY: ()})
        for kit in catalog.kits.values()
        for task in kit.tasks
    ]
