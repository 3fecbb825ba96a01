"""A packed data file goes into a project as it is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from support.run_newft import run_newft
from support.tickets import WORDS


def test_a_packed_file_is_copied_packed(tmp_path: Path) -> None:
    """The copy has the bytes of the file, not those that it unpacks to."""
    rows = [
        {"text": f"the {a} and {b} of mine", "label": [("refund", "login")[place % 2]]}
        for place, a in enumerate(WORDS)
        for b in WORDS
    ]
    packed = gzip.compress("\n".join(map(json.dumps, rows)).encode())
    (tmp_path / "tickets.jsonl.gz").write_bytes(packed)
    ran = run_newft("new", "p", "--data", "tickets.jsonl.gz", "--yes", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "p/data/raw/tickets.jsonl.gz").read_bytes() == packed
