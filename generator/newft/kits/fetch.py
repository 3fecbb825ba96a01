"""Fetch the files of a kit from a git repository, without a checkout.

Nothing of the repository is run or linked: its objects go into a bare repository that is thrown
away, they are listed and read one by one, and newft writes the files itself. Hooks, attributes,
filters, submodules and links have no part in it. git may use the user's own configuration, so
that their proxies, certificates and stored logins work; git is never asked to prompt.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from newft.emitted.normalize import escape_controls
from newft.errors import GitError, KitSourceError
from newft.kits.kit_files import EXECUTABLE_MODE, KitEntry, refuse_unsafe_entries
from newft.schema.tree import FileTree, TreeFile
from newft.system.git import GitResult, run_git
from newft.text import Text, find_nearest_names

COMMIT_PATTERN = re.compile(r"[0-9a-f]{40}")
REVISION_PATTERN = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/+-]*")
MIN_COMMIT_DIGITS = 7
FETCH_TIMEOUT = 300.0  # seconds
MAX_QUOTED_CHARACTERS = 300
TAGS_PREFIX, _BRANCHES = "refs/tags/", "refs/heads/"
# How the user's own environment tells git to log in and to reach servers.
_LOGIN_VARIABLES = (
    "GIT_ASKPASS",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
)
_LOGIN_MESSAGES = re.compile(
    r"could not read (username|password)|authentication failed|permission denied"
    r"|host key verification failed|terminal prompts disabled|error: 40[13]",
    re.IGNORECASE,
)
_MISSING_MESSAGES = re.compile(
    r"not found|does not exist|not appear to be a git repository|no such", re.IGNORECASE
)


class UnreachableSourceError(KitSourceError):
    """The source is gone, needs a login, or cannot be reached; a stored copy may take its place."""


class Repository(NamedTuple):
    """A git repository: the address that git gets, and the one that may be shown and recorded."""

    address: str
    shown: str  # without login details


class RemoteRef(NamedTuple):
    """A tag or branch of a repository and its commit."""

    name: str  # such as refs/tags/v1; HEAD for the default branch
    commit: str

    @property
    def is_tag(self) -> bool:
        """Whether it is a tag, which is not expected to move."""
        return self.name.startswith(TAGS_PREFIX)


def list_refs(repository: Repository) -> dict[str, str]:
    """Return the commit of each branch and tag of a repository, and of HEAD, by full name."""
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        result = _run_remote(
            [
                "ls-remote",
                "--quiet",
                "--",
                repository.address,
                "HEAD",
                f"{_BRANCHES}*",
                f"{TAGS_PREFIX}*",
            ],
            repository,
            Path(scratch),
        )
    if result.code:
        raise _explain_failure(result.messages, repository)
    refs: dict[str, str] = {}
    for line in result.output.decode("utf-8", "replace").splitlines():
        commit, _, name = line.partition("\t")
        if COMMIT_PATTERN.fullmatch(commit):
            # a peeled line follows that of its tag, and names the commit instead of the tag object
            refs[name.removesuffix("^{}")] = commit
    return refs


def choose_ref(
    refs: Mapping[str, str], revision: str | None, repository: Repository
) -> RemoteRef | None:
    """Return the tag or branch of a revision; None for a commit that no tag or branch names.

    Without a revision it is the newest version tag, or the default branch if no tag is a version.
    """
    if revision is None:
        name = _find_newest_version(refs) or "HEAD"
        if name not in refs:
            raise _make_empty_error(repository)
        return RemoteRef(name, refs[name])
    if found := _find_ref_name(refs, revision):
        return RemoteRef(found, refs[found])
    if COMMIT_PATTERN.fullmatch(revision.lower()):
        return None
    raise _make_unknown_revision_error(refs, revision, repository)


def _find_ref_name(refs: Mapping[str, str], revision: str) -> str | None:
    """Return the tag or branch of this name, or one whose commit begins with it."""
    for name in (f"{TAGS_PREFIX}{revision}", f"{_BRANCHES}{revision}"):
        if name in refs:
            return name
    if len(revision) < MIN_COMMIT_DIGITS:
        return None
    return next((name for name in refs if refs[name].startswith(revision.lower())), None)


def _find_newest_version(refs: Mapping[str, str]) -> str | None:
    """Return the tag with the highest version; a pre-release only where there is nothing else."""
    from packaging.version import InvalidVersion, Version

    versions = []
    for name in refs:
        if name.startswith(TAGS_PREFIX):
            try:
                version = Version(name.removeprefix(TAGS_PREFIX))
            except InvalidVersion:
                continue
            versions.append((not version.is_prerelease, version, name))
    return max(versions)[2] if versions else None


def fetch_files(repository: Repository, commit: str, *, refs: Mapping[str, str]) -> FileTree:
    """Return the files of a commit, which have been checked."""
    with tempfile.TemporaryDirectory(prefix="newft-") as scratch:
        store = Path(scratch)
        run_git(["init", "--quiet", "--bare", "--template=", "."], folder=store)
        _fetch_commit(repository, commit, refs, store)
        entries = list(_list_entries(store, commit))
        refuse_unsafe_entries(
            (entry for entry, _ in entries), where=f"{repository.shown}@{commit[:12]}"
        )
        contents = _read_blobs(store, [object_id for _, object_id in entries])
    return {
        entry.path: TreeFile(
            contents[object_id], "100755" if entry.mode == EXECUTABLE_MODE else "100644"
        )
        for entry, object_id in entries
    }


def _fetch_commit(
    repository: Repository, commit: str, refs: Mapping[str, str], store: Path
) -> None:
    """Fetch one commit, alone where the server can send it alone."""
    messages: list[str] = []
    for arguments in _list_attempts(commit, refs):
        options, wanted = arguments
        command = ["-c", "transfer.fsckObjects=true", "fetch", "--quiet", "--no-tags"]
        command += ["--no-recurse-submodules", "--no-write-fetch-head"]
        result = _run_remote(
            [*command, *options, "--", repository.address, *wanted], repository, store
        )
        found = run_git(
            ["rev-parse", "--quiet", "--verify", f"{commit}^{{commit}}"],
            folder=store,
            accept=(0, 1, 128),
        )
        if found.output.decode().strip() == commit:
            return
        if result.code:
            messages.append(result.messages)
    if any("fsck" in text or "contains '.git" in text.lower() for text in messages):
        raise _make_refused_error(messages, repository)
    if len(messages) == len(_list_attempts(commit, refs)):
        last = _explain_failure(messages[-1], repository)
        if not _is_missing_commit(messages[-1]):
            raise last
    raise UnreachableSourceError(
        Text(
            f"the commit {commit} is not in the repository, or no longer",
            f"仓库中没有提交 {commit}，或已不在其中",
        ),
        where=repository.shown,
        hint=Text(
            "ask its owner to bring it back, or name a tag, a branch or another commit after @",
            "请联系维护者恢复它，或在 @ 后写标签、分支或别的提交",
        ),
    )


def _list_attempts(
    commit: str, refs: Mapping[str, str]
) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Return options and refspecs to try in turn.

    Some servers do not send a commit by its id, and those that are plain files cannot shorten
    the history; a commit that no tag or branch names may still be in the history of one.
    """
    named = [name for name, target in refs.items() if target == commit]
    shallow = ("--depth=1",)
    attempts: list[tuple[Sequence[str], Sequence[str]]] = [(shallow, (commit,))]
    if named:
        attempts += [(shallow, (f"+{named[0]}:refs/kit",)), ((), (f"+{named[0]}:refs/kit",))]
    else:
        attempts.append(((), (f"+{_BRANCHES}*:refs/kit/b/*", f"+{TAGS_PREFIX}*:refs/kit/t/*")))
    return attempts


