"""Why rows are left out, in words: the codes of `rejects.jsonl`."""

from __future__ import annotations

from collections.abc import Mapping

from newft.text import Text

REJECT_REASONS: Mapping[str, Text] = {
    "broken_row": Text("broken row", "行已损坏"),
    "bad_encoding": Text("bad encoding", "编码错误"),
    "too_long": Text("cell too long", "单元格过长"),
    "empty_input": Text("empty input", "输入为空"),
    "empty_label": Text("empty label", "标签为空"),
    "empty_recommendation": Text("empty recommendation", "建议为空"),
    "duplicate": Text("duplicate", "重复"),
    "unknown_label": Text("label too rare", "标签的行数太少"),
    "unknown_recommendation": Text("recommendation too rare", "建议的行数太少"),
    "label_in_input": Text("answer in the text", "文本自带答案"),
}


def describe_rejects(rejected: Mapping[str, int]) -> Text:
    """The reasons with their numbers of rows; empty where no row is left out."""
    named = [(REJECT_REASONS.get(code, Text(code, code)), rows) for code, rows in rejected.items()]
    return Text(
        ", ".join(f"{reason.en} {rows}" for reason, rows in named),
        "、".join(f"{reason.zh} {rows}" for reason, rows in named),
    )
