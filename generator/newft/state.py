"""Files that outlive a run: answers of a conversation that was left, the traceback of a bug."""

from __future__ import annotations

import tempfile
from pathlib import Path


def keep(name: str, text: str) -> Path:
    """The path of the text, in the user's state folder, or a temporary one where that is closed."""
    from platformdirs import user_state_path

    try:
        folder = user_state_path("newft", appauthor=False, ensure_exists=True)
        return _write(folder / name, text)
    except OSError:
        return _write(Path(tempfile.mkdtemp(prefix="newft-")) / name, text)


def _write(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
