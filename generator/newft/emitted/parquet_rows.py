"""Records of Parquet files, read by pyarrow batch by batch."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .file_access import RecordError, open_regular_file, wrap_missing_library

BATCH_ROWS = 1_000
MAX_ROWS = 50_000_000  # that the file declares: a few bytes may stand for any number of rows
CONVERT_HINT = "write it again, as CSV UTF-8 or as JSON lines"


def read_parquet_records(path: Path) -> Iterator[dict[str, object]]:
    """The records of a file; objects and lists in it are those of Python."""
    with wrap_missing_library(path, "pyarrow"):
        parquet: Any = importlib.import_module("pyarrow.parquet")
        errors: Any = importlib.import_module("pyarrow").ArrowException
    with open_regular_file(path) as source:
        try:
            file = parquet.ParquetFile(source)
            if file.metadata.num_rows > MAX_ROWS:
                message = "the file has more than {most:,} rows"
                raise RecordError(path, message, "split it into several files", most=MAX_ROWS)
            for batch in file.iter_batches(BATCH_ROWS):
                yield from batch.to_pylist()
        except (errors, ValueError, OverflowError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of the disk; pyarrow's own have no number
            message, reason = "the Parquet file is damaged: {reason}", str(error)[:200]
            raise RecordError(path, message, CONVERT_HINT, reason=reason) from error
