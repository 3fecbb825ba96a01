"""The shapes that records can have, and what detecting the task of files found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newft.text import Text

# What each column of a record is for, whatever it is about. Tasks exist for the first four.
Shape = Literal[
    "text_label",
    "text_labels",
    "text_type_yes_no",
    "table_label",
    "question_answer",
    "dialogue",
    "document",
]

SHAPE_TITLES: dict[Shape, Text] = {
    "text_label": Text("text and one label", "文本加一个标签"),
    "text_labels": Text("text and several labels", "文本加多个标签"),
    "text_type_yes_no": Text("text, type and yes or no", "文本、类型加是否判断"),
    "table_label": Text("table and label", "表格加标签"),
    "question_answer": Text("question and free answer", "问题加自由回答"),
    "dialogue": Text("dialogue", "多轮对话"),
    "document": Text("document without labels", "没有标签的文档"),
}
SHAPE_COLUMNS: dict[Shape, Text] = {
    "text_label": Text(
        "a text; a label of a closed list, the same in several rows",
        "一列文本；一列标签，取自固定的列表，同一标签出现在多行",
    ),
    "text_labels": Text(
        "a text; its labels of a closed list, as a list or with ; or line ends between them",
        "一列文本；一列标签，取自固定的列表，一行可有多个，写成列表或以 ; 或换行分隔",
    ),
    "text_type_yes_no": Text(
        "a text; the type that is asked about, which may be left out; yes or no",
        "一列文本；一列要判断的类型，可省略；一列是或否",
    ),
    "table_label": Text(
        "columns of figures and categories; a label whose name says what it is",
        "若干列数值和类别；一列标签，列名能说明含义",
    ),
    "question_answer": Text("a question; an answer in sentences", "一列问题；一列成句的回答"),
    "dialogue": Text("the turns, each with who speaks", "逐轮对话，注明说话人"),
    "document": Text("a text, or numbered articles", "一列文本，或编号的条目"),
}
_TABLES = ("csv", "tsv", "xlsx", "xls", "parquet", "json", "jsonl", "ndjson")
_LABELLED_LINES = Text("txt: a text, a tab and its label a line", "txt：每行一条文本、制表符、标签")
_FASTTEXT = Text(
    "txt as of fastText: __label__ before the text", "fastText 的 txt：文本前有 __label__"
)
_FOLDERS = Text("folders of text files, one for each label", "每个标签一个文件夹，内含文本文件")
_CHATS = Text(
    "json and jsonl of messages, whose last turn is the label",
    "对话消息的 json 和 jsonl，末轮为标签",
)
_TABLE_FILES = tuple(Text(kind, kind) for kind in _TABLES)
SHAPE_FILES: dict[Shape, tuple[Text, ...]] = {
    "text_label": (*_TABLE_FILES, _LABELLED_LINES, _FASTTEXT, _FOLDERS, _CHATS),
    "text_labels": _TABLE_FILES,
    "text_type_yes_no": _TABLE_FILES,
    "table_label": _TABLE_FILES,
    "question_answer": (),  # these are of no task, and no file of them is read
    "dialogue": (),
    "document": (),
}


@dataclass(frozen=True)
class TaskRefusal:
    """A task that the records are not of, and why."""

    task: str  # as domain/task
    reason: Text
    lacks_column: bool = False  # whether a field has no column, whatever the others hold


@dataclass(frozen=True)
class TaskDetection:
    """Which tasks the records are of: one that is taken, several that are asked about, or none."""

    tasks: tuple[str, ...]  # as domain/task
    shapes: tuple[Shape, ...] = ()  # that the records have
    seen: Text | None = None  # the words that speak for each domain
    refusals: tuple[TaskRefusal, ...] = ()
    wordless: bool = False  # the task is told by shape alone: hardly a word of its domain occurs
