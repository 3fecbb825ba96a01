"""Find the labels of a column that are spellings of one thing: yes, Y, TRUE and 1.

Case, width, spaces, hyphens and underscores never make two labels: `normalize_label` sees to that.
What is found here becomes aliases of the task's label rules, in the project as in the profile, and
is decided from the distinct labels alone:

- 1.0 beside 1 is the same number, whatever the other labels are;
- words of yes and of no are two labels if the column has nothing else, and both sides;
- a name written with and without a full stop, or with spaces between Chinese characters, is one
  label if two labels remain; so is one with and without spaces or hyphens between words, if one
  spelling is rare beside the other or capitals show the words: resign and re-sign are two.

Nothing else is merged: of three labels or more, two that look alike may well be two. They are
named in a warning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from newft.emitted.label_rules import read_label
from newft.emitted.normalize import (
    MISSING_LABEL_PATTERN,
    clean_label,
    escape_controls,
    is_missing,
    normalize_label,
)
from newft.schema.kit import NO_LABELS, YES_LABELS, Task
from newft.text import Text

LabelAliases = Mapping[str, tuple[str, ...]]  # a label -> what else the records call it

# more distinct values are no closed list: nothing would be gained, and run.yaml would be long
MAX_DISTINCT_LABELS = 1_000
MAX_MERGED_SHOWN = 3  # labels in a message
MAX_SPELLINGS_SHOWN = 8  # of one label in a message: yes has so many in mixed exports
BINARY = 2
# Who writes one label in two ways does so now and then; where both are usual, they mean two things.
MAX_RARE_SPELLING_SHARE = 0.05  # of the rows of the usual spelling

_WHOLE_NUMBER_PATTERN = re.compile(r"(_?\d+)\.0+")  # normalize_label writes -1 as _1
_INNER_SPACE_PATTERN = re.compile(r"(?<=[^\W\d_])_+(?=[^\W\d_])")  # digits apart are a range
_CHINESE_SPACE_PATTERN = re.compile(r"(?<=[\u3400-\u9fff])_+(?=[\u3400-\u9fff])")
_CAPITAL_PATTERN = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OUTER_STOP_PATTERN = re.compile(r"(?<=\w)[.。!！]+$")
_YES_SIDE, _NO_SIDE = " yes", " no"  # no normalized label begins with a space


def find_spelling_aliases(cells: Mapping[str, int], task: Task) -> LabelAliases:
    """Find the spellings to merge; `cells` are the rows of each cell of the label column."""
    if task.label_rules.separator is not None:
        return {}
    spellings = _count_spellings(cells, task)
    if not BINARY <= len(spellings) <= MAX_DISTINCT_LABELS:
        return {}
    sides: dict[str, list[str]] = {}
    to_side = _choose_sides(spellings)
    for label in spellings:
        sides.setdefault(to_side(label), []).append(label)
    if all(len(among) == 1 for among in sides.values()):
        return {}
    names = {side: _name_side(among, spellings) for side, among in sides.items()}
    if _YES_SIDE in sides:
        names = _name_yes_and_no(spellings) or names
    return {
        names[side]: tuple(_list_aliases(names[side], among, spellings))
        for side, among in sides.items()
        if len(among) > 1 or normalize_label(names[side]) != among[0]
    }


def count_cells(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> Counter[str]:
    """Count the rows of each cell of the label's columns, of which a row has the first it has."""
    return Counter(next((row[name] for name in columns if name in row), "") for row in rows)


def add_aliases(task: Task, aliases: LabelAliases) -> Task:
    """Add aliases to the label rules of a task."""
    if not aliases:
        return task
    merged = merge_aliases(task.label_rules.aliases, aliases)
    return replace(task, label_rules=replace(task.label_rules, aliases=merged))


def merge_aliases(one: Mapping[str, Sequence[str]], other: LabelAliases) -> LabelAliases:
    """Merge the aliases of two findings; the labels of both stay in their order."""
    return {
        label: tuple(dict.fromkeys((*one.get(label, ()), *other.get(label, ()))))
        for label in {**one, **other}
    }


