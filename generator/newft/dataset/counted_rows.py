"""Count the rows of the user's files, once the columns are chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from newft.answers.keys import RowChoices
from newft.data_errors import make_file_changed_error, translate_record_errors
from newft.dataset.chosen_columns import ChosenColumns
from newft.dataset.column_mapping import DataFile
from newft.dataset.column_roles import SampledFile
from newft.dataset.digit_survey import DigitUse, measure_digits
from newft.dataset.label_spellings import add_aliases, find_spelling_aliases, merge_the_same
from newft.dataset.row_outcome import RowOutcome, resolve_rows
from newft.dataset.row_stats import RowStats
from newft.emitted.file_access import hash_file, wrap_file_errors
from newft.emitted.given_splits import find_file_split
from newft.emitted.readers import read_rows
from newft.schema.dataset import FileFacts
from newft.schema.kit import FieldRole, Task

MAX_COPIED_BYTES = 50_000_000  # larger files stay where they are


@dataclass(frozen=True)
class CountedRows:
    """The rows of all files, and what becomes of them."""

    files: Sequence[FileFacts]
    task: Task  # with the spellings of labels that these files mix
    aliases: Mapping[str, tuple[str, ...]]  # label -> its other spellings
    digits: DigitUse
    stats: RowStats
    outcome: RowOutcome


def count_rows(chosen: ChosenColumns, choices: RowChoices) -> CountedRows:
    """Count all rows; a second time where the sample has not met all spellings, as happens."""
    aliases, task = chosen.aliases, add_aliases(chosen.task, chosen.aliases)
    digits = measure_digits(_list_labelled_texts(chosen.sampled, chosen.roles), task)

    def count(task: Task) -> tuple[RowStats, list[FileFacts]]:
        stats = RowStats(
            task,
            chosen.roles,
            chosen.used.inputs,
            chosen.split_columns,
            digits.carries_meaning,
            choices.indeterminate,
        )
        return stats, _count_all_rows(chosen.sources, stats)

    stats, files = count(task)
    settled = find_spelling_aliases(stats.count_labels(), chosen.task)
    if not merge_the_same(aliases, settled):
        aliases, task = settled, add_aliases(chosen.task, settled)
        stats, files = count(task)
    outcome = resolve_rows(stats, choices.given_splits)
    return CountedRows(files, task, aliases, digits, stats, outcome)


def _count_all_rows(sources: Sequence[DataFile], stats: RowStats) -> list[FileFacts]:
    """The facts of the files, whose rows are added to the stats."""
    paths = _assign_project_paths(sources)
    return [_count_rows(source, stats, at) for source, at in zip(sources, paths, strict=True)]


def _count_rows(source: DataFile, stats: RowStats, project_path: str) -> FileFacts:
    """The facts of one file, whose rows are added to the stats."""
    before = stats.rows
    with translate_record_errors(), wrap_file_errors(source.path):
        digest = hash_file(source.path)
        for row in read_rows(source.path, source.layout):
            stats.add(row)
        if hash_file(source.path) != digest:
            raise make_file_changed_error(source.path)
        size = source.path.stat().st_size
    return FileFacts(
        path=str(source.path),
        project_path=project_path,
        kind=source.layout.kind,
        encoding=source.layout.encoding,
        rows=stats.rows - before,
        columns=source.layout.columns,
        bytes=size,
        sha256=digest,
    )


def _assign_project_paths(sources: Sequence[DataFile]) -> list[str]:
    """Where the project reads each file: copies get names of their own, large files stay."""
    paths: list[str] = []
    names = Counter(source.path.name for source in sources)
    for path in (source.path for source in sources):
        with translate_record_errors(), wrap_file_errors(path):
            size = path.stat().st_size
        if size > MAX_COPIED_BYTES or path.is_dir():
            paths.append(path.resolve().as_posix())
            continue
        name, copy = path.name, 1
        if names[path.name] > 1 and find_file_split(str(path)):
            name = f"{path.parent.name}-{path.name}"  # the folder says which split it is
        place = f"data/raw/{name}"
        while place.casefold() in (other.casefold() for other in paths):
            copy += 1
            place = f"data/raw/{Path(name).stem}-{copy}{path.suffix}"
        paths.append(place)
    return paths


def _list_labelled_texts(
    sampled: Sequence[SampledFile], roles: Mapping[FieldRole, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """The sampled texts and their labels; none where the input is made of columns."""
    for row in (row for one in sampled for row in one.rows) if "text" in roles else ():
        text, label = (
            next((row[name] for name in roles[role] if name in row), "")
            for role in ("text", "label")
        )
        yield text, label
