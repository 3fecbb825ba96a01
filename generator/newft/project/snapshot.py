"""Write `.newft/`: the answers, the facts, and the tree as last rendered."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

from newft import __version__
from newft.project.serialize import PlainValue, dump_yaml, to_plain
from newft.schema.answers import Answers
from newft.schema.dataset import Facts
from newft.schema.family import is_hub_model

METADATA_DIR = ".newft"
_EXCLUDED_PATHS = (METADATA_DIR, "data/raw")  # data files of the user are never part of it


def write_snapshot(tree: Path, *, answers: Answers, facts: Facts) -> None:
    """Write answers.yml, which the user may edit, facts.yml and snapshot.tar into `.newft/`."""
    kept = tree / METADATA_DIR
    kept.mkdir(exist_ok=True)
    # paths of the machine that newft ran on do not belong in the project
    files = tuple(replace(file, path=file.project_path) for file in facts.data.files)
    here = () if facts.data.sample else tuple(file.path for file in files)
    answers = replace(answers, data=replace(answers.data, files=here))
    # warnings quote cells, such as a person's address, and .newft/ is put under version control
    facts = replace(facts, data=replace(facts.data, files=files, warnings=()))
    _write_yaml(kept / "answers.yml", _serialize_answers(answers))
    _write_yaml(kept / "facts.yml", {"newft": __version__, "facts": to_plain(facts)})
    _pack_tar(tree, kept / "snapshot.tar")


def _serialize_answers(answers: Answers) -> dict[str, PlainValue]:
    """Return the answers without empty values, and without `hub` if the model comes from none."""
    given = _drop_empty(to_plain(answers))
    return {key: item for key, item in given.items() if key != "hub" or is_hub_model(answers.model)}


def _drop_empty(value: PlainValue) -> dict[str, PlainValue]:
    assert isinstance(value, dict)
    inner = {
        key: _drop_empty(item) if isinstance(item, dict) else item for key, item in value.items()
    }
    return {key: item for key, item in inner.items() if item not in (None, [], {})}


def _write_yaml(path: Path, values: dict[str, PlainValue]) -> None:
    path.write_bytes(dump_yaml(values).encode("utf-8"))


def _pack_tar(tree: Path, archive: Path) -> None:
    """Pack a tar without times and owners, so that equal trees give equal bytes."""
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(tree.rglob("*"), key=lambda path: path.relative_to(tree).as_posix()):
            relative = path.relative_to(tree)
            if not path.is_file() or any(
                relative.is_relative_to(folder) for folder in _EXCLUDED_PATHS
            ):
                continue
            entry = tarfile.TarInfo(relative.as_posix())
            entry.size = path.stat().st_size
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            with path.open("rb") as content:
                tar.addfile(entry, content)
