"""What questions need from the rooms above them: measured, looked up, worked out."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from newft.answers.keys import AUTO_GPU, get_columns, get_data_files
from newft.answers.parse import build_answers
from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.lookup import find_family
from newft.dataset.column_mapping import open_files, survey_columns
from newft.dataset.column_match import ColumnSurvey
from newft.dataset.profile import profile_dataset, profile_sample
from newft.dataset.task_detection import detect_tasks
from newft.decide.model_choice import suggest_model
from newft.decide.plan import make_plan
from newft.decide.project_name import validate_name
from newft.errors import DataError, IncompatibleError, UsageError
from newft.schema.catalog import Catalog
from newft.schema.dataset import DataFacts, Facts
from newft.schema.family import EMBEDDED
from newft.schema.hardware import Hardware, MachineFacts
from newft.schema.reasoned import Reasoned
from newft.text import Language, Text, find_nearest_names
from newft.wizard.questions import Lookups
from newft.wizard.state import WizardState, get_chosen_language, get_chosen_task, list_open_tasks

HUB_ID_PATTERN = re.compile(r"\w[\w.-]*/\w[\w.-]*")
PATH_PATTERN = re.compile(r"[./~]")  # what begins like this is meant as a place on disk
REQUIRED_FOR_PLAN = (
    "domain",
    "task",
    "language",
    "gpu",
    "model",
    "family",
)  # what a plan cannot do without

ColumnPairs = tuple[tuple[str, str], ...]


def build_lookups(catalog: Catalog, machine: MachineFacts | None) -> Lookups:
    """The lookups; a file is measured once, however often one goes back and forth."""

    @cache
    def measured(
        paths: tuple[str, ...],
        domain: str,
        task: str,
        named: ColumnPairs,
        language: Language | None,
    ) -> DataFacts:
        kit = catalog.kits[domain]
        if paths or language is None:
            return profile_dataset(
                paths, task=kit.tasks[task], columns=dict(named), language=language
            )
        return profile_sample(kit, task, language)

    def measure_now(now: WizardState) -> DataFacts:
        given = now.given
        named = tuple(get_columns(given).items())
        domain, task = str(given["domain"]), str(given["task"])
        return measured(get_data_files(given), domain, task, named, get_chosen_language(given))

    def hardware(text: str) -> Hardware:
        return parse_gpu(text, catalog.accelerators, machine=machine)

    def model(hardware: Hardware, language: Language, family: str | None) -> Reasoned[str]:
        found = suggest_model(hardware, language, catalog, family=family)
        return Reasoned(found.value.model, found.why, found.source)

    unfit = partial(_find_incompatibility, hardware=hardware)
    weights = partial(_normalize_model, catalog=catalog)
    return Lookups(
        _detect_fitting_tasks,
        measure_now,
        _survey_columns,
        unfit,
        hardware,
        model,
        weights,
        validate_name,
    )


def _detect_fitting_tasks(now: WizardState) -> tuple[str, ...]:
    candidates = {f"{kit.id}/{task}": kit.tasks[task] for kit, task in list_open_tasks(now)}
    return detect_tasks(open_files(get_data_files(now.given)), candidates)


def _survey_columns(now: WizardState) -> ColumnSurvey:
    task = get_chosen_task(now)
    try:
        return survey_columns(get_data_files(now.given), task.single_fields if task else {})
    except DataError:
        return ColumnSurvey((), {})


def _find_incompatibility(
    now: WizardState, *, hardware: Callable[[str], Hardware]
) -> IncompatibleError | None:
    """Why no plan can be made of these answers; None also where some are missing."""
    family = now.given.get("family") or find_family(str(now.given.get("model")), now.catalog)
    given = {"name": "project", **now.given, **({"family": family} if family else {})}
    if now.data is None or any(key not in given for key in REQUIRED_FOR_PLAN):
        return None
    facts = Facts(now.data, now.machine if given["gpu"] == AUTO_GPU else None)
    try:
        make_plan(build_answers(given), facts, now.catalog, hardware(str(given["gpu"])))
    except IncompatibleError as error:
        return error
    except UsageError:
        return None  # a name that is unknown is refused where it is answered
    return None


def _normalize_model(text: str, *, catalog: Catalog) -> str:
    """The model as it is kept; a folder with its whole path, since a project lies elsewhere."""
    if find_family(text, catalog):
        return text
    if folder := _resolve_folder(text):
        return folder
    if PATH_PATTERN.match(text):
        raise UsageError(
            Text(f"the folder `{text}` does not exist", f"文件夹 `{text}` 不存在"),
            where="model",
            hint=Text(
                "check the path; a model of a hub is named like Qwen/Qwen3-0.6B",
                "请检查路径；模型站上的模型写成 Qwen/Qwen3-0.6B 的形式",
            ),
        )
    if HUB_ID_PATTERN.fullmatch(text):
        return text
    listed = [size.hub_id for family in catalog.families.values() for size in family.sizes]
    hint = Text(
        f"give `{EMBEDDED}`, a folder, or a model of a hub as ORG/NAME",
        f"请写 `{EMBEDDED}`、本地文件夹，或模型站上的 ORG/NAME",
    )
    for name in find_nearest_names(text, listed)[:1]:
        hint = Text(f"did you mean `{name}`? {hint.en}", f"是否想写 `{name}`？{hint.zh}")
    message = Text(f"`{text}` is not the name of a model", f"`{text}` 不是模型名")
    raise UsageError(message, where="model", hint=hint)


def _resolve_folder(text: str) -> str | None:
    try:
        folder = Path(text).expanduser()
        return folder.resolve().as_posix() if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # such as a home of nobody, or too long a name
        return None
