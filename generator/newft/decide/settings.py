"""What the task section of run.yaml holds beside prompts and labels, as far as the task has it."""

from __future__ import annotations

from newft.decide import sources
from newft.entries import Task, Text
from newft.model import Answers, DataFacts, Reasoned, Setting


def settings_of(task: Task, data: DataFacts, answers: Answers) -> dict[str, Reasoned[Setting]]:
    """The settings by name, in the order in which they are written."""
    settings: dict[str, Reasoned[Setting]] = {}
    if task.out_of_scope:
        settings["out_of_scope"] = _out_of_scope(data)
    if task.positive:
        settings["positive"] = _positive(data, answers)
    if any(field.role == "outcome" for field in task.fields.values()):
        settings["recommendations"] = _outcomes(data)
    if about := task.asks_about.get(answers.language):
        settings["asks_about"] = _asks_about(about, answers)
    if told := task.answer_told.get(data.language):
        settings["answer_told"] = _answer_told(told, answers)
    if task.tabular:
        settings["inputs"] = _inputs(data, answers)
    return settings


def _out_of_scope(data: DataFacts) -> Reasoned[Setting]:
    why = Text(
        'the label that means "none of these"; null where there is none',
        "表示“以上都不是”的标签；没有则写 null",
    )
    return Reasoned(data.out_of_scope, why, sources.rows_of(data))


def _positive(data: DataFacts, answers: Answers) -> Reasoned[Setting]:
    why = Text(
        "the label whose probability is the score: AUC, KS and calibration are about it",
        "以模型给该标签的概率作为评分，AUC、KS 和校准都按它计算",
    )
    key = f"tasks.{answers.task}.positive"
    told = sources.joined(sources.rows_of(data), sources.kit_file(answers.domain, key))
    answered = Text("your answer, `--positive`", "由你指定（`--positive`）")
    return Reasoned(data.positive, why, answered if answers.data.positive else told)


def _outcomes(data: DataFacts) -> Reasoned[Setting]:
    why = Text(
        "what the second line of an answer may be; empty where the records have none",
        "答案第二行可以写什么；数据中没有这一列则为空",
    )
    return Reasoned(tuple(data.outcomes), why, sources.rows_of(data))


def _asks_about(question: str, answers: Answers) -> Reasoned[Setting]:
    why = Text(
        "what is asked after a passage where the record names a clause type: {type} becomes it",
        "数据写明条款类型时，文本之后提出的问题；{type} 换成该类型",
    )
    key = f"tasks.{answers.task}.asks_about"
    return Reasoned(question, why, sources.kit_file(answers.domain, key))


def _answer_told(pattern: str, answers: Answers) -> Reasoned[Setting]:
    why = Text(
        "a pattern: a text that it is found in tells its own answer, and is left out",
        "正则表达式：匹配到的文本自带答案，予以剔除",
    )
    key = f"tasks.{answers.task}.answer_told"
    return Reasoned(pattern, why, sources.kit_file(answers.domain, key))


def _inputs(data: DataFacts, answers: Answers) -> Reasoned[Setting]:
    why = Text(
        "the fields of data.columns that the model is shown, a line each, in this order; protected "
        "ones, ids, dates and what is known only after the decision are left out as far as usual "
        "names and values tell: look through the list",
        "给模型看的字段（须在 data.columns 中），按此顺序每行写一个；"
        "年龄、性别等受保护字段、编号、日期，以及做出决定之后才知道的信息，"
        "已按常见的列名和取值排除，请再核对一遍",
    )
    key = f"tasks.{answers.task}.fields"
    source = sources.joined(sources.rows_of(data), sources.kit_file(answers.domain, key))
    return Reasoned(data.inputs, why, source)
