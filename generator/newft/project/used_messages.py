"""Keep the translations that the modules of a project look up, of those of all projects."""

from __future__ import annotations

import ast
import json
from functools import lru_cache
from pathlib import Path

MESSAGES_FILE = "runtime/messages.json"  # in the package of a project in another language


def keep_used_messages(package: Path) -> None:
    """Rewrite the translations of a package, if it has any, without texts that it never says."""
    file = package / MESSAGES_FILE
    if not file.is_file():
        return
    said = {text for path in package.rglob("*.py") for text in _list_texts(path.read_bytes())}
    texts: dict[str, str] = json.loads(file.read_bytes())
    kept = {text: translation for text, translation in texts.items() if text in said}
    lines = json.dumps(kept, ensure_ascii=False, indent=2)
    file.write_text(f"{lines}\n", encoding="utf-8", newline="")


@lru_cache(maxsize=1024)  # a process that writes several projects has the same modules in them
def _list_texts(source: bytes) -> frozenset[str]:
    """Every constant text of a module; one of a kit may be no Python, and is left as it is."""
    try:
        nodes = ast.walk(ast.parse(source))
    except (SyntaxError, ValueError):
        return frozenset()
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))
