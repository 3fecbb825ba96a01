"""Tell by the words of a column's name whether it says what a row is about, or how it is handled.

The last word of a name says what it is: `Resolution status` is a status, and `Request type` a type.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from newft.dataset.name_words import BRACKETED_PATTERN, to_snake_case
from newft.text import CJK_PATTERN

# `topic` is what a row is about. `route` is who works on it, which often follows from that, and
# `handling` its state and the way that it came: no more than a guess where nothing else is left.
NameKind = Literal["topic", "route", "handling"]

NAME_CACHE_SIZE = 50_000  # each column name is compared with every field

_KINDS: dict[str, NameKind] = {
    **dict.fromkeys(
        ("topic", "theme", "type", "category", "subcategory", "class", "classification", "reason"),
        "topic",
    ),
    **dict.fromkeys(("issue", "intent", "problem", "label", "taxonomy", "disposition"), "topic"),
    **dict.fromkeys(("queue", "department", "dept", "routing", "skill"), "route"),
    **dict.fromkeys(("group", "team", "tier", "agent", "assignee", "owner"), "handling"),
    **dict.fromkeys(("status", "state", "stage", "resolution", "priority", "urgency"), "handling"),
    **dict.fromkeys(("severity", "impact", "source", "channel", "via", "origin"), "handling"),
    "tags": "handling",  # many of them are marks of any kind
    **dict.fromkeys(("satisfaction", "rating", "csat", "sla", "pipeline"), "handling"),
}
_CHINESE_KINDS: tuple[tuple[str, NameKind], ...] = (
    *((word, "topic") for word in ("类型", "类别", "分类", "主题", "原因", "意图", "标签", "事由")),
    *((word, "topic") for word in ("大类", "小类", "种类", "类目", "事项", "问题", "诉求", "话题")),
    *((word, "route") for word in ("部门", "单位", "技能组", "客服组", "队列", "科室")),
    *((word, "handling") for word in ("状态", "进度", "阶段", "优先级", "级别", "紧急程度")),
    *((word, "handling") for word in ("来源", "渠道", "方式", "途径", "结果", "满意度", "评分")),
    *((word, "handling") for word in ("处理人", "受理人", "负责人", "跟进人", "坐席", "座席")),
    *((word, "handling") for word in ("客服", "班组", "小组", "分组", "网点", "支行", "品牌")),
)
# a value of a satisfaction survey is the score of it
_LAST_WORDS_SKIPPED = frozenset(("name", "id", "value", "code", "list", "score", "field", "level"))
_SKIPPED_ENDING_PATTERN = re.compile("(?:名称|名|编码|代码)$")


@lru_cache(maxsize=NAME_CACHE_SIZE)
def tell_name_kind(name: str) -> NameKind | None:
    """Tell what a name speaks of; None where no word of it says so.

    Of a dotted name the last part counts, unless that is as general as `name`; and where a name
    has its own word in brackets only, as `Custom field (Request Category)`, that one counts.
    """
    plain = BRACKETED_PATTERN.sub("", name)
    return _tell(plain) or _tell(" ".join(re.findall(r"[(（\[](.*?)[)）\]]", name)))


def _tell(name: str) -> NameKind | None:
    if CJK_PATTERN.search(name):
        last = _SKIPPED_ENDING_PATTERN.sub("", name.strip())
        return next((kind for word, kind in _CHINESE_KINDS if last.endswith(word)), None)
    words = [word.rstrip("0123456789") for word in to_snake_case(name).split("_")]
    words = words[: words.index("of")] if "of" in words else words  # `Type of issue`
    words = [word for word in words if word and word not in _LAST_WORDS_SKIPPED]
    last = words[-1] if words else ""
    return _KINDS.get(last) or _KINDS.get(last.removesuffix("s"))
