"""Let the names of labels take the place of their codes, where the records have both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from newft.dataset.code_names import (
    MAX_CONTRADICTING_SHARE,
    MAX_NEAR_SHARE,
    find_codes_column,
    find_names_column,
    list_same_columns,
    pair_codes,
    read_code,
    read_name,
)
from newft.dataset.column_roles import SampledFile
from newft.dataset.label_spellings import LabelAliases
from newft.emitted.normalize import clean_label, escape_controls, normalize_label
from newft.text import Text, pluralize

MAX_CONTRADICTIONS_SHOWN = 3  # of a code and a name, in a message
MAX_QUOTED_CHARS = 60  # of a name in a message


@dataclass(frozen=True)
class LabelColumns:
    """The columns of the labels, once codes have given way to their names."""

    columns: tuple[str, ...]
    beside: tuple[str, ...] = ()  # say the label in another form: neither leaks nor inputs
    aliases: LabelAliases = field(default_factory=dict)  # name -> its codes and other spellings
    notes: tuple[Text, ...] = ()
    warnings: tuple[Text, ...] = ()


@dataclass(frozen=True)
class _Pair:
    """Two columns of a file that tell the same."""

    codes: str
    names: str
    rows: Sequence[Mapping[str, str]]


def settle_label_columns(
    files: Sequence[SampledFile],
    labels: Sequence[str],
    *,
    chosen: str | None,
    taken: Collection[str],
) -> LabelColumns:
    """Put the names of labels in the place of their codes, unless the user chose a column.

    A file may have codes alone where another says what they mean: they become aliases.
    """
    pairs = [pair for file in files if (pair := _find_pair(file, labels, taken))]
    same = {name: None for file in files for name in _list_other_forms(file, labels, taken)}
    if not pairs:
        return _keep_contradicted(files, labels, taken, tuple(same))
    warnings = tuple(_warn_of_contradictions(pairs, chosen))
    notes = tuple(dict.fromkeys(_say_what_is_used(pair, chosen) for pair in pairs))
    if chosen is not None:
        both = dict.fromkeys(name for pair in pairs for name in (pair.codes, pair.names))
        beside = tuple(name for name in both | same if name not in labels)
        return LabelColumns(tuple(labels), beside, notes=notes, warnings=warnings)
    codes = {pair.codes: None for pair in pairs}
    names = {pair.names: None for pair in pairs}
    alone = [file for file in files if not {*names} & {*file.file.layout.columns}]
    kept = [name for name in labels if name not in codes or alone]
    aliases = {name: tuple(other) for name, other in _list_aliases(pairs, coded=bool(alone))}
    return LabelColumns(
        tuple(dict.fromkeys([*names, *kept])),
        tuple(name for name in codes | same if name not in kept and name not in names),
        aliases,
        notes,
        warnings,
    )


def _keep_contradicted(
    files: Sequence[SampledFile],
    labels: Sequence[str],
    taken: Collection[str],
    same: tuple[str, ...],
) -> LabelColumns:
    """Keep the labels, and say which columns would name them if fewer rows contradicted."""
    near = [pair for file in files if (pair := _find_pair(file, labels, taken, MAX_NEAR_SHARE))]
    both = dict.fromkeys(name for pair in near for name in (pair.codes, pair.names))
    beside = dict.fromkeys([*same, *(name for name in both if name not in labels)])
    warnings = tuple(text for pair in near for text in _warn_of_near_pair(pair, labels))
    return LabelColumns(tuple(labels), tuple(beside), warnings=warnings)


def _find_pair(
    file: SampledFile,
    labels: Sequence[str],
    taken: Collection[str],
    share: float = MAX_CONTRADICTING_SHARE,
) -> _Pair | None:
    """Find the column that says the label of a file in another form."""
    columns = file.file.layout.columns
    label = next((name for name in labels if name in columns), None)
    if label is None or not file.rows:
        return None
    others = [name for name in columns if name not in taken or name in labels]
    if names := find_names_column(file.rows, label, others, share):
        return _Pair(label, names, file.rows)
    if codes := find_codes_column(file.rows, label, others, share):
        return _Pair(codes, label, file.rows)
    return None


def _list_other_forms(
    file: SampledFile, labels: Sequence[str], taken: Collection[str]
) -> list[str]:
    """List the columns of a file that say its label again, such as `label_zh`."""
    columns = file.file.layout.columns
    others = [name for name in columns if name not in taken]
    label = next((name for name in labels if name in columns), None)
    return list_same_columns(file.rows, label, others) if label is not None else []


def _list_aliases(pairs: Sequence[_Pair], *, coded: bool) -> Iterator[tuple[str, list[str]]]:
    """List each name with its other spellings, and with its code where some files have it alone."""
    spellings: dict[str, Counter[str]] = {}
    codes: dict[str, str] = {}
    for pair in pairs:
        name_of = pair_codes(pair.rows, pair.codes, pair.names).name_of
        codes |= {name: code for code, name in name_of.items()}
        for row in pair.rows:
            code, name = read_code(row[pair.codes]), read_name(row[pair.names])
            if code and name:
                spellings.setdefault(name, Counter())[clean_label(row[pair.names])] += 1
    coded = coded and {*codes.values()}.isdisjoint(spellings)  # else a name is another's code
    for name, found in spellings.items():
        usual, _ = found.most_common(1)[0]
        other = {normalize_label(spelled): spelled for spelled in found}
        other.pop(normalize_label(usual))
        own = [codes[name]] if coded and name in codes else []
        if other or own:
            yield usual, [*other.values(), *own]


def _warn_of_contradictions(pairs: Sequence[_Pair], chosen: str | None) -> Iterator[Text]:
    """Name the rows whose code and name belong to different labels, and which of them counts."""
    for pair in pairs:
        if said := _describe_contradictions(pair):
            used = escape_controls(chosen if chosen == pair.codes else pair.names)
            yield Text(
                f"{said.en}; the labels are what `{used}` says: correct the rows where that is "
                "wrong",
                f"{said.zh}；标签以“{used}”列为准，如有错误请更正这些行",
            )


def _warn_of_near_pair(pair: _Pair, labels: Sequence[str]) -> Iterator[Text]:
    """Say why names are not the labels, or why a column is not taken for the labels' codes."""
    if not (said := _describe_contradictions(pair)):
        return
    used = escape_controls(pair.codes if pair.codes in labels else pair.names)
    percent = f"{MAX_CONTRADICTING_SHARE:.0%}"
    yield Text(
        f"{said.en}; that is more than {percent}, so the labels are what `{used}` says, and the "
        "other column is not used: correct these rows, and the names are the labels",
        f"{said.zh}；超过 {percent}，因此标签以“{used}”列为准，另一列不使用："
        "更正这些行后，标签即采用名称",
    )


