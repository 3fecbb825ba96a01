"""What questions need from the rooms above them: measured, looked up, worked out."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from newft.answers import finish
from newft.catalog.hardware import parse_gpu
from newft.columns import Sight
from newft.decide.naming import valid_name
from newft.decide.plan import make_plan
from newft.decide.suggest import suggest_model
from newft.entries import EMBEDDED, Catalog, Hardware, Language
from newft.errors import DataError, IncompatibleError, UsageError
from newft.given import AUTO, columns, files
from newft.intake import measure, measure_sample
from newft.mapping import opened, sight
from newft.model import DataFacts, Facts, MachineFacts, Reasoned
from newft.names import nearest
from newft.questions import Lookups
from newft.recognise import recognise
from newft.situation import Situation, chosen_language, chosen_task, family_of, tasks
from newft.text import Text

HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
PATH = re.compile(r"[./~]")  # what begins like this is meant as a place on disk
PLANNED = ("domain", "task", "language", "gpu", "model", "family")  # what a plan cannot do without

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

    def hardware(text: str) -> Hardware:
        return parse_gpu(text, catalog.accelerators, machine=machine)

    def model(hardware: Hardware, language: Language, family: str | None) -> Reasoned[str]:
        found = suggest_model(hardware, language, catalog, family=family)
        return Reasoned(found.value.model, found.why, found.source)

    unfit = partial(_unfit, hardware=hardware)
    weights = partial(_weights, catalog=catalog)
    return Lookups(_fitting, measure_now, _sight, unfit, hardware, model, weights, valid_name)


def _fitting(now: Situation) -> tuple[str, ...]:
    candidates = {f"{kit.id}/{task}": kit.tasks[task] for kit, task in tasks(now)}
    return recognise(opened(files(now.given)), candidates)


def _sight(now: Situation) -> Sight:
    task = chosen_task(now)
    try:
        return sight(files(now.given), task.single_fields if task else {})
    except DataError:
        return Sight((), {})


def _unfit(now: Situation, *, hardware: Callable[[str], Hardware]) -> IncompatibleError | None:
    """Why no plan can be made of these answers; None also where some are missing."""
    family = now.given.get("family") or family_of(str(now.given.get("model")), now.catalog)
    given = {"name": "project", **now.given, **({"family": family} if family else {})}
    if now.data is None or any(key not in given for key in PLANNED):
        return None
    facts = Facts(now.data, now.machine if given["gpu"] == AUTO else None)
    try:
        make_plan(finish(given), facts, now.catalog, hardware(str(given["gpu"])))
    except IncompatibleError as error:
        return error
    except UsageError:
        return None  # a name that is unknown is refused where it is answered
    return None


def _weights(text: str, *, catalog: Catalog) -> str:
    """The model as it is kept; a folder with its whole path, since a project lies elsewhere."""
    if family_of(text, catalog):
        return text
    if folder := _folder(text):
        return folder
    if PATH.match(text):
        raise UsageError(
            Text(f"the folder `{text}` does not exist", f"文件夹 `{text}` 不存在"),
            where="model",
            hint=Text(
                "check the path; a model of a hub is named like Qwen/Qwen3-0.6B",
                "请检查路径；模型站上的模型写成 Qwen/Qwen3-0.6B 的形式",
            ),
        )
    if HUB_ID.fullmatch(text):
        return text
    listed = [size.hub_id for family in catalog.families.values() for size in family.sizes]
    hint = Text(
        f"give `{EMBEDDED}`, a folder, or a model of a hub as ORG/NAME",
        f"请写 `{EMBEDDED}`、本地文件夹，或模型站上的 ORG/NAME",
    )
    for name in nearest(text, listed)[:1]:
        hint = Text(f"did you mean `{name}`? {hint.en}", f"是否想写 `{name}`？{hint.zh}")
    message = Text(f"`{text}` is not the name of a model", f"`{text}` 不是模型名")
    raise UsageError(message, where="model", hint=hint)


def _folder(text: str) -> str | None:
    try:
        folder = Path(text).expanduser()
        return folder.resolve().as_posix() if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # such as a home of nobody, or too long a name
        return None
