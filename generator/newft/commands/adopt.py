"""`newft adopt`: give a project that newft does not know yet the snapshot that updates start from."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from newft.answers.guess import Guess
from newft.answers.keys import AUTO_GPU, KIT_KEY, RawAnswers
from newft.answers.parse import build_answers, merge_answers, parse_set
from newft.answers.yaml_file import load_answers, load_stdin
from newft.catalog.loader import load_catalog
from newft.console.adoption_rows import AdoptionReport, adoption_to_json
from newft.console.console import ConsoleOutput, print_json
from newft.errors import NewftError, ProjectError, UsageError
from newft.i18n import Messages
from newft.project.file_state import read_file
from newft.project.likeness import RECOGNIZED_SHARE, ProjectLines, compare_files
from newft.project.snapshot import SNAPSHOT_FILE, build_metadata, read_snapshot
from newft.project.transaction import FileChange
from newft.project.write import apply_changes
from newft.schema.tree import TreeFile
from newft.system.hardware_probe import probe_machine
from newft.text import Text
from newft.wizard.adoption import Adoption, find_best_answers
from newft.wizard.menu import Option
from newft.wizard.project_evidence import ProjectEvidence, name_data_files, read_evidence
from newft.wizard.services import build_services
from newft.wizard.state import WizardState
from newft.wizard.terminal import choose_terminal


@dataclass(frozen=True)
class AdoptOptions:
    """The command line of `newft adopt`."""

    path: str
    answers_file: str | None = None
    sets: tuple[str, ...] = ()
    kit: str | None = None
    dry_run: bool = False
    yes: bool = False
    json: bool = False

    @property
    def interactive(self) -> bool:
        """Whether a user is there to confirm; piped input is never an answer."""
        terminal = sys.stdin.isatty() and sys.stderr.isatty()
        return terminal and not (self.yes or self.json or self.answers_file == "-")


def adopt_project(options: AdoptOptions, messages: Messages) -> None:
    """Write `.newft/` for the answers that fit a project best; no other file is changed."""
    console, folder = ConsoleOutput(messages), Path(options.path)
    _refuse(options, folder)
    given = _collect_given(options)
    catalog = load_catalog()
    evidence = read_evidence(folder, given, catalog)
    adoption = _search(folder, given, evidence, catalog)
    report = _make_report(adoption, evidence, given)
    if not options.json:
        console.print_adoption(report, folder)
    if not options.dry_run and _is_confirmed(options, console):
        apply_changes(folder, _list_changes(folder, adoption, report), keep_undo=False)
        if not options.json:
            console.print_message("adopt.done", folder=folder)
    if options.json:
        print_json(adoption_to_json(report, messages.language))
