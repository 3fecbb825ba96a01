"""Format the raw records: `make data`.

data/raw -> data/processed/{train,validation,test}.jsonl, rejects.jsonl with row and reason,
exports for LLaMA-Factory, and summary.json. A new folder takes the old one's place once whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import command
from .alone import alone_in
from .config import Config, DataConfig, changed_keys
from .errors import ProjectError
from .exports import write_exports
from .formatting import FIELDS, Reject, to_conversation
from .near_duplicates import LARGEST, near_duplicates
from .records import RecordError, Row, data_files, detect, read_rows, skeleton, text_of
from .splits import PROCESSED, SPLITS, Split, split_of

SUMMARY = PROCESSED / "summary.json"
MADE_BY = ("data", "task")  # the sections of run.yaml that say what the rows become


@dataclass
class Summary:
    """What came of the rows."""

    rows: int = 0
    kept: dict[Split, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    labels: dict[Split, Counter[str]] = field(
        default_factory=lambda: {split: Counter() for split in SPLITS}
    )
    rejects: Counter[str] = field(default_factory=Counter)
    near_duplicates_checked: bool = True

    def report(self) -> str:
        """The summary for people."""
        kept = sum(self.kept.values())
        lines = [f"{kept:,} of {self.rows:,} rows formatted"]
        lines += [f"  {split:<11}{count:>9,}" for split, count in self.kept.items()]
        if self.rejects:
            reasons = ", ".join(f"{count:,} {code}" for code, count in self.rejects.most_common())
            lines.append(f"{sum(self.rejects.values()):,} rows left out: {reasons}")
            lines.append(f"each with its row number in {PROCESSED / 'rejects.jsonl'}")
        if not self.near_duplicates_checked:
            lines.append(f"near-duplicates across splits not looked for: over {LARGEST:,} rows")
        absent = sorted(set(self.labels["test"]) - set(self.labels["train"]))
        if absent:
            lines.append(f"warning: in the test rows but never trained: {', '.join(absent)}")
        return "\n".join(lines)


def main(config: Config, options: command.Options) -> None:
    """Format everything into a new folder, then put it in the old one's place."""
    fresh = PROCESSED.with_name("processed.new")
    with alone_in(PROCESSED.parent):
        shutil.rmtree(fresh, ignore_errors=True)  # of a run that was killed
        fresh.mkdir()
        try:
            summary = format_all(config, fresh)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        old = PROCESSED.with_name("processed.old")
        shutil.rmtree(old, ignore_errors=True)
        if PROCESSED.exists():
            PROCESSED.rename(old)
        fresh.rename(PROCESSED)
        shutil.rmtree(old, ignore_errors=True)
    print(summary.report())


def format_all(config: Config, folder: Path) -> Summary:
    """Fill a folder with splits, rejects, exports and summary."""
    summary = format_rows(config, folder)
    drop_near_duplicates(folder, summary)
    for split, count in summary.kept.items():
        if not count:
            reasons = ", ".join(f"{many} {code}" for code, many in summary.rejects.items())
            raise ProjectError(
                f"no row is left for {split}; left out: {reasons or 'none'}",
                "add rows, or look at data and task.labels in config/run.yaml",
            )
    write_exports(folder)
    made_by = config.model_dump(include=set(MADE_BY))
    (folder / SUMMARY.name).write_text(
        json.dumps({**vars(summary), "made_by": made_by}, ensure_ascii=False, indent=2) + "\n",
        encoding="utf-8",
    )
    return summary


def formatted(config: Config) -> str:
    """SHA-256 of the formatted rows, once they are sure to be what run.yaml asks for."""
    try:
        made_by = json.loads(SUMMARY.read_text(encoding="utf-8"))["made_by"]
    except (FileNotFoundError, ValueError, KeyError):
        raise ProjectError(
            f"there are no whole rows in {PROCESSED}", "run `make data` first"
        ) from None
    if changed := changed_keys(made_by, config, MADE_BY):
        raise ProjectError(
            f"{PROCESSED} was made with other settings: {', '.join(changed)}",
            "run `make data` again",
        )
    digest = hashlib.sha256()
    for split in SPLITS:
        digest.update((PROCESSED / f"{split}.jsonl").read_bytes())
    return digest.hexdigest()


