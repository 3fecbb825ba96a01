"""Format the raw records: `make data`.

A new folder data/processed takes the old one's place once it is whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from .config import Config
from .config_base import DataConfig
from .data.columns import (
    GROUP_FIELD,
    find_missing_optional_columns,
    find_record_fault,
    to_record,
)
from .data.dedup import RowLocation, RowLocations, SeenTexts, hash_text
from .data.file_access import RecordError
from .data.given_splits import SPLIT_FIELD, has_unknown_split, hash_in_split, read_given_split
from .data.jsonl import (
    RowFileWriter,
    check_conversation,
    make_reject_line,
    move_rows,
    read_jsonl,
    to_json_line,
)
from .data.near_duplicates import MAX_COMPARED_ROWS, LabeledTexts, drop_cross_split_repeats
from .data.normalize import MISSING_GROUP_PATTERN, is_missing, normalize_text
from .data.processed_rows import FORMAT_SECTIONS, SUMMARY_FILE
from .data.provenance import hash_files, hash_row_files
from .data.raw_rows import describe_files, list_raw_files, read_all_rows
from .data.readers import detect_format
from .data.record_rules import name_unlisted
from .data.row_lengths import check_row_lengths
from .data.splits import (
    PROCESSED_DIR,
    SPLITS,
    AssignedRows,
    GivenPlace,
    Split,
    SplitAssigner,
)
from .data.summary import Summary, shorten_list
from .formatting import (
    DROP_NEAR_DUPLICATES,
    extract_labels,
    near_dup_text,
    parse_prediction,
    to_conversation,
)
from .prompts import Conversation, Reject
from .runtime.atomic_folder import replace_when_complete
from .runtime.errors import ProjectError
from .runtime.lock import exclusive_lock
from .runtime.main import Options, run_command
from .runtime.messages import fill
from .runtime.output import say
from .task import TaskConfig

Line = dict[str, Any]  # a formatted row
MIN_ROWS_TO_REPORT = 10_000  # comparing more rows takes some seconds
HELP = """\
Format the raw records: make data

