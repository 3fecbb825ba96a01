"""The columns of the user's files: which holds which field, and what is wrong where none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random

from newft.columns import Column, Match, Sight, describe, match
from newft.data_faults import (
    as_data_error,
    find_disagreeing,
    find_unknown,
    find_unmatched,
    naming,
    raise_all,
)
from newft.entries import Field, Text
from newft.errors import DataError
from newft.keys import escape_controls
from newft.records import Layout, RecordError, Row, data_files, detect, read_rows, text_of

LOOKED_AT = 1_000  # rows that show what a column holds
SAMPLE_SEED = 0  # the same file gives the same sample


@dataclass(frozen=True)
class Source:
    """One file, opened far enough to know its columns."""

    path: Path
    layout: Layout
    columns: tuple[Column, ...]
    first: tuple[Mapping[str, str], ...]  # rows, as one sees them


def opened(files: Sequence[str]) -> list[Source]:
    """Each data file once, in the order given."""
    sources: dict[Path, Source] = {}
    faults: list[DataError] = []
    for given in files:
        try:
            for path in data_files(Path(given)):
                sources.setdefault(path.resolve(), _source(path))
        except RecordError as error:
            faults.append(as_data_error(error))
    raise_all(faults)
    return list(sources.values())


def sample_rows(source: Source) -> tuple[Mapping[str, str], ...]:
    """As many rows of the whole file, in their order: its first rows may all have one label."""
    if len(source.first) < LOOKED_AT:
        return source.first
    chance = Random(SAMPLE_SEED)
    kept: list[Row] = []
    rows = (row for row in read_rows(source.path, source.layout) if not row.fault)
    for met, row in enumerate(rows):  # reservoir sampling: each row is kept with the same chance
        if met < LOOKED_AT:
            kept.append(row)
        elif (place := int(chance.random() * (met + 1))) < LOOKED_AT:
            kept[place] = row
    kept.sort(key=lambda row: row.number)
    return tuple(_texts(row.values, source.layout) for row in kept)


def mapped(
    sources: Sequence[Source], fields: Mapping[str, Field], chosen: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], list[Text]]:
    """Field -> its columns, of which a file uses the first that it has; and what was guessed."""
    names = list(dict.fromkeys(name for source in sources for name in source.layout.columns))
    raise_all(find_unknown(f"{sources[0].path}", names, fields, chosen))
    first = {name: [column] for name, column in chosen.items()}
    differing = _differing(sources)
    alone = [match(source.columns, fields, known=first) for source in differing]
    theirs = _together(alone, fields, chosen)
    settled = [
        _settled(source, fields, own=own, theirs=theirs)
        for source, own in zip(differing, alone, strict=True)
    ]
    columns = _together([*alone, *settled], fields, chosen)
    faults: list[DataError] = []
    guessed: dict[str, Text] = {}
    for source, matched in zip(differing, settled, strict=True):
        where = f"{source.path}"
        faults += find_unmatched(where, source.columns, fields, matched)
        faults += find_disagreeing(where, source.columns, fields, columns, chosen=chosen)
        for name in matched.guessed:
            guessed[matched.columns[name]] = _guess(matched.columns[name], name)
    raise_all(faults)
    return {name: among for name, among in columns.items() if among}, list(guessed.values())


def sight(files: Sequence[str], fields: Mapping[str, Field]) -> Sight:
    """The columns of files that can be read, and where each field is likely to be."""
    columns: dict[str, Column] = {}
    likely: dict[str, tuple[str, ...]] = dict.fromkeys(fields, ())
    for source in opened(files):
        columns |= {column.name: column for column in source.columns if column.name not in columns}
        matched = match(source.columns, fields, known={})
        for name in fields:
            found = [matched.columns[name]] if name in matched.columns else []
            found += matched.unclear.get(name, ())
            likely[name] = tuple(dict.fromkeys((*likely[name], *found)))
    return Sight(tuple(columns.values()), likely)


def _source(path: Path) -> Source:
    """A file with what its first rows show."""
    layout = detect(path)
    rows = [row.values for row in islice(read_rows(path, layout), LOOKED_AT) if not row.fault]
    first = [_texts(row, layout) for row in rows]
    columns = [describe(name, [row[name] for row in first]) for name in layout.columns]
    return Source(path, layout, tuple(columns), tuple(first))


def _texts(row: Mapping[str, object], layout: Layout) -> dict[str, str]:
    return {name: _text(row.get(name)) for name in layout.columns}


def _text(value: object) -> str:
    """A cell as one sees it; lists and objects hold no single text or label."""
    return "" if isinstance(value, (list, dict)) else text_of(value)


def _differing(sources: Sequence[Source]) -> list[Source]:
    """One file for each set of columns: the one whose first rows say most."""
    alike: dict[frozenset[str], list[Source]] = {}
    for source in sources:
        alike.setdefault(frozenset(source.layout.columns), []).append(source)
    return [max(among, key=_said) for among in alike.values()]


def _said(source: Source) -> list[tuple[str, int, int, tuple[str, ...]]]:
    """What is in the columns, in an order that no name of a file decides."""
    return sorted((one.name, one.filled, one.distinct, one.examples) for one in source.columns)


def _together(
    matches: Sequence[Match], fields: Mapping[str, Field], chosen: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """The columns that files have each field in: the user's first, the rest by name."""
    columns: dict[str, tuple[str, ...]] = {}
    for name in fields:
        named = [chosen[name]] if name in chosen else []
        found = sorted(one.columns[name] for one in matches if name in one.columns)
        columns[name] = tuple(dict.fromkeys([*named, *found]))
    return columns


def _settled(
    source: Source, fields: Mapping[str, Field], *, own: Match, theirs: Mapping[str, Sequence[str]]
) -> Match:
    """A file's own match; what it does not tell is looked for in the columns of other files."""
    used = own.columns.values()
    known = {name: [column for column in theirs[name] if column not in used] for name in fields}
    known |= {name: [column] for name, column in own.columns.items()}
    matched = match(source.columns, fields, known=known)
    return replace(matched, guessed=(*own.guessed, *matched.guessed))


def _guess(column: str, name: str) -> Text:
    column = escape_controls(column)
    return Text(
        f"`{column}` was taken for `{name}` by its values alone; if it is another: {naming(name)}",
        f"仅凭取值把“{column}”列当作 {name}；如不对，请指定：{naming(name)}",
    )
