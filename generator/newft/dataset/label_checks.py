"""What is odd about the labels of the user's files: several spellings, or whole sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from newft.dataset.code_names import is_code
from newft.dataset.column_errors import column_option_hint
from newft.dataset.label_parsing import pick_frequent_spellings
from newft.dataset.label_spellings import BINARY
from newft.dataset.row_outcome import MIN_ROWS_PER_LABEL, RowOutcome
from newft.dataset.row_stats import RowStats
from newft.errors import DataError
from newft.schema.kit import FieldRole, Task
from newft.text import CJK_PATTERN, Text, join_names, pluralize

MAX_LABELS_SHOWN = 3  # of those with several spellings
MAX_SPELLINGS_SHOWN = 4  # of one label
MAX_EXAMPLE_CHARS = 60  # characters of a sentence that is shown

# In words, two Chinese characters being one. Measured: the longest label has 1 word in BANKING77,
# which joins them, 8 in LendingClub, 6.5 in LawBench and 5.5 in Fin-Eva; none ends with a full
# stop. The median of 500 free answers in LawBench is 80.
MAX_LABEL_WORDS = 20  # no name is longer
MAX_LABEL_CHARS = 300  # nor is one word so long; after this many, texts are not searched for labels
MIN_SENTENCE_WORDS = 12
MIN_STATEMENT_WORDS = 4  # that end with a full stop
HIGH_RARE_SHARE = 0.1  # of the rows: a closed list has few labels that hardly any row has

_FULL_STOP_PATTERN = re.compile(r"[.!。！…][\"'”’)）]*$")
_TWO_SENTENCES_PATTERN = re.compile(r"[.!?]\s+\S|[。！？]\s*\S")
_TITLE_PATTERN, _LIST_SEPARATOR_PATTERN = re.compile("《[^《》]*》"), re.compile("[、;；]")


def warn_of_spellings(stats: RowStats) -> Iterator[Text]:
    """Name the labels that are spelled in several ways, and the spelling that is trained on."""
    for found in (stats.label_spellings(), stats.recommendation_spellings()):
        spelling = pick_frequent_spellings(found)
        several = {label: names for label, names in found.items() if label and len(names) > 1}
        if not several:
            continue
        shown = [
            (spelling[label], [escape_invisible(name) for name, _ in names.most_common()])
            for label, names in list(several.items())[:MAX_LABELS_SHOWN]
        ]
        more = len(several) - len(shown)
        listed = "; ".join(f"{_quote_names(names).en} as `{chosen}`" for chosen, names in shown)
        listed_zh = "；".join(
            f"{_quote_names(names).zh} 统一为 `{chosen}`" for chosen, names in shown
        )
        yield Text(
            f"spellings of one label are merged: {listed}"
            + (f"; and so for {pluralize(more, 'label')} more" if more else ""),
            f"同一标签的不同写法已合并：{listed_zh}" + (f"；另有 {more} 个标签" if more else ""),
        )


def warn_of_codes(column: str, labels: Sequence[str], task: Task) -> Iterator[Text]:
    """Warn that a model which reads texts would learn to write numbers."""
    if task.tabular or len(labels) <= BINARY or not all(map(is_code, labels)):
        return
    named = escape_invisible(column)
    shown = join_names(f"`{label}`" for label in labels[:MAX_LABELS_SHOWN])
    example = labels[len(labels) // 2]
    yield Text(
        f"the labels of `{named}` are codes ({shown.en} ...): the model learns to write "
        f"`{example}`, and no prompt can say what it means; add a column with the name of each "
        f"code, such as `{named}_name`, and the names become the labels",
        f"“{named}”列的标签是编码（{shown.zh} ……）：模型只会学着写 `{example}`，"
        "提示词也无法说明它的含义；"
        f"请增加一列写出每个编码的名称（如“{named}_name”），名称就会成为标签",
    )


def warn_of_long_labels(column: str, labels: Sequence[str]) -> Iterator[Text]:
    """Warn of labels that are no names: every prompt lists them, and the model must write them."""
    long = [label for label in labels if len(label) > MAX_LABEL_CHARS]
    if long:
        named = escape_invisible(column)
        yield Text(
            f"{pluralize(len(long), 'label')} of `{named}` longer than {MAX_LABEL_CHARS} "
            f"characters, such as `{_shorten(long[0])}`: prompts list all labels, and the model "
            "has to write them out; give them short names",
            f"“{named}”列有 {len(long)} 个标签超过 {MAX_LABEL_CHARS} 个字符，例如 "
            f"`{_shorten(long[0])}`：提示词会列出全部标签，模型也要逐字写出；请换成简短的名称",
        )


def refuse_sentences(files: Sequence[str], task: Task, stats: RowStats) -> None:
    """Refuse a column of sentences where labels of a closed list are needed."""
    spellings: tuple[tuple[FieldRole, Mapping[str, Counter[str]]], ...] = (
        ("label", stats.label_spellings()),
        ("recommendation", stats.recommendation_spellings()),
    )
    for role, found in spellings:
        spelling = pick_frequent_spellings(found)
        rows = {spelling[label]: names.total() for label, names in found.items() if label}
        if not rows or not _are_sentences(rows):
            continue
        field = next(name for name, field in task.fields.items() if field.role == role)
        column, rare = stats.columns[role][0], _count_rare_rows(rows)
        examples = sorted(filter(is_sentence, rows), key=lambda label: (-rows[label], label))[:2]
        quoted = [f"`{_shorten(example)}`" for example in examples]
        raise DataError(
            Text(
                f"`{column}` holds whole sentences, not the labels of a closed list, such as "
                f"{' and '.join(quoted)}; {rare} of {sum(rows.values())} rows have a value that "
                f"fewer than {MIN_ROWS_PER_LABEL} rows have",
                f"“{column}”列是整句话，不是封闭列表中的标签，例如 {'、'.join(quoted)}；"
                f"{sum(rows.values())} 行中有 {rare} 行的取值出现不到 {MIN_ROWS_PER_LABEL} 次",
            ),
            where=", ".join(files),
            hint=Text(
                f"name the column that holds short labels: {column_option_hint(field)}; newft does "
                "not train on free replies",
                f"请指定存放简短标签的列：{column_option_hint(field)}；newft 不支持训练自由回复",
            ),
        )


def refuse_stated_labels(
    files: Sequence[str], task: Task, stats: RowStats, outcome: RowOutcome
) -> None:
    """Refuse files in which most texts state their label: there is nothing to learn from them."""
    stated = outcome.rejects.get("label_in_input", 0)
    if stated <= stats.rows / 2:
        return
    named = [name for name, field in task.fields.items() if field.role == "text"]
    raise DataError(
        Text(
            f"the input states its label in {stated} of {stats.rows} rows, such as "
            f"`{_shorten(outcome.stated_example)}`: a model would only learn to copy it",
            f"{stats.rows} 行中有 {stated} 行的输入直接写出了标签，例如 "
            f"`{_shorten(outcome.stated_example)}`：这样训练出的模型只会照抄",
        ),
        where=", ".join(files),
        hint=Text(
            "remove the label from the input"
            + "".join(f", or name another: {column_option_hint(n)}" for n in named),
            "请从输入中删掉标签"
            + "".join(f"，或指定其他列：{column_option_hint(name)}" for name in named),
        ),
    )


def warn_of_stated_labels(outcome: RowOutcome) -> Iterator[Text]:
    """Say how many texts state their label, and how."""
    if stated := outcome.rejects.get("label_in_input", 0):
        yield Text(
            f"{pluralize(stated, 'row')} left out, as the input states the label, such as "
            f"`{_shorten(outcome.stated_example)}`",
            f"有 {stated} 行的输入直接写出了标签，已剔除，例如 "
            f"`{_shorten(outcome.stated_example)}`",
        )


def is_sentence(label: str) -> bool:
    """Whether a value says something, where a label would name it."""
    words = _count_longest_part_words(label)
    statement = words >= MIN_STATEMENT_WORDS and bool(_FULL_STOP_PATTERN.search(label))
    return statement or words >= MIN_SENTENCE_WORDS or _is_reply(label)


def _is_reply(label: str) -> bool:
    """Whether a value is a text of several sentences, or too long for any name."""
    words = _count_longest_part_words(label)
    several = words >= MIN_SENTENCE_WORDS and bool(_TWO_SENTENCES_PATTERN.search(label))
    return several or words >= MAX_LABEL_WORDS or len(label) > MAX_LABEL_CHARS


def _count_longest_part_words(label: str) -> float:
    """The words between two marks of enumeration, where there are most; a title is one word."""
    pieces = _LIST_SEPARATOR_PATTERN.split(_TITLE_PATTERN.sub("T", label))
    counts = (
        len(CJK_PATTERN.findall(piece)) / 2 + _count_words(CJK_PATTERN.sub(" ", piece))
        for piece in pieces
    )
    return max(counts)


def _count_words(text: str) -> int:
    """The words between spaces; what has no letter and no digit, such as `_`, is no word."""
    return sum(any(map(str.isalnum, word)) for word in text.split())


def _are_sentences(rows: Mapping[str, int]) -> bool:
    """Whether most rows have a sentence, and it is long or most such values are rare."""
    half = sum(rows.values()) / 2
    replies = sum(many for label, many in rows.items() if _is_reply(label))
    sentences = sum(many for label, many in rows.items() if is_sentence(label))
    much_rare = _count_rare_rows(rows) > HIGH_RARE_SHARE * sum(rows.values())
    return replies > half or (sentences > half and much_rare)


def _count_rare_rows(rows: Mapping[str, int]) -> int:
    return sum(many for many in rows.values() if many < MIN_ROWS_PER_LABEL)


def _shorten(text: str) -> str:
    shown = escape_invisible(text)
    return shown if len(shown) <= MAX_EXAMPLE_CHARS else f"{shown[:MAX_EXAMPLE_CHARS]}..."


def escape_invisible(text: str) -> str:
    """The text with an escape for each character that cannot be seen, or looks like a space."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _quote_names(names: list[str]) -> Text:
    more = len(names) - MAX_SPELLINGS_SHOWN
    shown = join_names(f"`{name}`" for name in names[:MAX_SPELLINGS_SHOWN])
    return Text(f"{shown.en}, {more} more", f"{shown.zh} 等 {len(names)} 种") if more > 0 else shown
