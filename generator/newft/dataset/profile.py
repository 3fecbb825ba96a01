"""What is in the user's files: columns, labels, lengths, language, and what will be left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from newft.data_errors import (
    describe_rejects,
    make_file_changed_error,
    translate_record_errors,
)
from newft.dataset.column_errors import column_option_hint
from newft.dataset.column_mapping import DataFile, map_columns, open_files, sample_rows
from newft.dataset.column_roles import (
    ColumnRoles,
    SampledFile,
    classify_columns,
    list_input_notes,
    warn_of_leaks,
    warn_of_mixed_units,
)
from newft.dataset.label_checks import (
    refuse_sentences,
    refuse_stated_labels,
    warn_of_spellings,
    warn_of_stated_labels,
)
from newft.dataset.positive_label import find_positive_label
from newft.dataset.row_outcome import MIN_ROWS, MIN_ROWS_PER_LABEL, RowOutcome, resolve_rows
from newft.dataset.row_stats import MAX_KEPT_TEXTS, RowStats
from newft.emitted.file_access import hash_file, wrap_file_errors
from newft.emitted.label_rules import find_label
from newft.emitted.near_duplicates import MAX_COMPARED_ROWS
from newft.emitted.readers import read_rows
from newft.errors import DataError
from newft.i18n import translate_template
from newft.schema.dataset import DataFacts, FileFacts
from newft.schema.kit import FieldRole, Kit, Task
from newft.text import Language, Text, pluralize

MAX_NAMES_LISTED = 5  # names in a warning
MAX_COPIED_BYTES = 50_000_000  # larger files stay where they are
HIGH_REJECT_SHARE = HIGH_GROUP_SHARE = 0.1


def profile_dataset(
    files: Sequence[str], *, task: Task, columns: Mapping[str, str], language: Language | None
) -> DataFacts:
    """The facts of the files; `columns` are the user's corrections, no language means find out."""
    sources = open_files(files)
    mapping, guessed = map_columns(sources, task.single_fields, columns)
    sampled = [_sample_file(source) for source in sources]
    used = classify_columns(sampled, task, mapping)
    if task.tabular and not used.inputs:
        raise _make_no_input_columns_error(files, used)
    roles = {task.fields[name].role: among for name, among in mapping.items()}
    stats = RowStats(task, roles, used.inputs)
    found = [
        _count_rows(source, stats, project_path)
        for source, project_path in zip(sources, _assign_project_paths(sources), strict=True)
    ]
    outcome = resolve_rows(stats)
    labels = outcome.kept_labels
    refuse_sentences(files, task, stats)
    refuse_stated_labels(files, task, stats, outcome)
    suspect = _likely_wrong_column(task, stats, outcome)
    _refuse_insufficient_data(files, task, stats, outcome, suspect=suspect)
    meaning_none = [find_label(name, tuple(labels)) for name in task.out_of_scope]
    return DataFacts(
        files=tuple(found),
        rows=stats.rows,
        accepted=outcome.accepted,
        rows_to_split=outcome.rows_to_split,
        rejected=outcome.rejects,
        mapping={
            **{
                name: among
                for name, among in mapping.items()
                if _is_field_usable(task, name, outcome)
            },
            **{name: (name,) for name in (*used.inputs, *used.protected)},
        },
        labels=labels,
        out_of_scope=next(filter(None, meaning_none), None),
        positive=_find_positive_label(task, labels, roles["label"]),
        recommendations=outcome.recommendations,
        longest_target=outcome.longest_target,
        inputs=used.inputs,
        protected=used.protected,
        lengths=stats.lengths.summarize(),
        language=language or stats.lengths.detect_language(),
        shape="labelled",
        sample=False,
        warnings=(
            *warn_of_leaks(used),
            *_collect_warnings(sources, stats, outcome, suspect),
            *warn_of_mixed_units(sampled, used.inputs),
            *guessed,
        ),
        notes=tuple(list_input_notes(task)),
        excluded=used.excluded,
        stated_label_positions=outcome.stated_positions,
        leaking=tuple(used.leaks),
    )


def profile_sample(kit: Kit, task_id: str, language: Language) -> DataFacts:
    """The facts of the records that ship with a domain."""
    task = kit.tasks[task_id]
    path = Path(kit.folder) / "sample" / task.sample[language]
    facts = profile_dataset([str(path)], task=task, columns={}, language=language)
    return replace(facts, sample=True, files=(replace(facts.files[0], path="sample"),))


def _assign_project_paths(sources: Sequence[DataFile]) -> list[str]:
    """Where the project reads each file: copies get names of their own, large files stay."""
    paths: list[str] = []
    for path in (source.path for source in sources):
        with translate_record_errors(), wrap_file_errors(path):
            size = path.stat().st_size
        if size > MAX_COPIED_BYTES:
            paths.append(path.resolve().as_posix())
            continue
        place, copy = f"data/raw/{path.name}", 1
        while place.casefold() in (other.casefold() for other in paths):
            copy += 1
            place = f"data/raw/{path.stem}-{copy}{path.suffix}"
        paths.append(place)
    return paths


