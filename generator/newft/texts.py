"""What newft says at the terminal, in the reader's language: two catalogues with equal keys."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from newft.entries import Language

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line and paragraph marks


class Texts:
    """The interface texts of one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its values filled in; values are shown, never interpreted."""
        shown = {name: safe(str(value)) for name, value in values.items()}
        return self._texts[key].format_map(shown)


def catalogue(language: Language) -> Mapping[str, str]:
    """Every text of one language by its dotted key."""
    import yaml

    path = Path(__file__).parent / "locales" / f"{language}.yaml"
    return dict(_flat("", yaml.safe_load(path.read_text(encoding="utf-8"))))


def interface_language(option: str | None, environment: Mapping[str, str]) -> Language:
    """The language of the conversation: the option, NEWFT_LANG, the locale, else English."""
    names = ("NEWFT_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    named = [option, *(environment.get(name) for name in names)]
    chosen = next((value for value in named if value), "en")
    return "zh" if chosen.lower().startswith("zh") else "en"


def safe(text: str) -> str:
    """Text from outside, with what could steer a terminal or reorder a line written out."""
    return "".join(_written_out(character) for character in text)


def _written_out(character: str) -> str:
    if character in BIDI or unicodedata.category(character) in UNSEEN:
        return character.encode("unicode_escape").decode("ascii")
    return character


def _flat(prefix: str, node: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", str(value)
