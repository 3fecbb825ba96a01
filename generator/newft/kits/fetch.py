"""Fetch the files of a kit from a git repository, without a checkout.

Nothing of the repository is run or linked: its objects go into a bare repository that is thrown
away, they are listed and read one by one, and newft writes the files itself. Hooks, attributes,
filters, submodules and links have no part in it.
"""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from newft.errors import KitSourceError
from newft.kits.kit_files import EXECUTABLE_MODE, KitEntry, refuse_unsafe_entries
from newft.kits.remote_git import (
    MAX_DOWNLOAD_BYTES,
    Repository,
    UnreachableSourceError,
    explain_failure,
    quote_git,
    run_remote,
)
from newft.kits.remote_refs import BRANCHES_PREFIX, TAGS_PREFIX
from newft.schema.tree import FileTree, TreeFile
from newft.system.git import run_git
from newft.text import Text


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
        result = run_remote(
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
    if any(_is_too_large(text) for text in messages):
        raise _make_too_large_error(repository)
    if any("fsck" in text or "contains '.git" in text.lower() for text in messages):
        raise _make_refused_error(messages, repository)
    if len(messages) == len(_list_attempts(commit, refs)):
        last = explain_failure(messages[-1], repository)
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
        attempts.append(
            ((), (f"+{BRANCHES_PREFIX}*:refs/kit/b/*", f"+{TAGS_PREFIX}*:refs/kit/t/*"))
        )
    return attempts


def _is_too_large(messages: str) -> bool:
    """Return whether a process was stopped because it wrote a file that is too large."""
    words = (f"signal {getattr(signal, 'SIGXFSZ', 25):d}", "file too large")
    return any(word in messages.lower() for word in words)


def _is_missing_commit(messages: str) -> bool:
    words = ("not our ref", "unadvertised object", "could not find remote ref", "dumb http")
    return any(word in messages.lower() for word in words)


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


def _make_too_large_error(repository: Repository) -> KitSourceError:
    size = MAX_DOWNLOAD_BYTES >> 20
    return KitSourceError(
        Text(f"the repository sends more than {size} MiB", f"仓库发送的数据超过 {size} MiB"),
        where=repository.shown,
        hint=Text(
            "give the kit a repository of its own, without data and weights",
            "请把套件放在单独的仓库中，不含数据和权重",
        ),
    )
