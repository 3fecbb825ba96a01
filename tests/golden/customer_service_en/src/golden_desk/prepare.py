"""Format the raw records: `make data`.

A new folder data/processed takes the old one's place once it is whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from .config import Config
from .data.columns import GROUP_FIELD, find_missing_optional_columns, to_record
from .data.dedup import RowLocation, SeenTexts
from .data.file_access import RecordError
from .data.jsonl import (
    RowFileWriter,
    check_conversation,
    make_reject_line,
    move_rows,
    read_jsonl,
    to_json_line,
)
from .data.llama_factory import write_dataset_info
from .data.near_duplicates import MAX_COMPARED_ROWS, LabeledTexts, TextIndex
from .data.normalize import MISSING_GROUP, is_missing
from .data.processed_rows import FORMAT_SECTIONS, SUMMARY_FILE
from .data.provenance import hash_files, hash_row_files
from .data.raw_rows import list_raw_files, read_all_rows
from .data.readers import detect_format
from .data.row_lengths import check_row_lengths
from .data.splits import PROCESSED_DIR, SPLITS, AssignedRows, Split, SplitAssigner
from .data.summary import Summary, shorten_list
from .formatting import (
    DROP_NEAR_DUPLICATES,
    dedup_key,
    extract_labels,
    near_dup_text,
    parse_prediction,
    split_key,
    to_conversation,
)
from .prompts import Reject
from .runtime.atomic_folder import replace_when_complete
from .runtime.errors import ProjectError
from .runtime.lock import exclusive_lock
from .runtime.main import Options, run_command
from .runtime.messages import fill
from .runtime.output import say
from .task import TaskConfig

FormattedRows = list[dict[str, Any]]  # formatted rows
MIN_PAIRS_TO_REPORT = 10_000_000  # of rows that are compared: it takes some seconds
HELP = """\
Format the raw records: make data

