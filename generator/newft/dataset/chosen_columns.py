"""Choose what each column of the user's files is for: by what the user says, names and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newft.answers.keys import RowChoices, VisibleColumns
from newft.data_errors import translate_record_errors
from newft.dataset.column_mapping import DataFile, find_named_columns, map_columns, sample_rows
from newft.dataset.column_roles import ColumnRoles, SampledFile, classify_columns
from newft.dataset.label_names import LabelColumns, settle_label_columns
from newft.dataset.label_spellings import add_aliases, count_cells, find_spelling_aliases
from newft.dataset.side_files import open_labelled_files
from newft.dataset.split_survey import find_split_columns, separate_split_column
from newft.dataset.visible_columns import apply_visible_columns, check_visible_columns
from newft.emitted.file_access import wrap_file_errors
from newft.errors import DataError
from newft.schema.kit import FieldRole, Task
from newft.text import Text


@dataclass(frozen=True)
class ChosenColumns:
    """The opened files, what their columns are for, and what was found on the way."""

    sources: Sequence[DataFile]
    sampled: Sequence[SampledFile]
    task: Task  # with the names of labels beside their codes
    mapping: Mapping[str, tuple[str, ...]]  # field -> columns
    roles: Mapping[FieldRole, tuple[str, ...]]
    labelled: LabelColumns
    found_splits: tuple[str, ...] | None  # columns that name splits; none where the files do
    pooled: bool  # whether the user wants given splits put together
    classified: ColumnRoles  # as found
    used: ColumnRoles  # as the user wants them
    aliases: Mapping[str, tuple[str, ...]]  # label -> its other spellings in the sample
    left_out: Sequence[Text]  # of files without labels
    guessed: Sequence[Text]  # columns that were taken by their values alone

    @property
    def split_columns(self) -> tuple[str, ...] | None:
        """The columns of splits that are used."""
        return None if self.pooled else self.found_splits

    @property
    def field_columns(self) -> frozenset[str]:
        """All columns that hold fields."""
        return frozenset(column for among in self.mapping.values() for column in among)

    @property
    def label_column(self) -> str:
        """The first column of the label, as messages name it."""
        return self.roles["label"][0]


def choose_columns(
    files: Sequence[str],
    *,
    task: Task,
    columns: Mapping[str, str],
    visible: VisibleColumns,
    rows: RowChoices,
) -> ChosenColumns:
    """Choose the columns of all fields; `columns` are the user's corrections."""
    sources, left_out = open_labelled_files(files, columns.values())
    columns, split_column = separate_split_column(columns)
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
    roles = {task.fields[name].role: among for name, among in mapping.items()}
    known = add_aliases(task, labelled.aliases)
    sample = (row for one in sampled for row in one.rows)
    aliases = find_spelling_aliases(count_cells(sample, roles["label"]), known)
    names = dict.fromkeys(name for source in sources for name in source.layout.columns)
    spelled = add_aliases(known, aliases)
    check_visible_columns(visible, spelled, columns=[*names], taken=taken)
    others = (*(found_splits or ()), *labelled.beside)
    classified = classify_columns(sampled, spelled, mapping, others=others)
    used = apply_visible_columns(classified, visible)
    if task.tabular and not used.inputs:
        raise _make_no_input_columns_error(files, used)
    return ChosenColumns(
        sources=sources,
        sampled=sampled,
        task=known,
        mapping=mapping,
        roles=roles,
        labelled=labelled,
        found_splits=found_splits,
        pooled=rows.given_splits == (),
        classified=classified,
        used=used,
        aliases=aliases,
        left_out=left_out,
        guessed=guessed,
    )


def _sample_file(source: DataFile) -> SampledFile:
    with translate_record_errors(), wrap_file_errors(source.path):
        return SampledFile(source, sample_rows(source))


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
