"""Map the columns of the user's files to the fields of a task."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random

from newft.data_errors import to_data_error
from newft.dataset.code_names import MIN_ROWS_PER_CODE, find_names_column
from newft.dataset.column_errors import (
    check_column_match,
    column_option_hint,
    find_ambiguous_fields,
    find_unknown_columns,
    raise_faults,
)
from newft.dataset.column_match import (
    Column,
    ColumnMatch,
    ColumnSurvey,
    list_repeated_names,
    match_columns,
    profile_column,
)
from newft.dataset.describe_file import PREVIEW_ROW_COUNT, describe_files
from newft.dataset.folder_files import (
    EMPTY_FAULTS,
    FolderFile,
    explain_unreadable,
    find_side_files,
    note_unread,
)
from newft.dataset.topic_names import tell_name_kind
from newft.emitted.cells import read_cell, read_text
from newft.emitted.file_access import RecordError, expand_home, list_data_files
from newft.emitted.file_format import FileFormat, Row
from newft.emitted.normalize import escape_controls
from newft.emitted.readers import detect_format, read_rows
from newft.errors import DataError
from newft.schema.kit import Field
from newft.text import Text

SAMPLE_SEED = 0  # the same file gives the same sample


@dataclass(frozen=True)
class DataFile:
    """One file with its format, its columns and its first rows."""

    path: Path
    layout: FileFormat
    columns: tuple[Column, ...]
    preview_rows: tuple[Mapping[str, str], ...]  # the first rows, as texts
    left_out: tuple[Text, ...] = ()  # files of the same folder that hold no records
    unread: tuple[Text, ...] = ()  # what else lies in the folder


def open_files(files: Sequence[str], named: Collection[str] = ()) -> list[DataFile]:
    """Open each data file once, in the order given; `named` columns prove a header."""
    sources: dict[Path, DataFile] = {}
    faults: list[DataError] = []
    for given in files:
        try:
            paths = list_data_files(Path(given))
            first, *others = _open_given(paths, named)
            first = replace(first, unread=note_unread(expand_home(Path(given)), paths))
            for source in (first, *others):
                sources.setdefault(source.path.resolve(), source)
        except RecordError as error:
            faults.append(to_data_error(error))
    raise_faults(faults)
    return list(sources.values())


def _open_given(paths: Sequence[Path], named: Collection[str]) -> list[DataFile]:
    """Open a file, or the files of a folder without those that hold no records."""
    opened: list[DataFile] = []
    empty: list[RecordError] = []
    for path in paths:
        try:
            opened.append(_open_file(path, named))
        except RecordError as error:
            if len(paths) == 1 or error.template not in EMPTY_FAULTS:
                raise
            empty.append(error)
    if not opened:
        raise empty[0]
    members = [FolderFile(one.path.name, one.layout.kind, one.columns) for one in opened]
    beside = find_side_files(members)
    left_out = (*(explain_unreadable(one.path.name) for one in empty), *beside.values())
    kept = [one for one in opened if one.path.name not in beside]
    return [replace(kept[0], left_out=left_out), *kept[1:]]


def sample_rows(file: DataFile) -> tuple[Mapping[str, str], ...]:
    """Sample rows of the whole file in their order: its first rows may all have one label."""
    if len(file.preview_rows) < PREVIEW_ROW_COUNT:
        return file.preview_rows
    chance = Random(SAMPLE_SEED)
    kept: list[Row] = []
    rows = (row for row in read_rows(file.path, file.layout) if not row.fault)
    for met, row in enumerate(rows):  # reservoir sampling: each row is kept with the same chance
        if met < PREVIEW_ROW_COUNT:
            kept.append(row)
        elif (place := int(chance.random() * (met + 1))) < PREVIEW_ROW_COUNT:
            kept[place] = row
    kept.sort(key=lambda row: row.number)
    return tuple(_convert_row(row.values, file.layout) for row in kept)


def find_named_columns(sources: Sequence[DataFile], chosen: Mapping[str, str]) -> dict[str, str]:
    """The columns that the user named as tables are read, where a line break is a space."""
    names = {name for source in sources for name in source.layout.columns}
    folded = {name: " ".join(column.split()) for name, column in chosen.items()}
    return {
        name: folded[name] if column not in names and folded[name] in names else column
        for name, column in chosen.items()
    }


def map_columns(
    sources: Sequence[DataFile], fields: Mapping[str, Field], chosen: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], list[Text]]:
    """Return the columns of each field, of which a file uses its first, and what was guessed."""
    names = list(dict.fromkeys(name for source in sources for name in source.layout.columns))
    raise_faults(find_unknown_columns(f"{sources[0].path}", names, fields, chosen))
    first = {name: [column] for name, column in chosen.items()}
    differing = _one_per_header(sources)
    alone = [match_columns(source.columns, fields, known=first) for source in differing]
    theirs = _merge_matches(alone, fields, chosen)
    settled = [
        _match_with_other_files(source, fields, own=own, theirs=theirs)
        for source, own in zip(differing, alone, strict=True)
    ]
    columns = _merge_matches([*alone, *settled], fields, chosen)
    faults: list[DataError] = []
    guessed: dict[str, Text] = {}
    at_fault: list[DataFile] = []
    for source, matched in zip(differing, settled, strict=True):
        where = f"{source.path}"
        faults += check_column_match(where, source.columns, fields, matched)
        faults += find_ambiguous_fields(where, source.columns, fields, columns, chosen=chosen)
        at_fault += [source] if matched.missing else []
        for name in matched.guessed:
            guessed[matched.columns[name]] = _explain_guess(matched.columns[name], name)
    raise_faults(faults, seen=describe_files(at_fault))
    return {name: among for name, among in columns.items() if among}, list(guessed.values())


def survey_columns(
    files: Sequence[str], fields: Mapping[str, Field], named: Collection[str] = ()
) -> ColumnSurvey:
    """Return the columns of the files, and the likely columns of each field."""
    columns: dict[str, Column] = {}
    likely: dict[str, tuple[str, ...]] = dict.fromkeys(fields, ())
    for source in open_files(files, named):
        columns |= {column.name: column for column in source.columns if column.name not in columns}
        matched = match_columns(source.columns, fields, known={})
        for name in fields:
            found = [matched.columns[name]] if name in matched.columns else []
            found += matched.unclear.get(name, ())
            likely[name] = tuple(dict.fromkeys((*likely[name], *found)))
    return ColumnSurvey(tuple(columns.values()), likely)


def _open_file(path: Path, named: Collection[str]) -> DataFile:
    """Open a file and profile its first rows."""
    layout = detect_format(path, named)
    rows = [
        row.values for row in islice(read_rows(path, layout), PREVIEW_ROW_COUNT) if not row.fault
    ]
    preview = [_convert_row(row, layout) for row in rows]
    repeated = list_repeated_names(layout.columns)
    columns = [_profile_column(name, rows, repeated=name in repeated) for name in layout.columns]
    spelled_in = _find_spelled_out(columns, preview)
    columns = [replace(one, spelled_in=spelled_in.get(one.name, "")) for one in columns]
    return DataFile(path, layout, tuple(columns), tuple(preview))


def _profile_column(name: str, rows: Sequence[Mapping[str, object]], *, repeated: bool) -> Column:
    cells = [read_cell(row.get(name)) for row in rows]
    filled, several = sum(bool(cell.texts) for cell in cells), sum(len(c.texts) > 1 for c in cells)
    column = profile_column(
        name,
        ["\n".join(cell.texts) for cell in cells],
        nested=any(cell.nested for cell in cells),
        listed=several * 2 > filled,
        repeated=repeated,
    )
    members = {text for cell in cells for text in cell.texts} if several else ()
    return replace(column, several=several, members=len(members))


def _find_spelled_out(
    columns: Sequence[Column], rows: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """The columns of codes whose names stand in another column, with that column."""
    repeating = [one for one in columns if 2 <= one.distinct <= one.filled / MIN_ROWS_PER_CODE]
    names = [one.name for one in repeating if one.letter_share > 0.5 and one.number_share <= 0.5]
    codes = [one.name for one in repeating if one.number_share > 0.5]
    found = {code: find_names_column(rows, code, names) for code in codes if names}
    return {code: name for code, name in found.items() if name}


def _convert_row(row: Mapping[str, object], layout: FileFormat) -> dict[str, str]:
    return {name: read_text(row.get(name)) for name in layout.columns}


def _one_per_header(sources: Sequence[DataFile]) -> list[DataFile]:
    """Return one file for each set of columns: the one whose first rows have most values."""
    alike: dict[frozenset[str], list[DataFile]] = {}
    for source in sources:
        alike.setdefault(frozenset(source.layout.columns), []).append(source)
    return [max(among, key=_content_key) for among in alike.values()]


def _content_key(source: DataFile) -> list[tuple[str, int, int, tuple[str, ...]]]:
    """Return a sort key of the columns' content, which does not depend on the file name."""
    return sorted((one.name, one.filled, one.distinct, one.examples) for one in source.columns)


