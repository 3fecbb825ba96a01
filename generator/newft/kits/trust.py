"""Which code a kit brings into a project, and whether the user has agreed to it.

newft runs nothing of a kit, but `make test` and `make train` of the project will. The code files
of a kit are therefore shown, and confirmed once per state of the kit:

- A kit from a repository, or one that a project has stored, is written by somebody else, and may
  be another one than last week. It must be confirmed: at the terminal, or for one run by
  `--trust-kit` with its commit. What is confirmed at the terminal is kept in the user's
  configuration by the tree id of the kit, which depends on its files alone.
- A folder that the user names on the command line, and a kit in a package that the user has
  installed, are shown and not asked about. Nothing in them arrives unnoticed; the author of a kit,
  whose every edit is a new state, would only learn to confirm without reading.
- A folder that only a file of answers names is confirmed like a repository: whoever may propose a
  change to a project may change that file too.
- The domains that a kit extends are part of newft.

A dry run writes nothing and needs no confirmation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from newft.errors import KitSourceError, UsageError
from newft.kits.code_files import list_code_files
from newft.kits.copier_yaml import read_template_names
from newft.kits.kit_files import read_kit_folder
from newft.schema.starter_kit import LocatedKit
from newft.system.user_files import append_config_line, read_config_lines
from newft.text import Text, list_lines

TRUST_FILE = "trusted-kits.txt"  # a line per kit: its tree id, then its source
TRUST_OPTION = "--trust-kit"
MIN_ID_DIGITS = 7
SHOWN_ID_DIGITS = 12
MAX_FILES_IN_ERROR = 20


class TrustRequest(NamedTuple):
    """A kit and the code that it brings."""

    source: str  # with its revision, and the first digits of the identity
    identity: str  # what `--trust-kit` takes: its commit, or its tree id where there is none
    files: tuple[str, ...]
    folder: str  # where they can be read until the question is answered


AskTrust = Callable[[TrustRequest], bool]
ShowTrust = Callable[[TrustRequest], None]


def confirm_trust(
    kits: Sequence[LocatedKit],
    trusted: Sequence[str],
    *,
    named: bool,
    ask: AskTrust | None,
    show: ShowTrust,
) -> None:
    """Return if the user agrees to the code of every kit.

    Args:
        kits: The kits of a chain.
        trusted: The values of `--trust-kit`.
        named: Whether the user has named the kit itself, on the command line or in NEWFT_KIT.
        ask: Shows a request and asks the user; None where nobody can be asked.
        show: Shows a request to which the user need not agree.

    Raises:
        UsageError: Nobody can be asked, or a value of `--trust-kit` is no commit.
        KitSourceError: The user does not agree.
    """
    check_trust_options(trusted)
    remembered = {line.split(" ", 1)[0] for line in read_config_lines(TRUST_FILE)}
    for kit in kits:
        request = make_trust_request(kit)
        if not request.files:
            continue
        if kit.origin == "package" or (kit.origin == "folder" and named):
            show(request)
            if kit.pin.tree not in remembered:  # an update finds the folder in a file of answers
                _remember(kit, request)
        elif kit.pin.tree not in remembered and not _is_named(kit, trusted):
            _require_agreement(request, ask)
            _remember(kit, request)


def _remember(kit: LocatedKit, request: TrustRequest) -> None:
    append_config_line(TRUST_FILE, f"{kit.pin.tree} {request.source}")


def check_trust_options(trusted: Sequence[str]) -> None:
    """Refuse a value of `--trust-kit` that could stand for any kit."""
    for value in trusted:
        if not re.fullmatch(rf"[0-9a-fA-F]{{{MIN_ID_DIGITS},40}}", value):
            raise UsageError(
                Text(f"`{value}` is no commit", f"`{value}` 不是提交"),
                where=TRUST_OPTION,
                hint=Text(
                    f"give at least {MIN_ID_DIGITS} of its hexadecimal digits",
                    f"请至少给出 {MIN_ID_DIGITS} 位十六进制数字",
                ),
            )


def make_trust_request(kit: LocatedKit) -> TrustRequest:
    """Return what the user is asked about a kit."""
    source, revision, commit, tree = kit.pin
    # the commit of a stored kit is what the archive says; its tree id was computed
    identity = tree if kit.origin == "stored" or commit is None else commit
    folder = Path(kit.folder)
    files = list_code_files(read_kit_folder(folder), read_template_names(folder))
    named = f"{source}@{revision}" if revision else source
    return TrustRequest(f"{named} ({identity[:SHOWN_ID_DIGITS]})", identity, files, kit.folder)


def _is_named(kit: LocatedKit, trusted: Sequence[str]) -> bool:
    ids = [kit.pin.tree]
    if kit.origin != "stored" and kit.pin.commit:
        ids.append(kit.pin.commit)
    return any(one.startswith(value.lower()) for one in ids for value in trusted)


def _require_agreement(request: TrustRequest, ask: AskTrust | None) -> None:
    if ask is not None:
        if ask(request):
            return
        raise KitSourceError(
            Text(
                "the code of the kit was not confirmed; nothing was written",
                "没有确认套件中的代码，未写入任何文件",
            ),
            where=request.source,
        )
    listed = list_lines(request.files, most=MAX_FILES_IN_ERROR)
    raise UsageError(
        Text(
            f"the kit brings code that has not been confirmed yet:\n{listed.en}",
            f"套件带有尚未确认的代码：\n{listed.zh}",
        ),
        where=request.source,
        hint=Text(
            f"read these files, then confirm them with {TRUST_OPTION} {request.identity}",
            f"请先阅读这些文件，再用 {TRUST_OPTION} {request.identity} 确认",
        ),
    )