Reads data/raw and writes data/processed: train.jsonl, validation.jsonl, test.jsonl,
rejects.jsonl (rows left out, with the reason), contradictions.jsonl (texts with
several labels), exports for LLaMA-Factory, and summary.json."""


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
    """Fill a new folder with splits, rejects, contradictions, exports and summary."""
    made_from = hash_files(
        list_raw_files(config.data)
    )  # before they are read: a later change shows
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
        only = fill("every training row has the label {label}", label=shorten_list([*learned]))
        raise ProjectError(
            "\n".join([only, *summary.left_out(config)]),
            "\n".join(summary.doubts(config)) or "add rows of the other labels of task.labels",
        )
    write_dataset_info(folder)
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


def format_rows(config: Config, folder: Path) -> Summary:
    """Write each row as a conversation into its split, or as a reject with its reason."""
    layouts = {path: detect_format(path) for path in list_raw_files(config.data)}
    remarks = [fill(one.template, **one.values) for has in layouts.values() for one in has.remarks]
    summary, texts = (
        Summary(files=[*remarks, *find_missing_optional_columns(layouts, config)]),
        SeenTexts(),
    )
    splits = SplitAssigner(config.data)
    slices, answers = config.data.slice_fields, set[str]()
    with ExitStack() as stack:
        files = RowFileWriter(folder, stack)
        for row in read_all_rows(layouts):
            summary.rows += 1
            place, repeated = RowLocation(row.file, row.number), None
            record = to_record(row.values, config.data.columns)
            outcome = Reject(row.fault) if row.fault else to_conversation(record, config.task)
            if not isinstance(outcome, Reject):
                asked, answer = (
                    each["content"] for each in check_conversation(outcome, place)[-2:]
                )
                if answer not in answers:
                    refuse_unparseable_target(answer, place, config.task)
                    answers.add(answer)
                if repeated := texts.earlier(dedup_key(asked), answer, place):
                    outcome = Reject("duplicate")
            if isinstance(outcome, Reject):
                summary.reject(outcome.reason, record)
                files.reject(outcome.reason, record, place, repeated)
            else:
                group = get_group(record)
                labels = extract_labels(answer)
                split = splits.assign(group or split_key(asked), labels)
                summary.keep(split, labels, group)
                files.keep(split, outcome, place, {name: record[name] for name in slices})
    summary.contradictions = write_contradictions(folder, texts)
    finalize_splits(folder, splits.assigned(), summary)
    return summary


def finalize_splits(folder: Path, assigned: AssignedRows, summary: Summary) -> None:
    """Leave out near-duplicates across splits, then give each split the labels that it misses.

    Labels are spread last: a row that is left out later could be the last one of its label. What
    nearly repeats a row moves with it.
    """
    moves = drop_near_duplicates(folder, assigned, summary) if DROP_NEAR_DUPLICATES else {}
    for move in assigned.moves():
        moves.setdefault(move.source, {})[move.position] = move.target
        summary.move(move)
    move_rows(folder, moves)
    drop_untrained_labels(folder, summary)


def drop_untrained_labels(folder: Path, summary: Summary) -> None:
    """Move held-out rows of labels that no training row has to the rejects."""
    if not any(summary.untaught(found) for found in summary.labels.values()):
        return
    dropped: dict[Split, dict[int, Split | None]] = {}
    with (folder / "rejects.jsonl").open("ab") as rejects:
        for split in SPLITS[1:]:
            for position, line in enumerate(read_jsonl(folder / f"{split}.jsonl")):
                labels = extract_labels(_get_target(line))
                if summary.untaught(labels):
                    dropped.setdefault(split, {})[position] = None
                    summary.drop(split, labels, "untaught_label")
                    place = RowLocation(line["file"], line["row"])
                    rejects.write(
                        make_reject_line("untaught_label", _make_record(line), place, None)
                    )
    move_rows(folder, dropped)


def refuse_unparseable_target(answer: str, place: RowLocation, task: TaskConfig) -> None:
    """Refuse a right answer that would count as none when the model gives it."""
    if parse_prediction(answer, task) is None:
        raise ProjectError(
            "{file}:{row}: formatting.py writes the answer {answer}, and reads it as none",
            "let to_conversation write answers that read_answer finds in task.labels",
            file=place.file,
            row=place.row,
            answer=repr(answer),
        )


def write_contradictions(folder: Path, texts: SeenTexts) -> int:
    """Write the first row of each label of the texts that have several; how many texts."""
    contradictions = texts.contradictions()
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


def get_group(record: Mapping[str, str]) -> str:
    """What a row has to stay in one split with, or nothing."""
    group = record.get(GROUP_FIELD, "").strip()
    return "" if is_missing(group, MISSING_GROUP) else group


def drop_near_duplicates(
    folder: Path, assigned: AssignedRows, summary: Summary
) -> dict[Split, dict[int, Split | None]]:
    """The rows to drop: they nearly repeat a text of a later split, and are now among the rejects.

    Validation is compared with test; training with test and with what is left of validation.
    """
    if sum(summary.kept.values()) > MAX_COMPARED_ROWS:
        summary.near_duplicates_checked = False
        return {}
    lines: FormattedRows = []
    places: dict[Split, range] = {}
    for split in SPLITS:
        start = len(lines)
        lines += read_jsonl(folder / f"{split}.jsonl")
        places[split] = range(start, len(lines))
    if not lines:
        return {}
    train, validation, test = places.values()
    if len(train) * (len(lines) - len(train)) > MIN_PAIRS_TO_REPORT:
        say(
            "comparing {rows:,} with {held_out:,} held-out rows ...",
            rows=len(train),
            held_out=len(lines) - len(train),
        )
    index = TextIndex(
        LabeledTexts([near_dup_text(_get_text(line)) for line in lines], [*map(_get_target, lines)])
    )
    repeats = dict(reversed(index.near(validation, test)))
    kept = [place for place in validation if place not in repeats]
    repeats |= dict(reversed(index.near(train, [*kept, *test])))
    dropped: dict[Split, dict[int, Split | None]] = {}
    with (folder / "rejects.jsonl").open("ab") as rejects:
        for place, other in sorted(repeats.items()):
            split = next(split for split, among in places.items() if place in among)
            dropped.setdefault(split, {})[place - places[split].start] = None
            summary.drop(
                split, extract_labels(_get_target(lines[place])), "near_duplicate_across_split"
            )
            pair = (RowLocation(lines[at]["file"], lines[at]["row"]) for at in (place, other))
            record = _make_record(lines[place])
            rejects.write(make_reject_line("near_duplicate_across_split", record, *pair))
    assigned.drop(repeats)
    left = [place for place in range(len(lines)) if place not in repeats]
    assigned.join(index.near(left, assigned.rare()))
    return dropped


def _get_text(line: Mapping[str, Any]) -> str:
    text: str = line["messages"][-2]["content"]
    return text


def _get_target(line: Mapping[str, Any]) -> str:
    label: str = line["messages"][-1]["content"]
    return label


def _make_record(line: Mapping[str, Any]) -> dict[str, str]:
    return {"text": _get_text(line), "label": _get_target(line)}


if __name__ == "__main__":
    raise SystemExit(run_command(main, HELP))
