"""What is in the user's files: columns, labels, lengths, language, and what will be left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from newft.columns import Column, Match, describe, match
from newft.entries import Field, Kit, Language, Task, Text
from newft.errors import DataError
from newft.model import DataFacts, FileFacts
from newft.names import nearest
from newft.records import (
    Layout,
    RecordError,
    data_files,
    detect,
    normal_label,
    read_rows,
    text_of,
)
from newft.tally import FEWEST_OF_A_LABEL, Tally

FEWEST_ROWS = 20
FEW_OF_A_LABEL = 5
COPIED_BYTES = 50_000_000  # larger files stay where they are
LOOKED_AT = 1_000  # rows that show what a column holds
MUCH_LEFT_OUT = 0.1


@dataclass(frozen=True)
class _Source:
    """One file, opened far enough to know its columns."""

    path: Path
    layout: Layout
    columns: tuple[Column, ...]


def measure(
    files: Sequence[str], *, task: Task, columns: Mapping[str, str], language: Language | None
) -> DataFacts:
    """The facts of the files; `columns` are the user's corrections, no language means find out."""
    sources = _opened(files)
    _refuse_unknown(columns, task.fields, sources)
    mapping, guessed = _mapped(sources, task.fields, columns)
    tally = Tally({task.fields[name].role: among for name, among in mapping.items()})
    found = [
        _counted(source, tally, project_path)
        for source, project_path in zip(sources, _project_paths(sources), strict=True)
    ]
    labels, rejected = tally.labels_kept(), tally.rejects()
    _refuse_too_little(files, labels, rejected, rows=tally.rows)
    meaning_none = [name for name in map(normal_label, task.out_of_scope) if name in labels]
    return DataFacts(
        files=tuple(found),
        rows=tally.rows,
        accepted=sum(labels.values()),
        rejected=rejected,
        mapping=mapping,
        labels=labels,
        out_of_scope=meaning_none[0] if meaning_none else None,
        lengths=tally.text_lengths(),
        language=language or tally.language(),
        shape="labelled",
        sample=False,
        warnings=(*guessed, *_warnings(found, tally)),
    )


def measure_sample(kit: Kit, task_id: str, language: Language) -> DataFacts:
    """The facts of the records that ship with a domain."""
    task = kit.tasks[task_id]
    path = Path(kit.folder) / "sample" / task.sample[language]
    facts = measure([str(path)], task=task, columns={}, language=language)
    return replace(facts, sample=True, files=(replace(facts.files[0], path="sample"),))


# --- files and columns ---------------------------------------------------------------------------


def _opened(files: Sequence[str]) -> list[_Source]:
    """Each data file once, in the order given."""
    sources: dict[Path, _Source] = {}
    faults: list[DataError] = []
    for given in files:
        try:
            for path in data_files(Path(given).expanduser()):
                sources.setdefault(path.resolve(), _source(path))
        except RecordError as error:
            where = f"{error.path}:{error.row}" if error.row else f"{error.path}"
            faults.append(DataError(error.message, where=where, hint=error.hint))
    _raise_all(faults)
    return list(sources.values())


def _source(path: Path) -> _Source:
    """A file with what its first rows show."""
    layout = detect(path)
    first = [row.values for row in islice(read_rows(path, layout), LOOKED_AT) if not row.fault]
    columns = [describe(name, [_shown(row.get(name)) for row in first]) for name in layout.columns]
    return _Source(path, layout, tuple(columns))


def _shown(value: object) -> str:
    """A cell as one sees it; lists and objects hold no single text or label."""
    return "" if isinstance(value, (list, dict)) else text_of(value)


def _refuse_unknown(
    chosen: Mapping[str, str], fields: Mapping[str, Field], sources: Sequence[_Source]
) -> None:
    """Refuse corrections that name no field or no column, or one column twice."""
    faults = []
    names = list(dict.fromkeys(name for source in sources for name in source.layout.columns))
    for name, column in chosen.items():
        where, key = f"{sources[0].path}", f"data.columns.{name}"
        if name not in fields:
            hint = _nearest(name, list(fields), "data.columns.{}")
            faults.append(DataError(f"`{key}` is no field of this task", where=where, hint=hint))
        elif column not in names:
            message = f"no column `{column}` for `{key}`; the columns are: {', '.join(names)}"
            hint = _nearest(column, names, f"--set {key}={{}}")
            faults.append(DataError(message, where=where, hint=hint))
        elif [*chosen.values()].count(column) > 1:
            message = f"`{column}` is given for two fields, `{key}` is one"
            faults.append(DataError(message, where=where, hint="a column holds one field"))
    _raise_all(faults)


def _mapped(
    sources: Sequence[_Source], fields: Mapping[str, Field], chosen: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], list[Text]]:
    """Field -> its columns, of which a file uses the first that it has; and what was guessed."""
    known = {name: (chosen[name],) if name in chosen else () for name in fields}
    faults: list[DataError] = []
    guessed: dict[str, Text] = {}
    for source in sources:
        matched = match(source.columns, fields, known=known)
        faults += _unmatched(source, fields, matched)
        for name, column in matched.columns.items():
            known[name] = tuple(dict.fromkeys((*known[name], column)))
        for name in matched.guessed:
            column = matched.columns[name]
            guessed[column] = Text(
                f"`{column}` was taken for `{name}` by its values alone: check it",
                f"仅凭取值把“{column}”列当作 {name}：请核对",
            )
    _raise_all(faults)
    return {name: columns for name, columns in known.items() if columns}, list(guessed.values())


