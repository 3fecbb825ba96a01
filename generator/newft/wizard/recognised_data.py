"""Shows what the user's data files were taken for."""

from __future__ import annotations

from newft.console.console import ConsoleOutput
from newft.wizard.state import WizardState


def print_recognised_data(state: WizardState, console: ConsoleOutput) -> None:
    """Print the task of the data files, their columns and labels."""
    language, task = console.messages.language, state.task
    assert state.data and task
    kit = state.catalog.kits[str(state.answers["domain"])]
    titles = {"kit": kit.title.to(language), "task": task.title.to(language)}
    console.print_message("new.task", **titles, id=f"{kit.id} / {state.answers['task']}")
    console.print_data(state.data, task)
