"""Faults of the data files as errors of newft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newft.emitted.file_access import RecordError
from newft.errors import DataError
from newft.i18n import translate_template
from newft.text import Text


@contextmanager
def translate_record_errors() -> Iterator[None]:
    """Turn the fault of a file into the error of newft."""
    try:
        yield
    except RecordError as error:
        raise to_data_error(error) from error


def make_file_changed_error(path: Path) -> DataError:
    """The error for a file whose facts no longer hold."""
    return DataError(
        Text("the file changed while newft was reading it", "newft 运行期间文件发生了变化"),
        where=str(path),
        hint=Text(
            "run newft again when the file is complete",
            "请等文件写完后重新运行 newft",
        ),
    )


def to_data_error(error: RecordError) -> DataError:
    """The fault of a file in both languages."""
    message = translate_template(error.template, **error.values)
    hint = translate_template(error.hint_template, **error.values)
    return DataError(message, where=error.where, hint=hint)
