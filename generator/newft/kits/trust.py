"""Which code a kit brings into a project, and whether the user has agreed to it.

newft runs nothing of a kit, but `make test` and `make train` of the project will. The code files
of a kit are therefore shown, and confirmed once per state of the kit:

- A kit from a repository, or one that a project has stored, is written by somebody else, and may
  be another one than last week. It must be confirmed: at the terminal, or for one run by
  `--trust-kit` with its commit. What is confirmed at the terminal is kept in the user's
  configuration by the tree id of the kit, which depends on its files alone.
- A folder that the user names, and a kit in a package that the user has installed, are shown and
  not asked about. Nothing in them arrives unnoticed; the author of a kit, whose every edit is a
  new state, would only learn to confirm without reading.
- The domains that a kit extends are part of newft.

A dry run writes nothing and needs no confirmation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from newft.errors import KitSourceError, UsageError
from newft.kits.copier_yaml import ANY_NAMES, TemplateNames, read_template_names
from newft.kits.kit_files import EXECUTABLE_MODE, read_kit_folder
from newft.kits.sources import COPIER_FILES
from newft.schema.starter_kit import LocatedKit
from newft.schema.tree import FileTree, TreeFile
from newft.system.user_files import append_config_line, read_config_lines
from newft.text import Text

TRUST_FILE = "trusted-kits.txt"  # a line per kit: its tree id, then its source
TRUST_OPTION = "--trust-kit"
MIN_ID_DIGITS = 7
SHOWN_ID_DIGITS = 12
MAX_FILES_IN_ERROR = 20
_CODE_SUFFIXES = frozenset(
    """
    .bash .bat .c .cc .cfg .cjs .cmd .cpp .cu .dll .dylib .exe .fish .go .h .ini .ipynb .jar .js
    .ksh .lua .mjs .mk .nix .php .pl .ps1 .pth .py .pyc .pyd .pyi .pyw .pyx .r .rb .rs .sh .so
    .toml .ts .whl .zsh
    """.split()  # noqa: SIM905 - fifty quotes would hide the suffixes
)
_CODE_NAMES = frozenset(
    """
    makefile gnumakefile justfile dockerfile containerfile jenkinsfile procfile vagrantfile
    rakefile gemfile taskfile.yml taskfile.yaml requirements.txt constraints.txt package.json
    .envrc .npmrc .pypirc .pre-commit-config.yaml .pre-commit-config.yml .gitlab-ci.yml
    .travis.yml azure-pipelines.yml bitbucket-pipelines.yml docker-compose.yml docker-compose.yaml
    compose.yml compose.yaml
    """.split()  # noqa: SIM905
)
# Folders whose files a CI service, an editor or git runs.
_CODE_FOLDERS = frozenset(
    {".github", ".gitlab", ".circleci", ".devcontainer", ".vscode", ".idea", ".husky"}
)
_TEMPLATE_SUFFIXES = (".jinja", ".jinja2", ".j2", ".tmpl", ".template")
_EXPRESSION = re.compile(r"\{[{%#].*?[}%#]\}")
# What is left of an expression in a name where a template has brackets of its own.
_MARKS_OF_BRACKETS = re.compile(r"[^\w\s./@+~,=-]")
# Of a copier template: where copier records its answers.
_ANSWERS_FILE = re.compile(r"\{\{\s*_copier_conf\.answers_file\s*\}\}(\.\w+)?")
# Of a kit with a kit.yaml, files in these folders never reach a project.
_OWN_FOLDERS = frozenset({"sample", "tests"})


class TrustRequest(NamedTuple):
    """A kit and the code that it brings."""

    source: str  # with its revision, and the first digits of the identity
    identity: str  # what `--trust-kit` takes: its commit, or its tree id where there is none
    files: tuple[str, ...]


AskTrust = Callable[[TrustRequest], bool]
ShowTrust = Callable[[TrustRequest], None]


def confirm_trust(
    kits: Sequence[LocatedKit], trusted: Sequence[str], *, ask: AskTrust | None, show: ShowTrust
) -> None:
    """Return if the user agrees to the code of every kit.

    Args:
        kits: The kits of a chain.
        trusted: The values of `--trust-kit`.
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
        if kit.origin in ("folder", "package"):
            show(request)
        elif kit.pin.tree not in remembered and not _is_named(kit, trusted):
            _require_agreement(request, ask)
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
    return TrustRequest(f"{named} ({identity[:SHOWN_ID_DIGITS]})", identity, files)


def list_code_files(files: FileTree, template: TemplateNames = ANY_NAMES) -> tuple[str, ...]:
    """Return the files of a kit that may be run in a project: by Python, make, a shell, CI.

    `template` says what is known of the names of a copier template.
    """
    copier = any(name in files for name in COPIER_FILES)
    only = "" if "kit.yaml" in files else template.folder  # which may name more folders
    return tuple(
        path
        for path, file in sorted(files.items())
        if path.startswith(only)
        and (copier or path.split("/")[0] not in _OWN_FOLDERS)
        and (
            any(_is_code(path.removesuffix(suffix), file) for suffix in ("", *template.suffixes))
            or (copier and _MARKS_OF_BRACKETS.search(_EXPRESSION.sub("", path)))
        )
    )


def _is_code(path: str, file: TreeFile) -> bool:
    if file.mode == EXECUTABLE_MODE or file.content.startswith(b"#!"):
        return True
    parts = [_EXPRESSION.sub("", part).casefold() for part in PurePosixPath(path).parts]
    name = parts[-1]
    for suffix in _TEMPLATE_SUFFIXES:
        name = name.removesuffix(suffix)
    suffix = PurePosixPath(f"x{name}").suffix
    written = path.rpartition("/")[2]
    any_name = (
        suffix in ("", ".")
        and _EXPRESSION.search(written) is not None
        and not _ANSWERS_FILE.fullmatch(written)
    )
    return (
        any_name  # an expression gives the file its suffix
        or name in _CODE_NAMES
        or name.startswith(("dockerfile.", "requirements"))
        or suffix in _CODE_SUFFIXES
        or not _CODE_FOLDERS.isdisjoint(parts[:-1])
    )


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
    lines = [f"\n  {path}" for path in request.files[:MAX_FILES_IN_ERROR]]
    more = len(request.files) - len(lines)
    rest = Text(f"\n  ... {more} more", f"\n  …… 另有 {more} 个") if more > 0 else Text("", "")
    listed = "".join(lines)
    raise UsageError(
        Text(
            f"the kit brings code that has not been confirmed yet:{listed}{rest.en}",
            f"套件带有尚未确认的代码：{listed}{rest.zh}",
        ),
        where=request.source,
        hint=Text(
            f"read these files, then confirm them with {TRUST_OPTION} {request.identity}",
            f"请先阅读这些文件，再用 {TRUST_OPTION} {request.identity} 确认",
        ),
    )
