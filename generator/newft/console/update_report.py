"""What an update does, as rows for the terminal, as a difference and as JSON."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from newft.console.json_output import Json
from newft.i18n import Messages
from newft.schema.starter_kit import KitPin
from newft.schema.tree import Change, ChangeKind, Conflict, TreeFile, TreeMerge
from newft.schema.update import AnswerChange, RenderedBy, ValueChange
from newft.text import Language, Text
from newft.text_layout import clip_text, measure_width

CHANGED: tuple[ChangeKind, ...] = ("updated", "added", "removed", "moved", "merged", "conflict")
LEFT_ALONE: tuple[ChangeKind, ...] = ("kept_deleted", "kept_edited", "skipped")
MAX_PATHS_SHOWN = 4  # of one kind
MAX_CONFLICTS_SHOWN = 8  # a page of 24 lines has room for the rest of the report
MAX_PARTS_SHOWN = 4  # of one file with conflicts
MAX_VALUES_SHOWN = 6
_ADDRESS_PATTERN = re.compile(r"[,，]? ?https?://\S+")  # behind the title of a source
MAX_VALUE_WIDTH = 30  # columns of one value
MAX_REASON_WIDTH = 140  # of its reason and source: three lines
VERSION_DIGITS = 10  # of digests and commits


class UpdateReport(NamedTuple):
    """Everything about an update that is shown."""

    before: RenderedBy
    after: RenderedBy
    merge: TreeMerge
    values: Sequence[ValueChange]
    answers: Sequence[AnswerChange]
    notes: Sequence[Text]  # about answers and the kit
    warnings: Sequence[Text]


def build_change_rows(merge: TreeMerge, messages: Messages) -> Iterator[tuple[str, str, str]]:
    """Yield each kind of change, the number of its paths, and the first of them.

    Each conflict has a row of its own, of which only the first says what it is.
    """
    for kind in CHANGED:
        if kind == "conflict":
            paths = [_describe_conflict(conflict, messages) for conflict in merge.conflicts]
            listed = shorten_list(paths, MAX_CONFLICTS_SHOWN, messages)
        else:
            paths = [_describe_change(change) for change in merge.changes if change.kind == kind]
            listed = [messages.join(shorten_list(paths, MAX_PATHS_SHOWN, messages))]
        first = (messages(f"update.kinds.{kind}"), str(len(paths)))
        for number, text in enumerate(listed if paths else ()):
            yield (*(("", "") if number else first), text)


def count_files(merge: TreeMerge) -> tuple[int, int]:
    """Return how many files of the project are written and removed; a moved file is written."""
    written = [
        one for one in merge.changes if one.after and (one.before != one.after or one.moved_from)
    ]
    removed = [one for one in merge.changes if one.before and one.after is None]
    return len(written), len(removed)


def list_left_alone(merge: TreeMerge, messages: Messages) -> Iterator[str]:
    """Yield a sentence for each kind of change that is not made, with the paths."""
    for kind in LEFT_ALONE:
        changes = [change for change in merge.changes if change.kind == kind]
        paths = [_describe_left_alone(change, messages) for change in changes]
        if paths:
            listed = messages.join(shorten_list(paths, MAX_PATHS_SHOWN, messages))
            yield messages(f"update.left_alone.{kind}", paths=listed)


def _describe_left_alone(change: Change, messages: Messages) -> str:
    path = _describe_change(change)
    if change.why is None:
        return path
    return messages("update.left_alone.why", path=path, why=change.why.to(messages.language))


def shorten_list(paths: Sequence[str], limit: int, messages: Messages) -> list[str]:
    """Return the first of the paths, and how many more there are."""
    if len(paths) <= limit + 1:
        return [*paths]
    return [*paths[:limit], messages("update.more", count=len(paths) - limit)]


def build_answer_change_rows(
    changes: Sequence[AnswerChange], messages: Messages
) -> Iterator[tuple[str, str]]:
    """Yield the key, and the old and new value, of each changed answer."""
    for change in changes:
        yield change.key, _format_change(change.old, change.new, messages)


def build_value_rows(
    values: Sequence[ValueChange], messages: Messages
) -> Iterator[tuple[str, str]]:
    """Yield the key of each changed value, and its old and new value with the reason."""
    for change in values[:MAX_VALUES_SHOWN]:
        text = _format_change(change.old, change.new, messages)
        if change.why and change.source:
            why, source = (part.to(messages.language) for part in (change.why, change.source))
            cited = _ADDRESS_PATTERN.sub("", source) or source
            reason = _clip(messages("update.reason", why=why, source=cited), MAX_REASON_WIDTH)
            text = messages("update.reasoned", change=text, reason=reason)
        yield change.key, text
    if len(values) > MAX_VALUES_SHOWN:
        yield messages("update.more", count=len(values) - MAX_VALUES_SHOWN), ""


def _format_change(old: object, new: object, messages: Messages) -> str:
    return messages(
        "update.from_to", old=_format_value(old, messages), new=_format_value(new, messages)
    )


def format_versions(
    before: RenderedBy,
    after: RenderedBy,
    messages: Messages,
    *,
    kit_versions: tuple[str | None, str | None] = (None, None),
) -> str:
    """Format what a project was made with, and what it is made with now.

    A kit is named by its two versions where it has them, else by commits or digests of its files.
    """
    versions = [("newft", before.newft, after.newft)]
    old, new = _name_kit(before.kit), _name_kit(after.kit)
    first, last = kit_versions
    if after.kit and first and last and first != last:
        versions.append((get_kit_name(after.kit), first, last))
    elif old or new:
        versions.append(
            (
                messages("update.kit"),
                old or messages("kit_check.none"),
                new or messages("kit_check.none"),
            )
        )
    return messages.join_clauses(
        f"{name} {new}" if old == new else f"{name} {messages('update.from_to', old=old, new=new)}"
        for name, old, new in versions
    )


def get_kit_name(kit: KitPin) -> str:
    """Return the last part of the source of a kit."""
    return re.split(r"[/:]", kit.source.rstrip("/").removesuffix(".git"))[-1]


def _name_kit(kit: KitPin | None) -> str:
    """Name the state of a kit by its revision, and by digits of its commit or files."""
    if kit is None:
        return ""
    state = (kit.commit or kit.tree)[:VERSION_DIGITS]
    return f"{kit.source} {kit.revision} ({state})" if kit.revision else f"{kit.source} ({state})"


def update_json(report: UpdateReport, language: Language, *, with_difference: bool = False) -> Json:
    """Return what an update did, or would do; reasons are in the language of the interface."""

    def list_paths(*kinds: ChangeKind) -> list[str]:
        return [change.path for change in report.merge.changes if change.kind in kinds]

    changes = report.merge.changes
    difference = {"diff": "\n".join(format_diff(changes))} if with_difference else {}
    return {
        **difference,
        "from": _version_to_json(report.before),
        "to": _version_to_json(report.after),
        "updated": list_paths("updated"),
        "added": list_paths("added"),
        "removed": list_paths("removed"),
        "moved": [
            {"path": change.path, "from": change.moved_from}
            for change in report.merge.changes
            if change.kind == "moved"
        ],
        "merged": list_paths("merged"),
        "kept": list_paths("kept_deleted", "kept_edited"),
        "skipped": list_paths("skipped"),
        "conflicts": [
            {"path": conflict.path, "lines": [list(pair) for pair in conflict.lines]}
            for conflict in report.merge.conflicts
        ],
        "values": [
            {
                "key": change.key,
                "old": change.old,
                "new": change.new,
                "why": change.why.to(language) if change.why else None,
                "source": change.source.to(language) if change.source else None,
            }
            for change in report.values
        ],
        "answers": [
            {"key": change.key, "old": change.old, "new": change.new} for change in report.answers
        ],
        "notes": [note.to(language) for note in report.notes],
        "warnings": [warning.to(language) for warning in report.warnings],
    }


def format_diff(changes: Sequence[Change]) -> Iterator[str]:
    """Yield the lines of a unified difference, as git writes them."""
    for change in changes:
        if change.before != change.after:
            yield from _format_file_diff(change)


def _format_file_diff(change: Change) -> Iterator[str]:
    old_path = change.moved_from or change.path
    yield f"diff --git a/{old_path} b/{change.path}"
    if change.before is None and change.after:
        yield f"new file mode {change.after.mode}"
    elif change.after is None and change.before:
        yield f"deleted file mode {change.before.mode}"
    elif change.before and change.after and change.before.mode != change.after.mode:
        yield f"old mode {change.before.mode}"
        yield f"new mode {change.after.mode}"
    if change.moved_from:
        yield f"rename from {old_path}"
        yield f"rename to {change.path}"
    old, new = _read_lines(change.before), _read_lines(change.after)
    if old is None or new is None:
        yield f"Binary files a/{old_path} and b/{change.path} differ"
        return
    names = (
        f"a/{old_path}" if change.before else "/dev/null",
        f"b/{change.path}" if change.after else "/dev/null",
    )
    for line in difflib.unified_diff(old, new, *names):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _read_lines(file: TreeFile | None) -> list[str] | None:
    """Return the lines of a text with their ends; None if the content is no text."""
    if file is None:
        return []
    try:
        text = file.content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    *whole, rest = text.split("\n")
    lines = [f"{line}\n" for line in whole]
    return None if "\0" in text else [*lines, rest] if rest else lines


def _describe_change(change: Change) -> str:
    return f"{change.moved_from} -> {change.path}" if change.moved_from else change.path


def _describe_conflict(conflict: Conflict, messages: Messages) -> str:
    parts = [str(first) if first == last else f"{first}-{last}" for first, last in conflict.lines]
    lines = messages.join(shorten_list(parts, MAX_PARTS_SHOWN, messages))
    if not lines:
        return messages("update.whole_file", path=conflict.path)
    return messages("update.lines", path=conflict.path, lines=lines)


def _format_value(value: object, messages: Messages) -> str:
    if value is None:
        return messages("update.unset")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _clip(" ".join(text.split()), MAX_VALUE_WIDTH)


def _clip(text: str, width: int) -> str:
    """Return a text of at most `width` columns; run.yaml has reasons in full."""
    return text if measure_width(text) <= width else f"{clip_text(text, width - 3)}..."


def _version_to_json(rendered_by: RenderedBy) -> Json:
    kit = rendered_by.kit
    return {
        "newft": rendered_by.newft,
        "templates": rendered_by.templates,
        "kit": dict(kit._asdict()) if kit else None,
    }
