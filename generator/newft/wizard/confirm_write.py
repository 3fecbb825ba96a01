"""Ask before files are written; nothing is written where nobody is asked and nobody said yes."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal

from newft.errors import UsageError
from newft.i18n import Messages
from newft.text import Text
from newft.wizard.menu import Option
from newft.wizard.terminal import choose_terminal

WritingCommand = Literal["update", "adopt"]  # also the section of its texts in `locales/`


def refuse_silent_write() -> None:
    """Refuse to write where nobody can confirm and no option says so."""
    raise UsageError(
        Text("there is no terminal to confirm this", "没有可供确认的终端"),
        hint=Text(
            "use --yes to write, or --dry-run to see what would be written",
            "直接写入请加 --yes；只看会写什么请加 --dry-run",
        ),
    )


def confirm_write(
    command: WritingCommand,
    messages: Messages,
    say: Callable[[str], None],
    *,
    show_difference: Callable[[], None] | None = None,
) -> None:
    """Return if the user agrees; `show_difference` is offered as a choice, as often as wanted."""
    choices = [Option("yes", messages(f"{command}.yes"))]
    if show_difference:
        choices.append(Option("diff", messages(f"{command}.diff")))
    choices.append(Option("cancel", messages(f"{command}.cancel")))
    with choose_terminal(os.environ, say, messages) as terminal:
        while (value := terminal.select(messages(f"{command}.question"), choices)) == "diff":
            if show_difference:
                show_difference()
    if value == "cancel":
        raise KeyboardInterrupt
