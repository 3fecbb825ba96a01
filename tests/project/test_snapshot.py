from __future__ import annotations

import gzip
import io
import os
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from newft import __version__, paths
from newft.answers.parse import build_answers
from newft.answers.yaml_file import load_answers
from newft.catalog.loader import load_kit
from newft.dataset.profile import profile_dataset
from newft.errors import ProjectError
from newft.project import tree_archive
from newft.project.snapshot import read_snapshot, write_metadata
from newft.schema.answers import DataAnswer, KitAnswer
from newft.schema.dataset import Facts
from support.example_plan import make_answers, make_facts, sample
from support.help_desk_export import RECORDS


def written(tmp_path: Path, name: str = "tree") -> Path:
    tree = tmp_path / name
    for path in ("b.md", "a/run.sh", "data/raw/tickets.csv", ".gitignore"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(path)
    (tree / "a/run.sh").chmod(0o700)
    file = sample(tmp_path / "data")
    write_metadata(
        tree, answers=make_answers(file, "zh"), facts=make_facts(file, "zh"), templates="1" * 64
    )
    return tree


def test_the_kept_answers_lead_to_the_same_project_from_inside_it(tmp_path: Path) -> None:
    file = sample(tmp_path / "data")
    kept = build_answers(load_answers(written(tmp_path) / ".newft/answers.yml"))
    # `hub` is not kept, and is back as the default: the embedded model is on none
    assert "hub" not in load_answers(tmp_path / "tree/.newft/answers.yml")
    assert kept == replace(
        make_answers(file, "zh"), data=DataAnswer(files=("data/raw/tickets.csv",))
    )


@pytest.mark.parametrize("given", ["./x.csv", "./", "../here/x.csv", "~", "~/x.csv"])
def test_the_kept_answers_say_nothing_of_where_the_files_lay(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, tree = tmp_path / "here", tmp_path / "tree"
    for made in (folder, tree):
        made.mkdir()
    (folder / "x.csv").write_bytes(RECORDS.encode("utf-16"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    task = load_kit(paths.get_domains_folder() / "customer_service").tasks["intent"]
    facts = Facts(profile_dataset([given], task=task, columns={}, language=None))
    answers = replace(make_answers(facts.data.files[0], "en"), data=DataAnswer(files=(given,)))

    write_metadata(tree, answers=answers, facts=facts, templates="1" * 64)
    assert load_answers(tree / ".newft/answers.yml")["data.files"] == ("data/raw/x.csv",)
    kept = (tree / ".newft/facts.yml").read_text(encoding="utf-8")
    assert "data/raw/x.csv" in kept and str(tmp_path) not in kept


def test_an_empty_list_of_given_splits_is_kept_as_it_pools_the_rows(tmp_path: Path) -> None:
    file, tree = sample(tmp_path / "data"), tmp_path / "tree"
    tree.mkdir()
    data = DataAnswer(files=(file.path,), given_splits=())
    answers = replace(make_answers(file, "en"), data=data)
    write_metadata(tree, answers=answers, facts=make_facts(file, "en"), templates="1" * 64)
    assert load_answers(tree / ".newft/answers.yml")["data.given_splits"] == ()


def test_open_questions_have_no_key(tmp_path: Path) -> None:
    text = (written(tmp_path) / ".newft/answers.yml").read_text(encoding="utf-8")
    assert text.startswith("name: acme-desk\ndomain: customer_service\n")
    assert "revision" not in text and "columns" not in text and "null" not in text


def test_facts_are_kept_without_warnings_and_paths_of_this_machine(tmp_path: Path) -> None:
    text = (written(tmp_path) / ".newft/facts.yml").read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    kept = yaml.safe_load(text)
    assert kept["newft"] == __version__
    data = kept["facts"]["data"]
    assert data["files"][0]["path"] == "data/raw/tickets.csv"
    assert data["warnings"] == []  # they may quote cells, and this file is put under git
    assert data["mapping"] == {"text": ["message", "客户消息"], "label": ["intent"]}


def test_the_baseline_holds_the_tree_without_the_users_records(tmp_path: Path) -> None:
    with tarfile.open(written(tmp_path) / ".newft/snapshot.tar") as tar:
        entries = tar.getmembers()
    assert [(entry.name, oct(entry.mode)) for entry in entries] == [
        (".gitignore", "0o644"),
        (".newft/answers.yml", "0o644"),
        (".newft/rendered_by.yml", "0o644"),
        ("a/run.sh", "0o755"),
        ("b.md", "0o644"),
    ]
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname) for entry in entries} == {
        (0, 0, 0, "")
    }


def test_the_baseline_says_nothing_of_time_and_place(tmp_path: Path) -> None:
    first = (written(tmp_path, "one") / ".newft/snapshot.tar").read_bytes()
    second = (written(tmp_path, "two") / ".newft/snapshot.tar").read_bytes()
    assert first == second


def sparse_entry(name: str, size: int) -> tarfile.TarInfo:
    """An entry that claims to unpack to many more bytes than it has."""
    made = entry(name)
    made.pax_headers = {"GNU.sparse.size": str(size), "GNU.sparse.map": f"0,1,{size - 1},1"}
    return made


def packed(*entries: tarfile.TarInfo, content: bytes = b"x") -> bytes:
    """An archive of these entries, and what every snapshot has."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in (
            (".newft/answers.yml", b"name: desk\n"),
            (".newft/rendered_by.yml", b"newft: 0.1.0\ntemplates: abc\n"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text))
        for entry in entries:
            entry.size = len(content) if entry.isreg() else 0
            tar.addfile(entry, io.BytesIO(content) if entry.isreg() else None)
    return buffer.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


def kept_archive(tmp_path: Path, content: bytes) -> Path:
    archive = tmp_path / ".newft/snapshot.tar"
    archive.parent.mkdir(exist_ok=True)
    archive.write_bytes(content)
    return tmp_path


def test_a_snapshot_is_read_as_it_was_written(tmp_path: Path) -> None:
    snapshot = read_snapshot(written(tmp_path))
    assert {path: file.mode for path, file in snapshot.tree.items()} == {
        ".gitignore": "100644",
        "a/run.sh": "100755",
        "b.md": "100644",
    }
    assert snapshot.tree["b.md"].content == b"b.md"
    assert snapshot.answers == (tmp_path / "tree/.newft/answers.yml").read_bytes()
    assert snapshot.rendered_by == (__version__, "1" * 64, None)


def test_the_kit_of_a_snapshot_is_known(tmp_path: Path) -> None:
    file = sample(tmp_path / "data")
    kit = KitAnswer("bank", "v1", "a" * 40, "b" * 40)
    answers = make_answers(file, kit=kit)
    (tmp_path / ".newft").mkdir()
    write_metadata(tmp_path, answers=answers, facts=make_facts(file), templates="abc")
    assert read_snapshot(tmp_path).rendered_by.kit == ("bank", "v1", "a" * 40, "b" * 40)


@pytest.mark.parametrize(
    "made",
    [
        entry("../outside"),
        entry("/etc/passwd"),
        entry("a/../../b"),
        entry("a//b"),
        entry("./a"),
        entry(".git/hooks/post-checkout"),
        entry("src/.GIT/config"),
        entry("a\\b"),
        entry("C:/x"),
        entry("link", tarfile.SYMTYPE, "/etc/passwd"),
        entry("hard", tarfile.LNKTYPE, ".newft/answers.yml"),
        entry("folder", tarfile.DIRTYPE),
        entry("pipe", tarfile.FIFOTYPE),
        entry("device", tarfile.CHRTYPE),
        entry(".newft/answers.yml"),  # twice
        sparse_entry("sparse", 1 << 40),
        entry("half a surrogate \udc80"),
    ],
    ids=lambda made: ascii(made.name),
)
def test_an_entry_that_newft_never_writes_is_refused(made: tarfile.TarInfo, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        read_snapshot(kept_archive(tmp_path, packed(made)))
    assert "not a complete snapshot" in caught.value.message
    assert "newft adopt" in (caught.value.hint or "")


def test_every_truncated_snapshot_is_refused(tmp_path: Path) -> None:
    whole = packed(entry("a"), entry("b"), content=b"x" * 700)
    assert set(read_snapshot(kept_archive(tmp_path, whole)).tree) == {"a", "b"}
    cut = [*range(0, len(whole) - tarfile.RECORDSIZE, 512), 1, 511, 513, 4000]
    for length in cut:
        content = whole[:length]
        if content.endswith(bytes(1024)):
            continue  # the end of the archive is complete, only its padding is not
        with pytest.raises(ProjectError):
            read_snapshot(kept_archive(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<<<<<<< ours\n",
        gzip.compress(packed()),
        packed(entry("a"))[:512] + bytes(10240),
        packed().replace(b"templates", b"tomplates"),
        packed().replace(b"0.1.0", b"zzzzz"),
        packed().replace(b"newft: 0", b"[[[[[[[["),
    ],
)
def test_other_content_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="not a complete snapshot"):
        read_snapshot(kept_archive(tmp_path, content))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="there is no such file"):
        read_snapshot(tmp_path)
    (tmp_path / ".newft").mkdir()
    os.mkfifo(tmp_path / ".newft/snapshot.tar")
    with pytest.raises(ProjectError, match="pipe or a device"):
        read_snapshot(tmp_path)


def test_a_snapshot_beyond_the_limits_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = packed(*(entry(f"file{n}") for n in range(9)))
    monkeypatch.setattr(tree_archive, "MAX_ARCHIVE_FILES", 10)
    with pytest.raises(ProjectError):
        read_snapshot(kept_archive(tmp_path, content))
    monkeypatch.setattr(tree_archive, "MAX_ARCHIVE_FILES", 11)
    assert len(read_snapshot(tmp_path).tree) == 9
    monkeypatch.setattr(tree_archive, "MAX_ARCHIVE_BYTES", len(content) - 1)
    with pytest.raises(ProjectError):
        read_snapshot(tmp_path)


def test_the_snapshot_of_a_newer_newft_is_refused(tmp_path: Path) -> None:
    content = packed().replace(b"0.1.0", b"9.9.9")
    with pytest.raises(ProjectError) as caught:
        read_snapshot(kept_archive(tmp_path, content))
    assert "made with newft 9.9.9" in caught.value.message
    assert caught.value.hint == "install newft 9.9.9 or newer"


def test_git_does_not_merge_snapshots(tmp_path: Path) -> None:
    """Two branches with snapshots of their own conflict, and one of the two is kept whole."""
    project = written(tmp_path)

    def git(*words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True)
        return done.stdout

    git("init", "-q")
    shown = git("check-attr", "merge", "diff", "linguist-generated", "--", ".newft/snapshot.tar")
    assert [line.rpartition(" ")[2] for line in shown.splitlines()] == ["unset", "unset", "set"]
