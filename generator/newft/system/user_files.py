"""Files kept for the user: unfinished answers, the traceback of a bug, the kits they trust."""

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


def read_config_lines(name: str) -> list[str]:
    """Return the lines of a file in the user's configuration folder; none if there is no file."""
    from platformdirs import user_config_path

    with suppress(OSError):
        file = user_config_path("newft", appauthor=False) / name
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    return []


def append_config_line(name: str, line: str) -> None:
    """Add a line to a file in the user's configuration folder; a folder without access is left."""
    from platformdirs import user_config_path

    with suppress(OSError):
        folder = user_config_path("newft", appauthor=False, ensure_exists=True)
        with (folder / name).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{line}\n")
