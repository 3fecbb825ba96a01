"""What questions need from the rooms above them: measured, looked up, worked out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from newft.catalog.hardware import parse_gpu
from newft.decide.naming import valid_name
from newft.decide.suggest import suggest_model
from newft.entries import Catalog, Hardware, Language
from newft.given import columns, files
from newft.intake import measure, measure_sample
from newft.model import DataFacts, MachineFacts, Reasoned
from newft.questions import Lookups
from newft.records import RecordError, data_files, detect
from newft.situation import Situation, chosen_language

Named = tuple[tuple[str, str], ...]


def lookups_for(catalog: Catalog, machine: MachineFacts | None) -> Lookups:
    """The lookups; a file is measured once, however often one goes back and forth."""

    @cache
    def measured(
        paths: tuple[str, ...], domain: str, task: str, named: Named, language: Language | None
    ) -> DataFacts:
        kit = catalog.kits[domain]
        if paths or language is None:
            return measure(paths, task=kit.tasks[task], columns=dict(named), language=language)
        return measure_sample(kit, task, language)

    def measure_now(now: Situation) -> DataFacts:
        given = now.given
        named = tuple(columns(given).items())
        domain, task = str(given["domain"]), str(given["task"])
        return measured(files(given), domain, task, named, chosen_language(given))

    def column_names(now: Situation) -> tuple[str, ...]:
        try:
            paths = [path for file in files(now.given) for path in data_files(Path(file))]
            return tuple(dict.fromkeys(name for path in paths for name in detect(path).columns))
        except RecordError:
            return ()

    def hardware(text: str) -> Hardware:
        return parse_gpu(text, catalog.accelerators, machine=machine)

    def model(hardware: Hardware, language: Language) -> Reasoned[str]:
        found = suggest_model(hardware, language, catalog)
        return Reasoned(found.value.model, found.why, found.source)

    return Lookups(measure_now, column_names, hardware, model, valid_name)