def _sample_file(source: DataFile) -> SampledFile:
    with translate_record_errors(), wrap_file_errors(source.path):
        return SampledFile(source, sample_rows(source))


def _count_rows(source: DataFile, stats: RowStats, project_path: str) -> FileFacts:
    """The facts of one file, whose rows are added to the stats."""
    before = stats.rows
    with translate_record_errors(), wrap_file_errors(source.path):
        digest = hash_file(source.path)
        for row in read_rows(source.path, source.layout):
            stats.add(row)
        if hash_file(source.path) != digest:
            raise make_file_changed_error(source.path)
        size = source.path.stat().st_size
    return FileFacts(
        path=str(source.path),
        project_path=project_path,
        kind=source.layout.kind,
        encoding=source.layout.encoding,
        rows=stats.rows - before,
        columns=source.layout.columns,
        bytes=size,
        sha256=digest,
    )


def _is_field_usable(task: Task, name: str, outcome: RowOutcome) -> bool:
    """Whether a field serves; a group that all rows share would put them into one split."""
    return task.fields[name].role != "group" or len(outcome.groups) > 1


def _find_positive_label(task: Task, labels: Iterable[str], columns: Sequence[str]) -> str | None:
    """The label whose probability is scored, where the task has one and the records tell it."""
    return find_positive_label(labels, columns[0], task.positive) if task.positive else None


def _make_no_input_columns_error(files: Sequence[str], used: ColumnRoles) -> DataError:
    kept_out = (*used.protected, *used.leaks, *used.excluded)
    return DataError(
        Text(
            f"no column is left that the model may see; kept out: {', '.join(kept_out) or 'none'}",
            f"没有可以给模型看的列；已排除：{'、'.join(kept_out) or '无'}",
        ),
        where=", ".join(files),
        hint=Text(
            "add columns that are not protected or ids and do not reveal the label",
            "请补充既不受保护、也不是编号、且不会泄漏标签的列",
        ),
    )


def _likely_wrong_column(
    task: Task, stats: RowStats, outcome: RowOutcome
) -> tuple[str, Text] | None:
    """The field that is probably in another column, as most rows are left out for it; and why."""
    rare = sum(rows for rows in outcome.labels.values() if rows < MIN_ROWS_PER_LABEL)
    empty, repeated = (
        Text("most of it is empty", "大多为空"),
        Text("most of it is repeated", "内容大量重复"),
    )
    few = Text("most values occur in only one or two rows", "多数取值只有一两行")
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
    return name, Text(
        f"`{column}` may be the wrong column for `{name}`: {sign.en}",
        f"“{column}”列可能不是 {name}：{sign.zh}",
    )


def _refuse_insufficient_data(
    files: Sequence[str],
    task: Task,
    stats: RowStats,
    outcome: RowOutcome,
    *,
    suspect: tuple[str, Text] | None,
) -> None:
    """Refuse what nothing can be learned from; the most probable cause comes first."""
    shortage = _find_shortage(stats, outcome, suspect)
    if shortage is None:
        return
    message, rows = shortage
    first = suspect[0] if suspect else ""
    names = sorted((n for n, f in task.fields.items() if f.required), key=lambda n: n != first)
    options = [column_option_hint(name) for name in names]
    columns = Text(f"name other columns: {', '.join(options)}", f"指定其他列：{'、'.join(options)}")
    advice = (columns, rows) if suspect else (rows, columns)
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
                f"{message.zh}：“{column}”列有 {groups} 个取值，同一取值的行只能归入同一子集",
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


def _collect_warnings(
    sources: Sequence[DataFile],
    stats: RowStats,
    outcome: RowOutcome,
    suspect: tuple[str, Text] | None,
) -> list[Text]:
    """What the user should know before they go on, the most serious first."""
    said = [
        *_warn_of_rejected_rows(stats, outcome, suspect),
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
        for remark in source.layout.remarks:
            if not remark.information:
                yield translate_template(remark.template, **remark.values)


def _warn_of_rejected_rows(
    stats: RowStats, outcome: RowOutcome, suspect: tuple[str, Text] | None
) -> Iterator[Text]:
    rejected = outcome.rejects
    left_out = sum(rejected.values())
    if left_out > stats.rows * HIGH_REJECT_SHARE:
        reasons = describe_rejects(rejected)
        cause = suspect[1] if suspect else Text("", "")
        yield Text(
            f"{left_out} of {stats.rows} rows are left out: {reasons.en}"
            + (f"; {cause.en}" if suspect else ""),
            f"{stats.rows} 行中剔除了 {left_out} 行：{reasons.zh}"
            + (f"；{cause.zh}" if suspect else ""),
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
