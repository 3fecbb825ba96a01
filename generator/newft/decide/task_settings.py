"""Build the settings of the task section of run.yaml beside the prompts and the labels."""

from __future__ import annotations

from dataclasses import asdict, replace

from newft.decide import citations
from newft.emitted.label_rules import NO_LABEL_RULES, find_label
from newft.schema.answers import Answers
from newft.schema.dataset import DataFacts
from newft.schema.kit import Task
from newft.schema.plan import SettingValue
from newft.schema.reasoned import Reasoned
from newft.text import CJK_PATTERN, Text


def build_task_settings(
    task: Task, data: DataFacts, answers: Answers
) -> dict[str, Reasoned[SettingValue]]:
    """Build the settings that the task has, in the order in which run.yaml lists them."""
    settings: dict[str, Reasoned[SettingValue]] = {}
    if task.out_of_scope:
        settings["out_of_scope"] = _build_out_of_scope(data)
    if task.positive:
        settings["positive"] = _build_positive_labels(data, answers)
    if data.indeterminate:
        settings["indeterminate"] = _build_indeterminate_labels(data)
    if any(field.role == "recommendation" for field in task.fields.values()):
        settings["recommendations"] = _build_recommendations(data)
    if template := task.question_template.get(answers.language):
        settings["question_template"] = _build_question_template(template, task, answers)
    settings |= _build_label_settings(task, data, answers)
    if data.stated_label_positions:
        settings["stated_label_positions"] = _build_stated_positions(data)
    if task.tabular:
        settings["inputs"] = _build_inputs(data, answers)
    return settings


def _build_out_of_scope(data: DataFacts) -> Reasoned[SettingValue]:
    why = Text(
        'the label that means "none of these"; null where there is none',
        "表示“以上都不是”的标签；没有则写 null",
    )
    return Reasoned(data.out_of_scope, why, citations.cite_data_rows(data))


def _build_positive_labels(data: DataFacts, answers: Answers) -> Reasoned[SettingValue]:
    why = Text(
        "the labels whose probabilities add up to the score of a row; the metrics of scores "
        "compare them with all other labels",
        "以模型给这些标签的概率之和作为评分，与评分有关的指标都是它们对其余标签的比较",
    )
    if answers.data.positive:
        source = Text("your answer, `--positive`", "由你指定（`--positive`）")
    else:
        source = citations.join_citations(
            citations.cite_data_rows(data), _cite_task_key("positive", answers)
        )
    return Reasoned(data.positive, why, source)


def _build_indeterminate_labels(data: DataFacts) -> Reasoned[SettingValue]:
    why = Text(
        "labels whose outcome is not known yet: their rows are left out",
        "结果尚未确定的标签，其数据行会被剔除",
    )
    source = Text("your answer, `data.indeterminate`", "由你指定（`data.indeterminate`）")
    return Reasoned(data.indeterminate, why, source)


def _build_recommendations(data: DataFacts) -> Reasoned[SettingValue]:
    why = Text(
        "what the second line of a target may be; empty where the records have none",
        "目标输出第二行的可选内容；数据中没有这一列则为空",
    )
    return Reasoned(tuple(data.recommendations), why, citations.cite_data_rows(data))


def _build_question_template(template: str, task: Task, answers: Answers) -> Reasoned[SettingValue]:
    name = task.context_field
    why = Text(
        f"the question appended to the text if the record has `{name}`, whose value replaces "
        f"{{{name}}}",
        f"数据中有 `{name}` 时，接在文本之后的问题；{{{name}}} 会换成该字段的值",
    )
    return Reasoned(template, why, _cite_task_key("question_template", answers))


def _build_label_settings(
    task: Task, data: DataFacts, answers: Answers
) -> dict[str, Reasoned[SettingValue]]:
    """Build the rules by which labels are read and leaks are found.

    A project refuses aliases of other labels than its own: those of the kit are left out.
    """
    labels, rules = tuple(data.labels), task.label_rules
    named = dict(rules.aliases)
    for label, names in data.label_aliases.items():
        named[label] = (*named.get(label, ()), *names)
    aliases = {label: names for label, names in named.items() if find_label(label, labels, rules)}
    names = _select_label_field_names(task, data)
    bilingual = any(map(str.isascii, names)) and not all(map(str.isascii, names))
    values: dict[str, tuple[SettingValue, Text]] = {
        "label_rules": (
            {
                name: value
                for name, value in asdict(replace(rules, aliases=aliases)).items()
                if value
            },
            Text(
                "how records write labels: what separates several, affixes to strip, aliases",
                "数据中标签的写法：多个标签之间的分隔符、要去掉的前后缀、别名",
            )
            if not data.label_aliases
            else Text(
                "how records write labels; the aliases are spellings of one label that the files "
                "mix: a label, and what else it is called",
                "数据中标签的写法；aliases 是文件中混用的同一标签的不同写法：每个标签及其其他写法",
            ),
        ),
        "label_field_names": (
            names,
            Text(
                f"names for the label in {'English and Chinese ' if bilingual else ''}texts: a row "
                "is left out if its text has such a name, a colon and the label of the row",
                f"文本中对标签的叫法{'（中英文）' if bilingual else ''}："
                "文本里出现“叫法＋冒号＋该行自己的标签”即泄漏答案，该行会被剔除",
            ),
        ),
        "leak_patterns": (
            task.leak_patterns,
            Text(
                "regular expressions: a row whose text matches one is left out, since the text "
                "gives its label away; {label}, if used, stands for the label of the row",
                "正则表达式：匹配到的文本泄漏了答案，该行会被剔除；{label} 代表该行的标签",
            ),
        ),
    }
    sources = {name: _cite_task_key(name, answers) for name in values}
    if data.label_aliases:
        kit = [sources["label_rules"]] if task.label_rules != NO_LABEL_RULES else []
        sources["label_rules"] = citations.join_citations(citations.cite_data_rows(data), *kit)
    return {
        name: Reasoned(value, why, sources[name]) for name, (value, why) in values.items() if value
    }


def _select_label_field_names(task: Task, data: DataFacts) -> tuple[str, ...]:
    """Select the names that these texts may have: exports have English ones in any language."""
    if data.has_chinese:
        return task.label_field_names
    return tuple(name for name in task.label_field_names if not CJK_PATTERN.search(name))


def _build_stated_positions(data: DataFacts) -> Reasoned[SettingValue]:
    why = Text(
        "the ends of texts at which they state their own label more often than prose would: such "
        "rows are left out",
        "文本在这些位置（start 开头、end 结尾）直接写出自身标签，远多于正常行文；这些行会被剔除",
    )
    return Reasoned(data.stated_label_positions, why, citations.cite_data_rows(data))


def _cite_task_key(key: str, answers: Answers) -> Text:
    return citations.cite_kit_file(answers.domain, f"tasks.{answers.task}.{key}")


def _build_inputs(data: DataFacts, answers: Answers) -> Reasoned[SettingValue]:
    why = Text(
        "the fields of data.columns that the model is shown, one per line, in this order; "
        "protected fields, ids, dates and facts that are known only after the decision were left "
        "out by their usual names and values: check this list",
        "给模型看的字段（须在 data.columns 中），按此顺序每行写一个；"
        "年龄、性别等受保护字段、编号、日期，以及做出决定之后才知道的信息，"
        "已按常见的列名和取值排除，请再核对一遍",
    )
    source = citations.join_citations(
        citations.cite_data_rows(data), _cite_task_key("fields", answers)
    )
    return Reasoned(data.inputs, why, source)
