"""Find out whether the user's files give splits, and say what is made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import PurePath

from newft.answers.keys import GIVEN_SPLITS_KEY, SPLIT_COLUMN_KEY
from newft.dataset.column_mapping import DataFile
from newft.dataset.column_roles import SampledFile
from newft.dataset.row_outcome import RowOutcome
from newft.dataset.row_stats import RowStats
from newft.dataset.split_columns import is_split_column
from newft.emitted.given_splits import (
    SPLIT_FIELD,
    find_file_split,
    has_unknown_split,
    names_splits,
    read_split_cell,
)
from newft.emitted.normalize import escape_controls
from newft.errors import UsageError
from newft.text import Text, pluralize, to_bilingual_text

POOL_OPTION = f"--set {GIVEN_SPLITS_KEY}=[]"  # of `newft new`
MAX_VALUES_SHOWN = 5  # of those that name no known split
_FLAG_VALUES = frozenset({"0", "1", "true", "false", "yes", "no", "y", "n", "是", "否"})


def find_split_columns(
    files: Sequence[SampledFile], taken: Collection[str], *, chosen: str | None = None
) -> tuple[str, ...] | None:
    """The columns that name splits, none where the names of the files do; None: none are given.

    A column that a field uses is never one of splits: a label may be called `test`. The one that
    the user has `chosen` is taken if its values name splits.
    """
    if chosen is not None:
        _check_chosen(files, chosen)
        return (chosen,)
    names = dict.fromkeys(name for sampled in files for name in sampled.file.layout.columns)
    found = [
        name
        for name in names
        if name not in taken
        and is_split_column(name, (row.get(name, "") for one in files for row in one.rows))
    ]
    if found:
        return tuple(found[:1])
    return () if names_splits(find_file_split(str(one.file.path)) for one in files) else None


def warn_of_split_flags(
    files: Sequence[SampledFile], columns: Sequence[str] | None
) -> Iterator[Text]:
    """Warn of a column such as is_test that says yes or no of a split, which is not read."""
    if columns is not None:
        return
    names = dict.fromkeys(name for sampled in files for name in sampled.file.layout.columns)
    for name in names:
        values = {row.get(name, "").strip().casefold() for one in files for row in one.rows} - {""}
        if find_file_split(name) and len(values) > 1 and values <= _FLAG_VALUES:
            shown = escape_controls(name)
            yield Text(
                f"`{shown}` is not read: if it marks the rows of a given split, put train, "
                "validation or test into it, and no such row is trained on",
                f"未使用“{shown}”列：如果它标记已划分的数据，请把取值改为 train、validation 或 "
                "test，这些行便不会参与训练",
            )


def separate_split_column(
    columns: Mapping[str, str],
) -> tuple[dict[str, str], str | None]:
    """The columns that the user names for fields, and the one that they name for splits."""
    fields = {name: column for name, column in columns.items() if name != SPLIT_FIELD}
    return fields, columns.get(SPLIT_FIELD)


def warn_of_unknown_splits(files: Sequence[SampledFile], stats: RowStats) -> Iterator[Text]:
    """Say which rows are left out as their split is none of the three."""
    rows, columns = stats.rejected["unknown_split"], stats.split_columns
    if not rows or not columns:
        return
    cells = dict.fromkeys(
        row.get(name, "").strip() for one in files for row in one.rows for name in columns
    )
    unknown = [f"`{escape_controls(cell)}`" for cell in cells if has_unknown_split(cell)]
    shown, name = unknown[:MAX_VALUES_SHOWN], escape_controls(columns[0])
    yield Text(
        f"{pluralize(rows, 'row')} left out: `{name}` puts them into a split that is not known: "
        f"{', '.join(shown)}; write train, validation or test there, or {POOL_OPTION} splits all "
        "rows again",
        f"剔除了 {rows} 行：“{name}”列给它们的划分无法识别：{'、'.join(shown)}；"
        f"请改写为 train、validation 或 test，或用 {POOL_OPTION} 合并后重新划分",
    )


def name_split_source(sources: Sequence[DataFile], columns: Sequence[str] | None) -> Text:
    """What gives the splits: a column, or the names of sheets, folders or files."""
    inside = [one.layout.kind for one in sources if columns == (SPLIT_FIELD,)]
    if "folder" in inside or (not columns and _are_folders_named(sources)):
        return Text("the names of the folders", "文件夹名")
    if inside and any(kind in ("xlsx", "xls") for kind in inside) and _are_sheets_named(sources):
        return Text("the names of the sheets", "工作表名")
    if columns:
        name = escape_controls(columns[0])
        return Text(f"the column `{name}`", f"“{name}”列")
    return Text("the names of the files", "文件名")


def list_split_notes(
    outcome: RowOutcome,
    sources: Sequence[DataFile],
    columns: Sequence[str] | None,
    *,
    pooled: bool,
) -> list[Text]:
    """What is done with given splits, and which setting pools them."""
    by = name_split_source(sources, columns)
    if pooled and columns is not None:
        return [
            Text(
                f"the splits of {by.en} are not used: all rows are pooled and split again",
                f"未采用{by.zh}给出的划分：全部数据合并后重新划分",
            )
        ]
    if not outcome.given_splits:
        return []
    rows = ", ".join(f"{split} {count:,}" for split, count in outcome.splits.items())
    rows_zh = "、".join(f"{split} {count:,} 行" for split, count in outcome.splits.items())
    missing = [split for split in outcome.splits if split not in outcome.given_splits]
    taken = f", with {' and '.join(missing)} taken from train" if missing else ""
    taken_zh = f"（{'、'.join(missing)} 从 train 中划出）" if missing else ""
    verb = "gives" if by.en.startswith("the column") else "give"
    return [
        Text(
            f"{by.en} {verb} the splits, which are used as they are{taken}: {rows} rows; no row of "
            f"a given test or validation split is trained on; {POOL_OPTION} here, or "
            "`data.given_splits: []` in config/run.yaml, pools all rows and splits them again",
            f"{by.zh}已给出数据划分，按其使用{taken_zh}：{rows_zh}；"
            "给定的验证集、测试集不参与训练；"
            f"此处加 {POOL_OPTION}，或把 config/run.yaml 的 `data.given_splits` 改为 []，"
            "则合并后重新划分",
        )
    ]


def _check_chosen(files: Sequence[SampledFile], chosen: str) -> None:
    """Refuse a column that is missing, or whose values do not name splits."""
    named = escape_controls(chosen)
    columns = dict.fromkeys(name for one in files for name in one.file.layout.columns)
    if chosen not in columns:
        listed = ", ".join(map(escape_controls, columns))
        message = Text(f"there is no column `{named}`", f"没有“{named}”列")
        raise UsageError(message, where=SPLIT_COLUMN_KEY, hint=to_bilingual_text(listed))
    if not names_splits(read_split_cell(row.get(chosen, "")) for one in files for row in one.rows):
        raise UsageError(
            Text(
                f"the values of `{named}` do not name train and another split",
                f"“{named}”列的取值没有给出 train 和另一个划分",
            ),
            where=SPLIT_COLUMN_KEY,
            hint=Text(
                "write train, validation or test there", "请在其中写 train、validation 或 test"
            ),
        )


def _are_folders_named(sources: Sequence[DataFile]) -> bool:
    """Whether the files are told apart by their folders alone."""
    return not any(find_file_split(PurePath(one.path).name) for one in sources)


def _are_sheets_named(sources: Sequence[DataFile]) -> bool:
    """Whether the column of splits is none of the sheet's own."""
    return any(SPLIT_FIELD not in one.layout.places for one in sources)
