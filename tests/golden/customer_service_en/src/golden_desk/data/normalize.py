"""Labels and texts: normalized to compare them, escaped to show them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

NON_WORD_PATTERN, DIGIT_PATTERN = re.compile(r"[\W_]+"), re.compile(r"\d")
# what normalize_text() makes of ASCII, which most text is
ASCII_TABLE: dict[int, str | None] = dict.fromkeys(range(128))
ASCII_TABLE |= {
    n: "0" if chr(n).isdigit() else chr(n).lower() for n in range(128) if chr(n).isalnum()
}
ASCII_TABLE_WITH_DIGITS = ASCII_TABLE | {ord(digit): digit for digit in "0123456789"}
# \N is that of MySQL; `none` may be a label
MISSING_MARK_PATTERN = re.compile(
    r"[-–—/.?]*|\\n?|#?n/?a|<na>|nan|null|nil|空|缺失|暂无|未填写?|未提供"
    r"|#(?:value|ref|name|num|null|div/0)[!?]"
)
# and what queues and annotation tools hold until someone has labelled a row: `other` is a label
MISSING_LABEL_PATTERN = re.compile(
    MISSING_MARK_PATTERN.pattern + r"|un(?:classified|categori[sz]ed|label+ed|annotated)"
    r"|(?:not(?:[ _-]yet)?|to[ _-]be)[ _-](?:classified|categori[sz]ed|label+ed|determined)|tbd"
    r"|[待未](?:分类|归类|标注|打标|定类)|[尚还]未(?:分类|归类|标注)|(?:其[他它])?待定"
)
MISSING_GROUP_PATTERN = re.compile(
    f"{MISSING_MARK_PATTERN.pattern}|none|unknown|anonymous|无|未知|不详|匿名"
)
# in a table `none`, 无 and 暂无 may be facts; spreadsheets put #REF! for a fault
MISSING_VALUE_PATTERN = re.compile(
    r"[-–—]*|[/.?]|\\n?|#?n/?a|<na>|nan|null|nil|unknown|not (given|provided|available|known)"
    r"|空|缺失|未知|不详|未填写?|未提供|#(value|ref|name|num|null|div/0)[!?]"
)

INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf"})
# asks for one look or another of the same character
VARIATION_SELECTOR_PATTERN = re.compile("[\ufe00-\ufe0f]")
# what controls a terminal, reorders a line or cannot be seen: controls, formats such as U+202E and
# U+200B, lone surrogates, line and paragraph separators
CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@lru_cache(maxsize=10_000)  # a file has few labels, and many rows of each
def normalize_label(text: str) -> str:
    """The form in which labels are compared, never shown or trained on.

    It has one width and case, no invisible character, and `_` for each run of spaces and hyphens.
    """
    visible = VARIATION_SELECTOR_PATTERN.sub(
        "", remove_invisible(unicodedata.normalize("NFKC", text))
    )
    return re.sub(r"[\s\-\u2010]+", "_", visible.strip().casefold())


def clean_label(text: str) -> str:
    """A label as its author wrote it, on one line and without what nobody sees."""
    return " ".join(remove_invisible(text).split())


def remove_invisible(text: str) -> str:
    """The text without characters that have no width, such as U+200B, and without controls."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character) not in INVISIBLE_CATEGORIES
    )


def normalize_text(text: str, *, keep_digits: bool = False) -> str:
    """The text without case, width, punctuation and digits, as duplicates are compared."""
    table = ASCII_TABLE_WITH_DIGITS if keep_digits else ASCII_TABLE
    if text.isascii() and (levelled := text.translate(table)):
        return levelled
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    joined = "".join(NON_WORD_PATTERN.split(folded))
    if not keep_digits:
        joined = DIGIT_PATTERN.sub("0", joined)
    return joined or folded  # a text may be one emoji


def is_missing(cell: str, marks: re.Pattern[str]) -> bool:
    """Whether a cell is empty, or one of the marks that are written where nothing is known."""
    if cell[:1].isdecimal() and cell.isascii():
        return False  # no mark begins with a digit, as most cells of a table do
    if not (cell.isascii() and cell.isprintable()):
        cell = remove_invisible(unicodedata.normalize("NFKC", cell))
    return marks.fullmatch(cell.strip().casefold()) is not None


def escape_controls(text: str) -> str:
    """Replace characters that control a terminal, reorder a line or hide by their escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in CONTROL_CATEGORIES
        else character
        for character in text
    )
