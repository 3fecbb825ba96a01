"""What the task section of run.yaml holds beside prompts and labels, as far as the task has it."""

from __future__ import annotations

from newft.decide import citations
from newft.schema.answers import Answers
from newft.schema.dataset import DataFacts
from newft.schema.kit import Task
from newft.schema.plan import SettingValue
from newft.schema.reasoned import Reasoned
from newft.text import Text


def build_task_settings(
    task: Task, data: DataFacts, answers: Answers
) -> dict[str, Reasoned[SettingValue]]:
    """The settings by name, in the order in which they are written."""
    settings: dict[str, Reasoned[SettingValue]] = {}
    if task.out_of_scope:
        settings["out_of_scope"] = _build_out_of_scope(data)
    if task.positive:
        settings["positive"] = _build_positive_label(data, answers)
    if any(field.role == "recommendation" for field in task.fields.values()):
        settings["recommendations"] = _build_recommendations(data)
    if about := task.question_template.get(answers.language):
        settings["question_template"] = _build_question_template(about, answers)
    if told := task.leak_pattern.get(data.language):
        settings["leak_pattern"] = _build_leak_pattern(told, answers)
    if task.tabular:
        settings["inputs"] = _build_inputs(data, answers)
    return settings


def _build_out_of_scope(data: DataFacts) -> Reasoned[SettingValue]:
    why = Text(
        'the label that means "none of these"; null where there is none',
        "表示“以上都不是”的标签；没有则写 null",
    )
    return Reasoned(data.out_of_scope, why, citations.data_rows(data))


def _build_positive_label(data: DataFacts, answers: Answers) -> Reasoned[SettingValue]:
    why = Text(
        "the label whose probability is the score: AUC, KS and calibration are about it",
        "以模型给该标签的概率作为评分，AUC、KS 和校准都按它计算",
    )
    key = f"tasks.{answers.task}.positive"
    told = citations.join_citations(
        citations.data_rows(data), citations.cite_kit_file(answers.domain, key)
    )
    answered = Text("your answer, `--positive`", "由你指定（`--positive`）")
    return Reasoned(data.positive, why, answered if answers.data.positive else told)


def _build_recommendations(data: DataFacts) -> Reasoned[SettingValue]:
    why = Text(
        "what the second line of an answer may be; empty where the records have none",
        "答案第二行可以写什么；数据中没有这一列则为空",
    )
    return Reasoned(tuple(data.recommendations), why, citations.data_rows(data))


def _build_question_template(question: str, answers: Answers) -> Reasoned[SettingValue]:
    why = Text(
        "what is asked after a passage where the record names a clause type: {type} becomes it",
        "数据写明条款类型时，文本之后提出的问题；{type} 换成该类型",
    )
    key = f"tasks.{answers.task}.question_template"
    return Reasoned(question, why, citations.cite_kit_file(answers.domain, key))


def _build_leak_pattern(pattern: str, answers: Answers) -> Reasoned[SettingValue]:
    why = Text(
        "a pattern: a text that it is found in tells its own answer, and is left out",
        "正则表达式：匹配到的文本自带答案，予以剔除",
    )
    key = f"tasks.{answers.task}.leak_pattern"
    return Reasoned(pattern, why, citations.cite_kit_file(answers.domain, key))


def _build_inputs(data: DataFacts, answers: Answers) -> Reasoned[SettingValue]:
    why = Text(
        "the fields of data.columns that the model is shown, a line each, in this order; protected "
        "ones, ids, dates and what is known only after the decision are left out as far as usual "
        "names and values tell: look through the list",
        "给模型看的字段（须在 data.columns 中），按此顺序每行写一个；"
        "年龄、性别等受保护字段、编号、日期，以及做出决定之后才知道的信息，"
        "已按常见的列名和取值排除，请再核对一遍",
    )
    key = f"tasks.{answers.task}.fields"
    source = citations.join_citations(
        citations.data_rows(data), citations.cite_kit_file(answers.domain, key)
    )
    return Reasoned(data.inputs, why, source)
