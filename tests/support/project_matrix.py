"""A small set of answers in which every two choices meet, and the files that they name."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from newft.answers.keys import AnswerValue
from support.generate_project import catalog

LONG_NAME = "Help desk of a shop with many long words"  # as long as a name may be


class Case(NamedTuple):
    """One answer of each kind."""

    task: str
    language: str
    source: str
    family: str
    gpu: str
    data: str
    name: str
    words: str


CHOICES: dict[str, tuple[str, ...]] = {
    "task": tuple(f"{kit.id}/{task}" for kit in catalog().kits.values() for task in kit.tasks),
    "language": ("en", "zh"),
    "source": ("embedded", "folder", "huggingface", "modelscope"),
    "family": tuple(catalog().families),
    "gpu": ("cpu", "V100", "RTX4090", "1x24GB", "910B"),
    "data": ("sample", "csv", "xlsx", "gb18030"),
    "name": ("faq", LONG_NAME, "客服意图"),
    "words": ("plain", "hostile"),
}
# words that YAML, TOML, Jinja, make or a shell would make something else of
HOSTILE = (
    *("yes", "null", "~", "1e3", "0x1f", "1:30", "{{ plan.name }}", "{% raw %}", "{# x #}"),
    *('"quoted"', "it's", "#1", "a: b", "[x]", "*star", "&and", "!tag", "@at", "`id`", "${HOME}"),
    *("back\\slash", "%1", "? x", "| x", "> x", ",", "café"),
)
COLUMNS = {
    ("plain", "en"): ("Body", "Reason"),
    ("plain", "zh"): ("客户消息", "意图"),
    ("hostile", "en"): ('- "Body"\n{{ plan.title }} # it\'s', "null"),
    ("hostile", "zh"): ("- “消息”\n{% raw %} # 's", "yes"),
}
LABELS = {"en": ("refund", "parcel", "login"), "zh": ("退款", "物流", "登录")}
# texts that differ in words: those that differ in digits or marks alone count as sent twice
WORDS = {
    "en": "amber birch cedar delta ember fjord grove heron inlet jetty knoll ledge",
    "zh": "红色 蓝色 绿色 白色 黑色 黄色 紫色 灰色 棕色 橙色 粉色 青色",
}
TEXTS = {
    "en": "My {} coat in {} is {} late: où est-il?",
    "zh": "我的{}外套（{}里衬）和{}帽子还没到",
}
ROWS_OF_A_LABEL = 8
SMALL_FOR_GLM4 = ("V100", "RTX4090", "1x24GB")  # at most 23 GB beside a desktop


def pairwise() -> Iterator[Case]:
    """Cases, until every two choices that go together are in one of them."""
    every = (Case(*values) for values in itertools.product(*CHOICES.values()))
    cases = [case for case in every if goes(case)]
    pairs = {case: set(itertools.combinations(enumerate(case), 2)) for case in cases}
    left = set[object]().union(*pairs.values())
    while left:
        best = max(cases, key=lambda case: len(pairs[case] & left))
        left -= pairs[best]
        yield best
        cases.reverse()  # of equally good ones, not always those of the first choices


def goes(case: Case) -> bool:
    """Whether there can be such a project."""
    if case.task == "legal/charge" and case.language != "zh":
        return False  # its sample and its example are Chinese, whatever the project is written in
    sizes = catalog().families[case.family].sizes
    if case.source == "embedded" and not any(size.embedded for size in sizes):
        return False
    if case.family == "glm4" and case.gpu in SMALL_FOR_GLM4 and case.source != "folder":
        return False  # 9 billion parameters: refused, where the size is known
    return case.data != "sample" or case.words == "plain"


def labels(case: Case) -> Sequence[str]:
    """The labels in the case's own file."""
    return HOSTILE if case.words == "hostile" else LABELS[case.language]


def answers(case: Case, folder: Path) -> dict[str, AnswerValue]:
    """The answers of a case, whose file is in the folder, or is written there."""
    domain, _, task = case.task.partition("/")
    given: dict[str, AnswerValue] = {
        "domain": domain,
        "task": task,
        "data.files": () if case.data == "sample" else (str(_file(case, folder)),),
        "language": case.language,
        "gpu": case.gpu,
        "family": case.family,
        "name": case.name,
        **_model(case, folder),
    }
    if case.data != "sample":
        text, label = COLUMNS[case.words, case.language]
        kind = catalog().kits[domain].tasks[task]
        given |= {"data.columns.label": label}
        given |= {} if kind.tabular else {"data.columns.text": text}
        given |= {"data.positive": labels(case)[0]} if kind.positive else {}
    return given


def _model(case: Case, folder: Path) -> dict[str, AnswerValue]:
    size = catalog().families[case.family].sizes[0]
    if case.source in ("huggingface", "modelscope"):
        return {"model": size.hub_id, "hub": case.source}
    if case.source == "embedded":
        return {"model": "embedded"}
    place = folder / "base model"
    place.mkdir(exist_ok=True)
    return {"model": str(place)}


def _file(case: Case, folder: Path) -> Path:
    path = folder / ("tickets.xlsx" if case.data == "xlsx" else "tickets.csv")
    if not path.exists():
        rows = [COLUMNS[case.words, case.language], *_records(case)]
        if case.data == "xlsx":
            _write_workbook(path, rows)
        else:
            encoding = "gb18030" if case.data == "gb18030" else "utf-8"
            with path.open("w", encoding=encoding, newline="") as file:
                csv.writer(file).writerows(rows)
    return path


def _records(case: Case) -> Iterator[tuple[str, str]]:
    words = itertools.permutations(WORDS[case.language].split(), 3)
    for label in labels(case):
        for _ in range(ROWS_OF_A_LABEL):
            yield TEXTS[case.language].format(*next(words)), label


def _write_workbook(path: Path, rows: Sequence[Sequence[str]]) -> None:
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