def _describe_contradictions(pair: _Pair) -> Text | None:
    """Say how many rows contradict the others, with the first of them."""
    found = pair_codes(pair.rows, pair.codes, pair.names)
    if not found.contradicting:
        return None
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for row in pair.rows:
        both = read_code(row[pair.codes]), read_name(row[pair.names])
        if both in found.contradicting:
            first.setdefault(both, (_quote(row[pair.codes]), _quote(row[pair.names])))
    shown = list(first.values())[:MAX_CONTRADICTIONS_SHOWN]
    codes, names = escape_controls(pair.codes), escape_controls(pair.names)
    rows = sum(found.contradicting.values())
    return Text(
        f"`{codes}` and `{names}` contradict each other in {rows} of "
        f"{pluralize(found.rows, 'row')} looked at, such as "
        + ", ".join(f"{code} beside {name}" for code, name in shown),
        f"“{codes}”列与“{names}”列在所查看的 {found.rows} 行中有 {rows} 行互相矛盾，例如 "
        + "、".join(f"{code} 对应 {name}" for code, name in shown),
    )


def _quote(cell: str) -> str:
    shown = escape_controls(cell.strip())
    more = "..." if len(shown) > MAX_QUOTED_CHARS else ""
    return f"`{shown[:MAX_QUOTED_CHARS]}{more}`"


def _say_what_is_used(pair: _Pair, chosen: str | None) -> Text:
    codes, names = escape_controls(pair.codes), escape_controls(pair.names)
    if chosen == pair.codes:
        return Text(
            f"`{names}` holds the names of the codes in `{codes}`: the model learns to write the "
            "codes, as you said",
            f"“{names}”列是“{codes}”列编码对应的名称：按你的指定，模型学习输出编码",
        )
    return Text(
        f"`{names}` holds the names of the codes in `{codes}`: the labels are the names, and "
        f"`{codes}` is not used",
        f"“{names}”列是“{codes}”列编码对应的名称：标签采用名称，不使用“{codes}”列",
    )
