"""Report faults of data files and their columns in both languages.

Names and values from the files are escaped, so that none can look like output of newft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote

from newft.answers.keys import COLUMNS_PREFIX
from newft.dataset.column_kinds import sort_columns
from newft.dataset.column_match import Column, ColumnMatch, score_name, tells_outcome
from newft.dataset.mark_columns import MATRIX_HINT, describe_matrix, find_mark_columns
from newft.emitted.normalize import escape_controls
from newft.errors import DataError
from newft.schema.kit import Field
from newft.text import Language, Text, find_nearest_names, pluralize, to_bilingual_text
from newft.text_layout import clip_text

NOTHING_SEEN = Text("", "")
MAX_CANDIDATES_SHOWN = 5
MAX_COLUMNS_SHOWN = 30
MAX_PREVIEW_WIDTH = 56  # terminal cells


def preview_values(column: Column) -> str:
    """Return a few values of a column on one line."""
    values = ", ".join(" ".join(value.split()) for value in column.examples)
    shown = clip_text(values, MAX_PREVIEW_WIDTH)
    more = shown != values or column.distinct > len(column.examples)
    return shown.rstrip() + (" ..." if more else "")


def column_option_hint(name: str) -> str:
    """Return the option that names the column of a field."""
    return f"--set {COLUMNS_PREFIX}{name}=COLUMN"


def _make_column_choice_hint(name: str, columns: Sequence[Column]) -> Text:
    """Return the hint for a field with several possible columns."""
    option = _name_column(name, columns[0].name)
    return Text(f"choose one, such as: {option}", f"请选定一列，例如：{option}")


def _name_column(name: str, column: str) -> str:
    """Return the option that gives a field one column, as a shell reads it."""
    return f"--set {quote(f'{COLUMNS_PREFIX}{name}={escape_controls(column)}')}"


def find_unknown_columns(
    where: str, columns: Sequence[str], fields: Mapping[str, Field], chosen: Mapping[str, str]
) -> list[DataError]:
    """Find chosen columns that do not exist, or belong to no field or to two fields."""
    faults = []
    for name, column in chosen.items():
        key = escape_controls(f"{COLUMNS_PREFIX}{name}")
        if name not in fields:
            near = find_nearest_names(name, fields) or list(fields)[:1]
            message = Text(f"this task has no field `{key}`", f"此任务没有字段 `{key}`")
            faults.append(
                DataError(
                    message, where=where, hint=to_bilingual_text(f"{COLUMNS_PREFIX}{near[0]}")
                )
            )
        elif inner := _list_inner_columns(column, columns):
            faults.append(_make_object_error(where, column, inner, name, fields[name]))
        elif column not in columns:
            named, listed = escape_controls(column), _join_names(columns)
            message = Text(
                f"no column `{named}` for `{key}`; the columns are: {listed}",
                f"没有可用于 `{key}` 的“{named}”列；现有的列：{listed}",
            )
            near = [escape_controls(one) for one in find_nearest_names(column, columns)]
            option = f"--set {key}={near[0]}" if near else column_option_hint(name)
            faults.append(DataError(message, where=where, hint=to_bilingual_text(option)))
    for column in dict.fromkeys(chosen.values()):
        twice = [f"`{COLUMNS_PREFIX}{name}`" for name in chosen if chosen[name] == column]
        if len(twice) > 1:
            named = escape_controls(column)
            message = Text(
                f"`{named}` is given for {' and '.join(twice)}",
                f"“{named}”列同时指定给了 {'、'.join(twice)}",
            )
            hint = Text("a column can be used for one field only", "一列只能对应一个字段")
            faults.append(DataError(message, where=where, hint=hint))
    return faults


def _list_inner_columns(column: str, columns: Sequence[str]) -> list[str]:
    """Return the columns that an object holds, if a name is that of an object."""
    return [] if column in columns else [one for one in columns if one.startswith(f"{column}.")]


def _make_object_error(
    where: str, column: str, inner: Sequence[str], name: str, field: Field
) -> DataError:
    """Return the fault of a field that was given an object instead of one of its columns."""
    named, listed = escape_controls(column), _join_names(inner)
    likely = max(inner, key=lambda one: score_name(one, field.synonyms))
    return DataError(
        Text(
            f"`{named}` holds objects, which are no text; their columns are: {listed}",
            f"“{named}”是对象，不能当作文本；其中的列：{listed}",
        ),
        where=where,
        hint=to_bilingual_text(f"--set {COLUMNS_PREFIX}{name}={escape_controls(likely)}"),
    )


def check_column_match(
    where: str, columns: Sequence[Column], fields: Mapping[str, Field], matched: ColumnMatch
) -> list[DataError]:
    """Find fields without a column or with tied columns, and a missing header row."""
    faults = []
    repeated = {column.name for column in columns if column.header_in_values}
    for column in (matched.columns[name] for name in matched.guessed):
        if column in repeated:
            named = escape_controls(column)
            message = Text(
                f"the first row is a record, not a header: `{named}` occurs in later rows too",
                f"第一行是数据而不是表头：“{named}”在后面的行里也出现过",
            )
            example = _make_header(columns)
            hint = Text(
                f"put a row of column names before it, such as: {example}",
                f"请在最前面加一行列名，例如：{example}",
            )
            faults.append(DataError(message, where=where, hint=hint))
    for name in matched.missing:
        title = fields[name].title
        message = Text(
            f"no column for `{name}` ({title.en})", f"找不到 `{name}`（{title.zh}）对应的列"
        )
        hint = _suggest_column(name, fields[name], columns, taken=[*matched.columns.values()])
        faults.append(DataError(message, where=where, hint=hint))
    for name, equal in matched.unclear.items():
        marked = find_mark_columns(columns) if fields[name].role == "label" else ()
        if {*equal} <= {*marked}:
            faults.append(DataError(describe_matrix(marked), where=where, hint=MATRIX_HINT))
        else:
            faults.append(_make_tie_error(where, columns, equal, name, fields[name].title))
    return faults


def _make_tie_error(
    where: str, columns: Sequence[Column], equal: Sequence[str], name: str, title: Text
) -> DataError:
    """Return the fault of a field for which several columns are as likely."""
    tied = _sort_candidates([column for column in columns if column.name in equal])
    listed = _list_candidates(tied)
    message = Text(
        f"several columns could be `{name}` ({title.en}):{listed.en}",
        f"有几列都可能是 `{name}`（{title.zh}）：{listed.zh}",
    )
    return DataError(message, where=where, hint=_make_column_choice_hint(name, tied))


def _sort_candidates(columns: Sequence[Column]) -> list[Column]:
    """Sort columns by how likely each is: the fullest first, and words before numbers."""
    return sorted(columns, key=lambda column: (-column.filled, column.number_share > 0.5))


def _make_header(columns: Sequence[Column]) -> str:
    """Return the names that the first columns could have."""
    kinds = sort_columns(columns)
    named = dict(zip(kinds.labels[:1], ("label",), strict=False))
    named |= dict(zip(kinds.texts[:1], ("text",), strict=False))
    first = enumerate(columns[:MAX_CANDIDATES_SHOWN], start=1)
    names = [named.get(column.name, f"column_{place}") for place, column in first]
    return ",".join(names) + (",..." if len(columns) > MAX_CANDIDATES_SHOWN else "")


def _suggest_column(
    name: str, field: Field, columns: Sequence[Column], *, taken: Sequence[str]
) -> Text:
    """Return the option that names the column which a field is most likely in."""
    if field.role == "label" and find_mark_columns(columns):
        return MATRIX_HINT
    kinds = sort_columns(columns)
    likely = {"text": kinds.texts, "context": kinds.labels, "label": kinds.labels}
    free = [one for one in likely.get(field.role, ()) if one not in taken]
    if field.role == "label" and field.stems:  # whose column is told by its name or its values
        free = [one.name for one in columns if tells_outcome(one, field)]
    if free:
        option = _name_column(name, free[0])
        return Text(f"name it, such as: {option}", f"请指定，例如：{option}")
    option = column_option_hint(name)
    return Text(
        f"add a column with the {field.title.en.lower()} of each row, or name it: {option}",
        f"请增加一列“{field.title.zh}”，或指定现有的列：{option}",
    )


def find_ambiguous_fields(
    where: str,
    columns: Sequence[Column],
    fields: Mapping[str, Field],
    among: Mapping[str, Sequence[str]],
    *,
    chosen: Mapping[str, str],
) -> list[DataError]:
    """Find fields for which one file has several of the columns that other files use."""
    faults = []
    names = {column.name for column in columns}
    for name in (name for name in fields if fields[name].required):
        had = [column for column in columns if column.name in among[name]]
        had = [column for column in had if column.spelled_in not in {one.name for one in had}]
        if len(had) > 1 and chosen.get(name) not in names:
            title, listed = fields[name].title, _list_candidates(had)
            message = Text(
                f"the files have `{name}` ({title.en}) in different columns,"
                f" and this one has several of them:{listed.en}",
                f"各文件中 `{name}`（{title.zh}）的列名不同，而此文件含有其中几列：{listed.zh}",
            )
            faults.append(DataError(message, where=where, hint=_make_column_choice_hint(name, had)))
    return faults


def raise_faults(faults: Sequence[DataError], *, seen: Text = NOTHING_SEEN) -> None:
    """Raise a single fault, or several faults as one error, with what was seen of the file."""
    if len(faults) == 1:
        message, hint = faults[0].texts
        where = faults[0].where
    elif faults:
        message = Text(_format_faults(faults, "en"), _format_faults(faults, "zh"))
        hint, where = Text(_join_hints(faults, "en"), _join_hints(faults, "zh")), None
    else:
        return
    below = Text(
        *(f"{said}\n{words}".rstrip("\n") for said, words in zip(message, seen, strict=True))
    )
    raise DataError(below, where=where, hint=hint)


def _format_faults(faults: Sequence[DataError], language: Language) -> str:
    lines = [f"{len(faults)} faults" if language == "en" else f"{len(faults)} 处错误"]
    for fault in faults:
        colon = ": " if language == "en" else "："
        place = f"{escape_controls(fault.where)}{colon}" if fault.where else ""
        lines.append(f"  {place}{fault.to(language)[0]}".replace("\n", "\n  "))
    return "\n".join(lines)


def _join_hints(faults: Sequence[DataError], language: Language) -> str:
    hints = dict.fromkeys(fault.to(language)[1] for fault in faults)
    return ("; " if language == "en" else "；").join(filter(None, hints))


def _list_candidates(columns: Sequence[Column]) -> Text:
    """List the first columns with their values, one per line."""
    more = "\n  ..." if len(columns) > MAX_CANDIDATES_SHOWN else ""
    en, zh = "", ""
    for column in columns[:MAX_CANDIDATES_SHOWN]:
        name, values = escape_controls(column.name), escape_controls(preview_values(column))
        many, rows = pluralize(column.distinct, "value"), pluralize(column.filled, "row")
        en += f"\n  `{name}`: {many} in {rows} ({values})"
        zh += f"\n  “{name}”：{column.filled:,} 行中有 {column.distinct:,} 种取值（{values}）"
    return Text(en + more, zh + more)


def _join_names(names: Sequence[str]) -> str:
    more = f" ... ({len(names):,})" if len(names) > MAX_COLUMNS_SHOWN else ""
    return escape_controls(", ".join(names[:MAX_COLUMNS_SHOWN])) + more
