"""Standard streams that are closed, or whose reader or disk is gone."""

from __future__ import annotations

import os
import sys
from typing import TextIO

STANDARD_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))  # by number


def open_closed_streams() -> None:
    """Open the null device for each standard stream that the caller has closed.

    Otherwise the next file to be opened would get the number of that stream, and printed text
    would be written to it.
    """
    for number, (name, mode) in enumerate(STANDARD_STREAMS):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def flush_stream(stream: TextIO) -> OSError | None:
    """Write the buffered output; if that fails, discard it and return the error."""
    try:
        stream.flush()
    except OSError as error:
        discard_output(stream)
        return error
    return None


def discard_output(stream: TextIO) -> None:
    """Redirect a stream to the null device, as its reader has left or its disk is full."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
