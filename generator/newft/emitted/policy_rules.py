"""Check a project against `config/policy.yaml`, the rules of the starter kit that it comes from.

newft and the project run the same code, so that both report the same. A rule can be broken on
purpose: whoever may change the project may change this file and the policy too. What an owner of
the kit can rely on is that such a change shows in the history of the project.
"""

from __future__ import annotations

import re
import stat
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from .yaml_lines import MAX_YAML_BYTES, YamlDocument, YamlError, read_yaml

POLICY_FILE = "config/policy.yaml"
RUN_FILE = "config/run.yaml"
ANSWERS_FILE = ".newft/answers.yml"
SNAPSHOT_FILE = ".newft/snapshot.tar"
# Lists of allowed values, the key of run.yaml that they apply to, and the key of the answers.
ALLOWED_VALUES = (
    ("families", None, "family"),
    ("methods", "method.name", "method"),
    ("hubs", "model.source", "hub"),
    ("licenses", "model.license", None),
    ("models", "model.id", None),
)
LOCAL_SOURCES = ("embedded", "folder")  # of model.source: weights that come from no hub
_FOLDER_PATTERN = re.compile(r"[/~\\]|\.{1,2}([/\\]|$)|[A-Za-z]:")


class PolicyFault(NamedTuple):
    """What breaks a rule: where, and a constant text whose `{names}` the values fill in."""

    place: str
    message: str
    values: Mapping[str, object] = {}
    breaks_rule: bool = True  # else a file is no YAML, so that nothing can be said of its values


class _CheckedFile(NamedTuple):
    name: str
    document: YamlDocument
    is_answers: bool  # else: the settings of a run


class _Unreadable(Exception):
    def __init__(self, fault: PolicyFault) -> None:
        super().__init__(fault.place)
        self.fault = fault


def find_policy_faults(project: Path) -> list[PolicyFault]:
    """Everything in a project that its policy does not allow."""
    try:
        policy = _read_policy(project)
        files = [*_read_checked_files(project)]
    except _Unreadable as error:
        return [error.fault]
    faults = [*_find_edited_policy(project)]
    for file in files:
        faults += [*_find_forbidden_values(policy, file), *_find_changed_locks(policy, file)]
    faults += [
        PolicyFault(path, "this file is missing, and the starter kit requires it")
        for path in policy["required_files"]
        if not _is_regular_file(project, path)
    ]
    return faults


def _read_policy(project: Path) -> Mapping[str, Any]:
    """The policy, with every key that a rule needs and of the right kind."""
    document = _read_document(project, POLICY_FILE)
    policy = document.value if isinstance(document.value, dict) else {}
    lists = [name for name, *_ in ALLOWED_VALUES] + ["required_files", "locked"]
    for name in lists:
        kind = dict if name == "locked" else str
        items = policy.get(name)
        if not isinstance(items, list) or not all(isinstance(item, kind) for item in items):
            line = document.entries[(name,) if (name,) in document.entries else ()].line
            fault = PolicyFault(f"{POLICY_FILE}:{line}", "{key} must be a list", {"key": name})
            raise _Unreadable(fault)
    return policy


def _read_checked_files(project: Path) -> Iterator[_CheckedFile]:
    """Read run.yaml, the other files of settings, and the answers."""
    yield _CheckedFile(RUN_FILE, _read_document(project, RUN_FILE), is_answers=False)
    for path in sorted((project / RUN_FILE).parent.glob("*.y*ml")):
        name = path.relative_to(project).as_posix()
        if name not in (RUN_FILE, POLICY_FILE):
            with suppress(_Unreadable):  # nothing can be trained with such a file either
                yield _CheckedFile(name, _read_document(project, name), is_answers=False)
    if (project / ANSWERS_FILE).exists():
        yield _CheckedFile(ANSWERS_FILE, _read_document(project, ANSWERS_FILE), is_answers=True)