def _is_missing_commit(messages: str) -> bool:
    words = ("not our ref", "unadvertised object", "could not find remote ref", "dumb http")
    return any(word in messages.lower() for word in words)


def _run_remote(arguments: list[str], repository: Repository, folder: Path) -> GitResult:
    """Run a git command that talks to a repository; only the protocol of its address may be used.

    What git says is returned without the login details of the address.
    """
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - stays as it is where there is no home
    configuration = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = os.environ.get("GIT_CONFIG_GLOBAL")
    included = [files] if files else [str(configuration / "git/config"), str(home / ".gitconfig")]
    options = [word for file in included for word in ("-c", f"include.path={file}")]
    options += ["-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false"]
    options += ["-c", "http.followRedirects=initial", "-c", "protocol.version=2"]
    environment = {name: os.environ[name] for name in _LOGIN_VARIABLES if name in os.environ}
    environment |= {
        "GIT_ALLOW_PROTOCOL": _get_protocol(repository.address),
        "GIT_CONFIG_NOSYSTEM": "0",
    }
    try:
        result = run_git(
            [*options, *arguments],
            folder=folder,
            environment=environment,
            accept=range(-64, 256),
            timeout=FETCH_TIMEOUT,
        )
    except GitError as error:
        raise UnreachableSourceError(
            Text(*(error.to(language)[0] for language in ("en", "zh"))),
            where=repository.shown,
            hint=Text(*(error.to(language)[1] for language in ("en", "zh"))),
        ) from error
    return result._replace(messages=_hide_login(result.messages, repository.address))


