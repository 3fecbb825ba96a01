"""What is odd about the labels of the user's files: several spellings of one."""

from __future__ import annotations

from collections.abc import Iterator

from newft.entries import Text
from newft.labels import most_frequent
from newft.names import counted
from newft.tally import Tally

LABELS_SHOWN = 3  # of those with several spellings
SPELLINGS_SHOWN = 4  # of one label


def spelling_warnings(tally: Tally) -> Iterator[Text]:
    """Name the labels that are spelled in several ways, and the spelling that is trained on."""
    for found in (tally.label_spellings(), tally.outcome_spellings()):
        spelling = most_frequent(found)
        several = {label: names for label, names in found.items() if label and len(names) > 1}
        if not several:
            continue
        shown = [
            (spelling[label], [show_invisible(name) for name, _ in names.most_common()])
            for label, names in list(several.items())[:LABELS_SHOWN]
        ]
        more = len(several) - len(shown)
        listed = "; ".join(f"{_quoted(names)} as `{chosen}`" for chosen, names in shown)
        listed_zh = "；".join(f"{_quoted(names)} 统一为 `{chosen}`" for chosen, names in shown)
        yield Text(
            f"spellings of one label are merged: {listed}"
            + (f"; and so for {counted(more, 'label')} more" if more else ""),
            f"同一标签的不同写法已合并：{listed_zh}" + (f"；另有 {more} 个标签" if more else ""),
        )


def show_invisible(text: str) -> str:
    """The text with an escape for each character that cannot be seen, or looks like a space."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _quoted(names: list[str]) -> str:
    more = [f"{len(names) - SPELLINGS_SHOWN} more"] if len(names) > SPELLINGS_SHOWN else []
    return ", ".join([*(f"`{name}`" for name in names[:SPELLINGS_SHOWN]), *more])
