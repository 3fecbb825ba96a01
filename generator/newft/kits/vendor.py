"""Store the kits of a project in `.newft/kit.tar`, so that a clone updates without their sources.

    pins.yml    where each kit comes from, the base first
    0/          the files of the base
    1/          the files of the kit that extends it

Whoever may write to the project may change the archive, so it is read as untrusted data. The tree
id of each kit is computed again: what `pins.yml` says of a commit is a claim, and trust in a
stored kit goes by its tree id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from newft.emitted.file_access import RecordError
from newft.emitted.yaml_lines import YamlError, read_yaml
from newft.errors import KitSourceError
from newft.i18n import translate_template
from newft.kits.kit_files import (
    KitEntry,
    compute_tree_id,
    read_kit_folder,
    refuse_unsafe_entries,
    write_kit_files,
)
from newft.kits.locate import make_kit_folder
from newft.kits.remote_refs import COMMIT_PATTERN, REVISION_PATTERN
from newft.project.serialize import PlainValue, dump_yaml
from newft.project.snapshot import KIT_FILE
from newft.project.tree_archive import DamagedArchiveError, pack_tree, read_archive
from newft.schema.starter_kit import KitPin, LocatedKit
from newft.schema.tree import FileTree, TreeFile
from newft.text import Text

PINS_FILE = "pins.yml"
_PIN_FIELDS = {"source", "revision", "commit", "tree", "tag"}


def pack_kits(kits: Sequence[LocatedKit]) -> bytes:
    """Pack the kits of a chain, the base first; equal kits give equal bytes."""
    pins: list[PlainValue] = []
    files: dict[str, TreeFile] = {}
    for number, kit in enumerate(kits):
        pin = {**kit.pin._asdict(), "tag": kit.tag}
        pins.append({key: value for key, value in pin.items() if value is not None})
        tree = read_kit_folder(Path(kit.folder))
        files |= {f"{number}/{path}": file for path, file in tree.items()}
    return pack_tree({PINS_FILE: TreeFile(dump_yaml({"kits": pins}).encode("utf-8")), **files})


def load_stored_kits(project: Path, scratch: Path) -> tuple[LocatedKit, ...]:
    """Return the kits that a project has stored, each in a folder below `scratch`, base first."""
    archive = project / KIT_FILE
    if not archive.exists():
        return ()
    try:
        files = read_archive(archive)
        pins = _read_pins(files.pop(PINS_FILE).content)
        trees = _split_tree(files, len(pins))
    except RecordError as error:
        message = translate_template(error.template, **error.values)
        raise KitSourceError(message, where=str(archive), hint=_DAMAGE_HINT) from error
    except (DamagedArchiveError, KeyError) as error:
        raise _make_damage_error(archive) from error
    kits = []
    for (pin, tag), tree in zip(pins, trees, strict=True):
        entries = [KitEntry(path, file.mode, len(file.content)) for path, file in tree.items()]
        refuse_unsafe_entries(entries, where=str(archive))
        if compute_tree_id(tree) != pin.tree:
            raise _make_damage_error(archive)
        folder = make_kit_folder(scratch, pin.source)
        write_kit_files(tree, folder)
        kits.append(LocatedKit(str(folder), pin, "stored", tag))
    return tuple(kits)


def read_stored_version(project: Path) -> str | None:
    """Return the version that the stored kit of a project gives itself; None if there is none."""
    try:
        files = read_archive(project / KIT_FILE)
        number = len(_read_pins(files[PINS_FILE].content)) - 1
        version = read_yaml(files[f"{number}/kit.yaml"].content).value.get("version")
    except (OSError, RecordError, DamagedArchiveError, KeyError, YamlError, AttributeError):
        return None
    return str(version) if version is not None else None


def _read_pins(content: bytes) -> list[tuple[KitPin, str | None]]:
    try:
        listed = read_yaml(content).value["kits"]
        return [_read_pin(item) for item in listed]
    except (YamlError, TypeError, KeyError) as error:
        raise DamagedArchiveError from error


def _read_pin(values: Mapping[str, object]) -> tuple[KitPin, str | None]:
    """Return a pin and its tag; refuse values that newft never writes."""
    if not {"source", "tree"} <= set(values) <= _PIN_FIELDS:
        raise DamagedArchiveError
    texts = {key: str(value) for key, value in values.items()}
    pin = KitPin(texts["source"], texts.get("revision"), texts.get("commit"), texts["tree"])
    for text, pattern in (
        (pin.revision, REVISION_PATTERN),
        (texts.get("tag"), REVISION_PATTERN),
        (pin.commit, COMMIT_PATTERN),
        (pin.tree, COMMIT_PATTERN),
    ):
        if text is not None and not pattern.fullmatch(text):
            raise DamagedArchiveError
    return pin, texts.get("tag")


def _split_tree(files: FileTree, count: int) -> list[dict[str, TreeFile]]:
    """Return the files of each numbered folder; refuse files beside these folders."""
    trees: list[dict[str, TreeFile]] = [{} for _ in range(count)]
    for path, file in files.items():
        number, _, rest = path.partition("/")
        if not rest or not re.fullmatch(r"\d", number) or int(number) >= count:
            raise DamagedArchiveError
        trees[int(number)][rest] = file
    return trees


_DAMAGE_HINT = Text(
    f"take it from an earlier commit (git checkout COMMIT -- {KIT_FILE}), or remove it:"
    " it is written again when the source of the kit can be reached",
    f"请从之前的提交取回（git checkout COMMIT -- {KIT_FILE}），"
    "或删除它：能访问套件来源时会重新写入",
)


def _make_damage_error(archive: Path) -> KitSourceError:
    message = Text("this is no archive of kits as newft writes it", "这不是 newft 写出的套件存档")
    return KitSourceError(message, where=str(archive), hint=_DAMAGE_HINT)