def _hide_login(messages: str, address: str) -> str:
    """Remove user and password of an address from what git says about it."""
    login, mark, _ = address.partition("://")[2].partition("/")[0].rpartition("@")
    if not mark:
        return messages
    return messages.replace(f"{login}@", "").replace(f":{login.partition(':')[2]}@", "@")


def _get_protocol(address: str) -> str:
    scheme, mark, _ = address.partition("://")
    return scheme if mark else "ssh"


def _list_entries(store: Path, commit: str) -> Iterator[tuple[KitEntry, str]]:
    """Yield each file of a commit with the id of its content, from the listing of git."""
    listing = run_git(["ls-tree", "-r", "-z", "-l", "--full-tree", commit], folder=store).output
    for line in listing.split(b"\0")[:-1]:
        attributes, _, name = line.partition(b"\t")
        mode, _, object_id, size = attributes.decode().split()
        # a name that is not UTF-8 keeps its bytes as surrogates, which are refused
        path = name.decode("utf-8", "surrogateescape")
        yield KitEntry(path, mode, int(size) if size.isdigit() else 0), object_id


def _read_blobs(store: Path, object_ids: Sequence[str]) -> dict[str, bytes]:
    """Return the contents with these ids."""
    wanted = list(dict.fromkeys(object_ids))
    output = run_git(
        ["cat-file", "--batch"], folder=store, stdin="".join(f"{one}\n" for one in wanted).encode()
    ).output
    contents, position = {}, 0
    for object_id in wanted:
        end = output.index(b"\n", position)
        size = int(output[position:end].split()[2])
        contents[object_id] = output[end + 1 : end + 1 + size]
        position = end + size + 2
    return contents


def _explain_failure(messages: str, repository: Repository) -> UnreachableSourceError:
    """Turn what git says about a repository into an error that says what to do."""
    if _LOGIN_MESSAGES.search(messages):
        what = Text("the repository needs a login", "该仓库需要登录")
        hint = Text(
            "store a login for it with git (a credential helper, or a key in ssh-agent),"
            " and try `git ls-remote` with it",
            "请用 git 保存登录信息（凭据助手或 ssh-agent），并先用 `git ls-remote` 试一试",
        )
    elif _MISSING_MESSAGES.search(messages):
        what = Text("there is no such repository", "没有这个仓库")
        hint = Text(
            "check the address; servers say this of repositories that you may not see, too",
            "请检查地址；对无权访问的仓库，服务器也会这样答复",
        )
    else:
        what = Text("the repository cannot be reached", "无法访问该仓库")
        hint = Text("check the address and the network", "请检查地址和网络")
    quote = quote_git(messages)
    said = Text(f"{what.en} (git: {quote})", f"{what.zh}（git：{quote}）") if quote else what
    return UnreachableSourceError(said, where=repository.shown, hint=hint)


def quote_git(messages: str) -> str:
    """Return the line in which git says why it failed, shortened and harmless in a terminal."""
    lines = (line.strip() for line in messages.splitlines())
    noise = ("warning:", "hint:", "@@")
    reasons = [line for line in lines if line and not line.lower().startswith(noise)]
    return escape_controls(reasons[0])[:MAX_QUOTED_CHARACTERS] if reasons else ""


def _make_refused_error(messages: Sequence[str], repository: Repository) -> KitSourceError:
    lines = "\n".join(line for text in messages for line in text.splitlines() if "error" in line)
    quote = quote_git(lines or messages[0])
    return KitSourceError(
        Text(
            f"git refuses the content of the repository (git: {quote})",
            f"git 拒绝该仓库的内容（git：{quote}）",
        ),
        where=repository.shown,
        hint=Text("tell the owner of the kit", "请告知套件维护者"),
    )


def _make_empty_error(repository: Repository) -> KitSourceError:
    return KitSourceError(
        Text("the repository has no commit on its default branch", "该仓库的默认分支上没有提交"),
        where=repository.shown,
        hint=Text("name a tag or a branch after @", "请在 @ 后写标签或分支"),
    )


def _make_unknown_revision_error(
    refs: Mapping[str, str], revision: str, repository: Repository
) -> KitSourceError:
    names = [
        name.removeprefix(TAGS_PREFIX).removeprefix(_BRANCHES) for name in refs if name != "HEAD"
    ]
    near = find_nearest_names(revision, names) or sorted(names)[:5]
    listed = ", ".join(f"`{escape_controls(name)}`" for name in near)
    return KitSourceError(
        Text(
            f"the repository has no tag, branch or commit `{revision}`",
            f"该仓库没有标签、分支或提交 `{revision}`",
        ),
        where=repository.shown,
        hint=Text(
            f"it has {listed}; a commit needs all 40 digits" if listed else "check its name",
            f"现有 {listed}；提交要写全 40 位" if listed else "请检查名称",
        ),
    )