def format_rows(config: Config, folder: Path) -> Summary:
    """Write each row as a conversation into its split, or as a reject with its reason."""
    summary = Summary()
    seen: set[bytes] = set()
    with ExitStack() as stack:
        opened = {
            name: stack.enter_context((folder / f"{name}.jsonl").open("w", encoding="utf-8"))
            for name in (*SPLITS, "rejects")
        }
        for row in rows(config.data):
            summary.rows += 1
            record = to_record(row.values, config.data.columns)
            outcome = Reject(row.fault) if row.fault else to_conversation(record, config.task)
            if not isinstance(outcome, Reject):
                text, answer = skeleton(record["text"]), outcome[-1]["content"]
                key = hashlib.sha256(f"{text}\0{answer}".encode()).digest()[:8]
                if key in seen:
                    outcome = Reject("duplicate")
                seen.add(key)
            if isinstance(outcome, Reject):
                summary.rejects[outcome.reason] += 1
                line: dict[str, object] = {"reason": outcome.reason}
                name = "rejects"
            else:
                split = split_of(record.get("group") or text, config.data)
                summary.kept[split] += 1
                summary.labels[split][answer] += 1
                line = {"messages": outcome}
                name = split
            line |= {"file": row.file, "row": row.number}
            opened[name].write(json.dumps(line, ensure_ascii=False) + "\n")
    return summary


def rows(data: DataConfig) -> Iterator[Row]:
    """Every row of every file of run.yaml."""
    try:
        for name in data.files:
            for path in data_files(Path(name)):
                layout = detect(path)
                _refuse_missing(path, layout.columns, data.columns)
                yield from read_rows(path, layout)
    except RecordError as error:
        raise ProjectError(str(error), error.hint or "see data.files in config/run.yaml") from error


def _refuse_missing(path: Path, has: Sequence[str], columns: Mapping[str, list[str]]) -> None:
    for field_name in FIELDS:
        among = columns.get(field_name, [])
        if not set(among) & set(has):
            raise ProjectError(
                f"{path} has no column for {field_name}; it has: {', '.join(has)}",
                f"name its column in config/run.yaml: data.columns.{field_name}",
            )


def to_record(values: Mapping[str, object], columns: Mapping[str, list[str]]) -> dict[str, str]:
    """The fields of a row, each from the first of its columns that the row has."""
    return {
        name: next((text_of(values[column]) for column in among if column in values), "")
        for name, among in columns.items()
    }


def drop_near_duplicates(folder: Path, summary: Summary) -> None:
    """Move training rows that nearly repeat a held-out text to the rejects."""
    if sum(summary.kept.values()) > LARGEST:
        summary.near_duplicates_checked = False
        return
    lines = {split: read_lines(folder / f"{split}.jsonl") for split in SPLITS}
    texts = {split: [line["messages"][-2]["content"] for line in lines[split]] for split in SPLITS}
    repeats = set(near_duplicates(texts["train"], texts["validation"] + texts["test"]))
    if not repeats:
        return
    with (
        (folder / "train.jsonl").open("w", encoding="utf-8") as train,
        (folder / "rejects.jsonl").open("a", encoding="utf-8") as rejects,
    ):
        for position, line in enumerate(lines["train"]):
            if position in repeats:
                summary.labels["train"][line.pop("messages")[-1]["content"]] -= 1
                line = {"reason": "near_duplicate_across_split", **line}
            out = rejects if position in repeats else train
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    summary.kept["train"] -= len(repeats)
    summary.rejects["near_duplicate_across_split"] += len(repeats)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a jsonl file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    raise SystemExit(command.run(main, __doc__))
