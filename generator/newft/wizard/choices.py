"""What may be answered to each question, and the default with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import NamedTuple

from newft.answers.keys import (
    AUTO_GPU,
    FILES_KEY,
    POSITIVE_KEY,
    AnswerKey,
    RawAnswers,
    find_answer_key,
    normalize_gpu,
)
from newft.catalog.lookup import find_family
from newft.errors import UsageError
from newft.schema.family import EMBEDDED, ModelSpec, is_hub_model
from newft.schema.hardware import Accelerator, MachineFacts
from newft.schema.reasoned import Reasoned, as_citation
from newft.text import Text
from newft.wizard.state import WizardState, get_chosen_task, list_open_families, list_open_tasks

DEFAULT_TASK = "customer_service/intent"


class Choice(NamedTuple):
    """One thing that may be answered."""

    value: str
    title: Text
    note: Text = Text("", "")  # what it is, where the title does not say enough


def list_fixed_choices(key: str) -> tuple[Choice, ...]:
    """The choices that the table of answer keys lists for a key."""
    entry = find_answer_key(key)
    choices = entry.choices if entry else None
    return tuple(Choice(value, title) for value, title in (choices or {}).items())


def get_suggestion(entry: AnswerKey) -> Reasoned[str]:
    """The choice that the table of answer keys suggests for a key."""
    assert entry.suggestion
    value, why = entry.suggestion
    return Reasoned(value, why, as_citation("newft"))


def get_default_data(_: WizardState) -> Reasoned[str]:
    """The sample."""
    why = Text("the sample, to see every step work first", "用自带样例，先把完整流程跑通")
    return Reasoned("", why, as_citation("domains"))


def parse_data_answer(value: str, _: WizardState) -> RawAnswers:
    """The files; none is the sample."""
    return {FILES_KEY: (value,) if value else ()}


def list_task_choices(situation: WizardState) -> tuple[Choice, ...]:
    """The tasks that the answers leave open; one alone where the content of the files tells it."""
    left = tuple(
        Choice(
            f"{kit.id}/{task}",
            Text(
                f"{kit.title.en}: {kit.tasks[task].title.en}",
                f"{kit.title.zh} · {kit.tasks[task].title.zh}",
            ),
            kit.tasks[task].description,
        )
        for kit, task in list_open_tasks(situation)
    )
    fitting = tuple(choice for choice in left if choice.value in (situation.fits or ()))
    return fitting if len(fitting) == 1 else left


def get_default_task(situation: WizardState) -> Reasoned[str]:
    """The task that the content of the files tells; without files, the one to begin with."""
    candidates = [choice.value for choice in list_task_choices(situation)]
    if len(candidates) == 1 and situation.fits:
        why = Text("recognised from columns and values", "由列名和取值识别")
        return Reasoned(candidates[0], why, as_citation("data"))
    if len(candidates) == 1:
        return Reasoned(candidates[0], Text("the only one", "只有这一个"), as_citation("domains"))
    if situation.fits is None:
        first = DEFAULT_TASK if DEFAULT_TASK in candidates else candidates[0]
        why = Text("its sample is the smallest, the quickest to run", "样例最小，最快跑完")
        return Reasoned(first, why, as_citation("domains"))
    fitting = [name for name in candidates if name in situation.fits]
    raise _make_unclear_task_error(fitting, candidates)


def _make_unclear_task_error(fitting: Sequence[str], candidates: Sequence[str]) -> UsageError:
    """The error for records that fit several tasks, or none."""
    names = fitting or candidates
    domain, task = names[0].split("/")
    named, column = f"--domain {domain} --task {task}", "--set data.columns.label=COLUMN"
    message = (
        Text(
            f"the records fit several tasks: {', '.join(names)}",
            f"数据同时符合几个任务：{'、'.join(names)}",
        )
        if fitting
        else Text(
            f"the records fit none of the tasks: {', '.join(names)}",
            f"从数据看不出属于哪个任务，可选：{'、'.join(names)}",
        )
    )
    hint = Text(
        f"name the task, such as {named}; if necessary, name columns: {column}",
        f"请指定任务，例如 {named}；必要时指定列：{column}",
    )
    return UsageError(message, where="domain, task", hint=hint)


def parse_task_answer(value: str, _: WizardState) -> RawAnswers:
    """Domain and task."""
    domain, task = value.split("/")
    return {"domain": domain, "task": task}


def is_positive_label_unclear(situation: WizardState) -> bool:
    """Whether the task scores one label, and the records do not tell which."""
    task, data = get_chosen_task(situation), situation.data
    return bool(task and task.positive and data and data.positive is None)


def list_positive_label_choices(situation: WizardState) -> tuple[Choice, ...]:
    """The labels, the rarest first: that is what a bad outcome usually is."""
    labels = situation.data.labels if situation.data else {}
    return tuple(
        Choice(label, Text(label, label)) for label in sorted(labels, key=labels.__getitem__)
    )


def get_default_positive_label(situation: WizardState) -> Reasoned[str]:
    """None: a wrong guess would turn every figure round, so it is an error with all readings."""
    assert situation.data
    column = situation.data.mapping["label"][0]
    readings = [f"--positive {quote(label)}" for label in situation.data.labels]
    labels = situation.data.labels
    raise UsageError(
        Text(
            f"it is not clear which label of `{column}` means a bad outcome: {', '.join(labels)}",
            f"“{column}”列中哪个标签代表坏结果并不明确：{'、'.join(labels)}",
        ),
        where=POSITIVE_KEY,
        hint=Text(
            f"name the label of the bad outcome: {' or '.join(readings)}",
            f"请指明代表坏结果的标签：{' 或 '.join(readings)}",
        ),
    )


def get_default_language(situation: WizardState) -> Reasoned[str]:
    """The language of the data, else of the conversation."""
    if situation.data:
        return Reasoned(
            situation.data.language, Text("as in the data", "与数据一致"), as_citation("data")
        )
    why = Text("as in this conversation", "与当前界面一致")
    return Reasoned(situation.interface, why, as_citation("newft"))


def list_gpu_choices(situation: WizardState) -> tuple[Choice, ...]:
    """This machine, then the accelerators that are known."""
    here = Choice(AUTO_GPU, _describe_machine(situation.machine))
    return (here, *map(_make_accelerator_choice, situation.catalog.accelerators.values()))


def _make_accelerator_choice(accelerator: Accelerator) -> Choice:
    memory = accelerator.memory_gb
    known = memory is not None and "GB" not in accelerator.title
    title = f"{accelerator.title}, {memory:g} GB" if known else accelerator.title
    return Choice(accelerator.id, Text(title, title))


def get_default_gpu(_: WizardState) -> Reasoned[str]:
    """This machine."""
    why = Text("a project trains where newft runs", "在本机训练")
    return Reasoned(AUTO_GPU, why, as_citation("machine"))


def parse_gpu_answer(value: str, _: WizardState) -> RawAnswers:
    """The hardware."""
    return {"gpu": normalize_gpu(value)}


def _describe_machine(machine: MachineFacts | None) -> Text:
    if machine is None:
        return Text("this machine", "本机")
    if machine.accelerator == "cpu":
        cores = machine.cores
        return Text(
            f"this machine: CPU, {cores} cores; no NVIDIA GPU found",
            f"本机：CPU，{cores} 核，未找到 NVIDIA GPU",
        )
    found = f"{machine.count} x {machine.accelerator}"
    return Text(f"this machine: {found}", f"本机：{found}")


def list_model_choices(situation: WizardState) -> tuple[Choice, ...]:
    """The sizes of the families that the answers leave open, the suggested family first."""
    first = find_family(situation.model.value, situation.catalog) if situation.model else None
    ordered = sorted(list_open_families(situation), key=lambda family: family.id != first)
    return tuple(_make_model_choice(size) for family in ordered for size in family.sizes)


def _make_model_choice(size: ModelSpec) -> Choice:
    name, weights = size.hub_id.rpartition("/")[2], f"{compute_weights_gb(size):.1f} GB"
    if size.embedded:
        return Choice(
            EMBEDDED, Text(f"{name}: {weights}, no download", f"{name}：{weights}，无需下载")
        )
    return Choice(size.hub_id, Text(f"{name}: {weights} in 16 bit", f"{name}：16 位 {weights}"))


def compute_weights_gb(size: ModelSpec) -> float:
    """Gigabytes of the weights in 16 bit."""
    return size.parameters * 2 / 1e9


def get_default_model(situation: WizardState) -> Reasoned[str]:
    """The suggestion for the hardware and the language, which come before."""
    assert situation.model
    return situation.model


def parse_model_answer(value: str, situation: WizardState) -> RawAnswers:
    """The model, and its family where one lists it."""
    family = find_family(value, situation.catalog)
    return {"model": value, "family": family} if family else {"model": value}


def should_ask_hub(situation: WizardState) -> bool:
    """Whether the person may want another hub than Hugging Face, which China reaches badly."""
    model = str(situation.given.get("model", EMBEDDED))
    return situation.interface == "zh" and is_hub_model(model)


def list_family_choices(situation: WizardState) -> tuple[Choice, ...]:
    """The families that the answers leave open."""
    return tuple(
        Choice(one.id, Text(one.title, one.title)) for one in list_open_families(situation)
    )


def get_default_family(situation: WizardState) -> Reasoned[str]:
    """The family that lists the model; none is an error that names them."""
    model = str(situation.given["model"])
    if family := find_family(model, situation.catalog):
        return Reasoned(family, Text("the model's", "由模型决定"), as_citation("families"))
    raise UsageError(
        Text(f"the family of `{model}` is not known", f"无法判断 `{model}` 属于哪个模型系列"),
        where="--model",
        hint=Text(
            f"give --family ID, one of: {', '.join(situation.catalog.families)}",
            f"请用 --family ID 指定，可选：{'、'.join(situation.catalog.families)}",
        ),
    )


def get_default_name(situation: WizardState) -> Reasoned[str]:
    """The folder's name, else one made from the task."""
    if situation.folder:
        return Reasoned(
            situation.folder, Text("the folder's name", "与文件夹同名"), as_citation("newft")
        )
    domain, task = (str(situation.given[key]) for key in ("domain", "task"))
    name = domain if domain.endswith(f"_{task}") else f"{domain}-{task}"
    return Reasoned(
        name.replace("_", "-"), Text("from the task", "按任务命名"), as_citation("newft")
    )
