"""What is in the user's files: columns, labels, lengths, language, and what will be left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from newft.answers.keys import RowChoices, VisibleColumns
from newft.data_errors import make_file_changed_error, translate_record_errors
from newft.dataset.column_mapping import DataFile, find_named_columns, map_columns, sample_rows
from newft.dataset.column_roles import (
    ColumnRoles,
    SampledFile,
    classify_columns,
    list_input_notes,
    warn_of_leaks,
    warn_of_mixed_units,
    warn_of_personal_columns,
)
from newft.dataset.digit_survey import measure_digits, note_digits
from newft.dataset.indeterminate_labels import refuse_unfit_indeterminate
from newft.dataset.label_checks import (
    refuse_sentences,
    refuse_stated_labels,
    warn_of_codes,
    warn_of_long_labels,
)
from newft.dataset.label_names import settle_label_columns
from newft.dataset.label_spellings import (
    add_aliases,
    count_cells,
    find_spelling_aliases,
    merge_aliases,
    merge_the_same,
    warn_of_merged_labels,
    warn_of_similar_labels,
)
from newft.dataset.positive_label import FoundPositive, find_positive_labels
from newft.dataset.profile_checks import (
    collect_warnings,
    find_likely_wrong_column,
    list_file_notes,
    refuse_insufficient_data,
)
from newft.dataset.row_outcome import RowOutcome, resolve_rows
from newft.dataset.row_stats import RowStats
from newft.dataset.side_files import open_labelled_files
from newft.dataset.split_survey import (
    find_split_columns,
    list_split_notes,
    separate_split_column,
    warn_of_split_flags,
    warn_of_unknown_splits,
)
from newft.dataset.visible_columns import (
    apply_visible_columns,
    check_visible_columns,
    note_doubtful_columns,
    warn_of_shown_columns,
)
from newft.emitted.file_access import hash_file, wrap_file_errors
from newft.emitted.given_splits import SPLIT_FIELD, find_file_split
from newft.emitted.label_rules import find_label
from newft.emitted.readers import read_rows
from newft.errors import DataError
from newft.schema.dataset import DataFacts, FileFacts
from newft.schema.kit import FieldRole, Kit, Task
from newft.text import Language, Text

LABEL_IN_ANOTHER_FORM = Text("it is the label in another form", "是标签的另一种写法")
SHOW_WHAT_IS_FOUND = VisibleColumns()  # where the user says nothing about single columns
USE_ALL_ROWS = RowChoices()
MAX_COPIED_BYTES = 50_000_000  # larger files stay where they are


def profile_dataset(
    files: Sequence[str],
    *,
    task: Task,
    columns: Mapping[str, str],
    language: Language | None,
    visible: VisibleColumns = SHOW_WHAT_IS_FOUND,
    rows: RowChoices = USE_ALL_ROWS,
) -> DataFacts:
    """The facts of the files; `columns` are the user's corrections, no language means find out.

    `rows` says which rows are left out, and which given splits are used.
    """
    sources, left_out = open_labelled_files(files, columns.values())
    columns, split_column = separate_split_column(columns)
    indeterminate = rows.indeterminate
    columns = find_named_columns(sources, columns)
    mapping, guessed = map_columns(sources, task.single_fields, columns)
    sampled = [_sample_file(source) for source in sources]
    label_field = next(name for name, field in task.fields.items() if field.role == "label")
    labelled = settle_label_columns(
        sampled,
        mapping[label_field],
        chosen=columns.get(label_field),
        taken={column for among in mapping.values() for column in among},
    )
    mapping = {**mapping, label_field: labelled.columns}
    taken = {column for among in (*mapping.values(), labelled.beside) for column in among}
    found_splits = find_split_columns(sampled, taken, chosen=split_column)
    pooled = rows.given_splits == ()
    split_columns = None if pooled else found_splits
    roles = {task.fields[name].role: among for name, among in mapping.items()}
    known = add_aliases(task, labelled.aliases)  # without the spellings that these files mix
    sample = (row for one in sampled for row in one.rows)
    aliases = find_spelling_aliases(count_cells(sample, roles["label"]), known)
    task = add_aliases(known, aliases)
    names = dict.fromkeys(name for source in sources for name in source.layout.columns)
    check_visible_columns(visible, task, columns=[*names], taken=taken)
    classified = classify_columns(
        sampled, task, mapping, others=(*(found_splits or ()), *labelled.beside)
    )
    used = apply_visible_columns(classified, visible)
    if task.tabular and not used.inputs:
        raise _make_no_input_columns_error(files, used)
    digits = measure_digits(_list_labelled_texts(sampled, roles), task)
    stats = RowStats(task, roles, used.inputs, split_columns, digits.carries_meaning, indeterminate)
    found = _count_all_rows(sources, stats)
    if not merge_the_same(aliases, settled := find_spelling_aliases(stats.count_labels(), known)):
        # the sample has not met all labels, as happens: these are read as others after all
        aliases, task = settled, add_aliases(known, settled)
        stats = RowStats(
            task, roles, used.inputs, split_columns, digits.carries_meaning, indeterminate
        )
        found = _count_all_rows(sources, stats)
    outcome = resolve_rows(stats, rows.given_splits)
    labels = outcome.kept_labels
    refuse_unfit_indeterminate(task, stats, outcome, indeterminate)
    refuse_sentences(files, task, stats)
    refuse_stated_labels(files, task, stats, outcome)
    suspect = find_likely_wrong_column(task, stats, outcome)
    refuse_insufficient_data(files, stats, outcome, suspect=suspect, sources=sources, digits=digits)
    positive = _find_positive_labels(task, [*labels], roles["label"])
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
            **({SPLIT_FIELD: split_columns} if split_columns else {}),
            **{name: (name,) for name in (*used.inputs, *used.protected)},
        },
        labels=labels,
        out_of_scope=next(filter(None, meaning_none), None),
        positive=positive.labels,
        recommendations=outcome.recommendations,
        longest_target=outcome.longest_target,
        inputs=used.inputs,
        protected=used.protected,
        lengths=stats.lengths.summarize(),
        language=language or stats.lengths.detect_language(),
        shape=task.shape,
        sample=False,
        warnings=(
            *warn_of_leaks(used),
            *warn_of_personal_columns(used),
            *left_out,
            *warn_of_split_flags(sampled, found_splits),
            *warn_of_unknown_splits(sampled, stats),
            *warn_of_shown_columns(classified, visible),
            *labelled.warnings,
            *warn_of_merged_labels(roles["label"][0], aliases),
            *warn_of_similar_labels(roles["label"][0], stats.count_labels(), task),
            *warn_of_long_labels(roles["label"][0], [*labels]),
            *(() if labelled.beside else warn_of_codes(roles["label"][0], [*labels], task)),
            *collect_warnings(sources, stats, outcome, suspect, digits),
            *warn_of_mixed_units(sampled, used.inputs),
            *guessed,
        ),
        notes=(
            *labelled.notes,
            *list_split_notes(outcome, sources, found_splits, pooled=pooled),
            *note_digits(digits),
            *list_input_notes(task),
            *note_doubtful_columns(used),
            *list_file_notes(sources),
        ),
        excluded=(*used.excluded, *(labelled.beside if task.tabular else ())),
        stated_label_positions=outcome.stated_positions,
        leaking=tuple(used.leaks),
        given_splits=outcome.given_splits,
        compare_digits=True if digits.carries_meaning else False if digits.repeats_much else None,
        split_rows={split: rows for split, rows in outcome.splits.items() if outcome.given_splits},
        reasons={**used.reasons, **dict.fromkeys(labelled.beside, LABEL_IN_ANOTHER_FORM)},
        doubtful=used.doubts,
        held_out_labels=outcome.held_out_labels,
        label_aliases=merge_aliases(labelled.aliases, aliases),
        indeterminate=indeterminate,
        likely_positive=positive.likely,
        likely_indeterminate=positive.indeterminate,
    )


def profile_sample(
    kit: Kit,
    task_id: str,
    language: Language,
    *,
    visible: VisibleColumns = SHOW_WHAT_IS_FOUND,
    rows: RowChoices = USE_ALL_ROWS,
) -> DataFacts:
    """The facts of the records that ship with a domain."""
    task = kit.tasks[task_id]
    files = [kit.get_sample(task, language)]
    facts = profile_dataset(
        files,
        task=task,
        columns={},
        language=language,
        visible=visible,
        rows=rows,
    )
    return replace(facts, sample=True, files=(replace(facts.files[0], path="sample"),))


def _assign_project_paths(sources: Sequence[DataFile]) -> list[str]:
    """Where the project reads each file: copies get names of their own, large files stay."""
    paths: list[str] = []
    names = Counter(source.path.name for source in sources)
    for path in (source.path for source in sources):
        with translate_record_errors(), wrap_file_errors(path):
            size = path.stat().st_size
        if size > MAX_COPIED_BYTES or path.is_dir():
            paths.append(path.resolve().as_posix())
            continue
        name, copy = path.name, 1
        if names[path.name] > 1 and find_file_split(str(path)):
            name = f"{path.parent.name}-{path.name}"  # the folder says which split it is
        place = f"data/raw/{name}"
        while place.casefold() in (other.casefold() for other in paths):
            copy += 1
            place = f"data/raw/{Path(name).stem}-{copy}{path.suffix}"
        paths.append(place)
    return paths


def _list_labelled_texts(
    sampled: Sequence[SampledFile], roles: Mapping[FieldRole, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """The sampled texts and their labels; none where the input is made of columns."""
    for row in (row for one in sampled for row in one.rows) if "text" in roles else ():
        text, label = (
            next((row[name] for name in roles[role] if name in row), "")
            for role in ("text", "label")
        )
        yield text, label


def _sample_file(source: DataFile) -> SampledFile:
    with translate_record_errors(), wrap_file_errors(source.path):
        return SampledFile(source, sample_rows(source))


def _count_all_rows(sources: Sequence[DataFile], stats: RowStats) -> list[FileFacts]:
    """The facts of the files, whose rows are added to the stats."""
    paths = _assign_project_paths(sources)
    return [_count_rows(source, stats, at) for source, at in zip(sources, paths, strict=True)]


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


def _find_positive_labels(
    task: Task, labels: Sequence[str], columns: Sequence[str]
) -> FoundPositive:
    """What the records tell of the labels whose probability is scored, where the task has some."""
    if task.positive is None:
        return FoundPositive()
    return find_positive_labels(labels, columns[0], task.positive)


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
