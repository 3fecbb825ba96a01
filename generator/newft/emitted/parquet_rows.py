"""Records of Parquet files, read by pyarrow batch by batch."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .class_names import Names, find_class_names, name_classes
from .file_access import (
    MAX_PACKING_RATIO,
    SAFE_UNPACKED_BYTES,
    RecordError,
    open_regular_file,
)
from .missing_library import wrap_missing_library

BATCH_ROWS = 1_000
MAX_ROWS = 50_000_000  # that the file declares: a few bytes may stand for any number of rows
METADATA_KEY = b"huggingface"
CONVERT_HINT = "write it again, as CSV UTF-8 or as JSON lines"


def read_parquet_records(path: Path) -> Iterator[object]:
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
            _check_unpacked_size(path, file.metadata)
            names = _read_class_names(file.schema_arrow.metadata or {})
            schema = _simplify_times(file.schema_arrow)
            for batch in file.iter_batches(BATCH_ROWS):
                fitting = batch if schema is None else batch.cast(schema, safe=False)
                yield from (name_classes(row, names) for row in fitting.to_pylist())
        except (errors, ValueError, OverflowError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of the disk; pyarrow's own have no number
            message, reason = "the Parquet file is damaged: {reason}", str(error)[:200]
            raise RecordError(path, message, CONVERT_HINT, reason=reason) from error


def _simplify_times(schema: Any) -> Any:
    """The schema with times that Python has: in microseconds at best, and without a time zone.

    Where the system has no list of time zones, pyarrow gives no time of any. None: all are so.
    """
    arrow: Any = importlib.import_module("pyarrow")
    simple = schema
    for at, field in enumerate(schema):
        kind = field.type
        if arrow.types.is_timestamp(kind) and (kind.tz or kind.unit == "ns"):
            unit = "us" if kind.unit == "ns" else kind.unit
            simple = simple.set(at, field.with_type(arrow.timestamp(unit)))
    return None if simple is schema else simple


def _read_class_names(metadata: Mapping[bytes, bytes]) -> Names:
    """The names of classes that the library `datasets` keeps in the schema of a file."""
    try:
        said = json.loads(metadata.get(METADATA_KEY, b"{}"))
        features = said["info"]["features"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return {}
    return find_class_names(features) if isinstance(features, dict) else {}


def _check_unpacked_size(path: Path, metadata: Any) -> None:
    """Refuse a file that declares more bytes than its size makes plausible."""
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    bound = max(SAFE_UNPACKED_BYTES, MAX_PACKING_RATIO * path.stat().st_size)
    if sum(group.total_byte_size for group in groups) > bound:
        message = "the Parquet file unpacks to more than {most:,} MB"
        raise RecordError(path, message, CONVERT_HINT, most=bound >> 20)
