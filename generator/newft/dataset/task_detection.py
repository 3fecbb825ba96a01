"""Detect the domain and task of records by their content, never by file names.

Structure decides first which tasks the records can be of, then the words of the records which
domain they belong to, then the values which of the domain's tasks it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from newft.dataset.column_mapping import DataFile
from newft.dataset.domain_words import DomainScore, list_near_domains, score_domains
from newft.dataset.record_shape import list_shapes, survey_traits
from newft.dataset.task_fit import (
    Records,
    TaskFit,
    find_misfit,
    find_untypical,
    list_scored_texts,
    match_task,
)
from newft.schema.kit import Kit
from newft.schema.record_shape import TaskDetection, TaskRefusal
from newft.text import Text
from newft.text_layout import measure_width

MIN_DIFFERENT_WORDS = 2  # of a domain in texts: one, such as please, is in texts about anything
MAX_MESSAGE_WIDTH = 300  # of the middle text: someone writes a few lines, and files hold pages


def detect_task(
    files: Sequence[DataFile], kits: Mapping[str, Kit], tasks: Sequence[str], *, named: bool
) -> TaskDetection:
    """Return which of the tasks, named as domain/task, the records are of.

    Args:
        files: The data files.
        kits: The domains.
        tasks: The tasks that the answers leave open.
        named: Whether answers name the domain or the task: then structure alone decides, and no
            typical values are demanded.
    """
    traits = [survey_traits(file.columns, file.preview_rows) for file in files]
    records = Records(files, traits)
    fits = _fit_tasks(records, kits, tasks, named=named)
    shapes = tuple(dict.fromkeys(shape for one in traits for shape in list_shapes(one)))
    candidates = {name: fit for name, fit in fits.items() if fit.misfit is None}
    if any(fit.task.tabular and fit.untypical is None for fit in candidates.values()):
        candidates = {name: fit for name, fit in candidates.items() if fit.task.tabular}
    contest = _list_contesting_domains(fits, candidates)
    scores = _score_words(records, kits, contest)
    near = list_near_domains(scores) or contest
    picked = {one: _pick_task(one, candidates, named=named) for one in near}
    found = tuple(task for task in picked.values() if task)
    if not scores and len(found) > 1:
        found = _settle_without_words(records, candidates, kits, found)
    seen = _describe_scores(scores, kits)
    refusals = [] if found else [*_list_refusals(fits, near, kits)]
    wordless = not named and len(found) == 1 and not _has_words(found[0], records, scores, kits)
    return TaskDetection(found, shapes, seen, tuple(refusals), wordless)


def _fit_tasks(
    records: Records, kits: Mapping[str, Kit], tasks: Iterable[str], *, named: bool
) -> dict[str, TaskFit]:
    """Fit the records to each task."""
    fits = {}
    for name in tasks:
        domain, _, task = name.partition("/")
        fits[name] = match_task(records, kits[domain].tasks[task])
    has_text = records.has_prose or (
        not records.table and any(fit.has_named("text") for fit in fits.values())
    )
    for name, fit in fits.items():
        if misfit := find_misfit(fit, records, has_text=has_text, named=named):
            fits[name] = replace(fit, misfit=misfit)
        else:
            untypical, many = find_untypical(fit, records)
            fits[name] = replace(fit, untypical=untypical, typical_fields=many)
    return fits


def _list_contesting_domains(
    fits: Mapping[str, TaskFit], candidates: Mapping[str, TaskFit]
) -> list[str]:
    """Return the domains that have a task for tables, or for texts, as the candidates are.

    A task whose typical values are missing counts only where all candidates lack theirs.
    """
    typical = [fit for fit in candidates.values() if fit.untypical is None]
    tabular = any(fit.task.tabular for fit in typical or candidates.values())
    among = [name for name, fit in fits.items() if fit.task.tabular == tabular]
    return list(dict.fromkeys(name.partition("/")[0] for name in among))


def _score_words(
    records: Records, kits: Mapping[str, Kit], domains: Sequence[str]
) -> dict[str, DomainScore]:
    """Score the domains by the words of the records; one alone needs no score."""
    words = {domain: kits[domain].all_words for domain in domains}
    if len(domains) < 2 or not any(words.values()):
        return {}
    names, texts = list_scored_texts(records)
    return score_domains(names, texts, words)


def _has_words(
    name: str, records: Records, scores: Mapping[str, DomainScore], kits: Mapping[str, Kit]
) -> bool:
    """Return whether the records have words of the domain of a task, or it lists none."""
    domain = name.partition("/")[0]
    if domain in scores:
        return len(scores[domain].words) >= MIN_DIFFERENT_WORDS
    words = kits[domain].all_words
    return not words or bool(score_domains(*list_scored_texts(records), {domain: words}))


def _pick_task(domain: str, candidates: Mapping[str, TaskFit], *, named: bool) -> str | None:
    """Return the task of a domain that fits best, the most telling one first.

    One with typical values is more telling than one without; of equal ones, one whose label is
    found by name, and then the one that the domain lists first. Of a domain that was named, tasks
    whose typical values are missing come last, unless the records have all of their columns.
    """
    own = {name: fit for name, fit in candidates.items() if name.partition("/")[0] == domain}
    if not named:
        own = {name: fit for name, fit in own.items() if fit.untypical is None}

    def tell(name: str) -> tuple[int, bool, bool, bool]:
        fit = own[name]
        return (
            fit.typical_fields,
            fit.has_context,
            fit.untypical is None,
            fit.has_named("label"),
        )

    return max(own, key=tell, default=None)


def _settle_without_words(
    records: Records,
    candidates: Mapping[str, TaskFit],
    kits: Mapping[str, Kit],
    found: tuple[str, ...],
) -> tuple[str, ...]:
    """Return the task of texts that have no word of any domain, or all if it stays open.

    Typical values tell it; else short messages are of the task that newft suggests to begin with.
    """
    many = max(candidates[name].typical_fields for name in found)
    most = tuple(name for name in found if candidates[name].typical_fields == many)
    if len(most) == 1:
        return most
    suggested = tuple(name for name in most if _is_suggested(name, kits))
    texts = [file.preview_rows for file in records.files]
    widths = sorted(
        measure_width(row[one.texts[0].name])
        for one, rows in zip(records.traits, texts, strict=True)
        for row in rows
        if one.texts
    )
    short = not widths or widths[len(widths) // 2] <= MAX_MESSAGE_WIDTH
    return suggested if suggested and short else most


def _is_suggested(name: str, kits: Mapping[str, Kit]) -> bool:
    domain, _, task = name.partition("/")
    return kits[domain].tasks[task].suggested


def _describe_scores(scores: Mapping[str, DomainScore], kits: Mapping[str, Kit]) -> Text | None:
    """Say which share of the words speaks for each domain, and what they are."""
    ranked = sorted(scores, key=lambda domain: -scores[domain].share)
    shown = [domain for domain in ranked if scores[domain].words]
    if not shown:
        return None
    en = (
        f"{scores[one].share:.0%} {kits[one].title.en} ({', '.join(scores[one].words)})"
        for one in shown
    )
    zh = (
        f"{kits[one].title.zh} {scores[one].share:.0%}（{'、'.join(scores[one].words)}）"
        for one in shown
    )
    return Text(f"words of the records: {', '.join(en)}", f"记录的用词：{'，'.join(zh)}")


def _list_refusals(
    fits: Mapping[str, TaskFit], near: Sequence[str], kits: Mapping[str, Kit]
) -> Iterable[TaskRefusal]:
    """Say for each task why the records are not of it, the likeliest domains first."""
    place = {domain: position for position, domain in enumerate(near)}
    ordered = sorted(fits, key=lambda name: place.get(name.partition("/")[0], len(place)))
    titles = [kits[domain].title for domain in near]
    for name in ordered:
        fit = fits[name]
        if reason := fit.misfit or fit.untypical:
            yield TaskRefusal(name, reason, lacks_column=any(one.missing for one in fit.matches))
        elif name.partition("/")[0] not in near:
            yield TaskRefusal(
                name,
                Text(
                    f"the words of the records are those of {' or '.join(t.en for t in titles)}",
                    f"记录的用词属于{'或'.join(title.zh for title in titles)}",
                ),
            )
