"""What the task section of run.yaml holds beside prompts and labels, as far as the task has it."""

from __future__ import annotations

from newft.entries import Task, Text, cited
from newft.model import DataFacts, Reasoned, Setting


def settings_of(task: Task, data: DataFacts) -> dict[str, Reasoned[Setting]]:
    """The settings by name, in the order in which they are written."""
    settings: dict[str, Reasoned[Setting]] = {}
    if task.out_of_scope:
        settings["out_of_scope"] = _out_of_scope(data)
    if task.positive:
        settings["positive"] = _positive(data)
    if any(field.role == "outcome" for field in task.fields.values()):
        settings["recommendations"] = _outcomes(data)
    if told := task.answer_told.get(data.language):
        settings["answer_told"] = _answer_told(told)
    if task.tabular:
        settings["inputs"] = _inputs(data)
    return settings


def _out_of_scope(data: DataFacts) -> Reasoned[Setting]:
    why = Text(
        'the label that means "none of these"; null where there is none',
        "表示“以上都不是”的标签；没有则写 null",
    )
    return Reasoned(data.out_of_scope, why, cited("data"))


def _positive(data: DataFacts) -> Reasoned[Setting]:
    why = Text(
        "the label whose probability is the score: AUC, KS and calibration are about it",
        "以该标签的概率为评分，AUC、KS 与校准都针对它",
    )
    return Reasoned(data.positive, why, cited("data"))


def _outcomes(data: DataFacts) -> Reasoned[Setting]:
    why = Text(
        "what the second line of an answer may be; empty where the records have none",
        "答案第二行的可选值；数据中没有则为空",
    )
    return Reasoned(tuple(data.outcomes), why, cited("data"))


def _answer_told(pattern: str) -> Reasoned[Setting]:
    why = Text(
        "a text that this pattern is found in tells its own answer, and is left out",
        "文本中出现该模式即泄露了答案，予以剔除",
    )
    return Reasoned(pattern, why, cited("domains"))


def _inputs(data: DataFacts) -> Reasoned[Setting]:
    why = Text(
        "the fields of data.columns that the model is shown, a line each, in this order; protected "
        "ones, ids, dates and what is known only after the decision stay out",
        "给模型看的字段（取自 data.columns），每行一个，按此顺序；不含受保护、编号、日期与事后字段",
    )
    return Reasoned(data.inputs, why, cited("data"))
