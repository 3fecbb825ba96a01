"""`newft update`: carry newer templates, a newer kit and changed answers into a project."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from newft.answers.command_line import find_program_words
from newft.answers.keys import KIT_KEY, AnswerValue
from newft.answers.parse import build_answers, parse_set
from newft.catalog.loader import load_catalog
from newft.console.console import ConsoleOutput, print_diff, print_json
from newft.console.update_report import (
    MAX_PATHS_SHOWN,
    UpdateReport,
    count_files,
    format_diff,
    format_versions,
    shorten_list,
    update_json,
)
from newft.decide.plan import make_plan
from newft.errors import InterruptedAfterWrite, UsageError
from newft.i18n import Messages
from newft.kits.open_kit import KIT_KEYS, choose_kit, open_kit
from newft.kits.trust import TrustRequest, confirm_trust
from newft.kits.vendor import read_stored_version
from newft.project.ci_place import describe_ci_place
from newft.project.git_index import (
    list_entry_paths,
    read_index_entries,
    record_conflicts,
    restore_index_entries,
)
from newft.project.recorded_project import read_recorded_project, refuse_other_folder
from newft.project.snapshot import METADATA_DIR
from newft.project.undo import read_undo_record, undo_last_update
from newft.project.unresolved import refuse_unresolved
from newft.project.update import ProjectUpdate, make_update
from newft.project.write import apply_changes, recover_interrupted
from newft.schema.plan import Plan
from newft.schema.starter_kit import StarterKit
from newft.text import Text, join_names
from newft.wizard.confirm_write import confirm_write, refuse_silent_write
from newft.wizard.context import WizardContext
from newft.wizard.conversation import ask_missing_answers
from newft.wizard.kit_trust import ask_trust
from newft.wizard.recorded_answers import AnswerRequest, CompleteAnswers, complete_answers
from newft.wizard.state import Services, WizardState
from newft.wizard.terminal import choose_terminal


@dataclass(frozen=True)
class UpdateOptions:
    """The command line of `newft update`."""

    path: str
    sets: tuple[str, ...] = ()
    yes: bool = False
    dry_run: bool = False
    diff: bool = False
    remeasure: bool = False
    json: bool = False
    trusted_kits: tuple[str, ...] = ()  # commits of kits whose code is confirmed

    @property
    def writes(self) -> bool:
        """Whether files of the project may change."""
        return not (self.dry_run or self.diff)

    @property
    def interactive(self) -> bool:
        """Whether a user is there to ask; piped input is never an answer."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.yes and not self.json


def update_project(options: UpdateOptions, messages: Messages) -> bool:
    """Update a project, or show what would change; return whether conflicts were written."""
    console, folder = ConsoleOutput(messages), Path(options.path)
    refuse_other_folder(folder)
    _recover(folder, console)
    sets = tuple(map(parse_set, options.sets))
    given = {key for key, _ in sets}
    project = read_recorded_project(folder, remeasure=options.remeasure, given=given)
    refuse_unresolved(folder, project.snapshot.tree)
    if project.answers_lost:
        console.print_message("update.lost_answers")
    with open_kit(choose_kit(project.answers, sets), load_catalog(), project=folder) as opened:
        project = project._replace(answers=opened.answers)
        request = _make_request(options, sets, console)
        complete = complete_answers(project, opened.catalog, request)
        plan = make_plan(
            build_answers(complete.state.answers),
            complete.facts,
            opened.catalog,
            complete.hardware,
        )
        kit = opened.catalog.starter_kit
        update = make_update(project, plan, complete.state.answers, complete.facts, kit)
        notes = [*project.notes, *opened.notes, *_describe_migrations(update, kit)]
        notes += update.notes
        notes += describe_ci_place(folder, [change.path for change in update.merge.changes])
        report = _make_report(update, complete, plan, notes)
        _show(options, update, kit, report, console)
        written = options.writes and not update.is_empty
        if written:
            _confirm(options, update, kit, console)
            _write(update, folder, console, quiet=options.json)
    if options.json:
        print_json(update_json(report, messages.language, with_difference=options.diff))
    return written and bool(update.merge.conflicts)


def _make_report(
    update: ProjectUpdate, complete: CompleteAnswers, plan: Plan, notes: Sequence[Text]
) -> UpdateReport:
    return UpdateReport(
        update.before,
        update.after,
        update.merge,
        update.values,
        complete.changes,
        (*notes, *complete.notes),
        (*plan.data.warnings, *plan.warnings),
    )


def _describe_migrations(update: ProjectUpdate, kit: StarterKit | None) -> Iterator[Text]:
    """Yield what copier templates would run for a newer version; newft runs nothing of a kit."""
    before = update.before.kit
    if kit is None or before is None or before.tree == kit.pin.tree:
        return
    for template in kit.templates.values():
        if commands := template.list_migrations(before.revision):
            listed = "".join(f"\n  {command}" for command in commands)
            yield Text(
                f"the copier template has migrations, which newft does not run:{listed}",
                f"copier 模板带有迁移命令，newft 不会运行：{listed}",
            )


