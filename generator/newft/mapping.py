"""The columns of the user's files: which holds which field, and what is wrong where none does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from pathlib import Path
from unicodedata import east_asian_width

from newft.columns import Column, Match, Sight, describe, match
from newft.entries import Field, Text
from newft.errors import DataError
from newft.given import COLUMNS
from newft.names import counted, nearest
from newft.records import Layout, RecordError, data_files, detect, read_rows, text_of
from newft.texts import translated

LOOKED_AT = 1_000  # rows that show what a column holds
CANDIDATES_SHOWN = 5
SHOWN_WIDTH = 56  # cells of a terminal


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
    _raise_all(faults)
    return list(sources.values())


@contextmanager
def data_errors() -> Iterator[None]:
    """Turn the fault of a file into the error of newft."""
    try:
        yield
    except RecordError as error:
        raise as_data_error(error) from error


def file_changed(path: Path) -> DataError:
    """The error for a file whose facts no longer hold."""
    return DataError(
        Text("it changed while newft was at work", "newft 运行期间文件发生了变化"),
        where=str(path),
        hint=Text("run newft again when nothing writes to it", "请等文件写完后重新运行 newft"),
    )


def as_data_error(error: RecordError) -> DataError:
    """The fault of a file in both languages."""
    message = translated(error.template, **error.values)
    hint = translated(error.hint_template, **error.values)
    return DataError(message, where=error.where, hint=hint)


def mapped(
    sources: Sequence[Source], fields: Mapping[str, Field], chosen: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], list[Text]]:
    """Field -> its columns, of which a file uses the first that it has; and what was guessed."""
    _refuse_unknown(chosen, fields, sources)
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
        faults += _unmatched(source, fields, matched)
        faults += _disagreeing(source, fields, columns, chosen=chosen)
        for name in matched.guessed:
            guessed[matched.columns[name]] = _guess(matched.columns[name], name)
    _raise_all(faults)
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


def shown(column: Column) -> str:
    """What is in a column, in a few of its values."""
    values = ", ".join(" ".join(value.split()) for value in column.examples)
    wide = accumulate(1 + (east_asian_width(character) in "WF") for character in values)
    fitting = sum(width <= SHOWN_WIDTH for width in wide)
    more = fitting < len(values) or column.distinct > len(column.examples)
    return values[:fitting] + (" ..." if more else "")


def naming(name: str) -> str:
    """How a field's column is named on the command line."""
    return f"--set {COLUMNS}{name}=COLUMN"


def _source(path: Path) -> Source:
    """A file with what its first rows show."""
    layout = detect(path)
    rows = [row.values for row in islice(read_rows(path, layout), LOOKED_AT) if not row.fault]
    first = [{name: _text(row.get(name)) for name in layout.columns} for row in rows]
    columns = [describe(name, [row[name] for row in first]) for name in layout.columns]
    return Source(path, layout, tuple(columns), tuple(first))


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
    return Text(
        f"`{column}` was taken for `{name}` by its values alone; if it is another: {naming(name)}",
        f"仅凭取值把“{column}”列当作 {name}；如不对，请指定：{naming(name)}",
    )


def _refuse_unknown(
    chosen: Mapping[str, str], fields: Mapping[str, Field], sources: Sequence[Source]
) -> None:
    """Refuse corrections that name no field or no column, or one column twice."""
    faults = []
    names = list(dict.fromkeys(name for source in sources for name in source.layout.columns))
    where = f"{sources[0].path}"
    for name, column in chosen.items():
        key = f"{COLUMNS}{name}"
        if name not in fields:
            near = nearest(name, fields) or list(fields)[:1]
            message = f"`{key}` is no field of this task"
            faults.append(DataError(message, where=where, hint=f"{COLUMNS}{near[0]}"))
        elif column not in names:
            message = f"no column `{column}` for `{key}`; the columns are: {', '.join(names)}"
            near = nearest(column, names)
            hint = f"--set {key}={near[0]}" if near else naming(name)
            faults.append(DataError(message, where=where, hint=hint))
    for column in dict.fromkeys(chosen.values()):
        twice = [f"`{COLUMNS}{name}`" for name in chosen if chosen[name] == column]
        if len(twice) > 1:
            message = f"`{column}` is given for {' and '.join(twice)}"
            faults.append(DataError(message, where=where, hint="a column holds one field"))
    _raise_all(faults)


def _unmatched(source: Source, fields: Mapping[str, Field], matched: Match) -> list[DataError]:
    """What is wrong where a field has no column, or several, or one that a record named."""
    where, has = f"{source.path}", ", ".join(source.layout.columns)
    faults = []
    echoed = {column.name for column in source.columns if column.echoed}
    for column in (matched.columns[name] for name in matched.guessed):
        if column in echoed:
            message = f"the first row is a record, not a header: `{column}` stands below it too"
            faults.append(
                DataError(message, where=where, hint="put a row of column names before it")
            )
    for name in matched.missing:
        message = f"no column for `{name}` ({fields[name].title.en}); it has: {has}"
        faults.append(DataError(message, where=where, hint=f"name it: {naming(name)}"))
    for name, equal in matched.unclear.items():
        several = _candidates([column for column in source.columns if column.name in equal])
        message = f"several columns could be `{name}` ({fields[name].title.en}):{several}"
        faults.append(DataError(message, where=where, hint=f"choose one: {naming(name)}"))
    return faults


def _disagreeing(
    source: Source,
    fields: Mapping[str, Field],
    columns: Mapping[str, Sequence[str]],
    *,
    chosen: Mapping[str, str],
) -> list[DataError]:
    """What is wrong where a file has several of the columns that files have one field in."""
    faults = []
    for name in (name for name in fields if fields[name].required):
        had = [column for column in source.columns if column.name in columns[name]]
        if len(had) > 1 and chosen.get(name) not in source.layout.columns:
            message = (
                f"the files have `{name}` ({fields[name].title.en}) in different columns,"
                f" and this one has several of them:{_candidates(had)}"
            )
            hint = f"choose one: {naming(name)}"
            faults.append(DataError(message, where=f"{source.path}", hint=hint))
    return faults


def _candidates(columns: Sequence[Column]) -> str:
    """The first columns, a line each, with what is in them."""
    lines = [
        f"\n  `{column.name}`: {counted(column.distinct, 'value')} in "
        f"{counted(column.filled, 'row')} ({shown(column)})"
        for column in columns[:CANDIDATES_SHOWN]
    ]
    return "".join(lines) + ("\n  ..." if len(columns) > CANDIDATES_SHOWN else "")


def _raise_all(faults: Sequence[DataError]) -> None:
    """Raise one fault as it is, several as one."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        lines = "\n".join(f"  {fault}".replace("\n", "\n  ") for fault in faults)
        hints = dict.fromkeys(fault.hint for fault in faults if fault.hint)
        raise DataError(f"{len(faults)} faults\n{lines}", hint="; ".join(hints))
