"""What is wrong with data files and their columns, for a person, in both languages.

What comes from the files is escaped: no name of a column can look like a line of newft's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from unicodedata import east_asian_width

from newft.columns import Column, Match
from newft.entries import Field
from newft.errors import DataError
from newft.file_access import RecordError
from newft.given import COLUMNS
from newft.keys import escape_controls
from newft.names import counted, nearest
from newft.text import Language, Text, as_text
from newft.texts import translated

CANDIDATES_SHOWN = 5
COLUMNS_SHOWN = 30
SHOWN_WIDTH = 56  # cells of a terminal


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
        Text("the file changed while newft was reading it", "newft 运行期间文件发生了变化"),
        where=str(path),
        hint=Text(
            "run newft again when the file is complete",
            "请等文件写完后重新运行 newft",
        ),
    )


def as_data_error(error: RecordError) -> DataError:
    """The fault of a file in both languages."""
    message = translated(error.template, **error.values)
    hint = translated(error.hint_template, **error.values)
    return DataError(message, where=error.where, hint=hint)


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


def choose_column(name: str) -> Text:
    """What to do where a field's column is not clear."""
    return Text(f"choose one: {naming(name)}", f"请选定一列：{naming(name)}")


def find_unknown(
    where: str, columns: Sequence[str], fields: Mapping[str, Field], chosen: Mapping[str, str]
) -> list[DataError]:
    """Find corrections that name no field or no column, or one column twice."""
    faults = []
    for name, column in chosen.items():
        key = escape_controls(f"{COLUMNS}{name}")
        if name not in fields:
            near = nearest(name, fields) or list(fields)[:1]
            message = Text(f"this task has no field `{key}`", f"此任务没有字段 `{key}`")
            faults.append(DataError(message, where=where, hint=as_text(f"{COLUMNS}{near[0]}")))
        elif column not in columns:
            named, listed = escape_controls(column), _listed(columns)
            message = Text(
                f"no column `{named}` for `{key}`; the columns are: {listed}",
                f"没有可用于 `{key}` 的“{named}”列；现有的列：{listed}",
            )
            near = [escape_controls(one) for one in nearest(column, columns)]
            option = f"--set {key}={near[0]}" if near else naming(name)
            faults.append(DataError(message, where=where, hint=as_text(option)))
    for column in dict.fromkeys(chosen.values()):
        twice = [f"`{COLUMNS}{name}`" for name in chosen if chosen[name] == column]
        if len(twice) > 1:
            named = escape_controls(column)
            message = Text(
                f"`{named}` is given for {' and '.join(twice)}",
                f"“{named}”列同时指定给了 {'、'.join(twice)}",
            )
            hint = Text("a column can be used for one field only", "一列只能对应一个字段")
            faults.append(DataError(message, where=where, hint=hint))
    return faults


def find_unmatched(
    where: str, columns: Sequence[Column], fields: Mapping[str, Field], matched: Match
) -> list[DataError]:
    """Find fields that have no column, or several, or one that a record named."""
    faults = []
    echoed = {column.name for column in columns if column.echoed}
    for column in (matched.columns[name] for name in matched.guessed):
        if column in echoed:
            named = escape_controls(column)
            message = Text(
                f"the first row is a record, not a header: `{named}` occurs in later rows too",
                f"第一行是数据而不是表头：“{named}”在后面的行里也出现过",
            )
            hint = Text("put a row of column names before it", "请在最前面加一行列名")
            faults.append(DataError(message, where=where, hint=hint))
    has = _listed([column.name for column in columns])
    for name in matched.missing:
        title = fields[name].title
        message = Text(
            f"no column for `{name}` ({title.en}); it has: {has}",
            f"找不到 `{name}`（{title.zh}）对应的列；现有的列：{has}",
        )
        hint = Text(f"name it: {naming(name)}", f"请指定：{naming(name)}")
        faults.append(DataError(message, where=where, hint=hint))
    for name, equal in matched.unclear.items():
        title = fields[name].title
        listed = _candidates([column for column in columns if column.name in equal])
        message = Text(
            f"several columns could be `{name}` ({title.en}):{listed.en}",
            f"有几列都可能是 `{name}`（{title.zh}）：{listed.zh}",
        )
        faults.append(DataError(message, where=where, hint=choose_column(name)))
    return faults


def find_disagreeing(
    where: str,
    columns: Sequence[Column],
    fields: Mapping[str, Field],
    among: Mapping[str, Sequence[str]],
    *,
    chosen: Mapping[str, str],
) -> list[DataError]:
    """Find fields for which a file has several of the columns that the files have it in."""
    faults = []
    names = {column.name for column in columns}
    for name in (name for name in fields if fields[name].required):
        had = [column for column in columns if column.name in among[name]]
        if len(had) > 1 and chosen.get(name) not in names:
            title, listed = fields[name].title, _candidates(had)
            message = Text(
                f"the files have `{name}` ({title.en}) in different columns,"
                f" and this one has several of them:{listed.en}",
                f"各文件中 `{name}`（{title.zh}）的列名不同，而此文件含有其中几列：{listed.zh}",
            )
            faults.append(DataError(message, where=where, hint=choose_column(name)))
    return faults


def raise_all(faults: Sequence[DataError]) -> None:
    """Raise one fault as it is, several as one."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        message = Text(_joined(faults, "en"), _joined(faults, "zh"))
        raise DataError(message, hint=Text(_hints(faults, "en"), _hints(faults, "zh")))


def _joined(faults: Sequence[DataError], language: Language) -> str:
    lines = [f"{len(faults)} faults" if language == "en" else f"{len(faults)} 处错误"]
    for fault in faults:
        colon = ": " if language == "en" else "："
        place = f"{escape_controls(fault.where)}{colon}" if fault.where else ""
        lines.append(f"  {place}{fault.to(language)[0]}".replace("\n", "\n  "))
    return "\n".join(lines)


def _hints(faults: Sequence[DataError], language: Language) -> str:
    hints = dict.fromkeys(fault.to(language)[1] for fault in faults)
    return ("; " if language == "en" else "；").join(filter(None, hints))


def _candidates(columns: Sequence[Column]) -> Text:
    """The first columns, a line each, with what is in them."""
    more = "\n  ..." if len(columns) > CANDIDATES_SHOWN else ""
    en, zh = "", ""
    for column in columns[:CANDIDATES_SHOWN]:
        name, values = escape_controls(column.name), escape_controls(shown(column))
        many, rows = counted(column.distinct, "value"), counted(column.filled, "row")
        en += f"\n  `{name}`: {many} in {rows} ({values})"
        zh += f"\n  “{name}”：{column.filled:,} 行中有 {column.distinct:,} 种取值（{values}）"
    return Text(en + more, zh + more)


def _listed(names: Sequence[str]) -> str:
    more = f" ... ({len(names):,})" if len(names) > COLUMNS_SHOWN else ""
    return escape_controls(", ".join(names[:COLUMNS_SHOWN])) + more
