"""The facts of one case in, one conversation or a reason out."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from example import with_labels

from package_name.config import Config
from package_name.formatting import (
    MULTILINE_INPUT,
    format_question,
    parse_prediction,
    to_conversation,
)
from package_name.prompts import Reject, build_prompt
from package_name.runtime.messages import fill
from package_name.task import TaskConfig


def test_charges_are_written_in_the_order_of_the_list(config: Config) -> None:
    first, second = config.task.labels
    record = {"text": " The facts. ", "label": f"罪名:{second};{first}"}
    assert to_conversation(record, config.task) == [
        {"role": "system", "content": config.task.system},
        {"role": "user", "content": "The facts."},
        {"role": "assistant", "content": f"{first};{second}"},
    ]


def test_the_paragraphs_of_a_typed_case_are_one_question(config: Config) -> None:
    facts = "经审理查明：\n2016年3月，被告人马某窃走手机一部。\n上述事实，有证言证实。"
    assert MULTILINE_INPUT
    question = format_question(facts, config.task, config.data.columns)
    record = {"text": facts, "label": config.task.labels[0]}
    answer = {"role": "assistant", "content": record["label"]}
    assert [*build_prompt(question, config.task), answer] == to_conversation(record, config.task)


@pytest.mark.parametrize(
    ("text", "label", "reason"),
    [
        ("  ", "any", "empty_input"),
        ("facts", "罪名:", "empty_label"),
        ("facts", "N/A", "empty_label"),
        ("facts", "no such charge", "unknown_label"),
    ],
)
def test_a_case_without_use_says_why(config: Config, text: str, label: str, reason: str) -> None:
    assert to_conversation({"text": text, "label": label}, config.task) == Reject(reason)


TOLD = [
    "其行为已构成{}罪",
    "应当以{}罪追究其刑事责任",
    "以放火罪、{}罪追究其刑事责任",
    "以{}、放火罪追究其刑事责任",
    "被告人因涉嫌犯{}罪于2016年3月1日被刑事拘留",
    "公诉机关指控被告人马某犯{}罪，提请依法惩处",
    "被告人曾因放火罪被判处有期徒刑。其行为触犯了{}罪",
    "其行为已构成“{}罪”",
    "其行为已构成“{}”罪",
    "足以认定马某{}罪成立",
    "公诉机关指控的{}罪罪名成立",
    "被告人曾供述其构成{}罪",
    "其涉嫌{}罪一案被移送审判",
]
NOT_TOLD = [
    "{}现金三千元",
    "曾因犯{}罪被判处有期徒刑一年",
    "因犯{}罪于2010年12月14日被判处有期徒刑，2011年刑满释放",
    "曾因涉嫌{}罪被取保候审",
    "2010年被法院以{}罪判处拘役三个月",
    "曾于2010年3月因{}罪服刑",
    "2012年因构成{}罪被判拘役",
    "有{}罪前科",
    "以{}等手段多次犯罪",
    "其行为构成贷款{}罪",
    "与罪犯马某以{}为业",
]


@pytest.mark.parametrize("suffix", ["", "罪"])
@pytest.mark.parametrize("fact", TOLD)
def test_facts_that_tell_the_charge_are_left_out(config: Config, fact: str, suffix: str) -> None:
    task = with_labels(config.task, [f"盗窃{suffix}", f"诈骗{suffix}"])
    record = {"text": fact.format("盗窃"), "label": "盗窃罪"}
    assert to_conversation(record, task) == Reject("label_in_input")


@pytest.mark.parametrize("suffix", ["", "罪"])
@pytest.mark.parametrize("fact", NOT_TOLD)
def test_facts_may_hold_the_word_and_an_earlier_conviction(
    config: Config, fact: str, suffix: str
) -> None:
    task = with_labels(config.task, [f"盗窃{suffix}", f"诈骗{suffix}"])
    record = {"text": fact.format("盗窃"), "label": "盗窃"}
    assert not isinstance(to_conversation(record, task), Reject)


DRUGS, PROCEEDS = "走私、贩卖、运输、制造毒品", "掩饰、隐瞒犯罪所得、犯罪所得收益"
BY_A_PART = [
    (DRUGS, "已构成贩卖毒品罪"),
    (DRUGS, "因涉嫌贩卖毒品罪被刑事拘留"),
    (DRUGS, "以贩卖、运输毒品罪追究其刑事责任"),
    (DRUGS, "其行为构成走私、贩卖、运输、制造毒品罪"),
    (PROCEEDS, "其行为构成掩饰、隐瞒犯罪所得罪"),
    (PROCEEDS, "其行为构成掩饰、隐瞒犯罪所得收益罪"),
]
OF_ANOTHER = [
    (DRUGS, "其行为构成非法持有毒品罪"),
    (DRUGS, "曾因贩卖毒品罪被判处有期徒刑三年"),
    (DRUGS, "向他人贩卖毒品"),
    (PROCEEDS, "明知是犯罪所得而予以掩饰"),
]


@pytest.mark.parametrize(
    ("charge", "fact", "told"),
    [*((*each, True) for each in BY_A_PART), *((*each, False) for each in OF_ANOTHER)],
)
def test_a_charge_of_several_acts_is_told_by_one_of_them(
    config: Config, charge: str, fact: str, told: bool
) -> None:
    task = with_labels(config.task, [charge, "盗窃"])
    outcome = to_conversation({"text": fact, "label": charge}, task)
    assert (outcome == Reject("label_in_input")) == told


def test_an_answer_is_read_as_a_set(config: Config) -> None:
    first, second = config.task.labels
    assert parse_prediction(f"{second}；{first}\n", config.task) == f"{first};{second}"
    assert parse_prediction(f"{first};no such charge", config.task) is None
    assert parse_prediction("", config.task) is None


SMUGGLING = "走私、贩卖、运输、制造毒品"
PIMPING = "组织、强迫、引诱、容留、介绍卖淫"
CHARGES = ["盗窃", "诈骗", SMUGGLING, PIMPING, "引诱、容留、介绍卖淫", "运输、携带、邮寄假币"]


@pytest.mark.parametrize("listed", ["{}", "{}罪"])
@pytest.mark.parametrize("written", ["{}", "{}罪", "罪名：{}"])
@pytest.mark.parametrize("between", [";", "；", "; ", "、", "，", ",", "\n", "\r\n"])
def test_any_charges_joined_in_any_way_are_read_back(
    config: Config, listed: str, written: str, between: str
) -> None:
    labels = [listed.format(charge) for charge in CHARGES]
    task = with_labels(config.task, labels)
    for count in range(1, len(CHARGES) + 1):
        for some in combinations(range(len(CHARGES)), count):
            right = ";".join(labels[place] for place in some)
            for order in (some, some[::-1]):
                names = [written.format(CHARGES[place]) for place in order]
                assert parse_prediction(between.join(names), task) == right


@pytest.mark.parametrize("labels", [["盗窃", "盗窃罪"], ["走私、贩卖", "走私罪、贩卖罪"]])
def test_a_charge_that_is_listed_both_ways_is_refused(labels: list[str], config: Config) -> None:
    given = config.task.model_dump(exclude_unset=True) | {"labels": labels}
    said = fill("{label} is a duplicate of {known}", label=labels[1], known=labels[0])
    with pytest.raises(ValueError, match=re.escape(said)):
        TaskConfig.model_validate(given)


def test_the_longest_charge_counts_unless_it_leaves_a_rest(config: Config) -> None:
    task = with_labels(config.task, ["放火", "放火、爆炸", "爆炸、决水"])
    assert parse_prediction("放火、爆炸", task) == "放火、爆炸"
    assert parse_prediction("放火、爆炸、决水", task) == "放火;爆炸、决水"
    assert parse_prediction("爆炸", task) is None


def test_a_remark_below_an_answer_is_none_of_it(config: Config) -> None:
    first, second = config.task.labels
    assert (
        parse_prediction(f"{first}\n{second}\n理由：数额较大", config.task) == f"{first};{second}"
    )
    assert parse_prediction(f"理由：数额较大\n{first}", config.task) is None
