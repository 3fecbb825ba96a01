"""The services of the wizard, made of the packages that profile data and make plans.

The modules that read data files are imported where a file is read: an update does not read any.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from newft.answers.keys import (
    AUTO_GPU,
    RowChoices,
    VisibleColumns,
    get_columns,
    get_data_files,
    get_row_choices,
    get_visible_columns,
)
from newft.answers.parse import build_answers
from newft.catalog.gpu_spec import parse_gpu
from newft.catalog.lookup import find_family
from newft.catalog.model_names import (
    Successor,
    find_listed_model,
    find_near_models,
    find_successor,
)
from newft.dataset.column_match import ColumnSurvey
from newft.decide.kit.kit_rules import select_allowed_families
from newft.decide.model.model_choice import suggest_model
from newft.decide.plan import make_plan
from newft.decide.project_name import validate_name
from newft.errors import DataError, IncompatibleError, UsageError
from newft.schema.catalog import Catalog
from newft.schema.dataset import DataFacts, Facts
from newft.schema.family import EMBEDDED, is_local_path
from newft.schema.hardware import Hardware, MachineFacts
from newft.schema.model_facts import ModelFacts
from newft.schema.plan import Plan
from newft.schema.reasoned import Reasoned
from newft.schema.record_shape import TaskDetection
from newft.system.model_folder import read_cached_model, read_model_folder
from newft.text import Language, Text, join_texts
from newft.wizard.model_refusals import refuse_file, refuse_other_folder, refuse_untrainable_id
from newft.wizard.state import Refusal, Services, WizardState, infer_family, list_open_tasks

if TYPE_CHECKING:
    from newft.dataset.column_mapping import DataFile

HUB_ID_PATTERN = re.compile(r"\w[\w.-]*/\w[\w.-]*")
PATH_PATTERN = re.compile(r"[./~]")  # the beginning of what is meant as a path
REQUIRED_FOR_PLAN = ("domain", "task", "language", "gpu", "model", "family")


class _Corrections(NamedTuple):
    """What the user says of single columns and labels of the files."""

    columns: tuple[tuple[str, str], ...]
    visible: VisibleColumns
    rows: RowChoices


def build_services(catalog: Catalog, machine: MachineFacts | None) -> Services:
    """Build the services; files are profiled once, however often the user goes back."""

    @cache
    def profile(
        paths: tuple[str, ...],
        domain: str,
        task: str,
        language: Language | None,
        said: _Corrections,
    ) -> DataFacts:
        from newft.dataset.profile import profile_dataset, profile_sample

        kit = catalog.kits[domain]
        if not paths and language is not None:
            return profile_sample(kit, task, language, visible=said.visible, rows=said.rows)
        return profile_dataset(
            paths,
            task=kit.tasks[task],
            columns=dict(said.columns),
            language=language,
            visible=said.visible,
            rows=said.rows,
        )

    def profile_data(state: WizardState) -> DataFacts:
        answers = state.answers
        domain, task = str(answers["domain"]), str(answers["task"])
        said = _Corrections(
            tuple(get_columns(answers).items()),
            get_visible_columns(answers),
            get_row_choices(answers),
        )
        return profile(get_data_files(answers), domain, task, state.language, said)

    def parse_hardware(text: str) -> Hardware:
        return parse_gpu(text, catalog.accelerators, machine=machine)

    read_model = cache(partial(_read_model, catalog=catalog))

    def try_plan(state: WizardState) -> Plan | IncompatibleError | None:
        facts = read_model(str(state.answers.get("model", "")))
        return _try_plan(replace(state, model_facts=facts), machine)

    def suggest(
        hardware: Hardware, language: Language, family: str | None, method: str
    ) -> Reasoned[str]:
        allowed = _restrict_families(catalog, family)
        choice = suggest_model(hardware, language, allowed, family=family, method=method)
        return Reasoned(choice.value.model, choice.why, choice.source)

    return Services(
        detect_task=_detect_task,
        explain_no_task=_explain_no_task,
        profile_data=profile_data,
        survey_columns=_survey_columns,
        try_plan=try_plan,
        parse_hardware=parse_hardware,
        suggest_model=suggest,
        normalize_model=partial(_normalize_model, catalog=catalog),
        read_model=read_model,
        validate_name=validate_name,
    )


def _restrict_families(catalog: Catalog, family: str | None) -> Catalog:
    """Return the catalogue with the models that may be suggested."""
    families = select_allowed_families(catalog)
    if not families or (family and family not in families):
        raise _make_no_model_error(catalog)
    return replace(catalog, families=families)


def _make_no_model_error(catalog: Catalog) -> IncompatibleError:
    """Make the error for a policy that allows no model of the family, or none at all."""
    assert catalog.starter_kit
    title = catalog.starter_kit.title
    return IncompatibleError(
        Text(
            f"the policy of the kit `{title.en}` allows none of the models that newft knows here",
            f"套件 `{title.zh}` 的策略不允许这里的任何已知模型",
        ),
        where="model",
        hint=Text(
            "name a family that it allows: --family ID", "请指定策略允许的模型系列：--family ID"
        ),
    )


def _detect_task(state: WizardState) -> TaskDetection:
    from newft.dataset.task_detection import detect_task

    tasks = [f"{kit.id}/{task}" for kit, task in list_open_tasks(state)]
    named = not {"domain", "task"}.isdisjoint(state.answers)
    sources = _open_files(state)
    return detect_task(sources, state.catalog.kits, tasks, named=named)


def _open_files(state: WizardState) -> list[DataFile]:
    from newft.dataset.side_files import open_labelled_files

    named = get_columns(state.answers).values()
    return open_labelled_files(get_data_files(state.answers), named).sources


def _explain_no_task(state: WizardState) -> Refusal:
    """Describe the files, and say why each open task was not taken."""
    from newft.dataset.describe_file import describe_files, list_reasons
    from newft.dataset.likely_tasks import rank_tasks
    from newft.dataset.task_reasons import explain_tasks, find_file_at_fault, suggest_edit

    refusals = state.detection.refusals if state.detection else ()
    place = {one.task: position for position, one in enumerate(refusals)}
    tasks = {f"{kit.id}/{task}": kit.tasks[task] for kit, task in list_open_tasks(state)}
    # what is suggested is the first that fits: a task of the domain whose words were seen
    tasks = dict(sorted(tasks.items(), key=lambda item: place.get(item[0], len(place))))
    files = _open_files(state)
    told = {one.task: one.reason for one in refusals if not one.lacks_column}
    reasons = list_reasons({**explain_tasks(files, tasks), **told})
    first = find_file_at_fault(files)
    ordered = [first, *(one for one in files if one is not first)]
    seen = join_texts((describe_files(ordered), reasons), Text("\n", "\n"))
    told_domain = state.detection is not None and state.detection.seen is not None
    likely = rank_tasks(first, tasks, by_words=told_domain)
    return Refusal(seen, suggest_edit(files, tasks), likely)


def _survey_columns(state: WizardState) -> ColumnSurvey:
    from newft.dataset.column_mapping import survey_columns

    fields = state.task.single_fields if state.task else {}
    try:
        return survey_columns(
            get_data_files(state.answers), fields, get_columns(state.answers).values()
        )
    except DataError:
        return ColumnSurvey((), {})


def _try_plan(state: WizardState, machine: MachineFacts | None) -> Plan | IncompatibleError | None:
    """Return the plan of the answers, or why they cannot be combined; None if some are missing."""
    state = infer_family(state)
    family = state.family
    answers = {"name": "project", **state.answers, **({"family": family} if family else {})}
    if state.data is None or any(key not in answers for key in REQUIRED_FOR_PLAN):
        return None
    gpu = str(answers["gpu"])
    facts = Facts(state.data, machine if gpu == AUTO_GPU else None, state.model_facts)
    try:
        hardware = parse_gpu(gpu, state.catalog.accelerators, machine=machine)
        return make_plan(build_answers(answers), facts, state.catalog, hardware)
    except IncompatibleError as error:
        return error
    except UsageError:  # an unknown name is refused where it is answered
        return None


def _read_model(model: str, catalog: Catalog) -> ModelFacts | None:
    """Return the facts of a folder, or of a model in the cache of a hub that no family lists."""
    if not model or find_family(model, catalog):
        return None
    if is_local_path(model):
        return read_model_folder(model)
    return read_cached_model(model, os.environ)


def _normalize_model(text: str, catalog: Catalog) -> str:
    """Return the model as answers keep it; a folder as an absolute path, for the project moves."""
    if find_family(text, catalog):
        return text
    if folder := _resolve_folder(text):
        refuse_other_folder(folder)
        return folder
    if listed := find_listed_model(text, catalog):
        return listed
    _refuse_path(text)
    if successor := find_successor(text, catalog):
        raise _make_former_model_error(text, successor)
    if HUB_ID_PATTERN.fullmatch(text):
        refuse_untrainable_id(text, catalog)
        return text
    hint = Text(
        f"give `{EMBEDDED}`, a folder, or a model of a hub as ORG/NAME",
        f"请写 `{EMBEDDED}`、本地文件夹，或模型社区上的 ORG/NAME",
    )
    for name in find_near_models(text, catalog, most=1):
        hint = Text(f"did you mean `{name}`? {hint.en}", f"是否想写 `{name}`？{hint.zh}")
    message = Text(f"`{text}` is not the name of a model", f"`{text}` 不是模型名")
    raise UsageError(message, where="model", hint=hint)


def _refuse_path(text: str) -> None:
    """Raise `UsageError` for a file, and for what is meant as a path and leads nowhere."""
    if file := _find_file(text):
        refuse_file(file)
    if PATH_PATTERN.match(text):
        raise UsageError(
            Text(f"the folder `{text}` does not exist", f"文件夹 `{text}` 不存在"),
            where="model",
            hint=Text(
                "check the path; a model of a hub is named like Qwen/Qwen3-0.6B",
                "请检查路径；模型社区上的模型写成 Qwen/Qwen3-0.6B 的形式",
            ),
        )


def _make_former_model_error(text: str, successor: Successor) -> UsageError:
    former = successor.former
    return UsageError(
        Text(
            f"newft cannot train `{text}` ({former.title}): {former.why.en} ({former.source})",
            f"newft 无法训练 `{text}`（{former.title}）：{former.why.zh}（{former.source}）",
        ),
        where="model",
        hint=Text(f"take `{successor.model}`", f"请改用 `{successor.model}`"),
    )


def _find_file(text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # as of folders
        return None


def _resolve_folder(text: str) -> str | None:
    try:
        folder = Path(text).expanduser()
        return folder.resolve().as_posix() if folder.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # an unknown home folder, or too long a name
        return None
