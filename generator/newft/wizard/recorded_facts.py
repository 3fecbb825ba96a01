"""Facts of a project as it records them, or measured again where its data files lie now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from newft.answers.keys import AUTO_GPU, FILES_KEY, get_data_files
from newft.errors import UsageError
from newft.project.recorded_project import RecordedProject
from newft.schema.dataset import DataFacts, Facts
from newft.schema.hardware import MachineFacts
from newft.schema.model_facts import ModelFacts
from newft.text import Text, to_bilingual_text
from newft.wizard.services import build_services
from newft.wizard.state import Services, WizardState


def make_recorded_services(project: RecordedProject, start: WizardState) -> Services:
    """Make the services of the wizard, for a project whose model may lie on another machine."""
    services = build_services(start.catalog, start.machine)
    recorded_model = project.answers.get("model")

    def normalize_model(text: str) -> str:
        return text if text == recorded_model else services.normalize_model(text)

    def read_model(model: str) -> ModelFacts | None:
        known = project.facts.model if project.facts and model == recorded_model else None
        return known or services.read_model(model)

    def profile_data(state: WizardState) -> DataFacts:
        return _measure_data(project, state, services)

    return services._replace(
        normalize_model=normalize_model, read_model=read_model, profile_data=profile_data
    )


def _measure_data(project: RecordedProject, state: WizardState, services: Services) -> DataFacts:
    """Profile the data files of a project where they lie now."""
    recorded = project.facts.data if project.facts else None
    files = get_data_files(state.answers)
    if not files and recorded:
        files = tuple(file.project_path for file in recorded.files)
    if not files:
        raise UsageError(
            Text("the facts do not say which data files to measure", "没有记录要测量哪些数据文件"),
            where="--remeasure",
            hint=to_bilingual_text(f"--set {FILES_KEY}=data/raw/FILE"),
        )
    paths = tuple(str(project.folder / file) for file in files)
    data = services.profile_data(replace(state, answers={**state.answers, FILES_KEY: paths}))
    measured = tuple(
        replace(file, path=name, project_path=name)
        for file, name in zip(data.files, _name_files(data, project.folder), strict=True)
    )
    known = {file.sha256 for file in recorded.files} if recorded and recorded.sample else set()
    sample = not get_data_files(state.answers) and {file.sha256 for file in measured} == known
    return replace(data, files=measured, sample=sample)


def _name_files(data: DataFacts, folder: Path) -> Iterator[str]:
    """Yield the paths by which the project reads its files: relative to it, if they lie in it."""
    top = folder.resolve()
    for file in data.files:
        path = Path(file.path).resolve()
        yield (path.relative_to(top) if path.is_relative_to(top) else path).as_posix()


def collect_recorded_facts(
    project: RecordedProject, state: WizardState, *, remeasure: bool
) -> Facts:
    """Return the facts that hold for the answers: recorded ones, or measured in this run."""
    assert state.data
    model = str(state.answers["model"])
    recorded = project.facts
    keep_model = recorded and not remeasure and model == project.answers.get("model")
    if keep_model:
        model_facts = recorded.model if recorded else None
    else:
        model_facts = build_services(state.catalog, state.machine).read_model(model)
    machine: MachineFacts | None = state.machine if state.answers["gpu"] == AUTO_GPU else None
    return Facts(state.data, machine, model_facts)
