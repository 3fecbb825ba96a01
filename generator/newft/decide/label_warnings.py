"""Warn of labels with so few rows, or so many, that metrics say little of them."""

from __future__ import annotations

from math import ceil

from newft.decide.split_reasons import compute_wilson_interval
from newft.schema.dataset import DataFacts
from newft.split_fractions import choose_split_fractions
from newft.text import Text, join_names, pluralize

# At ten rows the 95 % Wilson interval of a half is 24 to 76 %: nothing but "most" or "few" is told.
FEW_SPLIT_ROWS = 10
FEW_ROWS_PER_LABEL = 10  # in all splits
DOMINANT_SHARE = 0.9  # of the rows: always answering this label looks like a good model
MAX_NAMES_LISTED = 5


def warn_of_scored_label(data: DataFacts) -> Text | None:
    """Warn that few validation or test rows have the label that is scored."""
    scored = _list_scored_labels(data)
    held_out = [_count_held_out(label, data) for label in scored]
    validation, test = (sum(rows) for rows in zip((0, 0), *held_out, strict=True))
    if not scored:
        return None
    if min(validation, test) >= FEW_SPLIT_ROWS:
        return None
    many = sum(data.labels[label] for label in scored)
    named = join_names(f"`{label}`" for label in scored[:MAX_NAMES_LISTED])
    interval = _describe_interval(test if test < FEW_SPLIT_ROWS else validation)
    share = min(validation, test) / many or min(choose_split_fractions(max(1, data.rows_to_split)))
    needed = ceil(FEW_SPLIT_ROWS / share)  # if the splits stay what they are
    more = Text(
        f"about {needed:,} rows of it would put {FEW_SPLIT_ROWS} into each",
        f"该标签约需 {needed:,} 行，两个划分才各有 {FEW_SPLIT_ROWS} 行",
    )
    return Text(
        f"label {named.en} has {pluralize(many, 'row')}, about {validation} in validation and "
        f"{test} in test: {interval.en}; {more.en}",
        f"标签 {named.zh} 只有 {many:,} 行，验证集约 {validation} 行、测试集约 {test} 行："
        f"{interval.zh}；{more.zh}",
    )


def warn_of_rare_labels(data: DataFacts) -> Text | None:
    """Warn of labels that have few rows in all splits together."""
    rare = [label for label, rows in data.labels.items() if rows < FEW_ROWS_PER_LABEL]
    if not rare or rare == _list_scored_labels(data):
        return None
    verb = "has" if len(rare) == 1 else "have"
    most = max(max(_count_held_out(label, data)) for label in rare)
    more = ["..."] if len(rare) > MAX_NAMES_LISTED else []
    shown = join_names([*rare[:MAX_NAMES_LISTED], *more])
    return Text(
        f"{len(rare)} of {len(data.labels)} labels {verb} fewer than {FEW_ROWS_PER_LABEL} rows: "
        f"{shown.en}; at most about {most} of one are in validation or in test, too few to tell "
        "how well it is found",
        f"{len(data.labels)} 个标签中有 {len(rare)} 个不足 {FEW_ROWS_PER_LABEL} 行：{shown.zh}；"
        f"每个标签在验证集或测试集中至多约 {most} 行，不足以判断识别效果",
    )


def warn_of_dominant_label(data: DataFacts) -> Text | None:
    """Say what always answering the label of nearly every row scores."""
    rows = sum(data.labels.values())
    label, most = max(data.labels.items(), key=lambda one: one[1], default=("", 0))
    if rows != data.accepted or most <= DOMINANT_SHARE * rows:
        return None  # rows with several labels have no one label that answers them
    share = f"{100 * most / rows:.3g}%"
    return Text(
        f"{share} of the rows have the label `{label}`: always answering it scores {share} "
        "accuracy without having learned anything, so look at the recall of the other labels",
        f"{share} 的行是标签 `{label}`：什么都不学、一律答它，准确率就有 {share}，"
        "请看其他标签的召回率",
    )


def _list_scored_labels(data: DataFacts) -> list[str]:
    """The labels whose probability is scored, else the rarer one of two."""
    if scored := [label for label in data.labels if label in data.positive]:
        return scored
    return sorted(data.labels, key=data.labels.__getitem__)[:1] if len(data.labels) == 2 else []


def _count_held_out(label: str, data: DataFacts) -> tuple[int, int]:
    """The rows of a label in validation and in test; expected ones if they were not counted."""
    if label in data.held_out_labels:
        return data.held_out_labels[label]
    shares = choose_split_fractions(max(1, data.rows_to_split))
    validation, test = (round(data.labels[label] * share) for share in shares)
    return validation, test


def _describe_interval(rows: int) -> Text:
    """Say what so few rows tell of a recall."""
    if not rows:
        return Text("its recall cannot be measured", "无法衡量其召回率")
    found = ceil(rows / 2)
    low, high = (f"{share:.0%}" for share in compute_wilson_interval(found, rows))
    verb = "is" if found == 1 else "are"
    return Text(
        f"if {found} of {rows} {verb} found, the recall is anything from {low} to {high} (95% "
        "Wilson interval), and precision and AUC are as uncertain",
        f"若 {rows} 行中找出 {found} 行，真实召回率在 {low} 到 {high} 之间都有可能"
        "（95% Wilson 区间），精确率与 AUC 同样不确定",
    )
