"""Format the raw records: `make data`.

A new folder data/processed takes the old one's place once it is whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import orjson

from . import command
from .alone import alone_in
from .columns import GROUP, lacking, to_record
from .config import Config, DataConfig, changed_keys
from .conversation import Reject
from .errors import ProjectError
from .exports import write_dataset_info
from .formatting import (
    NEAR_DUPLICATES,
    compared,
    identity,
    kept_together,
    labels_in,
    read_answer,
    to_conversation,
)
from .keys import NO_GROUP, is_missing
from .messages import fill
from .near_duplicates import LARGEST, TextIndex, TextsToCompare
from .origin import changed_files, origin, written
from .output import say
from .records import Layout, RecordError, Row, data_files, detect, read_rows
from .repeats import Place, Texts
from .replace_folder import replacing
from .row_files import (
    AGAIN,
    RowFiles,
    checked,
    move_rows,
    read_lines,
    reject_line,
    to_line,
)
from .row_lengths import measure_rows
from .splits import PROCESSED, SPLITS, AssignedRows, Split, SplitAssigner
from .summary import Summary, some
from .task import TaskConfig

Lines = list[dict[str, Any]]  # formatted rows

SUMMARY = PROCESSED / "summary.json"
MADE_BY = ("data", "task")  # the sections of run.yaml that say what the rows become
MANY_PAIRS = 10_000_000  # of rows that are compared: it takes some seconds
HELP = """\
Format the raw records: make data

Reads data/raw and writes data/processed: train.jsonl, validation.jsonl, test.jsonl,
rejects.jsonl (rows left out, with the reason), contradictions.jsonl (texts with
several labels), exports for LLaMA-Factory, and summary.json."""


def main(config: Config, options: command.Options) -> None:
    """Format everything into a new folder, then put it in the old one's place."""
    with alone_in(PROCESSED.parent), replacing(PROCESSED, mark=SUMMARY.name) as fresh:
        try:
            summary = format_all(config, fresh)
            measure_rows(fresh, config)
        except RecordError as error:
            raise ProjectError(
                "{where}: {fault}",
                "{advice}",
                where=error.where,
                fault=fill(error.template, **error.values),
                advice=fill(error.hint_template, **error.values),
            ) from error
    say(summary.report(config))