def _read_document(project: Path, name: str) -> YamlDocument:
    if not _is_regular_file(project, name):
        raise _Unreadable(PolicyFault(name, "this file is missing, or it is a link or a folder"))
    try:
        with (project / name).open("rb") as file:
            return read_yaml(file.read(MAX_YAML_BYTES + 1))
    except YamlError as error:
        first = error.faults[0]
        place = f"{name}:{first.line}" if first.line else name
        fault = PolicyFault(place, first.message, first.values, breaks_rule=name == POLICY_FILE)
        raise _Unreadable(fault) from error
    except OSError as error:
        reason = {"reason": error.strerror or error}
        raise _Unreadable(PolicyFault(name, "it cannot be read: {reason}", reason)) from error


def _is_regular_file(project: Path, name: str) -> bool:
    try:
        return stat.S_ISREG((project / name).lstat().st_mode)
    except (OSError, ValueError):
        return False


def _find_edited_policy(project: Path) -> Iterator[PolicyFault]:
    """Compare the policy with the one that newft wrote, which is kept in the snapshot."""
    try:
        with tarfile.open(project / SNAPSHOT_FILE) as snapshot:
            member = snapshot.getmember(POLICY_FILE)
            content = snapshot.extractfile(member) if member.size <= MAX_YAML_BYTES else None
            written = content.read() if content else b""
    except (OSError, KeyError, tarfile.TarError):
        yield PolicyFault(
            SNAPSHOT_FILE,
            "the policy that the starter kit wrote is not in it: {path} cannot be verified",
            {"path": POLICY_FILE},
        )
        return
    if written != (project / POLICY_FILE).read_bytes():
        message = "it was edited: it differs from what the starter kit wrote, kept in {path}"
        yield PolicyFault(POLICY_FILE, message, {"path": SNAPSHOT_FILE})


def _find_forbidden_values(policy: Mapping[str, Any], file: _CheckedFile) -> Iterator[PolicyFault]:
    for rule, run_key, answer_key in ALLOWED_VALUES:
        allowed, key = policy[rule], answer_key if file.is_answers else run_key
        found = _find_value(file.document, key) if key and allowed else None
        if found is None or _is_outside_the_rule(rule, found.texts):
            continue
        for text in found.texts:
            if text not in allowed:
                values = {"key": key, "value": text or "null", "allowed": ", ".join(allowed)}
                message = "{key} is {value}; the starter kit allows {allowed}"
                yield PolicyFault(f"{file.name}:{found.line}", message, values)


def _is_outside_the_rule(rule: str, texts: Sequence[str]) -> bool:
    """Whether a rule says nothing of these values: a folder of this machine is in no catalogue."""
    if rule == "hubs":
        return all(text in LOCAL_SOURCES for text in texts)
    return rule == "models" and all(_FOLDER_PATTERN.match(text) for text in texts)


def _find_changed_locks(policy: Mapping[str, Any], file: _CheckedFile) -> Iterator[PolicyFault]:
    key_name, value_name = ("answer", "value") if file.is_answers else ("run_key", "run_value")
    for lock in policy["locked"]:
        key, value = lock.get(key_name), lock.get(value_name)
        found = _find_value(file.document, str(key)) if key else None
        if found is None or str(value) in (*found.texts, ", ".join(found.texts)):
            continue
        values = {"key": key, "value": ", ".join(found.texts) or "null", "locked": value}
        message = "{key} is {value}; the starter kit locks it to {locked}"
        if lock.get("why"):
            message = "{key} is {value}; the starter kit locks it to {locked}: {why}"
            values["why"] = lock["why"]
        yield PolicyFault(f"{file.name}:{found.line}", message, values)


class _Value(NamedTuple):
    line: int
    texts: Sequence[str]  # as they are written; several for a list, an empty one for null


def _find_value(document: YamlDocument, key: str) -> _Value | None:
    """The value of a dotted key, whose last parts may be one: `kit.answers.a.b`."""
    parts = key.split(".")
    paths = [(*parts[:end], ".".join(parts[end:])) for end in range(len(parts))]
    path = next((path for path in reversed(paths) if path in document.entries), None)
    if path is None:
        return None
    entry = document.entries[path]
    if entry.kind == "list":
        return _Value(entry.line, [e.text for p, e in document.entries.items() if p[:-1] == path])
    return _Value(entry.line, [entry.text if entry.kind == "text" else ""])