def _unmatched(source: _Source, fields: Mapping[str, Field], matched: Match) -> list[DataError]:
    """What is wrong where a field has no column, or several, or one that a record named."""
    where, has = f"{source.path}", ", ".join(source.layout.columns)
    faults = []
    echoed = {column.name for column in source.columns if column.echoed}
    for column in (matched.columns[name] for name in matched.guessed):
        if column in echoed:
            message = f"the first row is a record, not a header: `{column}` stands below it too"
            faults.append(
                DataError(message, where=where, hint="put a row of column names before it")
            )
    for name in matched.missing:
        message = f"no column for `{name}` ({fields[name].title.en}); it has: {has}"
        hint = f"name it: --set data.columns.{name}=COLUMN"
        faults.append(DataError(message, where=where, hint=hint))
    for name, equal in matched.unclear.items():
        several = _listed([f"`{column}`" for column in equal], most=3)
        message = f"several columns could be `{name}` ({fields[name].title.en}): {several}"
        hint = f"choose one: --set data.columns.{name}={equal[0]}"
        faults.append(DataError(message, where=where, hint=hint))
    return faults


def _project_paths(sources: Sequence[_Source]) -> list[str]:
    """Where the project reads each file: copies get names of their own, large files stay."""
    paths: list[str] = []
    for path in (source.path for source in sources):
        if path.stat().st_size > COPIED_BYTES:
            paths.append(path.resolve().as_posix())
            continue
        place, copy = f"data/raw/{path.name}", 1
        while place.casefold() in (other.casefold() for other in paths):
            copy += 1
            place = f"data/raw/{path.stem}-{copy}{path.suffix}"
        paths.append(place)
    return paths


def _counted(source: _Source, tally: Tally, project_path: str) -> FileFacts:
    """The facts of one file, whose rows go into the tally."""
    before = tally.rows
    for row in read_rows(source.path, source.layout):
        tally.add(row)
    with source.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileFacts(
        path=str(source.path),
        project_path=project_path,
        kind=source.layout.kind,
        encoding=source.layout.encoding,
        rows=tally.rows - before,
        columns=source.layout.columns,
        bytes=source.path.stat().st_size,
        sha256=digest,
    )


def _refuse_too_little(
    files: Sequence[str], labels: Mapping[str, int], rejected: Mapping[str, int], *, rows: int
) -> None:
    """Refuse what nothing can be learned from."""
    usable, where = sum(labels.values()), ", ".join(files)
    reasons = ", ".join(f"{count} {code}" for code, count in rejected.items())
    if usable < FEWEST_ROWS:
        message = f"{usable} of {rows} rows can be used, {FEWEST_ROWS} are needed"
        message += f"; left out: {reasons}" if reasons else ""
        hint = f"add rows: a label needs {FEWEST_OF_A_LABEL}; or name other columns: "
        raise DataError(message, where=where, hint=f"{hint}--set data.columns.label=COLUMN")
    if len(labels) == 1:
        message = f"there is one label only, `{next(iter(labels))}`, in {usable} usable rows"
        hint = "add rows of other labels, or name another column: --set data.columns.label=COLUMN"
        raise DataError(message, where=where, hint=hint)


def _warnings(files: Sequence[FileFacts], tally: Tally) -> list[Text]:
    """What the user should know before they go on."""
    said = [
        # by name alone: what is said here is kept in the project, and the user's folders are not
        Text(f"{name} was read as {file.encoding}", f"{name} 按 {file.encoding} 编码读取")
        for file, name in ((file, Path(file.path).name) for file in files)
        if file.encoding not in (None, "utf-8", "utf-8-sig")
    ]
    kept, rejected = tally.labels_kept(), tally.rejects()
    left_out = sum(rejected.values())
    if left_out > tally.rows * MUCH_LEFT_OUT:
        codes = ", ".join(f"{count} {code}" for code, count in rejected.items())
        said.append(
            Text(
                f"{left_out} of {tally.rows} rows are left out: {codes}",
                f"{tally.rows} 行中有 {left_out} 行未被采用：{codes}",
            )
        )
    rare = sorted(label for label in tally.labels if label not in kept)
    few = [label for label, rows in kept.items() if rows < FEW_OF_A_LABEL]
    for names, en, zh in (
        (rare, "have fewer than 3 rows and are left out", "少于 3 行，已剔除"),
        (few, "have fewer than 5 rows", "少于 5 行"),
    ):
        if names:
            listed, many = _listed(names, most=5), len(names)
            said.append(Text(f"{many} labels {en}: {listed}", f"{many} 个标签{zh}：{listed}"))
    if tally.contradicted:
        many = tally.contradicted
        said.append(Text(f"{many} texts have two labels or more", f"{many} 条文本带有多个标签"))
    if "group" in tally.columns and len(tally.groups) == 1:
        group = tally.columns["group"][0]
        said.append(
            Text(
                f"`{group}` has one value in all rows: it cannot keep splits apart",
                f"“{group}”列只有一个取值，无法用来划分数据",
            )
        )
    return said


def _listed(names: Sequence[str], *, most: int) -> str:
    """The first names."""
    return ", ".join(names[:most]) + (" ..." if len(names) > most else "")


def _nearest(name: str, names: Sequence[str], form: str) -> str:
    """A hint with the nearest name."""
    close = nearest(name, names) or names[:1]
    return form.format(close[0])


def _raise_all(faults: Sequence[DataError]) -> None:
    """Raise one fault as it is, several as one."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        hints = dict.fromkeys(fault.hint for fault in faults if fault.hint)
        raise DataError(f"{len(faults)} faults\n{lines}", hint="; ".join(hints))
