"""Find out whether the user's files give splits, and say what is made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from newft.dataset.column_roles import SampledFile
from newft.dataset.row_outcome import RowOutcome
from newft.emitted.given_splits import find_file_split, is_split_column, names_splits
from newft.emitted.normalize import escape_controls
from newft.text import Text

_FLAG_VALUES = frozenset({"0", "1", "true", "false", "yes", "no", "y", "n", "是", "否"})


def find_split_columns(
    files: Sequence[SampledFile], taken: Collection[str]
) -> tuple[str, ...] | None:
    """The columns that name splits, none where the names of the files do; None: none are given.

    A column that a field uses is never one of splits: a label may be called `test`.
    """
    names = dict.fromkeys(name for sampled in files for name in sampled.file.layout.columns)
    found = [
        name
        for name in names
        if name not in taken
        and is_split_column(row.get(name, "") for sampled in files for row in sampled.rows)
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


def list_split_notes(outcome: RowOutcome, columns: Sequence[str] | None) -> list[Text]:
    """What is done with given splits, and which setting pools them."""
    if not outcome.given_splits:
        return []
    names = [escape_controls(name) for name in columns or ()]
    en = f"the column `{names[0]}` gives" if names else "the names of the files give"
    zh = f"“{names[0]}”列" if names else "文件名"
    rows = ", ".join(f"{split} {count:,}" for split, count in outcome.splits.items())
    rows_zh = "、".join(f"{split} {count:,} 行" for split, count in outcome.splits.items())
    missing = [split for split in outcome.splits if split not in outcome.given_splits]
    taken = f", with {' and '.join(missing)} taken from train" if missing else ""
    taken_zh = f"（{'、'.join(missing)} 从 train 中划出）" if missing else ""
    return [
        Text(
            f"{en} the splits, which are used as they are{taken}: {rows} rows; no row of a given "
            "test or validation split is trained on; `data.given_splits: []` in config/run.yaml "
            "pools all rows and splits them again",
            f"{zh}已给出数据划分，按其使用{taken_zh}：{rows_zh}；"
            "给定的验证集、测试集不参与训练；"
            "把 config/run.yaml 的 `data.given_splits` 改为 [] 则合并后重新划分",
        )
    ]
