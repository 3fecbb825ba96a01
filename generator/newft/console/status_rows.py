"""The lines and the JSON of `newft status`."""

from __future__ import annotations

from newft.console.json_output import Json
from newft.console.update_report import get_kit_name
from newft.i18n import Messages
from newft.schema.project_status import ProjectStatus
from newft.schema.starter_kit import KitPin

SHORT_COMMIT = 8  # digits of a commit in a line
EMPTY_CELL = "-"


def build_status_row(status: ProjectStatus, messages: Messages) -> dict[str, str]:
    """Return the cells of the line of one project, short enough for a terminal."""
    edited, deleted, added = status.edits.counts
    changed = any(status.edits.counts)
    fault = status.fault and status.fault.to(messages.language)[0].split("\n")[0]
    cells = {
        "project": status.folder,
        "newft": status.rendered_by or EMPTY_CELL,
        "kit": _format_kit(status.kit),
        "edits": f"~{edited} -{deleted} +{added}" if changed else EMPTY_CELL,
        "state": fault or format_state(status, messages),
    }
    return {messages(f"status.heads.{key}"): text for key, text in cells.items()}


def build_status_attributes(status: ProjectStatus, messages: Messages) -> dict[str, str]:
    """Return all that is known of one project, with the names of its files."""
    edits = status.edits
    names = {"edited": edits.edited, "deleted": edits.deleted, "added": edits.added}
    files = {**names, "conflicts": status.conflicts}
    faults = [fault.to(messages.language) for fault in status.policy_faults or ()]
    broken = [fault.to(messages.language) for fault in status.broken_files]
    notes = [note.to(messages.language) for note in status.notes]
    lists = {**files, "files": broken, "policy": faults, "notes": notes}
    hint = status.fault.to(messages.language)[1] if status.fault else ""
    attributes = {
        "project": status.folder,
        "newft": status.rendered_by or "",
        "kit": _name_kit(status.kit),
        "edits": "" if status.fault else _format_edits(status, messages),
        **{key: messages.join(texts) for key, texts in lists.items()},
        "state": messages.join_clauses(filter(None, (format_state(status, messages), hint))),
    }
    return {messages(f"status.heads.{key}"): text for key, text in attributes.items() if text}


def format_state(status: ProjectStatus, messages: Messages) -> str:
    """Return what has to be done about a project, or that nothing has to be done."""
    if status.fault:
        place = f"{status.fault.where}{messages('error.colon')}" if status.fault.where else ""
        return place + status.fault.to(messages.language)[0]
    counts = {
        "conflicts": len(status.conflicts),
        "files": len(status.broken_files),
        "policy": len(status.policy_faults or ()),
    }
    said = [messages(f"status.{need}", count=counts.get(need, 0)) for need in status.needs]
    return messages.join_clauses(said) or messages("status.current")


def status_to_json(status: ProjectStatus, messages: Messages) -> Json:
    """Return the JSON object of one project."""
    language = messages.language
    faults = status.policy_faults
    return {
        "path": status.folder,
        "name": status.name,
        "needs": list(status.needs),
        "error": format_state(status, messages) if status.fault else None,
        "newft": status.rendered_by,
        "behind": status.behind,
        "kit": _kit_to_json(status),
        "edited": list(status.edits.edited),
        "deleted": list(status.edits.deleted),
        "added": list(status.edits.added),
        "broken_files": [fault.to(language) for fault in status.broken_files],
        "answers_edited": status.answers_edited,
        "policy": None if faults is None else [fault.to(language) for fault in faults],
        "conflicts": list(status.conflicts),
        "notes": [note.to(language) for note in status.notes],
    }


def _kit_to_json(status: ProjectStatus) -> Json:
    return {**status.kit._asdict(), "behind": status.kit_behind} if status.kit else None


def _format_kit(kit: KitPin | None) -> str:
    """Name a kit by the last part of its source, and by its revision or a part of its commit."""
    if kit is None:
        return EMPTY_CELL
    return f"{get_kit_name(kit)} {kit.revision or (kit.commit or kit.tree)[:SHORT_COMMIT]}"


def _name_kit(kit: KitPin | None) -> str:
    if kit is None:
        return ""
    state = kit.commit or kit.tree
    return " ".join(filter(None, (kit.source, kit.revision, state[:SHORT_COMMIT])))


def _format_edits(status: ProjectStatus, messages: Messages) -> str:
    edited, deleted, added = status.edits.counts
    if not any(status.edits.counts):
        return messages("status.unedited")
    return messages("status.edits", edited=edited, deleted=deleted, added=added)
