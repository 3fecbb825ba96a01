"""A small set of projects in which every two choices meet, and the files that they are made of."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import get_args

from newft.answers.keys import ANSWER_KEYS, AnswerValue
from newft.answers.parse import build_answers
from newft.catalog.gpu_spec import parse_gpu
from newft.dataset.profile import profile_sample
from newft.decide.plan import make_plan
from newft.errors import IncompatibleError
from newft.schema.dataset import Facts
from newft.schema.family import ModelSpec
from newft.schema.kit import Kit, Task
from newft.schema.plan import ModelSource, Plan
from newft.text import Language
from support.generate_project import catalog
from support.pairwise import Axes, Case, choose_each, choose_of_each, choose_pairwise

LONG_NAME = "Help desk of a shop with many long words"  # as long as a name may be
CJK = re.compile(r"[\u2e80-\uffef]")
# words that YAML, TOML, Jinja, make or a shell would make something else of
HOSTILE_LABELS = (
    *("yes", "null", "~", "1e3", "0x1f", "1:30", "{{ plan.name }}", "{% raw %}", "{# x #}"),
    *('"quoted"', "it's", "#1", "a: b", "[x]", "*star", "&and", "!tag", "@at", "`id`", "${HOME}"),
    *("back\\slash", "%1", "? x", "| x", "> x", ",", "café"),
)
PLAIN_LABELS = {"en": ("refund", "parcel", "login"), "zh": ("退款", "物流", "登录")}
# the columns of the text and of the label, by the kind of words and the language
COLUMNS = {
    ("plain", "en"): ("Body", "Reason"),
    ("plain", "zh"): ("客户消息", "意图"),
    ("hostile", "en"): ('- "Body"\n{{ plan.title }} # it\'s', "null"),
    ("hostile", "zh"): ("- “消息”\n{% raw %} # 's", "yes"),
}
# texts that differ in words: those that differ in digits or marks alone count as duplicates
WORDS = {
    "en": "amber birch cedar delta ember fjord grove heron inlet jetty knoll ledge",
    "zh": "红色 蓝色 绿色 白色 黑色 黄色 紫色 灰色 棕色 橙色 粉色 青色",
}
TEXTS = {
    "en": "My {} coat in {} is {} late: où est-il?",
    "zh": "我的{}外套（{}里衬）和{}帽子还没到",
}
ROWS_OF_A_LABEL = 20  # of which some nearly repeat others, and are left out
# what may be chosen of a list beside the axes that are named below; the source names the hub
OPTIONS = [entry for entry in ANSWER_KEYS if entry.choices and entry.key not in ("language", "hub")]


def list_axes() -> dict[str, tuple[str, ...]]:
    """The choices of each kind: all that the catalogue has, and what files and names may be."""
    return {
        "task": list_tasks(),
        "language": get_args(Language),
        "source": get_args(ModelSource),
        "family": tuple(catalog().families),
        "method": tuple(catalog().methods),
        "gpu": list_hardware(),
        "data": ("sample", "csv", "xlsx", "gb18030"),
        "name": ("faq", LONG_NAME, "客服意图"),
        "words": ("plain", "hostile"),
        **{entry.key: tuple(entry.choices) for entry in OPTIONS if entry.choices},
    }


def list_tasks() -> tuple[str, ...]:
    """The tasks, one of those that share code and settings: with a label "none of these" or not."""
    tasks = {
        f"{kit.id}/{name}": task
        for kit in catalog().kits.values()
        for name, task in kit.tasks.items()
    }
    unlike = {(task.overlay_of or name, task.out_of_scope): name for name, task in tasks.items()}
    return tuple(unlike.values())


def list_hardware() -> tuple[str, ...]:
    """The largest accelerator of each kind and precision, and one of which only memory is known."""
    accelerators = sorted(catalog().accelerators.values(), key=lambda one: one.memory_gb or 0)
    largest = {(one.kind, one.bf16, one.fp16): one.id for one in accelerators}
    return (*largest.values(), "1x80GB")


@cache
def choose_cases() -> list[Case]:
    """The projects of the matrix, in which every two choices meet."""
    trained, others = list_axes_by_training()
    return [*choose_pairwise(trained, is_possible), *choose_of_families(others)]


@cache
def choose_share() -> list[Case]:
    """Few projects, in which every choice occurs: for the tests of every change."""
    trained, others = list_axes_by_training()
    return [*choose_each(trained, is_possible), *choose_of_families(others)]


@cache
def choose_tested() -> Mapping[str, Case]:
    """A project of each family, whose other choices meet as they can."""
    cases = (case for axes in list_axes_by_training() for case in choose_of_families(axes))
    return {case["family"]: case for case in cases}


def list_axes_by_training() -> tuple[Axes, Axes]:
    """The choices, with the families that projects train, and with those that they do not.

    A project that does not train has nothing of a method, a device or a source: what it chooses of
    them is chosen again in one that does.
    """
    families = catalog().families
    trained = tuple(name for name in families if families[name].successor is None)
    others = tuple(name for name in families if name not in trained)
    axes = list_axes()
    return axes | {"family": trained}, axes | {"family": others}


def choose_of_families(axes: Axes) -> list[Case]:
    """A project of each family of the axes."""
    return choose_of_each("family", axes, is_possible)


def is_possible(case: Case) -> bool:
    """Whether there may be a project of these choices, where some are still to be made."""
    if case.get("data") == "sample" and case.get("words") == "hostile":
        return False  # the words are those of the sample
    if (
        case.get("language") == "en"
        and "task" in case
        and CJK.search(get_task(case).question["en"])
    ):
        return False  # the records are Chinese, whatever the language of the project
    if case.get("source") == "embedded" and "family" in case and not get_spec(case).embedded:
        return False
    needed = ("source", "family", "method", "gpu")
    if any(axis not in case for axis in needed):
        return True
    exports = {"exports": case["exports"]} if "exports" in case else {}
    return plan_first_sample(*(case[axis] for axis in needed), **exports) is not None


@cache
def plan_first_sample(
    source: str, family: str, method: str, gpu: str, **options: str
) -> Plan | None:
    """The plan of these choices for the first sample of the catalogue, unless newft refuses."""
    kit, task, facts = measure_first_sample()
    answers = {"domain": kit.id, "task": task, "language": "en", "name": "faq"}
    answers |= read_options(options)
    answers |= {"gpu": gpu, "family": family, "method": method}
    answers |= name_model({"source": source, "family": family}, Path("/models"))
    hardware = parse_gpu(gpu, catalog().accelerators, machine=None)
    try:
        return make_plan(build_answers(answers), facts, catalog(), hardware)
    except IncompatibleError:
        return None


def read_options(chosen: Mapping[str, str]) -> dict[str, AnswerValue]:
    """The answers of the axes that the table of answer keys has; a list has one of its choices."""
    known = (entry for entry in OPTIONS if entry.key in chosen)
    return {
        entry.key: (chosen[entry.key],) if entry.repeatable else chosen[entry.key]
        for entry in known
    }


def list_layer_stacks(cases: Sequence[Case]) -> set[tuple[str, ...]]:
    """The layers that the plans of the cases take, for any task."""
    axes = ("source", "family", "method", "gpu", "language", *(entry.key for entry in OPTIONS))
    plans = [plan_first_sample(**{axis: case[axis] for axis in axes}) for case in cases]
    return {plan.layers for plan in plans if plan}


def is_chinese(task: Task) -> bool:
    """Whether even the example of an English project is Chinese."""
    return CJK.search(task.question["en"]) is not None


@cache
def measure_first_sample() -> tuple[Kit, str, Facts]:
    """The first task of the catalogue, and what its sample holds."""
    kit = next(iter(catalog().kits.values()))
    task = next(iter(kit.tasks))
    return kit, task, Facts(profile_sample(kit, task, "en"), None)


def get_task(case: Case) -> Task:
    """The task of the case."""
    domain, _, task = case["task"].partition("/")
    return catalog().kits[domain].tasks[task]


def get_spec(case: Case) -> ModelSpec:
    """The model of the case: the embedded one of its family, or else the smallest."""
    sizes = catalog().families[case["family"]].sizes
    return min(sizes, key=lambda size: (size.embedded is None, size.parameters))


def get_labels(case: Case) -> Sequence[str]:
    """The labels in the case's own file."""
    return HOSTILE_LABELS if case["words"] == "hostile" else PLAIN_LABELS[case["language"]]