def format_all(config: Config, folder: Path) -> Summary:
    """Fill a new folder with splits, rejects, contradictions, exports and summary."""
    made_from = origin(raw_files(config.data))  # before they are read: a later change shows
    (folder / "exports").mkdir(parents=True)
    summary = format_rows(config, folder)
    for split, count in summary.kept.items():
        if not count:
            fault = fill(
                "no row is left for {split}; left out:"
                if summary.rejects
                else "no row is left for {split}",
                split=split,
            )
            raise ProjectError(
                "\n".join([fault, *summary.left_out(config)]),
                "\n".join(summary.doubts(config))
                or "add rows, or check data and task.labels in config/run.yaml",
            )
    learned = +summary.labels["train"]
    if len(learned) < 2:
        only = fill("every training row has the label {label}", label=some([*learned]))
        raise ProjectError(
            "\n".join([only, *summary.left_out(config)]),
            "\n".join(summary.doubts(config)) or "add rows of the other labels of task.labels",
        )
    write_dataset_info(folder)
    made_by = config.model_dump(include=set(MADE_BY))
    facts = {
        **summary.facts(),
        "made_by": made_by,
        "made_from": made_from,
        "written": written(folder),
    }
    (folder / SUMMARY.name).write_text(
        json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return summary


def formatted(config: Config) -> str:
    """SHA-256 of the formatted rows, once they are sure to be what run.yaml asks for."""
    summary = _read_summary()
    if changed := changed_keys(summary["made_by"], config, MADE_BY):
        raise ProjectError(
            "{folder} was made with other settings: {keys}",
            AGAIN,
            folder=PROCESSED,
            keys=fill(", ").join(changed),
        )
    with suppress(RecordError):  # a folder that has lost its raw files
        _refuse_changed(summary, raw_files(config.data))
    return rows_hash()


def rows_hash() -> str:
    """SHA-256 of the formatted rows, once they are sure to be as formatting.py writes them."""
    summary = _read_summary()
    _refuse_changed(summary, [])
    before, now = summary["written"], written(PROCESSED)
    if edited := sorted(name for name in before if before[name] != now.get(name)):
        raise ProjectError(
            "changed by hand since `make data` wrote it: {files}",
            "correct the records in data/raw, or formatting.py; then run `make data` again",
            files=", ".join(str(PROCESSED / name) for name in edited),
        )
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update((PROCESSED / f"{split}.jsonl").read_bytes())
    return digest.hexdigest()


def _read_summary() -> dict[str, Any]:
    with suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        summary: dict[str, Any] = json.loads(SUMMARY.read_text(encoding="utf-8"))
        for name in ("made_from", "written"):
            dict(summary[name])
        for section in MADE_BY:
            dict(summary["made_by"][section])
        return summary
    raise ProjectError(
        "there are no whole rows in {folder}", "run `make data` first", folder=PROCESSED
    )


def _refuse_changed(summary: Mapping[str, Any], files: Sequence[Path]) -> None:
    if changed := changed_files(summary["made_from"], files):
        raise ProjectError(
            "changed since {folder} was made: {files}",
            AGAIN,
            folder=PROCESSED,
            files=fill(", ").join(changed),
        )


def format_rows(config: Config, folder: Path) -> Summary:
    """Write each row as a conversation into its split, or as a reject with its reason."""
    layouts = {path: detect(path) for path in raw_files(config.data)}
    remarks = [fill(one.template, **one.values) for has in layouts.values() for one in has.remarks]
    summary, texts = Summary(files=[*remarks, *lacking(layouts, config)]), Texts()
    splits = SplitAssigner(config.data)
    slices, answers = config.data.slices, set[str]()
    with ExitStack() as stack:
        files = RowFiles(folder, stack)
        for row in rows(layouts):
            summary.rows += 1
            place, repeated = Place(row.file, row.number), None
            record = to_record(row.values, config.data.columns)
            outcome = Reject(row.fault) if row.fault else to_conversation(record, config.task)
            if not isinstance(outcome, Reject):
                asked, answer = (each["content"] for each in checked(outcome, place)[-2:])
                if answer not in answers:
                    refuse_unreadable(answer, place, config.task)
                    answers.add(answer)
                if repeated := texts.earlier(identity(asked), answer, place):
                    outcome = Reject("duplicate")
            if isinstance(outcome, Reject):
                summary.reject(outcome.reason, record)
                files.reject(outcome.reason, record, place, repeated)
            else:
                group = group_of(record)
                labels = labels_in(answer)
                split = splits.assign(group or kept_together(asked), labels)
                summary.keep(split, labels, group)
                files.keep(split, outcome, place, {name: record[name] for name in slices})
    summary.contradictions = write_contradictions(folder, texts)
    settle_splits(folder, splits.assigned(), summary)
    return summary


def settle_splits(folder: Path, assigned: AssignedRows, summary: Summary) -> None:
    """Leave out near-duplicates across splits, then give each split the labels that it misses.

    Labels are spread last: a row that is left out later could be the last one of its label. What
    nearly repeats a row moves with it.
    """
    moves = drop_near_duplicates(folder, assigned, summary) if NEAR_DUPLICATES else {}
    for move in assigned.moves():
        moves.setdefault(move.source, {})[move.position] = move.target
        summary.move(move)
    move_rows(folder, moves)
    drop_untaught(folder, summary)


def drop_untaught(folder: Path, summary: Summary) -> None:
    """Move held-out rows of labels that no training row has to the rejects."""
    if not any(summary.untaught(found) for found in summary.labels.values()):
        return
    dropped: dict[Split, dict[int, Split | None]] = {}
    with (folder / "rejects.jsonl").open("ab") as rejects:
        for split in SPLITS[1:]:
            for position, line in enumerate(read_lines(folder / f"{split}.jsonl")):
                labels = labels_in(_label(line))
                if summary.untaught(labels):
                    dropped.setdefault(split, {})[position] = None
                    summary.drop(split, labels, "untaught_label")
                    place = Place(line["file"], line["row"])
                    rejects.write(reject_line("untaught_label", _record(line), place, None))
    move_rows(folder, dropped)


def refuse_unreadable(answer: str, place: Place, task: TaskConfig) -> None:
    """Refuse a right answer that would count as none when the model gives it."""
    if read_answer(answer, task) is None:
        raise ProjectError(
            "{file}:{row}: formatting.py writes the answer {answer}, and reads it as none",
            "let to_conversation write answers that read_answer finds in task.labels",
            file=place.file,
            row=place.row,
            answer=repr(answer),
        )


def write_contradictions(folder: Path, texts: Texts) -> int:
    """Write the first row of each label of the texts that have several; how many texts."""
    contradictions = texts.contradictions()
    places = {place for met in contradictions for _, place in met}
    said: dict[Place, str] = {}
    for split in SPLITS if places else ():
        with (folder / f"{split}.jsonl").open("rb") as lines:
            for line in map(orjson.loads, lines):
                place = Place(line["file"], line["row"])
                if place in places:
                    said[place] = _text(line)
    with (folder / "contradictions.jsonl").open("wb") as file:
        for met in contradictions:
            labels = [{"label": name, "text": said[at], **at._asdict()} for name, at in met]
            file.write(to_line({"labels": labels}))
    return len(contradictions)


def group_of(record: Mapping[str, str]) -> str:
    """What a row has to stay in one split with, or nothing."""
    group = record.get(GROUP, "").strip()
    return "" if is_missing(group, NO_GROUP) else group


def raw_files(data: DataConfig) -> list[Path]:
    """The files that hold the raw records."""
    return [path for name in data.files for path in data_files(Path(name))]


def rows(layouts: Mapping[Path, Layout]) -> Iterator[Row]:
    """Every row of every file."""
    for path, layout in layouts.items():
        yield from read_rows(path, layout)


def drop_near_duplicates(
    folder: Path, assigned: AssignedRows, summary: Summary
) -> dict[Split, dict[int, Split | None]]:
    """The rows to drop: they nearly repeat a text of a later split, and are now among the rejects.

    Validation is compared with test; training with test and with what is left of validation.
    """
    if sum(summary.kept.values()) > LARGEST:
        summary.near_duplicates_checked = False
        return {}
    lines: Lines = []
    places: dict[Split, range] = {}
    for split in SPLITS:
        start = len(lines)
        lines += read_lines(folder / f"{split}.jsonl")
        places[split] = range(start, len(lines))
    if not lines:
        return {}
    train, validation, test = places.values()
    if len(train) * (len(lines) - len(train)) > MANY_PAIRS:
        say(
            "comparing {rows:,} with {held_out:,} held-out rows ...",
            rows=len(train),
            held_out=len(lines) - len(train),
        )
    index = TextIndex(
        TextsToCompare([compared(_text(line)) for line in lines], [*map(_label, lines)])
    )
    repeats = dict(reversed(index.near(validation, test)))
    kept = [place for place in validation if place not in repeats]
    repeats |= dict(reversed(index.near(train, [*kept, *test])))
    dropped: dict[Split, dict[int, Split | None]] = {}
    with (folder / "rejects.jsonl").open("ab") as rejects:
        for place, other in sorted(repeats.items()):
            split = next(split for split, among in places.items() if place in among)
            dropped.setdefault(split, {})[place - places[split].start] = None
            summary.drop(split, labels_in(_label(lines[place])), "near_duplicate_across_split")
            pair = (Place(lines[at]["file"], lines[at]["row"]) for at in (place, other))
            record = _record(lines[place])
            rejects.write(reject_line("near_duplicate_across_split", record, *pair))
    assigned.drop(repeats)
    left = [place for place in range(len(lines)) if place not in repeats]
    assigned.join(index.near(left, assigned.rare()))
    return dropped


def _text(line: Mapping[str, Any]) -> str:
    text: str = line["messages"][-2]["content"]
    return text


def _label(line: Mapping[str, Any]) -> str:
    label: str = line["messages"][-1]["content"]
    return label


def _record(line: Mapping[str, Any]) -> dict[str, str]:
    return {"text": _text(line), "label": _label(line)}


if __name__ == "__main__":
    raise SystemExit(command.run(main, HELP))
