"""The texts of the interface in English and Chinese: two files with equal keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from newft.emitted.normalize import escape_controls
from newft.paths import get_templates_folder
from newft.text import Language, Text


class _Count(int):
    def __format__(self, nouns: str) -> str:
        one, _, many = nouns.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if many else str(int(self))


class Messages:
    """The texts of the interface in one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = load_messages(language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key with its values filled in; control characters are escaped.

        `{count:file|files}` is a number with its noun: `1 file`, `2 files`.
        """
        escaped = {
            name: _Count(value) if type(value) is int else escape_controls(str(value))
            for name, value in values.items()
        }
        return self._texts[key].format_map(escaped)

    def join(self, names: Iterable[str]) -> str:
        """Join names with the separator of the language."""
        return ("、" if self.language == "zh" else ", ").join(names)

    def join_clauses(self, clauses: Iterable[str]) -> str:
        """Join parts of a sentence with the semicolon of the language."""
        return ("；" if self.language == "zh" else "; ").join(clauses)


def load_messages(language: Language) -> Mapping[str, str]:
    """Return every text of one language by its dotted key."""
    import yaml

    path = Path(__file__).parent / "locales" / f"{language}.yaml"
    # the parser in C is several times faster; some builds of PyYAML lack it
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(_flatten("", yaml.load(path.read_text(encoding="utf-8"), loader)))


def translate_template(template: str, **values: object) -> Text:
    """Return a text of the modules that projects get, with its values, in both languages."""
    escaped = {
        name: value if isinstance(value, int) else escape_controls(str(value))
        for name, value in values.items()
    }
    return Text(
        template.format_map(escaped),
        _load_project_translations().get(template, template).format_map(escaped),
    )


@cache
def _load_project_translations() -> Mapping[str, str]:
    """Return the Chinese of each English text of a project."""
    path = get_templates_folder() / "layers/language/zh/src/package_name/runtime/messages.json"
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def detect_language(option: str | None, environment: Mapping[str, str]) -> Language:
    """Return the language of the interface: by the option, NEWFT_LANG, the locale, or English."""
    names = ("NEWFT_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    values = [option, *(environment.get(name) for name in names)]
    chosen = next((value for value in values if value), "en")
    return "zh" if chosen.lower().startswith("zh") else "en"


def _flatten(prefix: str, node: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _flatten(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", str(value)
