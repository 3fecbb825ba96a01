"""The factors of the advice: read from answers, or found in task, data and hardware."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from newft.answers.keys import ADVICE_PREFIX, UNKNOWN_VALUE
from newft.decide import citations
from newft.decide.advice.conditions import YES_NO
from newft.decide.inputs import Inputs
from newft.decide.split_reasons import count_held_out_rows
from newft.decide.written_numbers import explain_wrong_number, read_number, read_share
from newft.emitted.normalize import escape_controls
from newft.errors import UsageError
from newft.schema.advice import AdviceRules, Factor, FactorValue, FactorValues
from newft.schema.dataset import DataFacts
from newft.schema.hardware import Hardware
from newft.schema.kit import Task
from newft.schema.reasoned import Reasoned, as_citation
from newft.schema.record_shape import Shape
from newft.text import Text, find_nearest_names, list_lines

TASK_TYPES: Mapping[Shape, str] = {
    "text_label": "classify",
    "text_labels": "classify",
    "text_type_yes_no": "classify",
    "table_label": "score_table",
}
GIVEN = Text("answered", "由用户回答")


def read_factor_values(given: Mapping[str, str], rules: AdviceRules) -> FactorValues:
    """Return the factors that answers give; an error lists every fault of them."""
    values: dict[str, Reasoned[FactorValue]] = {}
    faults: list[tuple[str, Text]] = []
    for name, text in given.items():
        if name not in rules.factors:
            faults.append((name, _explain_unknown_factor(name, rules)))
        elif text.strip().casefold() != UNKNOWN_VALUE:
            value = _read_value(text.strip(), rules.factors[name])
            if isinstance(value, Text):
                faults.append((name, value))
            else:
                values[name] = Reasoned(value, GIVEN, as_citation(f"{ADVICE_PREFIX}{name}"))
    if faults:
        raise _make_error(faults)
    return values


def _make_error(faults: list[tuple[str, Text]]) -> UsageError:
    """Make one error of all faults; the first stands where an error names its place."""
    (first, message), *others = faults
    rest = [
        Text(
            f"{ADVICE_PREFIX}{escape_controls(name)}: {text.en}",
            f"{ADVICE_PREFIX}{escape_controls(name)}：{text.zh}",
        )
        for name, text in others
    ]
    listed = list_lines([message, *rest], most=len(faults), indent="")
    return UsageError(listed, where=f"{ADVICE_PREFIX}{escape_controls(first)}")


def _explain_unknown_factor(name: str, rules: AdviceRules) -> Text:
    if near := find_nearest_names(name, rules.factors):
        meant = f"`{ADVICE_PREFIX}{near[0]}`"
        return Text(f"is not known; did you mean {meant}?", f"无法识别，是否想写 {meant}？")
    en, zh = (between.join(rules.factors) for between in (", ", "、"))
    return Text(f"is not known, only {en}", f"无法识别，可选：{zh}")


def _read_choice(text: str, factor: Factor) -> FactorValue | Text:
    if text in factor.choices:
        return text
    return _explain_choices(text, [*factor.choices, UNKNOWN_VALUE])


def _read_yes_no(text: str) -> FactorValue | Text:
    words = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
    if text.casefold() in words:
        return words[text.casefold()]
    return _explain_choices(text, [*YES_NO, UNKNOWN_VALUE])


def _explain_choices(text: str, choices: list[str]) -> Text:
    word = escape_controls(text)
    near = find_nearest_names(text, choices)
    meant = (
        Text(f"; did you mean `{near[0]}`?", f"；是否想写 `{near[0]}`？") if near else Text("", "")
    )
    return Text(
        f"is `{word}`, but must be one of {', '.join(choices)}{meant.en}",
        f"是 `{word}`，应为 {'、'.join(choices)} 之一{meant.zh}",
    )


def _read_count(text: str, factor: Factor) -> FactorValue | Text:
    number = read_number(text)
    if number is not None and number >= 0 and number == round(number):
        return round(number)
    unit = factor.unit or Text("", "")
    expected = Text(
        f"a whole number of {unit.en}, 0 or more",
        f"不小于 0 的整数，单位为{unit.zh}",
    )
    return explain_wrong_number(text, expected)


def _read_share(text: str) -> FactorValue | Text:
    share = read_share(text)
    if share is not None and 0 <= share <= 1:
        return share
    expected = Text(
        "a share from 0 to 1, such as 0.85 or 85%", "介于 0 和 1 之间的比例，如 0.85 或 85%"
    )
    return explain_wrong_number(text, expected)


def _read_value(text: str, factor: Factor) -> FactorValue | Text:
    """Return the value of an answer, or what is wrong with it."""
    match factor.type:
        case "choice":
            return _read_choice(text, factor)
        case "yes_no":
            return _read_yes_no(text)
        case "count":
            return _read_count(text, factor)
        case "share":
            return _read_share(text)


def find_known_factors(
    rules: AdviceRules,
    *,
    task: Task | None = None,
    data: DataFacts | None = None,
    hardware: Hardware | None = None,
) -> FactorValues:
    """Return the factors that task, data and hardware tell; sample rows tell nothing of a team."""
    return {
        **(_find_task_factors(task, rules) if task else {}),
        **(_find_data_factors(data) if data and not data.sample else {}),
        **(_find_gpu(hardware) if hardware else {}),
    }


def collect_factor_values(inputs: Inputs, rules: AdviceRules) -> FactorValues:
    """Return all factors that are known of a project; what is answered wins."""
    return {
        **find_known_factors(
            rules, task=inputs.task, data=inputs.facts.data, hardware=inputs.hardware
        ),
        **read_factor_values(inputs.answers.advice, rules),
    }


def _find_task_factors(task: Task, rules: AdviceRules) -> FactorValues:
    why = Text(f"the task: {task.title.en}", f"任务：{task.title.zh}")
    source = citations.cite_own_rule(
        "every task of a domain has a closed list of labels", "各领域的任务都有固定的标签"
    )
    found: dict[str, Reasoned[FactorValue]] = {"answer_space": Reasoned("closed", why, source)}
    if task.shape in TASK_TYPES:
        found["task_type"] = Reasoned(TASK_TYPES[task.shape], why, source)
    stated = read_factor_values({name: one.value for name, one in task.advice.items()}, rules)
    for name, one in stated.items():
        sourced = task.advice[name]
        found[name] = Reasoned(one.value, sourced.why, as_citation(sourced.source))
    return found


def _find_data_factors(data: DataFacts) -> FactorValues:
    source = citations.cite_data_rows(data)
    rows, kept = data.accepted, count_held_out_rows(data)[1]
    usual = round(statistics.median(data.labels.values())) if data.labels else None
    found: dict[str, Reasoned[FactorValue]] = {
        "labelled_rows": Reasoned(
            rows, Text(f"{rows:,} usable rows", f"可用数据 {rows:,} 行"), source
        ),
        "evaluation_rows": Reasoned(
            kept, Text(f"about {kept:,} test rows", f"测试集约 {kept:,} 行"), source
        ),
    }
    if usual is not None:
        why = Text(
            f"half of the {len(data.labels)} labels have at least {usual:,} rows",
            f"{len(data.labels)} 个标签中，一半至少有 {usual:,} 行",
        )
        found["rows_per_label"] = Reasoned(usual, why, source)
    return found


def _find_gpu(hardware: Hardware) -> FactorValues:
    accelerator = hardware.accelerator
    server = accelerator.kind in ("cuda", "npu") and not accelerator.desktop
    gpu = "none" if accelerator.kind == "cpu" else "server" if server else "consumer"
    title = f"{hardware.count} x {accelerator.title}" if hardware.count > 1 else accelerator.title
    why = Text(f"the device that trains: {title}", f"训练设备：{title}")
    return {"gpu": Reasoned(gpu, why, as_citation(accelerator.source))}
