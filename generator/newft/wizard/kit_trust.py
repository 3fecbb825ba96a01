"""Ask whether the code of a kit is trusted."""

from __future__ import annotations

import os
from collections.abc import Sequence

from newft.console.console import ConsoleOutput
from newft.wizard.menu import Option
from newft.wizard.terminal import choose_terminal


def ask_trust(source: str, files: Sequence[str], folder: str, console: ConsoleOutput) -> bool:
    """Show the files of a kit that a project runs, and return whether the user trusts them."""
    say = console.messages
    console.print_kit_code(source, files)
    console.say(say("trust.read", folder=folder))
    choices = [Option("no", say("trust.no")), Option("yes", say("trust.yes"))]
    with choose_terminal(os.environ, console.say, say) as terminal:
        return terminal.select(say("trust.question"), choices) == "yes"
