"""Keep and read `.newft/`: the answers, the facts, and the tree as last rendered.

    answers.yml     the user may edit it
    facts.yml       what was measured about data and machine
    snapshot.tar    the tree as rendered, which an update takes as the base of its merge
    kit.tar         the files of the kit, if there is one, so that a clone updates offline
    .gitattributes  git neither merges nor shows the archives

The snapshot also holds the answers as rendered, so that edited or lost ones can be told, and
`rendered_by.yml`: which newft, which templates and which kit the tree was rendered with. An archive
may come from anyone who may write to the project, so it is read as untrusted data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from newft import __version__
from newft.emitted.file_access import RecordError, open_regular_file, wrap_file_errors
from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.errors import NewerProjectError, ProjectError
from newft.i18n import translate_template
from newft.project.serialize import PlainValue, dump_yaml, to_plain
from newft.project.tree_archive import (
    MAX_ARCHIVE_BYTES,
    DamagedArchiveError,
    pack_tree,
    read_archive,
    unpack_archive,
)
from newft.schema.answers import Answers
from newft.schema.dataset import Facts
from newft.schema.family import is_hub_model
from newft.schema.starter_kit import KitPin
from newft.schema.tree import FileMode, FileTree, TreeFile
from newft.schema.update import RenderedBy
from newft.text import Text

METADATA_DIR = ".newft"
ANSWERS_FILE = f"{METADATA_DIR}/answers.yml"
FACTS_FILE = f"{METADATA_DIR}/facts.yml"
SNAPSHOT_FILE = f"{METADATA_DIR}/snapshot.tar"
FORMER_SNAPSHOT_FILE = f"{METADATA_DIR}/baseline.tar"  # its name in the first versions of newft
KIT_FILE = f"{METADATA_DIR}/kit.tar"
RENDERED_BY_FILE = f"{METADATA_DIR}/rendered_by.yml"  # in the archive alone
ATTRIBUTES_FILE = f"{METADATA_DIR}/.gitattributes"
# Two branches that both updated have two snapshots, of which git can only keep one.
ATTRIBUTES = b"*.tar binary linguist-generated\n"
DATA_DIR = "data/raw"
_EXCLUDED_PATHS = (METADATA_DIR, DATA_DIR)  # data files of the user are never part of it

DAMAGE_HINT = Text(
    "take it from an earlier commit (git checkout COMMIT -- .newft/snapshot.tar), or make a new one"
    " with `newft adopt`: it finds the answers that fit the files best, and writes .newft/ alone",
    "请从之前的提交取回（git checkout COMMIT -- .newft/snapshot.tar），或用 `newft adopt` 重建："
    "它找出与文件最相符的答案，只写 .newft/",
)


class Snapshot(NamedTuple):
    """The tree of a project as last rendered, with the answers that led to it."""

    tree: FileTree
    answers: bytes  # as .newft/answers.yml had them
    rendered_by: RenderedBy


def load_rendered_tree(folder: Path) -> FileTree:
    """Return the files that were rendered into a folder, without `.newft/` and the data files."""
    tree = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(relative.is_relative_to(one) for one in _EXCLUDED_PATHS):
            mode: FileMode = "100755" if path.stat().st_mode & 0o100 else "100644"
            tree[relative.as_posix()] = TreeFile(path.read_bytes(), mode)
    return tree


def build_metadata(
    tree: FileTree, *, answers: Answers, facts: Facts, templates: str, kit_archive: bytes = b""
) -> dict[str, TreeFile]:
    """Return the files of `.newft/` for a rendered tree; equal input gives equal bytes."""
    # paths of the machine that newft ran on do not belong in the project
    files = tuple(replace(file, path=file.project_path) for file in facts.data.files)
    here = () if facts.data.sample else tuple(file.path for file in files)
    answers = replace(answers, data=replace(answers.data, files=here))
    # warnings quote cells, such as a person's address, and .newft/ is put under version control
    facts = replace(facts, data=replace(facts.data, files=files, warnings=()))
    answers_file = _encode_yaml(_serialize_answers(answers))
    rendered_by = RenderedBy(__version__, templates, get_kit_pin(answers))
    packed = {
        **tree,
        ANSWERS_FILE: answers_file,
        RENDERED_BY_FILE: _encode_yaml(_serialize_rendered_by(rendered_by)),
    }
    kit = {KIT_FILE: TreeFile(kit_archive)} if kit_archive else {}
    return {
        ATTRIBUTES_FILE: TreeFile(ATTRIBUTES),
        ANSWERS_FILE: answers_file,
        FACTS_FILE: _encode_yaml({"newft": __version__, "facts": to_plain(facts)}),
        SNAPSHOT_FILE: TreeFile(pack_tree(packed)),
        **kit,
    }


def write_metadata(
    folder: Path, *, answers: Answers, facts: Facts, templates: str, kit_archive: bytes = b""
) -> None:
    """Write `.newft/` into the folder of a rendered tree."""
    files = build_metadata(
        load_rendered_tree(folder),
        answers=answers,
        facts=facts,
        templates=templates,
        kit_archive=kit_archive,
    )
    for path, file in files.items():
        target = folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.content)


def get_kit_pin(answers: Answers) -> KitPin | None:
    """Return the state of the kit that the answers record, if there is a kit."""
    kit = answers.kit
    return KitPin(kit.source, kit.revision, kit.commit, kit.tree or "") if kit.source else None


def _serialize_answers(answers: Answers) -> dict[str, PlainValue]:
    """Return the answers without empty values, and without `hub` if the model comes from none."""
    given = _drop_empty(to_plain(answers))
    if answers.kit.answers:  # of which an empty list is an answer
        kit = given["kit"]
        assert isinstance(kit, dict)
        given["kit"] = {**kit, "answers": to_plain(answers.kit.answers)}
    if answers.data.given_splits == ():  # which pools the rows
        data = given.get("data", {})
        assert isinstance(data, dict)
        given["data"] = {**data, "given_splits": []}
    return {key: item for key, item in given.items() if key != "hub" or is_hub_model(answers.model)}


def _serialize_rendered_by(rendered_by: RenderedBy) -> dict[str, PlainValue]:
    kit = rendered_by.kit._asdict() if rendered_by.kit else None
    return _drop_empty({**rendered_by._asdict(), "kit": kit})


def _drop_empty(value: PlainValue) -> dict[str, PlainValue]:
    assert isinstance(value, dict)
    inner = {
        key: _drop_empty(item) if isinstance(item, dict) else item for key, item in value.items()
    }
    return {key: item for key, item in inner.items() if item not in (None, [], {})}


def _encode_yaml(values: Mapping[str, PlainValue]) -> TreeFile:
    return TreeFile(dump_yaml(values).encode("utf-8"))


# --- reading -------------------------------------------------------------------------------------


def read_snapshot(folder: Path) -> Snapshot:
    """Return the snapshot of a project; refuse an archive that newft cannot have written."""
    archive = folder / SNAPSHOT_FILE
    try:
        with wrap_file_errors(archive), open_regular_file(archive) as file:
            content = file.read(MAX_ARCHIVE_BYTES + 1)
    except RecordError as error:
        message = translate_template(error.template, **error.values)
        raise ProjectError(message, where=str(archive), hint=DAMAGE_HINT) from error
    return parse_snapshot(content, archive)


def parse_snapshot(content: bytes, archive: Path) -> Snapshot:
    """Return the snapshot in the content of an archive, whose name an error has."""
    try:
        files = unpack_archive(content)
        answers, rendered_by = files.pop(ANSWERS_FILE), files.pop(RENDERED_BY_FILE)
    except (DamagedArchiveError, KeyError) as error:
        raise _make_damage_error(archive) from error
    return Snapshot(files, answers.content, _parse_rendered_by(rendered_by.content, archive))


def read_former_tree(folder: Path) -> FileTree:
    """Return the tree in a snapshot that does not say what it was rendered with.

    Earlier versions of newft wrote such snapshots. The tree is empty if there is none.
    """
    for name in (SNAPSHOT_FILE, FORMER_SNAPSHOT_FILE):
        try:
            files = read_archive(folder / name)
        except (RecordError, DamagedArchiveError):
            continue
        return {path: one for path, one in files.items() if not path.startswith(f"{METADATA_DIR}/")}
    return {}


def _parse_rendered_by(content: bytes, archive: Path) -> RenderedBy:
    """Return what a snapshot was made with; refuse the snapshot of a newer newft."""
    try:
        values = read_yaml(content).value
        version = str(values["newft"])
        refuse_newer_version(version, archive)
        kit = values.get("kit")
        return RenderedBy(version, str(values["templates"]), _parse_pin(kit) if kit else None)
    except (YamlError, TypeError, KeyError, AttributeError) as error:
        raise _make_damage_error(archive) from error


def _parse_pin(kit: Mapping[str, Any]) -> KitPin:
    revision, commit = kit.get("revision"), kit.get("commit")
    return KitPin(
        str(kit["source"]),
        None if revision is None else str(revision),
        None if commit is None else str(commit),
        str(kit.get("tree", "")),
    )


def refuse_newer_version(version: str, file: Path) -> None:
    """Refuse what a newer newft has written: its templates may mean something else by a name."""
    from packaging.version import InvalidVersion, Version

    try:
        newer = Version(version) > Version(__version__)
    except InvalidVersion as error:
        raise _make_damage_error(file) from error
    if newer:
        message = Text(
            f"the project was made with newft {version}, and this is newft {__version__}",
            f"项目由 newft {version} 生成，而当前是 newft {__version__}",
        )
        hint = Text(f"install newft {version} or newer", f"请安装 newft {version} 或更新的版本")
        raise NewerProjectError(message, where=str(file), hint=hint)


def _make_damage_error(archive: Path) -> ProjectError:
    message = Text("this is not a complete snapshot of newft", "这不是完整的 newft 快照")
    return ProjectError(message, where=str(archive), hint=DAMAGE_HINT)
