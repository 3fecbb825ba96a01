"""Git repositories for tests: made by git itself, with the files and objects that a test names."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}
NO_CONTENT = "0" * 40


class GitRepository:
    """A repository with a work tree; entries that no disk can hold are put into its index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        return self.folder.as_uri()

    def git(self, *words: str, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", "-c", "core.protectNTFS=false", "-c", "core.protectHFS=false", *words],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            check=True,
            env=IDENTITY,
        )
        return done.stdout.decode().strip()

    def commit(self, files: Mapping[str, str | bytes], *, tag: str | None = None) -> str:
        """Write files, commit everything and return the commit."""
        for path, content in files.items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        if tag:
            self.git("tag", "--force", tag)
        return self.git("rev-parse", "HEAD")

    def commit_tree(self, entries: Mapping[str, tuple[str, bytes]]) -> str:
        """Commit a tree of entries (mode and content) of any name, without git's checks of names.

        Only one folder deep; the content of a submodule (160000) is its commit.
        """
        lines, known = b"", dict[bytes, str]()
        for name, (mode, content) in entries.items():
            kind = {"160000": "commit", "40000": "tree"}.get(mode, "blob")
            if kind == "blob" and content not in known:
                known[content] = self.git("hash-object", "-w", "--stdin", stdin=content)
            object_id = known[content] if kind == "blob" else content.decode()
            lines += (
                f"{mode} {kind} {object_id}\t".encode()
                + name.encode("utf-8", "surrogateescape")
                + b"\0"
            )
        tree = self.git("mktree", "-z", "--missing", stdin=lines)
        commit = self.git("commit-tree", tree, "-m", "change")
        self.git("update-ref", "refs/heads/main", commit)
        return commit