def merge_the_same(one: LabelAliases, other: LabelAliases) -> bool:
    """Tell whether two sets of aliases make one label of the same spellings."""
    return _list_merged(one) == _list_merged(other)


def _list_merged(aliases: LabelAliases) -> set[frozenset[str]]:
    return {frozenset(map(normalize_label, (label, *among))) for label, among in aliases.items()}


def warn_of_merged_labels(column: str, aliases: LabelAliases) -> Iterator[Text]:
    """Name the spellings that are read as one label."""
    if not aliases:
        return
    shown = list(aliases.items())[:MAX_MERGED_SHOWN]
    named = escape_controls(column)
    listed = "; ".join(f"{_quote_spellings(names)} as `{label}`" for label, names in shown)
    listed_zh = "；".join(f"{_quote_spellings(names)} 视为 `{label}`" for label, names in shown)
    more, more_zh = "", ""
    if len(aliases) > len(shown):
        more = f"; and so for {len(aliases) - len(shown)} more"
        more_zh = f"；另有 {len(aliases) - len(shown)} 个标签"
    yield Text(
        f"spellings of one label are merged in `{named}`: {listed}{more}; "
        "task.label_rules.aliases in config/run.yaml says so",
        f"“{named}”列中同一标签的不同写法已合并：{listed_zh}{more_zh}；"
        "见 config/run.yaml 的 task.label_rules.aliases",
    )


def warn_of_similar_labels(column: str, cells: Mapping[str, int], task: Task) -> Iterator[Text]:
    """Name labels that differ in spaces, hyphens or a full stop alone, and yet stay apart."""
    if task.label_rules.separator is not None:
        return
    spellings = _count_spellings(cells, task)
    if len(spellings) > MAX_DISTINCT_LABELS:
        return
    alike = [among for among in _group_labels(spellings, join_words) if len(among) > 1]
    if not alike:
        return
    shown = [
        {_name_side([label], spellings): spellings[label].total() for label in among}
        for among in alike[:MAX_MERGED_SHOWN]
    ]
    quoted = [
        [
            (f"`{escape_controls(name)}`", rows)
            for name, rows in [*one.items()][:MAX_SPELLINGS_SHOWN]
        ]
        for one in shown
    ]
    listed = "; ".join(", ".join(f"{name} ({rows})" for name, rows in one) for one in quoted)
    listed_zh = "；".join("、".join(f"{name}（{rows}）" for name, rows in one) for one in quoted)
    named = escape_controls(column)
    yield Text(
        f"labels of `{named}` that differ only in spaces, hyphens or a full stop stay apart "
        f"(rows): {listed}; if they mean the same, say so in task.label_rules.aliases of "
        "config/run.yaml",
        f"“{named}”列中有仅空格、连字符或句号不同的标签，未合并（行数）：{listed_zh}；"
        "若含义相同，请写入 config/run.yaml 的 task.label_rules.aliases",
    )


def _count_spellings(cells: Mapping[str, int], task: Task) -> dict[str, Counter[str]]:
    """Count the rows of each spelling of each label, by its normalized name."""
    found: dict[str, Counter[str]] = {}
    for cell, rows in cells.items():
        if is_missing(cell, MISSING_LABEL_PATTERN):
            continue
        if label := read_label(cell, task.label_rules):
            found.setdefault(label, Counter())[clean_label(cell)] += rows
    return found


def _choose_sides(spellings: Mapping[str, Counter[str]]) -> Callable[[str], str]:
    """Choose what tells two labels apart: as little as leaves the two of a binary column."""
    if {_read_yes_or_no(label) for label in spellings} == {_YES_SIDE, _NO_SIDE}:
        return _read_yes_or_no
    joined = _group_labels(spellings, join_words)
    if len(joined) == BINARY and all(_is_one_name(among, spellings) for among in joined):
        return join_words
    if len(_group_labels(spellings, _drop_marks)) == BINARY:
        return _drop_marks
    return fold_number


