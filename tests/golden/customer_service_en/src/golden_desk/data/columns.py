"""Which column of the raw files holds which field."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..config import Config
from ..formatting import REQUIRED_FIELDS, optional_fields
from ..runtime.errors import ProjectError
from ..runtime.messages import fill
from ..task import TaskConfig
from .cells import READ_FIELDS, find_cell_fault, read_text
from .file_format import FileFormat
from .given_splits import SPLIT_FIELD

GROUP_FIELD = "group"  # the field that keeps rows together; a file need not have it
NAME_COLUMN_HINT = "set data.columns.{field} in config/run.yaml to its column"
NEAREST_COLUMN_HINT = (
    "set data.columns.{field} in config/run.yaml to its column; the nearest is {near}"
)


def find_missing_optional_columns(layouts: Mapping[Path, FileFormat], config: Config) -> list[str]:
    """Which files have no column for a field that need not be in all; other gaps are refused."""
    columns = config.data.columns
    of_all_tasks = (*REQUIRED_FIELDS, GROUP_FIELD, SPLIT_FIELD)
    _refuse_unknown(
        columns, (*of_all_tasks, *optional_fields(config.task), *config.data.slice_fields)
    )
    for path, layout in layouts.items():
        _refuse_missing(path, layout.columns, columns)
    return [
        line
        for name, among in columns.items()
        if name not in REQUIRED_FIELDS
        for line in _find_files_without(name, among, layouts)
    ]


def _find_files_without(
    name: str, among: Sequence[str], layouts: Mapping[Path, FileFormat]
) -> list[str]:
    """The files without a column for a field; a field that no file has is refused."""
    without = [path for path, has in layouts.items() if not {*among} & {*has.columns}]
    if len(without) == len(layouts):
        names = dict.fromkeys(column for layout in layouts.values() for column in layout.columns)
        near = [close for column in among for close in _find_nearest(column, names)]
        raise ProjectError(
            "no file has a column {among} for the field {field}; columns in the files: {names}",
            NEAREST_COLUMN_HINT if near else NAME_COLUMN_HINT,
            field=name,
            among=fill(" or ").join(among),
            names=fill(", ").join(names),
            near=(near or [""])[0],
        )
    return [fill("{path} has no column for {field}", path=path, field=name) for path in without]


def _refuse_unknown(columns: Mapping[str, list[str]], fields: Sequence[str]) -> None:
    for name in columns:
        if name not in fields:
            near = _find_nearest(name, fields)
            raise ProjectError(
                "data.columns.{field} is not a field of this task; the nearest is {near}"
                if near
                else "data.columns.{field} is not a field of this task",
                "the fields are {fields}; formatting.py may add more",
                field=name,
                near=(near or [""])[0],
                fields=fill(", ").join(fields),
            )


def _find_nearest(name: str, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name, list(names), n=1)


def _refuse_missing(path: Path, has: Sequence[str], columns: Mapping[str, list[str]]) -> None:
    for field_name in REQUIRED_FIELDS:
        among = columns.get(field_name, [])
        if not set(among) & set(has):
            raise ProjectError(
                "{path} has no column for {field}; it has: {names}",
                NAME_COLUMN_HINT,
                path=path,
                field=field_name,
                names=fill(", ").join(has),
            )


def find_record_fault(
    values: Mapping[str, object], columns: Mapping[str, list[str]], task: TaskConfig
) -> str:
    """Why the lists and objects of a row cannot be used, where a text or a name is wanted."""
    read = dict.fromkeys((*READ_FIELDS, *task.list_rejecting_fields()))
    cells = {name: _get_value(values, columns[name]) for name in read if name in columns}
    return find_cell_fault(cells, several=task.rules.separator is not None)


def to_record(values: Mapping[str, object], columns: Mapping[str, list[str]]) -> dict[str, str]:
    """The fields of a row, each from the first of its columns that the row has."""
    return {name: read_text(_get_value(values, among)) for name, among in columns.items()}


def _get_value(values: Mapping[str, object], among: Sequence[str]) -> object:
    """What the first of a field's columns that a row has holds."""
    for column in among:  # a loop: this is asked of every field of every row
        if column in values:
            return values[column]
    return None
