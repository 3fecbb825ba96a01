"""Which files of a starter kit a project gets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newft.answers.conditions import flatten_answers, holds
from newft.schema.answers import Answers
from newft.schema.catalog import Catalog
from newft.schema.kit import Kit
from newft.schema.starter_kit import Overlay

PROJECT_OVERLAY = "project"  # the folder of `overlay/` whose files every project of a kit gets


def choose_overlays(answers: Answers, catalog: Catalog) -> tuple[Overlay, ...]:
    """Return the folders of the kits of a chain, the lowest first; a folder need not exist.

    The overlay of the task of a kit that is a domain is that of the domain, below all of these.
    """
    if catalog.starter_kit is None:
        return ()
    return tuple(_iterate_overlays(answers, catalog))


def _iterate_overlays(answers: Answers, catalog: Catalog) -> Iterator[Overlay]:
    assert catalog.starter_kit
    domain, given = catalog.kits[answers.domain], flatten_answers(answers)
    for number, kit in enumerate(catalog.starter_kit.chain):
        folders = [f"overlay/{PROJECT_OVERLAY}"]
        folders += [f"overlay/{answers.task}"] if kit.folder != domain.folder else []
        settled = _settle_collisions(catalog.starter_kit.chain[number:])
        if template := catalog.starter_kit.templates.get(kit.id):
            yield Overlay(
                f"kit {kit.id}",
                kit.folder,
                tuple(path for path, wins in settled.items() if wins),
                verbatim=True,
                template=template,
                keeps=tuple(path for path, wins in settled.items() if not wins),
                prefer=answers.kit.prefer,
            )
        for folder in folders:
            yield Overlay(f"kit {kit.id}: {folder}", f"{kit.folder}/{folder}", kit.replaces)
        for layer in kit.layers:
            if holds(layer.when, given):
                name, folder = f"kit {kit.id}: {layer.folder}", f"{kit.folder}/{layer.folder}"
                yield Overlay(name, folder, layer.replaces)


def _settle_collisions(kits: Sequence[Kit]) -> dict[str, bool]:
    """Return whether the file of a copier template wins, by path: what an upper kit says holds.

    Args:
        kits: The kit with the template, and those that extend it.
    """
    settled: dict[str, bool] = {}
    for kit in kits:
        settled |= dict.fromkeys(kit.replaces, True) | dict.fromkeys(kit.keeps, False)
    return settled
