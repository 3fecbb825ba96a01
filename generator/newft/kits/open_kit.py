"""Open the kit of a command: find it, follow what it extends, and name it in errors.

What fetches and resolves kits is imported where there is a kit: most projects have none.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from newft.answers.keys import KIT_KEY, RECORDED_KEYS, AnswerValue, RawAnswers
from newft.errors import KitSourceError, NewftError, UsageError
from newft.kits.remote_git import UnreachableSourceError
from newft.kits.sources import (
    NO_KIT,
    choose_source,
    format_relative_source,
    is_relative_source,
    parse_source,
)
from newft.project.snapshot import ANSWERS_FILE
from newft.schema.catalog import Catalog
from newft.schema.starter_kit import LocatedKit
from newft.text import Text, join_texts

KIT_KEYS = (KIT_KEY, *RECORDED_KEYS)


class OpenKit(NamedTuple):
    """What a command works with: a catalogue with the kit, and answers that record it."""

    catalog: Catalog  # its `starter_kit` is None without a kit
    answers: RawAnswers  # with source, revision, commit and tree of the kit
    notes: tuple[Text, ...]  # such as that a tag has moved


def choose_kit(recorded: RawAnswers, sets: Iterable[tuple[str, AnswerValue]]) -> RawAnswers:
    """Return recorded answers with another kit, or another revision of it, where one is set."""
    given = {key: value for key, value in sets if key in KIT_KEYS}
    dropped = KIT_KEYS if KIT_KEY in given else ()
    return {key: value for key, value in recorded.items() if key not in dropped} | given


@contextmanager
def open_kit(
    given: RawAnswers,
    catalog: Catalog,
    *,
    environment: Mapping[str, str] | None = None,
    project: Path | None = None,
) -> Iterator[OpenKit]:
    """Yield the newest kit of the source and the revision that the answers name.

    The files of the kit are there while the block runs. An error in the block that names one of
    them is changed to name the source of the kit.

    Args:
        given: The answers of the command line, or those that a project records.
        catalog: What ships with newft.
        environment: Where `NEWFT_KIT` may name a kit, for a project that is yet to be made.
        project: A project whose stored kits are used where a source cannot be reached. Relative
            folders begin there.
    """
    chosen = choose_source(given, environment or {})
    answers = {key: value for key, value in given.items() if key not in KIT_KEYS}
    if chosen is None:
        yield OpenKit(catalog, answers, ())
        return
    from newft.kits.locate import KitLocator
    from newft.kits.resolve import resolve_kit

    with tempfile.TemporaryDirectory(prefix="newft-") as temporary:
        scratch = Path(temporary).resolve()
        stored, notes = _load_stored(project, scratch)
        locator = KitLocator(scratch, base=project, stored=stored)
        try:
            source, revision = chosen
            found = resolve_kit(source, catalog, locator, revision=revision)
            assert found.starter_kit
            pin = found.starter_kit.pin
            pinned = dict(zip(KIT_KEYS, pin, strict=True))
            answers |= {key: value for key, value in pinned.items() if value is not None}
            yield OpenKit(found, answers, (*notes, *locator.notes))
        except UnreachableSourceError as error:
            raise _add_notes(error, notes) from error
        except NewftError as error:
            for folder, shown in locator.sources.items():
                error.rename_path(folder, shown)
            raise


def _add_notes(error: UnreachableSourceError, notes: Sequence[Text]) -> UnreachableSourceError:
    """Return the error for a source with what is wrong with the copy of the kit, if it is known."""
    message, hint = error.texts
    said = join_texts([message, *notes], Text("; ", "；"))
    return UnreachableSourceError(said, where=error.where, hint=hint)


def name_kit_from(
    project: Path, catalog: Catalog, answers: RawAnswers
) -> tuple[Catalog, RawAnswers]:
    """Return catalogue and answers that name a kit in a folder by its path from the project.

    The user wrote the path from the current folder. What a project records begins at the project,
    so that it holds in every clone of a repository with both, and names no folder of a user.
    """
    kit = catalog.starter_kit
    if kit is None or not is_relative_source(kit.pin.source):
        return catalog, answers
    from newft.kits.vendor import pack_kits

    source = format_relative_source(Path.cwd() / kit.pin.source, project)
    leaf = kit.located[-1]
    located = (*kit.located[:-1], leaf._replace(pin=leaf.pin._replace(source=source)))
    templates = {**kit.templates}
    if kit.id in templates:  # which may write its source into a file
        from newft.kits.copier_template import CopierTemplate

        templates[kit.id] = CopierTemplate(Path(leaf.folder), located[-1].pin)
    archive = pack_kits(located)
    kit = replace(kit, located=located, templates=templates, archive=archive)
    return replace(catalog, starter_kit=kit), {**answers, KIT_KEY: source}


def name_kit_from_here(given: Path, answers: RawAnswers) -> RawAnswers:
    """Return the answers of a file that name a kit in a folder by its path from the current folder.

    In a file of answers, a relative path begins at the folder of the file; in the
    `.newft/answers.yml` of a project, at the folder of the project.
    """
    written = str(answers.get(KIT_KEY, ""))
    if written in ("", NO_KIT):
        return answers
    file = given.absolute()
    base = file.parents[1] if file.as_posix().endswith(f"/{ANSWERS_FILE}") else file.parent
    where = f"{given}: {KIT_KEY}"
    try:
        source = parse_source(written, base=base)
    except UsageError as error:
        error.where = where
        raise
    if source.folder is None or not is_relative_source(source.recorded):
        return answers
    if not source.folder.is_dir():
        raise UsageError(
            Text(
                f"there is no folder `{source.recorded}`, seen from {base}",
                f"从 {base} 看，没有文件夹 `{source.recorded}`",
            ),
            where=where,
            hint=Text("give the kit as --kit", "请用 --kit 指定套件"),
        )
    here = source._replace(recorded=format_relative_source(source.folder, Path.cwd()))
    return {**answers, KIT_KEY: here.shown}


def _load_stored(
    project: Path | None, scratch: Path
) -> tuple[tuple[LocatedKit, ...], tuple[Text, ...]]:
    """Return the stored kits of a project; a damaged archive is said and not used."""
    from newft.kits.vendor import load_stored_kits

    if project is None:
        return (), ()
    try:
        return load_stored_kits(project, scratch), ()
    except KitSourceError as error:
        (en, zh), _ = error.texts
        return (), (Text(f"{error.where}: {en}", f"{error.where}：{zh}"),)