def build_case_answers(case: Case, folder: Path) -> dict[str, AnswerValue]:
    """The answers of a case, whose file is in the folder, or is written there."""
    domain, _, task = case["task"].partition("/")
    given: dict[str, AnswerValue] = {
        "domain": domain,
        "task": task,
        "data.files": () if case["data"] == "sample" else (str(_write_records(case, folder)),),
        **{axis: case[axis] for axis in ("language", "gpu", "family", "method", "name")},
        **read_options(case),
        **name_model(case, folder / "base model"),
    }
    if case["data"] != "sample":
        text, label = COLUMNS[case["words"], case["language"]]
        given |= {"data.columns.label": label}
        given |= {} if get_task(case).tabular else {"data.columns.text": text}
        given |= {"data.positive": (get_labels(case)[0],)} if get_task(case).positive else {}
    return given


def name_model(case: Case, folder: Path) -> Mapping[str, str]:
    """The answers that name the model of the case; the folder stands for any."""
    if case["source"] == "embedded":
        return {"model": "embedded"}
    if case["source"] == "folder":
        return {"model": str(folder)}
    return {"model": get_spec(case).hub_id, "hub": case["source"]}


def make_model_folder(folder: Path) -> None:
    """Make the folder of a model whose config says nothing, so that its size stays unknown."""
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")


def _write_records(case: Case, folder: Path) -> Path:
    path = folder / ("tickets.xlsx" if case["data"] == "xlsx" else "tickets.csv")
    if not path.exists():
        rows = [COLUMNS[case["words"], case["language"]], *_list_records(case)]
        if case["data"] == "xlsx":
            _write_workbook(path, rows)
        else:
            encoding = "gb18030" if case["data"] == "gb18030" else "utf-8"
            with path.open("w", encoding=encoding, newline="") as file:
                csv.writer(file).writerows(rows)
    return path


def _list_records(case: Case) -> Iterator[tuple[str, str]]:
    words = itertools.permutations(WORDS[case["language"]].split(), 3)
    for label in get_labels(case):
        for _ in range(ROWS_OF_A_LABEL):
            yield TEXTS[case["language"]].format(*next(words)), label


def _write_workbook(path: Path, rows: Sequence[Sequence[str]]) -> None:
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
