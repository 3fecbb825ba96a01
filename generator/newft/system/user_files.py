"""Save files in the user's state folder: unfinished answers, the traceback of a bug."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path


def save_user_file(name: str, text: str) -> Path | None:
    """Save a text in the user's state folder, or else a temporary one; None if both fail."""
    from platformdirs import user_state_path

    with suppress(OSError):
        return _write_private_file(
            user_state_path("newft", appauthor=False, ensure_exists=True) / name, text
        )
    with suppress(OSError):
        return _write_private_file(Path(tempfile.mkdtemp(prefix="newft-")) / name, text)
    return None


def _write_private_file(path: Path, text: str) -> Path:
    """Write a file that only its owner may read; after a failure there is no partial file."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.touch(mode=0o600)
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
        return part.replace(path)
    finally:
        part.unlink(missing_ok=True)
