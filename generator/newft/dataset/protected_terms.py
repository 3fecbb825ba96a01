"""Recognize columns of protected attributes by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newft.dataset.column_match import (
    FOLDED_NAME_SCORE,
    contains_words,
    is_single_word,
    score_name,
    to_snake_case,
)
from newft.schema.kit import Field

# Things have an age and a name too: words that are said of both mean a person's only beside words
# that say whose it is, or in what form. Of other protected words, as sex, any mention counts.
AMBIGUOUS_TERMS = frozenset({"age", "health", "年龄", "生日"})  # 发生日期 holds 生日
PERSON_WORDS = (
    "(co)?applicants?|customers?|cust|clients?|(co)?borrowers?|debtors?|obligors?|users?|members?|"
    "persons?|personal|owners?|(card)?holders?|guarantors?|spouses?|partners?|insured|primary|main|"
    "co|contact|first|last|full|middle|family|given|maiden|sur|"
    "主借人|共借人|共同|借款人?|申请人?|客户|用户|本人|担保人|配偶|持卡人|联系人?|会员|法人|法定代表人|被保险人|"
    "投保人|户主|主贷人|个人"
)
FORM_WORDS = (
    "in|of|at|the|years?|yrs?|groups?|bands?|ranges?|buckets?|bins?|class|category|code|numbers?|no|"
    "num|status|condition|flag|current|actual|application|origination|total|address|above|below|"
    "over|under|is|has|实际|当前|周岁|岁数?|段|分?组|区间|分段|范围|类别|代码|编码|号码?|码|状况|情况"
)
PLACE_WORDS = (  # of a phone or an id; home_age is a house's
    "home|work|office|mobile|cell|家庭|单位|办公|移动|固定|贷款|订单|进件|业务|流水|档案"
)


def is_barred_name(name: str, field: Field) -> bool:
    """Whether a column's name says that it is of a field that no prompt may show."""
    if score_name(name, field.synonyms)[0] >= FOLDED_NAME_SCORE:
        return True
    single = [synonym for synonym in field.synonyms if is_single_word(synonym)]
    several = [synonym for synonym in field.synonyms if synonym not in single]
    if field.role == "protected":  # to show one by mistake is worse than to leave one out
        several += [synonym for synonym in single if synonym not in AMBIGUOUS_TERMS]
    return any(contains_words(name, synonym) for synonym in several) or is_person_attribute(
        name, single, field
    )


def is_person_attribute(name: str, words: Sequence[str], field: Field) -> bool:
    """Whether a name is one of the words, and beside it only says whose, where or in what form."""
    beside = f"{PERSON_WORDS}|{FORM_WORDS}" + (
        f"|{PLACE_WORDS}" if field.role == "excluded" else ""
    )
    among = "|".join(re.escape(to_snake_case(word)) for word in words)
    pattern = rf"(({beside})_?)*({among})s?(_?({beside}|{among}))*(_?\d+|_[a-z])*"
    return bool(words) and re.fullmatch(pattern, to_snake_case(name)) is not None