def _merge_matches(
    matches: Sequence[ColumnMatch], fields: Mapping[str, Field], chosen: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Merge the columns of each field: the user's choice first, then the others by name."""
    columns: dict[str, tuple[str, ...]] = {}
    for name in fields:
        named = [chosen[name]] if name in chosen else []
        found = sorted(one.columns[name] for one in matches if name in one.columns)
        columns[name] = tuple(dict.fromkeys([*named, *found]))
    return columns


def _match_with_other_files(
    source: DataFile,
    fields: Mapping[str, Field],
    *,
    own: ColumnMatch,
    theirs: Mapping[str, Sequence[str]],
) -> ColumnMatch:
    """Match fields that a file leaves open by the columns that other files have them in."""
    used = own.columns.values()
    known = {name: [column for column in theirs[name] if column not in used] for name in fields}
    known |= {name: [column] for name, column in own.columns.items()}
    matched = match_columns(source.columns, fields, known=known)
    return replace(matched, guessed=(*own.guessed, *matched.guessed))


def _explain_guess(column: str, name: str) -> Text:
    """Say how a column was found that is not named as the field is, and how another is named."""
    kind, option = tell_name_kind(column), column_option_hint(name)
    column = escape_controls(column)
    if kind == "handling":
        return Text(
            f"`{column}` was taken for `{name}` as nothing else can be: it says how rows are "
            f"handled, hardly what they are about; if it is another: {option}",
            f"没有其他列可用，暂把“{column}”列当作 {name}：它说明如何处理，未必是内容的类别；"
            f"如不对，请指定：{option}",
        )
    if kind == "topic" and name != "text":
        return Text(
            f"`{column}` was taken for `{name}` by its values and a word of its name; if it is "
            f"another: {option}",
            f"按取值和列名中的字眼把“{column}”列当作 {name}；如不对，请指定：{option}",
        )
    return Text(
        f"`{column}` was taken for `{name}` by its values alone; if it is another: {option}",
        f"仅凭取值把“{column}”列当作 {name}；如不对，请指定：{option}",
    )
