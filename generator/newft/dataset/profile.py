"""What is in the user's files: columns, labels, lengths, language, and what will be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from newft.answers.keys import RowChoices, VisibleColumns
from newft.dataset.chosen_columns import ChosenColumns, choose_columns
from newft.dataset.column_roles import (
    list_input_notes,
    warn_of_leaks,
    warn_of_mixed_units,
    warn_of_personal_columns,
)
from newft.dataset.counted_rows import CountedRows, count_rows
from newft.dataset.digit_survey import note_digits
from newft.dataset.indeterminate_labels import refuse_unfit_indeterminate
from newft.dataset.label_checks import (
    refuse_sentences,
    refuse_stated_labels,
    warn_of_codes,
    warn_of_long_labels,
)
from newft.dataset.label_spellings import (
    merge_aliases,
    warn_of_merged_labels,
    warn_of_similar_labels,
)
from newft.dataset.positive_label import FoundPositive, find_positive_labels
from newft.dataset.profile_checks import (
    collect_warnings,
    find_likely_wrong_column,
    list_file_notes,
    note_unused_prompts,
    refuse_insufficient_data,
)
from newft.dataset.row_outcome import RowOutcome
from newft.dataset.split_survey import (
    list_split_notes,
    warn_of_split_flags,
    warn_of_unknown_splits,
)
from newft.dataset.visible_columns import note_doubtful_columns, warn_of_shown_columns
from newft.emitted.given_splits import SPLIT_FIELD
from newft.emitted.label_rules import find_label
from newft.schema.dataset import DataFacts
from newft.schema.kit import Kit, Task
from newft.text import Language, Text

LABEL_IN_ANOTHER_FORM = Text("it is the label in another form", "是标签的另一种写法")
SHOW_WHAT_IS_FOUND = VisibleColumns()  # where the user says nothing about single columns
USE_ALL_ROWS = RowChoices()


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
    chosen = choose_columns(files, task=task, columns=columns, visible=visible, rows=rows)
    counted = count_rows(chosen, rows)
    suspect = _refuse_unfit_rows(files, chosen, counted, rows)
    warnings = _list_warnings(chosen, counted, visible, suspect)
    return replace(
        _build_facts(chosen, counted, language),
        warnings=warnings,
        notes=_list_notes(chosen, counted),
        indeterminate=rows.indeterminate,
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


def _refuse_unfit_rows(
    files: Sequence[str], chosen: ChosenColumns, counted: CountedRows, rows: RowChoices
) -> tuple[str, Text] | None:
    """Refuse rows that cannot be trained on; the field that another column may hold, and why."""
    task, stats, outcome = counted.task, counted.stats, counted.outcome
    refuse_unfit_indeterminate(task, stats, outcome, rows.indeterminate)
    refuse_sentences(files, task, stats)
    refuse_stated_labels(files, task, stats, outcome)
    suspect = find_likely_wrong_column(task, stats, outcome)
    refuse_insufficient_data(
        files, stats, outcome, suspect=suspect, sources=chosen.sources, digits=counted.digits
    )
    return suspect


def _build_facts(
    chosen: ChosenColumns, counted: CountedRows, language: Language | None
) -> DataFacts:
    """The facts of rows that can be trained on, without what is said of them."""
    task, stats, outcome = counted.task, counted.stats, counted.outcome
    used, labelled, digits = chosen.used, chosen.labelled, counted.digits
    labels, split_columns = outcome.kept_labels, chosen.split_columns
    positive = _find_positive_labels(task, [*labels], chosen.label_column)
    meaning_none = [find_label(name, tuple(labels)) for name in task.out_of_scope]
    return DataFacts(
        files=tuple(counted.files),
        rows=stats.rows,
        accepted=outcome.accepted,
        rows_to_split=outcome.rows_to_split,
        rejected=outcome.rejects,
        mapping={
            **{
                name: among
                for name, among in chosen.mapping.items()
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
        excluded=(*used.excluded, *(labelled.beside if task.tabular else ())),
        stated_label_positions=outcome.stated_positions,
        leaking=tuple(used.leaks),
        given_splits=outcome.given_splits,
        compare_digits=True if digits.carries_meaning else False if digits.repeats_much else None,
        split_rows=dict(outcome.splits.items()),
        reasons={**used.reasons, **dict.fromkeys(labelled.beside, LABEL_IN_ANOTHER_FORM)},
        doubtful=used.doubts,
        held_out_labels=outcome.held_out_labels,
        label_aliases=merge_aliases(labelled.aliases, counted.aliases),
        likely_positive=positive.likely,
        likely_indeterminate=positive.indeterminate,
        has_chinese=stats.has_chinese,
    )


def _list_warnings(
    chosen: ChosenColumns,
    counted: CountedRows,
    visible: VisibleColumns,
    suspect: tuple[str, Text] | None,
) -> tuple[Text, ...]:
    """What a person should act on, the gravest first."""
    task, stats, outcome = counted.task, counted.stats, counted.outcome
    column, labels = chosen.label_column, [*outcome.kept_labels]
    return (
        *warn_of_leaks(chosen.used),
        *warn_of_personal_columns(chosen.used),
        *chosen.left_out,
        *warn_of_split_flags(chosen.sampled, chosen.found_splits),
        *warn_of_unknown_splits(chosen.sampled, stats),
        *warn_of_shown_columns(chosen.classified, visible),
        *chosen.labelled.warnings,
        *warn_of_merged_labels(column, counted.aliases),
        *warn_of_similar_labels(column, stats.count_labels(), task),
        *warn_of_long_labels(column, labels),
        *(() if chosen.labelled.beside else warn_of_codes(column, labels, task)),
        *collect_warnings(chosen.sources, stats, outcome, suspect, counted.digits),
        *warn_of_mixed_units(chosen.sampled, chosen.used.inputs),
        *chosen.guessed,
    )


def _list_notes(chosen: ChosenColumns, counted: CountedRows) -> tuple[Text, ...]:
    """What is good to know, and needs nothing of anybody."""
    outcome, splits = counted.outcome, chosen.found_splits
    return (
        *chosen.labelled.notes,
        *list_split_notes(outcome, chosen.sources, splits, pooled=chosen.pooled),
        *note_digits(counted.digits),
        *list_input_notes(counted.task),
        *note_doubtful_columns(chosen.used),
        *note_unused_prompts(chosen.sampled, counted.task, chosen.field_columns),
        *list_file_notes(chosen.sources),
    )


def _is_field_usable(task: Task, name: str, outcome: RowOutcome) -> bool:
    """Whether a field serves; a group that all rows share would put them into one split."""
    return task.fields[name].role != "group" or len(outcome.groups) > 1


def _find_positive_labels(task: Task, labels: Sequence[str], column: str) -> FoundPositive:
    """What the records tell of the labels whose probability is scored, where the task has some."""
    if task.positive is None:
        return FoundPositive()
    return find_positive_labels(labels, column, task.positive)
