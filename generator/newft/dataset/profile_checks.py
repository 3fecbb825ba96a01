"""Refuse data files that are not enough to train on, and warn of what stands out in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from newft.data_errors import describe_rejects
from newft.dataset.broken_rows import FILE_FAULTS, describe_first, find_cause, get_advice
from newft.dataset.column_errors import column_option_hint
from newft.dataset.column_mapping import DataFile
from newft.dataset.column_roles import SampledFile
from newft.dataset.describe_file import describe_files
from newft.dataset.digit_survey import DigitUse, warn_of_digits
from newft.dataset.label_checks import warn_of_spellings, warn_of_stated_labels
from newft.dataset.row_outcome import MIN_ROWS, MIN_ROWS_PER_LABEL, RowOutcome
from newft.dataset.row_stats import MAX_KEPT_TEXTS, RowStats
from newft.dataset.split_survey import POOL_OPTION, name_split_source
from newft.emitted.near_duplicates import MAX_COMPARED_ROWS
from newft.emitted.normalize import (
    MISSING_MARK_PATTERN,
    clean_label,
    escape_controls,
    is_missing,
)
from newft.errors import DataError
from newft.i18n import translate_template
from newft.schema.kit import FieldRole, Task
from newft.text import Text, fold_name, join_names, join_texts, pluralize

# as the formats alpaca and sharegpt call them, without punctuation
PROMPT_COLUMNS = frozenset(
    {"instruction", "system", "systemprompt", "prompt", "指令", "系统提示词"}
)
MAX_NAMES_LISTED = 5  # names in a warning
HIGH_REJECT_SHARE = HIGH_GROUP_SHARE = 0.1
NEAR_DUPLICATE_WARNING_SHARE = 0.1  # of the rows that are split, as in `make data`


def find_likely_wrong_column(
    task: Task, stats: RowStats, outcome: RowOutcome
) -> tuple[str, Text] | None:
    """The field that is probably in another column, as most rows are left out for it; and why."""
    rare = sum(rows for rows in outcome.labels.values() if rows < MIN_ROWS_PER_LABEL)
    empty, repeated = (
        Text("most of it is empty", "大多为空"),
        Text("most of it is repeated", "内容大量重复"),
    )
    few = Text("most values occur in only one or two rows", "多数取值只有一两行")
    if outcome.labels and max(outcome.labels.values()) == 1:
        few = Text(
            "each of its values occurs once, as ids, titles and free texts do; the labels of a "
            "closed list repeat",
            "每个取值只出现一次，像是编号、标题或自由文本；封闭列表中的标签会重复出现",
        )
    signs: tuple[tuple[int, FieldRole, Text], ...] = (
        (stats.rejected["empty_input"], "text", empty),
        (outcome.repeats, "text", repeated),
        (stats.rejected["empty_label"], "label", empty),
        (stats.rejected["empty_recommendation"], "recommendation", empty),
        (rare, "label", few),
    )
    count, role, sign = max(signs)
    if count <= stats.rows / 2:
        return None
    name = next((name for name, field in task.fields.items() if field.role == role), None)
    if name is None:
        return None
    column = stats.columns[role][0]
    if column == name:  # nothing is gained by naming it twice
        return name, Text(f"`{column}`: {sign.en}", f"“{column}”列：{sign.zh}")
    return name, Text(
        f"`{column}` may be the wrong column for `{name}`: {sign.en}",
        f"“{column}”列可能不是 {name}：{sign.zh}",
    )


def refuse_insufficient_data(
    files: Sequence[str],
    stats: RowStats,
    outcome: RowOutcome,
    *,
    suspect: tuple[str, Text] | None,
    sources: Sequence[DataFile],
    digits: DigitUse,
) -> None:
    """Refuse what nothing can be learned from; the most probable cause comes first."""
    shortage = _find_shortage(stats, outcome, suspect)
    if shortage is None:
        return
    message, rows = shortage
    if given := _explain_empty_split(outcome, stats, sources):
        raise DataError(given[0], where=", ".join(files), hint=given[1])
    if digits.repeats > stats.rows * HIGH_REJECT_SHARE and not digits.carries_meaning:
        message = Text(
            f"{message.en}; {digits.repeats:,} rows differ from another one in digits alone",
            f"{message.zh}；{digits.repeats:,} 行与另一行仅数字不同",
        )
    cause = find_cause(outcome.rejects, rows=stats.rows, usable=outcome.accepted, needed=MIN_ROWS)
    if place := describe_first(cause, sources, stats):
        message = Text(f"{message.en}\n  {place.en}", f"{message.zh}\n  {place.zh}")
    help_rows = get_advice(cause, stats.task, stats, sources[0].layout)
    if cause in FILE_FAULTS:  # other columns of these rows cannot be read either
        raise DataError(message, where=", ".join(files), hint=help_rows)
    first = suspect[0] if suspect else ""
    names = sorted(
        (n for n, f in stats.task.fields.items() if f.required), key=lambda n: n != first
    )
    options = [column_option_hint(name) for name in names]
    columns = Text(f"name other columns: {', '.join(options)}", f"指定其他列：{'、'.join(options)}")
    doubtful = suspect or (len(outcome.kept_labels) == 1 and stats.rows >= MIN_ROWS)
    if doubtful:
        seen = describe_files(sources)
        message = Text(f"{message.en}\n{seen.en}", f"{message.zh}\n{seen.zh}")
    advice = (columns, rows) if suspect and not help_rows else (help_rows or rows, columns)
    hint = Text("; or ".join(each.en for each in advice), "；或".join(each.zh for each in advice))
    raise DataError(message, where=", ".join(files), hint=hint)


def _find_shortage(
    stats: RowStats, outcome: RowOutcome, suspect: tuple[str, Text] | None
) -> tuple[Text, Text] | None:
    """What there is too little of, and which rows to add; `make data` refuses the same.

    The rows of a label that no training row has are left out: the labels that have rows are those
    of the training rows.
    """
    labels, usable = outcome.kept_labels, outcome.accepted
    taught = [label for label, rows in labels.items() if rows]
    empty = next((split for split, rows in outcome.splits.items() if not rows), None)
    other_labels = Text("add rows of other labels", "补充其他标签的数据")
    if len(labels) == 1 and outcome.rows_to_split >= MIN_ROWS:
        only, many = next(iter(labels)), outcome.rows_to_split
        message = Text(
            f"there is only one label, `{only}`, in {many} usable rows",
            f"{many} 行可用数据只有一个标签：`{only}`",
        )
        return message, other_labels
    if usable < MIN_ROWS:
        message = Text(
            f"{usable} of {stats.rows} rows can be used, {MIN_ROWS} are needed",
            f"{stats.rows} 行中只有 {usable} 行可用，至少需要 {MIN_ROWS} 行",
        )
        rows = Text(
            f"add rows: a label needs {MIN_ROWS_PER_LABEL}",
            f"补充数据：每个标签至少 {MIN_ROWS_PER_LABEL} 行",
        )
    elif empty:
        message = Text(f"{empty} would have no rows", f"{empty} 没有数据")
        rows = Text("add rows", "补充数据")
        if len(outcome.groups) > 1:
            column, groups = stats.columns["group"][0], len(outcome.groups)
            message = Text(
                f"{message.en}: `{column}` has {groups} values, and all rows of one go into one "
                "split",
                f"{message.zh}：“{column}”列有 {groups} 个取值，同一取值的行只能归入同一划分",
            )
            rows = Text(
                f"add rows with other values of `{column}`", f"补充“{column}”列为其他取值的数据"
            )
    elif len(taught) < 2:
        message = Text(
            f"every training row has the label `{taught[0]}`", f"训练集只有一个标签：`{taught[0]}`"
        )
        rows = other_labels
    else:
        return None
    return _append_causes(message, outcome, suspect), rows


def _explain_empty_split(
    outcome: RowOutcome, stats: RowStats, sources: Sequence[DataFile]
) -> tuple[Text, Text] | None:
    """Why a split has no rows where the files give splits, and which option helps."""
    empty = next((split for split, rows in outcome.splits.items() if not rows), None)
    if not outcome.given_splits or empty is None or outcome.accepted < MIN_ROWS:
        return None
    by = name_split_source(sources, stats.split_columns)
    verb = "gives" if by.en.startswith("the column") else "give"
    cause = Text(
        f"{empty} would have no rows: {by.en} {verb} the splits, and no usable row is left for "
        f"{empty}",
        f"{empty} 没有数据：划分由{by.zh}给出，而可用数据中没有一行属于 {empty}",
    )
    hint = Text(
        f"{POOL_OPTION} pools all rows and splits them again; or add {empty} rows",
        f"用 {POOL_OPTION} 合并后重新划分；或补充 {empty} 数据",
    )
    return _append_causes(cause, outcome, None), hint


def _append_causes(message: Text, outcome: RowOutcome, suspect: tuple[str, Text] | None) -> Text:
    """Add why rows are left out, and the column that may be the wrong one."""
    reasons, cause = describe_rejects(outcome.rejects), suspect[1] if suspect else None
    return Text(
        message.en
        + (f"; left out: {reasons.en}" if reasons.en else "")
        + (f"; {cause.en}" if cause else ""),
        message.zh
        + (f"；剔除：{reasons.zh}" if reasons.zh else "")
        + (f"；{cause.zh}" if cause else ""),
    )


def collect_warnings(
    sources: Sequence[DataFile],
    stats: RowStats,
    outcome: RowOutcome,
    suspect: tuple[str, Text] | None,
    digits: DigitUse,
) -> list[Text]:
    """What the user should know before they go on, the most serious first."""
    said = [
        *warn_of_digits(digits),
        *_warn_of_rejected_rows(stats, outcome, suspect, digits),
        *_warn_of_unlabelled_rows(stats),
        *warn_of_stated_labels(outcome),
        *_warn_of_conflicting_texts(outcome),
        *_warn_of_unchecked_rows(outcome),
    ]
    said += [
        *_warn_of_groups(stats, outcome),
        *warn_of_spellings(stats),
        *_collect_file_warnings(sources),
    ]
    rare = sorted(label for label in outcome.labels if label not in outcome.kept_labels)
    if rare:
        many = pluralize(len(rare), "label")
        said.append(
            Text(
                f"{many} with fewer than {MIN_ROWS_PER_LABEL} rows left out: "
                f"{_join_first_names(rare, ', ')}",
                f"{len(rare)} 个标签少于 {MIN_ROWS_PER_LABEL} 行，已剔除："
                f"{_join_first_names(rare, '、')}",
            )
        )
    return said


def _collect_file_warnings(sources: Sequence[DataFile]) -> Iterator[Text]:
    """What is not read of the files; without their folders, as the project keeps these texts."""
    for source in sources:
        yield from source.left_out
        for remark in source.layout.remarks:
            if not remark.information:
                yield translate_template(remark.template, **remark.values)


def list_file_notes(sources: Sequence[DataFile]) -> Iterator[Text]:
    """How the files were read, where that is not plain from their suffix."""
    for source in sources:
        yield from source.unread
        for remark in source.layout.remarks:
            if remark.information:
                yield translate_template(remark.template, **remark.values)


def note_unused_prompts(
    sampled: Sequence[SampledFile], task: Task, taken: Collection[str]
) -> Iterator[Text]:
    """Say which columns hold prompts, which a project has in its configuration."""
    names = dict.fromkeys(name for one in sampled for name in one.file.layout.columns)
    prompts = [
        name
        for name in names
        if fold_name(name) in PROMPT_COLUMNS
        and name not in taken
        and any(row.get(name, "").strip() for one in sampled for row in one.rows)
    ]
    if prompts and not task.tabular:
        listed = join_names(f"`{escape_controls(name)}`" for name in prompts)
        yield Text(
            f"the prompts in {listed.en} are not used: all rows have the one of config/run.yaml, "
            "task.system; write into it what the model has to know",
            f"未使用 {listed.zh} 中的提示词：所有行共用 config/run.yaml 的 task.system，"
            "模型需要知道的内容请写在那里",
        )


def _warn_of_rejected_rows(
    stats: RowStats, outcome: RowOutcome, suspect: tuple[str, Text] | None, digits: DigitUse
) -> Iterator[Text]:
    """Warn that many rows are left out, or much of training, with the cause and the switch."""
    rejected, left_out = outcome.rejects, sum(outcome.rejects.values())
    near, rows = rejected.get("near_duplicate_across_split", 0), outcome.rows_to_split
    if left_out <= stats.rows * HIGH_REJECT_SHARE and near <= rows * NEAR_DUPLICATE_WARNING_SHARE:
        return
    reasons, cause = describe_rejects(rejected), suspect[1] if suspect else Text("", "")
    parts = [
        Text(
            f"{left_out} of {stats.rows} rows are left out: {reasons.en}",
            f"{stats.rows} 行中剔除了 {left_out} 行：{reasons.zh}",
        ),
        *([cause] if suspect else []),
        *_explain_duplicates(stats, rejected, digits),
    ]
    yield join_texts(parts, Text("; ", "；"))


def _explain_duplicates(
    stats: RowStats, rejected: Mapping[str, int], digits: DigitUse
) -> Iterator[Text]:
    """Say why rows repeat others, and what keeps them, where many do."""
    same, near = rejected.get("duplicate", 0), rejected.get("near_duplicate_across_split", 0)
    if same + near <= stats.rows * HIGH_REJECT_SHARE:
        return
    if same and digits.repeats and not digits.carries_meaning and not digits.repeats_much:
        yield Text(
            "case, punctuation and digits are not compared: `data.compare_digits: true` in "
            "config/run.yaml keeps rows that differ in digits",
            "查重时不比较大小写、标点和数字：把 config/run.yaml 的 `data.compare_digits` 改为 true "
            "则保留仅数字不同的行",
        )
    if near:
        yield Text(
            "texts made from one template nearly repeat each other; if they are different "
            "requests, DROP_NEAR_DUPLICATES = False in formatting.py keeps them",
            "由同一模板生成的文本会近似重复；如果它们是不同的请求，在 formatting.py 中设 "
            "DROP_NEAR_DUPLICATES = False 可保留",
        )


def _warn_of_unlabelled_rows(stats: RowStats) -> Iterator[Text]:
    """Say which values are no labels though they are words: nobody has given one yet."""
    waiting = {
        escape_controls(clean_label(mark)): rows
        for mark, rows in stats.unlabelled.most_common()
        if not is_missing(mark, MISSING_MARK_PATTERN)
    }
    if waiting:
        rows, quoted = sum(waiting.values()), [f"`{mark}`" for mark in waiting]
        yield Text(
            f"{pluralize(rows, 'row')} left out as nobody has labelled them: their label is "
            f"{_join_first_names(quoted, ', ')}",
            f"{rows} 行尚未标注，已剔除：其标签是 {_join_first_names(quoted, '、')}",
        )


def _warn_of_unchecked_rows(outcome: RowOutcome) -> Iterator[Text]:
    if outcome.near_duplicates_checked:
        return
    if outcome.rows_to_split > MAX_COMPARED_ROWS:
        yield Text(
            f"more than {MAX_COMPARED_ROWS:,} rows: not searched for near-duplicates across splits",
            f"超过 {MAX_COMPARED_ROWS:,} 行，未检查各划分之间的近似重复",
        )
    else:  # `make data` has the texts of these rows alone, and compares them
        yield Text(
            f"more than {MAX_KEPT_TEXTS:,} different rows, of which {outcome.rows_to_split:,} have "
            "labels that are kept: `make data` searches these for near-duplicates across splits, "
            "and may keep fewer",
            f"不重复的数据超过 {MAX_KEPT_TEXTS:,} 行，"
            f"其中 {outcome.rows_to_split:,} 行的标签会保留："
            "`make data` 会检查它们在各划分之间的近似重复，最终保留的行数可能更少",
        )


def _warn_of_conflicting_texts(outcome: RowOutcome) -> Iterator[Text]:
    if outcome.contradictions:
        many = outcome.contradictions
        yield Text(
            f"{pluralize(many, 'text')} with different labels in different rows",
            f"有 {many} 条文本在不同行里标签不一致",
        )


def _warn_of_groups(stats: RowStats, outcome: RowOutcome) -> Iterator[Text]:
    """What is odd about the column that keeps rows together: one value, or a very frequent one."""
    for column in stats.columns.get("group", ())[:1]:
        if len(outcome.groups) < 2:
            en, zh = ("one", "只有一个") if outcome.groups else ("no", "没有")
            yield Text(
                f"`{column}` has {en} value in all rows: it is not used",
                f"“{column}”列{zh}取值，未采用",
            )
            return
        group, rows = outcome.groups.most_common(1)[0]
        many = outcome.accepted
        if rows > many * HIGH_GROUP_SHARE:
            yield Text(
                f"`{column}` is `{group}` in {rows} of {many} rows, which all go into one split",
                f"“{column}”列在 {many} 行中有 {rows} 行为“{group}”，这些行会归入同一划分",
            )


def _join_first_names(names: Sequence[str], separator: str) -> str:
    """The first names."""
    return separator.join(names[:MAX_NAMES_LISTED]) + (
        " ..." if len(names) > MAX_NAMES_LISTED else ""
    )
