"""Convert faults of data files into errors of newft, and describe why rows are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from newft.emitted.file_access import RecordError
from newft.emitted.file_format import MAX_CELL_CHARS
from newft.emitted.outcome_rules import OUTCOME_REJECT_REASONS
from newft.emitted.reject_reasons import REJECT_REASONS
from newft.errors import DataError
from newft.i18n import translate_template
from newft.text import Text

ALL_REJECT_REASONS = {**REJECT_REASONS, **OUTCOME_REJECT_REASONS}  # of all tasks


@contextmanager
def translate_record_errors() -> Iterator[None]:
    """Raise a RecordError of the block as a DataError."""
    try:
        yield
    except RecordError as error:
        raise to_data_error(error) from error


def make_file_changed_error(path: Path) -> DataError:
    """Make the error for a file that changed while newft was reading it."""
    return DataError(
        Text("the file changed while newft was reading it", "newft 运行期间文件发生了变化"),
        where=str(path),
        hint=Text(
            "run newft again when the file is complete",
            "请等文件写完后重新运行 newft",
        ),
    )


def to_data_error(error: RecordError) -> DataError:
    """Convert the fault of a data file into an error in both languages."""
    message = translate_template(error.template, **error.values)
    hint = translate_template(error.hint_template, **error.values)
    return DataError(message, where=error.where, hint=hint)


def describe_rejects(rejected: Mapping[str, int]) -> Text:
    """The reasons for which rows are left out, with their numbers of rows; empty without any."""
    named = [(name_reject(code), rows) for code, rows in rejected.items()]
    return Text(
        ", ".join(f"{reason.en} ({rows})" for reason, rows in named),
        "、".join(f"{reason.zh} {rows}" for reason, rows in named),
    )


def name_reject(code: str) -> Text:
    """Return why rows are left out, in words."""
    if code == "unknown_label":  # a project has a list of labels, which is made of these rows
        return Text("too few rows of its label", "所属标签的行数太少")
    reason = ALL_REJECT_REASONS.get(code)
    if reason is None:  # recorded in a project by a newft that had another name for it
        return Text(code, code)
    return translate_template(reason.words, limit=MAX_CELL_CHARS)