Reads data/raw and writes data/processed: train.jsonl, validation.jsonl, test.jsonl,
rejects.jsonl (rows left out, with the reason), contradictions.jsonl (texts with
several labels), and summary.json."""


def main(config: Config, options: Options) -> None:
    """Format everything into a new folder, then put it in the old one's place."""
    with (
        exclusive_lock(PROCESSED_DIR.parent),
        replace_when_complete(PROCESSED_DIR, mark=SUMMARY_FILE.name) as fresh,
    ):
        try:
            summary = format_all(config, fresh)
            check_row_lengths(fresh, config)
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
    """Fill a new folder with splits, rejects, contradictions and summary."""
    # before they are read: a later change shows
    made_from = hash_files(list_raw_files(config.data))
    folder.mkdir(exist_ok=True)
    summary = format_rows(config, folder)
    for split, count in summary.kept.items():
        if not count:
            fault = fill(
                "{split} would have no rows; rejected rows:"
                if summary.rejects
                else "{split} would have no rows",
                split=split,
            )
            raise ProjectError(
                "\n".join([fault, *summary.describe_rejects(config)]),
                "\n".join(summary.list_column_warnings(config))
                or "add rows, or check data and task.labels in config/run.yaml",
            )
    learned = +summary.labels["train"]
    if len(learned) < 2:
        only = fill("every training row has the label {label}", label=shorten_list([*learned]))
        raise ProjectError(
            "\n".join([only, *summary.describe_rejects(config)]),
            "\n".join(summary.list_column_warnings(config))
            or "add rows with the other labels of task.labels",
        )
    made_by = config.model_dump(include=set(FORMAT_SECTIONS))
    facts = {
        **summary.facts(),
        "made_by": made_by,
        "made_from": made_from,
        "written": hash_row_files(folder),
    }
    (folder / SUMMARY_FILE.name).write_text(
        json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return summary


def format_record(record: Mapping[str, str], task: TaskConfig) -> Conversation | Reject:
    """The conversation of a record, or why it has none: its cell may list several labels."""
    made = to_conversation(record, task)
    if isinstance(made, Reject) and made.reason == "unknown_label":
        return Reject(name_unlisted(record["label"], task.labels, task.rules))
    return made


def format_rows(config: Config, folder: Path) -> Summary:
    """Write each row as a conversation into its split, or as a reject with its reason."""
    named = {*chain.from_iterable(config.data.columns.values())}
    layouts = {path: detect_format(path, named) for path in list_raw_files(config.data)}
    notes, faults = describe_files(layouts.values())
    faults += find_missing_optional_columns(layouts, config)
    summary = Summary(notes=notes, files=faults)
    texts, places = SeenTexts[str](), RowLocations()
    splits = SplitAssigner(config.data, config.data.given_splits)
    slices, answers = config.data.slice_fields, dict[str, str]()
    with ExitStack() as stack:
        files = RowFileWriter(folder, stack)
        for row in read_all_rows(layouts):
            summary.rows += 1
            place, repeated = RowLocation(row.file, row.number), None
            record = to_record(row.values, config.data.columns)
            fault = row.fault or find_record_fault(row.values, config.data.columns, config.task)
            fault = fault or find_split_fault(record, config.data)
            outcome = Reject(fault) if fault else format_record(record, config.task)
            if not isinstance(outcome, Reject):
                asked, answer = (
                    each["content"] for each in check_conversation(outcome, place)[-2:]
                )
                if answer not in answers:
                    refuse_unparseable_target(answer, place, config.task)
                    answers[answer] = answer
                text_hash = hash_text(make_duplicate_key(asked, config.data))
                given = get_given_place(record, place.file, text_hash, config.data)
                own_hash = hash_in_split(text_hash, given and given.split)
                earlier = texts.find_earlier(own_hash, answers[answer])
                if earlier is None:
                    places.append(place)
                else:
                    outcome, repeated = Reject("duplicate"), places[earlier]
            if isinstance(outcome, Reject):
                summary.reject(outcome.reason, record)
                files.reject(outcome.reason, record, place, repeated)
            else:
                group = get_group(record)
                labels = extract_labels(answer, config.task)
                split = splits.assign(
                    hash_text(group or make_duplicate_key(near_dup_text(asked), config.data)),
                    labels,
                    given,
                )
                summary.keep(split, labels, group)
                files.keep(split, outcome, place, {name: record[name] for name in slices})
    summary.contradictions = write_contradictions(folder, texts, places)
    finalize_splits(folder, splits.list_assigned(), summary, config)
    return summary


def finalize_splits(folder: Path, assigned: AssignedRows, summary: Summary, config: Config) -> None:
    """Leave out near-duplicates across splits, then give each split the labels that it misses.

    Labels are spread last: a row that is left out later could be the last one of its label. Rows
    with a label that no training row has are left out after that.
    """
    repeats = assigned.drop_given_repeats()
    repeats |= find_cross_split_repeats(
        folder, assigned, summary, compare_digits=config.data.compare_digits
    )
    targets: dict[Split, dict[int, Split | None]] = {split: {} for split in SPLITS}
    for move in assigned.spread_labels():
        summary.move(move)
        targets[move.source][move.position] = move.target
    reasons = dict.fromkeys(repeats, "near_duplicate_across_split")
    reasons |= dict.fromkeys(assigned.drop_untrained_labels(), "untrained_label")
    write_dropped(folder, assigned, reasons, repeats)
    for place, reason in reasons.items():
        split, position = assigned.locate(place)
        summary.drop(targets[split].get(position) or split, assigned.get_labels(place), reason)
        targets[split][position] = None
    move_rows(folder, targets)


def refuse_unparseable_target(answer: str, place: RowLocation, task: TaskConfig) -> None:
    """Refuse a right answer that would count as none when the model gives it."""
    if parse_prediction(answer, task) is None:
        raise ProjectError(
            "{file}:{row}: formatting.py writes the target {answer}, but does not parse it back",
            "to_conversation must write targets that parse_prediction finds in task.labels",
            file=place.file,
            row=place.row,
            answer=repr(answer),
        )


def write_contradictions(folder: Path, texts: SeenTexts[str], rows: RowLocations) -> int:
    """Write the first row of each label of the texts that have several; how many texts."""
    contradictions = [
        [(label, rows[number]) for label, number in met] for met in texts.list_contradictions()
    ]
    places = {place for met in contradictions for _, place in met}
    said: dict[RowLocation, str] = {}
    for split in SPLITS if places else ():
        with (folder / f"{split}.jsonl").open("rb") as lines:
            for line in map(orjson.loads, lines):
                place = RowLocation(line["file"], line["row"])
                if place in places:
                    said[place] = _get_text(line)
    with (folder / "contradictions.jsonl").open("wb") as file:
        for met in contradictions:
            labels = [{"label": name, "text": said[at], **at._asdict()} for name, at in met]
            file.write(to_json_line({"labels": labels}))
    return len(contradictions)


def make_duplicate_key(text: str, data: DataConfig) -> str:
    """The key by which duplicates are found: texts with the same one are duplicates."""
    if not DROP_NEAR_DUPLICATES:
        return text
    return normalize_text(text, keep_digits=data.compare_digits)


def get_group(record: Mapping[str, str]) -> str:
    """The group of a row, whose rows stay in one split, or an empty text."""
    group = record.get(GROUP_FIELD, "").strip()
    return "" if is_missing(group, MISSING_GROUP_PATTERN) else group


def find_split_fault(record: Mapping[str, str], data: DataConfig) -> str:
    """Why a row of which the files give the split is not used."""
    unknown = bool(data.given_splits) and has_unknown_split(record.get(SPLIT_FIELD, ""))
    return "unknown_split" if unknown else ""


def get_given_place(
    record: Mapping[str, str], file: str, text_hash: int, data: DataConfig
) -> GivenPlace | None:
    """Where the files put a row; None where they give no splits, or these are not used."""
    if not data.given_splits:
        return None
    return GivenPlace(read_given_split(record.get(SPLIT_FIELD, ""), file), text_hash)


def find_cross_split_repeats(
    folder: Path, assigned: AssignedRows, summary: Summary, *, compare_digits: bool
) -> dict[int, int]:
    """The rows that nearly repeat a row of a later split, each with that row."""
    rows = summary.kept
    if not DROP_NEAR_DUPLICATES:
        return {}
    if sum(rows.values()) > MAX_COMPARED_ROWS:
        summary.near_duplicates_checked = False
        return {}
    if sum(rows.values()) > MIN_ROWS_TO_REPORT:
        held_out = rows["validation"] + rows["test"]
        say(
            "searching {rows:,} rows for near-duplicates of {held_out:,} held-out rows ...",
            rows=rows["train"],
            held_out=held_out,
        )
    lines = [line for split in SPLITS for line in read_jsonl(folder / f"{split}.jsonl")]
    whole = [*map(_get_text, lines)]
    texts = [*map(near_dup_text, whole)]
    targets = [*map(_get_target, lines)]
    asked = texts != whole  # a question is left out of the texts
    rows_to_compare = LabeledTexts(texts, targets, compare_digits, labels_answer_questions=asked)
    return drop_cross_split_repeats(assigned, rows_to_compare)


def write_dropped(
    folder: Path, assigned: AssignedRows, reasons: Mapping[int, str], repeats: Mapping[int, int]
) -> None:
    """Append rows that were in a split to the rejects, with the rows that they nearly repeat."""
    if not reasons:
        return
    wanted = {*reasons, *repeats.values()}
    lines: dict[int, Line] = {}
    for split, places in zip(SPLITS, assigned.ranges(), strict=True):
        with (folder / f"{split}.jsonl").open("rb") as file:
            found = {
                place: line for place, line in zip(places, file, strict=True) if place in wanted
            }
        lines |= {place: json.loads(line) for place, line in found.items()}
    locations = {place: RowLocation(line["file"], line["row"]) for place, line in lines.items()}
    with (folder / "rejects.jsonl").open("ab") as rejects:
        for place, reason in sorted(reasons.items()):
            line, repeated = lines[place], repeats.get(place)
            record = {"text": _get_text(line), "label": _get_target(line)}
            other = None if repeated is None else locations[repeated]
            rejects.write(make_reject_line(reason, record, locations[place], other))


def _get_text(line: Mapping[str, Any]) -> str:
    text: str = line["messages"][-2]["content"]
    return text


def _get_target(line: Mapping[str, Any]) -> str:
    label: str = line["messages"][-1]["content"]
    return label


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
