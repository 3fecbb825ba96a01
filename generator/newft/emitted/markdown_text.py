"""Text as Markdown that shows it as it is, in a heading, a paragraph, a list or a table.

What others wrote (titles of a kit, labels, names of columns and files) is data: it ends no cell,
starts no element of HTML and no link, and becomes no heading. Code in backticks stays code.
"""

from __future__ import annotations

import re

_SPECIAL = re.compile(
    r"""
      (?P<code>(?<!`)`[^`|]+`(?!`))  # without a pipe, which would end a cell even in code
    | (?P<number>^\d{1,9}[.)])  # begins a list
    | (?P<mark>
          [\\`*|\[~$]  # emphasis, cells, links, strikethrough; formulas, on some code hosts
        | (?<![^\W_])_ | _(?![^\W_])  # within a word, such as a URL, it is no emphasis
        | (?:(?<=\s)|^)\#  # begins a heading, or ends one
        | ^[-+>=]  # begins a list or a quotation, or underlines a heading
      )
    | (?P<tag><)
    | (?P<entity>&(?=\#?\w+;))
    """,
    re.VERBOSE,
)


def escape_markdown(text: str) -> str:
    """Put a text on one line of Markdown that shows it, with code in backticks as code."""
    return _SPECIAL.sub(_escape_match, re.sub(r"\s+", " ", text))


def _escape_match(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "code":
            return found[0]
        case "number":
            return f"{found[0][:-1]}\\{found[0][-1]}"
        case "tag":
            return "&lt;"  # shown as it is also where escapes are unknown
        case "entity":
            return "&amp;"
        case _:
            return f"\\{found[0]}"
