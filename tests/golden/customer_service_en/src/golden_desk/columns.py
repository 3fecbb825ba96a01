"""Which column of the raw files holds which field."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .config import Config
from .errors import ProjectError
from .formatting import FIELDS, more_fields
from .records import Layout, text_of

GROUP = "group"  # the field that keeps rows together; a file need not have it


def lacking(layouts: Mapping[Path, Layout], config: Config) -> list[str]:
    """Which files have no column for a field that need not be in all; other gaps are refused."""
    columns = config.data.columns
    _refuse_unknown(columns, (*FIELDS, GROUP, *more_fields(config.task), *config.data.slices))
    for path, layout in layouts.items():
        _refuse_missing(path, layout.columns, columns)
    return [
        line
        for name, among in columns.items()
        if name not in FIELDS
        for line in _without(name, among, layouts)
    ]


def _without(name: str, among: Sequence[str], layouts: Mapping[Path, Layout]) -> list[str]:
    """The files without a column for a field; a field that no file has is refused."""
    without = [path for path, has in layouts.items() if not {*among} & {*has.columns}]
    if len(without) == len(layouts):
        names = dict.fromkeys(column for layout in layouts.values() for column in layout.columns)
        near = [close for column in among for close in _nearest(column, names)]
        raise ProjectError(
            f"no file has the column of {name}, {' or '.join(among)}; "
            f"they have: {', '.join(names)}",
            f"name its column in config/run.yaml: data.columns.{name}"
            + (f"; the nearest is {near[0]}" if near else ""),
        )
    return [f"{path} has no column for {name}" for path in without]


def _refuse_unknown(columns: Mapping[str, list[str]], fields: Sequence[str]) -> None:
    for name in columns:
        if name not in fields:
            near = _nearest(name, fields)
            raise ProjectError(
                f"data.columns.{name} is no field"
                + (f"; the nearest is {near[0]}" if near else ""),
                f"the fields are {', '.join(fields)}; formatting.py may name more",
            )


def _nearest(name: str, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name, list(names), n=1)


def _refuse_missing(path: Path, has: Sequence[str], columns: Mapping[str, list[str]]) -> None:
    for field_name in FIELDS:
        among = columns.get(field_name, [])
        if not set(among) & set(has):
            raise ProjectError(
                f"{path} has no column for {field_name}; it has: {', '.join(has)}",
                f"name its column in config/run.yaml: data.columns.{field_name}",
            )


def to_record(values: Mapping[str, object], columns: Mapping[str, list[str]]) -> dict[str, str]:
    """The fields of a row, each from the first of its columns that the row has."""
    record = dict.fromkeys(columns, "")
    for name, among in columns.items():
        for column in among:
            if column in values:
                record[name] = text_of(values[column])
                break
    return record