def _group_labels(labels: Iterable[str], to_side: Callable[[str], str]) -> list[list[str]]:
    """Group the labels that are on the same side."""
    sides: dict[str, list[str]] = {}
    for label in labels:
        sides.setdefault(to_side(label), []).append(label)
    return list(sides.values())


def _is_one_name(labels: Sequence[str], spellings: Mapping[str, Counter[str]]) -> bool:
    """Tell whether labels that differ in spaces are one: all but one are rare, or say the words."""
    rows: Counter[str] = Counter()
    for label in labels:
        rows[_split_capitals(label, spellings[label])] += spellings[label].total()
    (_, usual), *others = rows.most_common()
    return all(count <= MAX_RARE_SPELLING_SHARE * usual for _, count in others)


def _split_capitals(label: str, spelled: Counter[str]) -> str:
    """Read FullyPaid as two words; else the label without the marks that tell nothing apart."""
    usual = spelled.most_common(1)[0][0]
    words = normalize_label(_CAPITAL_PATTERN.sub(" ", usual))
    return _drop_marks(words if join_words(words) == join_words(label) else label)


def fold_number(label: str) -> str:
    """Write a whole number without the decimals that pandas gives a column with gaps."""
    whole = _WHOLE_NUMBER_PATTERN.fullmatch(label)
    return whole[1] if whole else label


def join_words(label: str) -> str:
    """Join words and drop a full stop."""
    return fold_number(_INNER_SPACE_PATTERN.sub("", _OUTER_STOP_PATTERN.sub("", label)))


def _drop_marks(label: str) -> str:
    """Drop what never makes another name: a full stop, and spaces between Chinese characters."""
    return fold_number(_CHINESE_SPACE_PATTERN.sub("", _OUTER_STOP_PATTERN.sub("", label)))


def _read_yes_or_no(label: str) -> str:
    plain = join_words(label)
    return _YES_SIDE if plain in YES_LABELS else _NO_SIDE if plain in NO_LABELS else plain


def _name_side(labels: Iterable[str], spellings: Mapping[str, Counter[str]]) -> str:
    """Name labels that are one as most of their rows do."""
    rows: Counter[str] = Counter()
    for label in labels:
        rows += spellings[label]
    return rows.most_common(1)[0][0]


def _name_yes_and_no(spellings: Mapping[str, Counter[str]]) -> dict[str, str] | None:
    """Name both sides by the pair of words that most rows have, in one case; None: no pair is."""
    pairs = [pair for pair in zip(YES_LABELS, NO_LABELS, strict=True) if {*pair} <= {*spellings}]
    if not pairs:
        return None
    yes, no = max(pairs, key=lambda pair: sum(spellings[word].total() for word in pair))
    spelled = _name_side((yes, no), spellings)
    case: Callable[[str], str] = str.lower
    if spelled.isupper():
        case = str.upper
    elif spelled.istitle():
        case = str.title
    return {_YES_SIDE: case(yes), _NO_SIDE: case(no)}


def _list_aliases(
    name: str, labels: Iterable[str], spellings: Mapping[str, Counter[str]]
) -> Iterator[str]:
    """List the spellings that are read as the name, the most frequent first.

    Rules compare normalized names: one spelling of each is enough, where there are many.
    """
    rows: Counter[str] = Counter()
    usual = set()
    for label in labels:
        rows += spellings[label]
        usual.add(spellings[label].most_common(1)[0][0])
    for place, (spelled, _) in enumerate(rows.most_common()):
        if spelled != name and (spelled in usual or place < MAX_SPELLINGS_SHOWN):
            yield spelled


def _quote_spellings(names: tuple[str, ...]) -> str:
    shown = [f"`{escape_controls(name)}`" for name in names[:MAX_SPELLINGS_SHOWN]]
    more = len(names) - len(shown)
    return ", ".join([*shown, *([f"{more} more"] if more else [])])