def undo_update(options: UpdateOptions, messages: Messages) -> None:
    """Bring back the state before the last update; a second time, the update itself."""
    _refuse_other_options(options)
    console, folder = ConsoleOutput(messages), Path(options.path)
    refuse_other_folder(folder)
    record = read_undo_record(folder)
    present = read_index_entries(folder, list_entry_paths(record.index_entries)) if record else b""
    undone = undo_last_update(folder, discard_edits=options.yes, index_entries=present)
    restore_index_entries(folder, undone.index_entries)
    count = sum(not path.startswith(f"{METADATA_DIR}/") for path in undone.paths)
    said, then = (
        ("update.made_again", "update.take_back")
        if undone.is_redo
        else ("update.taken_back", "update.again")
    )
    console.print_message(said, count=count)
    console.print_commands(then, [_format_undo_command(folder)])


def _refuse_other_options(options: UpdateOptions) -> None:
    """Refuse options that mean nothing to `--undo`, such as a dry run that would not be one."""
    given = {
        "--dry-run": options.dry_run,
        "--diff": options.diff,
        "--json": options.json,
        "--remeasure": options.remeasure,
        "--set": bool(options.sets),
    }
    names = join_names(name for name, is_given in given.items() if is_given)
    if names.en:
        raise UsageError(
            Text(f"{names.en} cannot be combined with --undo", f"{names.zh} 不能与 --undo 同用"),
            where="--undo",
            hint=Text("leave it out", "请去掉它"),
        )


def _recover(folder: Path, console: ConsoleOutput) -> None:
    """Complete or undo an update that was interrupted."""
    recovery = recover_interrupted(folder)
    if recovery != "nothing to do":
        console.print_message(f"update.recovery.{recovery}")


def _confirm_code(options: UpdateOptions, kit: StarterKit, console: ConsoleOutput) -> None:
    """Show the code of the kits, and ask the user to confirm what somebody else has written."""

    def show(request: TrustRequest) -> None:
        if not options.json:
            console.print_kit_code(request.source, request.files)

    def ask(request: TrustRequest) -> bool:
        return ask_trust(request.source, request.files, request.folder, console)

    asking = ask if options.interactive else None
    named = KIT_KEY in dict(map(parse_set, options.sets))
    confirm_trust(kit.located, options.trusted_kits, named=named, ask=asking, show=show)


def _make_request(
    options: UpdateOptions, sets: Sequence[tuple[str, AnswerValue]], console: ConsoleOutput
) -> AnswerRequest:
    def ask(start: WizardState, services: Services) -> WizardState:
        with choose_terminal(os.environ, console.say, console.messages) as terminal:
            context = WizardContext(
                terminal=terminal,
                messages=console.messages,
                services=services,
                say=console.say,
                print_error=console.print_error,
                print_data=lambda _: None,
                print_summary=lambda _: None,
                print_explanation=lambda _: None,
                keep_answers=lambda _: None,
            )
            return ask_missing_answers(start, context)

    return AnswerRequest(
        sets=[(key, value) for key, value in sets if key not in KIT_KEYS],
        remeasure=options.remeasure,
        # as in `newft new`: where nobody is asked, the language of the interface decides nothing
        interface_language=console.messages.language if options.interactive else "en",
        ask=ask if options.interactive else None,
    )


def _show(
    options: UpdateOptions,
    update: ProjectUpdate,
    kit: StarterKit | None,
    report: UpdateReport,
    console: ConsoleOutput,
) -> None:
    name = Path(options.path).resolve().name
    if options.json:
        return
    if options.diff:
        print_diff(format_diff(update.merge.changes))
    elif update.is_empty:
        console.print_message("update.up_to_date", name=name)
        console.print_notes(report.notes)
    else:
        kits = (read_stored_version(Path(options.path)), kit.version if kit else None)
        versions = format_versions(update.before, update.after, console.messages, kit_versions=kits)
        console.print_message("update.title", name=name, versions=versions)
        console.print_update(report)
        if not update.merge.changes:
            console.print_message("update.recorded")


def _confirm(
    options: UpdateOptions, update: ProjectUpdate, kit: StarterKit | None, console: ConsoleOutput
) -> None:
    """Return if the user agrees to the code of the kit and to the update."""
    if kit:
        _confirm_code(options, kit, console)
    if options.interactive:
        confirm_write(
            "update",
            console.messages,
            console.say,
            show_difference=lambda: print_diff(format_diff(update.merge.changes)),
        )
    elif not options.yes:
        refuse_silent_write()


def _write(update: ProjectUpdate, folder: Path, console: ConsoleOutput, *, quiet: bool) -> None:
    conflicts = update.merge.conflicts
    entries = read_index_entries(folder, {conflict.path for conflict in conflicts})
    apply_changes(folder, update.writes, keep_undo=True, index_entries=entries)
    try:
        record_conflicts(folder, conflicts)
    except KeyboardInterrupt as error:
        raise InterruptedAfterWrite(str(folder)) from error
    if quiet:
        return
    written, removed = count_files(update.merge)
    name = folder.resolve().name
    console.print_message("update.done", name=name, written=written, removed=removed)
    if any(conflict.lines for conflict in conflicts):
        console.print_message("update.resolve_parts")
    if whole := [conflict.path for conflict in conflicts if not conflict.lines]:
        listed = shorten_list(whole, MAX_PATHS_SHOWN, console.messages)
        console.print_message("update.resolve_files", paths=console.messages.join(listed))
    inside = folder.resolve() == Path.cwd()
    change = [] if inside else [f"cd {shlex.quote(str(folder))}"]
    console.print_commands("update.next", [*change, "make test"])
    console.print_commands("update.take_back", [_format_undo_command(folder)])


def _format_undo_command(folder: Path) -> str:
    path = [] if folder == Path() else [str(folder)]
    return shlex.join([*find_program_words(), "update", *path, "--undo"])
