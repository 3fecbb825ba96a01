"""Formatting: nothing lost unseen, no leak between splits, old rows stay where they are."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from example import COLUMNS, SAME, record, with_labels

from golden_desk import prepare
from golden_desk.config import Config
from golden_desk.data import processed_rows
from golden_desk.data.jsonl import read_jsonl
from golden_desk.data.reject_reasons import REJECT_REASONS
from golden_desk.data.splits import PROCESSED_DIR, SPLITS
from golden_desk.data.summary import WRONG_COLUMN_QUESTIONS, Summary
from golden_desk.formatting import DROP_NEAR_DUPLICATES
from golden_desk.prompts import Conversation, build_conversation
from golden_desk.runtime.errors import ProjectError
from golden_desk.runtime.messages import fill
from golden_desk.task import TaskConfig


def places() -> dict[str, str]:
    return {
        line["messages"][-2]["content"]: split
        for split in SPLITS
        for line in read_jsonl(PROCESSED_DIR / f"{split}.jsonl")
    }


def test_every_row_is_kept_or_rejected_with_its_row_and_reason(
    config: Config, write_rows: Callable[..., None]
) -> None:
    label = config.task.labels[0]
    write_rows(
        60, ("", label), ("no label", ""), ("odd", "no_such"), (SAME[0], label),
        (SAME[1], label),
    )  # fmt: skip
    prepare.main(config, Namespace())
    rejects = read_jsonl(PROCESSED_DIR / "rejects.jsonl")
    assert rejects == [
        reject("empty_input", 62, "", label),
        reject("empty_label", 63, "no label", ""),
        reject("unknown_label", 64, "odd", "no_such"),
        reject("duplicate", 66, SAME[1], label, repeats=65),
    ]
    assert len(places()) == 61


def place_of(words: str) -> str:
    return next(split for text, split in places().items() if words in text)


def reject(
    reason: str, row: int, text: str, label: str, repeats: int | None = None
) -> dict[str, object]:
    of = {"repeats": {"file": "rows.csv", "row": repeats}} if repeats else {}
    found = {"reason": reason, "file": "rows.csv", "row": row, **of}
    return {**found, "record": record(text, label)}


def test_an_answer_that_formatting_cannot_read_back_is_an_error(
    config: Config, write_rows: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows(60)
    monkeypatch.setattr(prepare, "to_conversation", with_a_remark)
    with pytest.raises(ProjectError, match=r"rows\.csv:2.*formatting\.py.*I think it is"):
        prepare.main(config, Namespace())


def with_a_remark(record: dict[str, str], task: TaskConfig) -> Conversation:
    return build_conversation(str(record), f"I think it is {task.labels[0]}", task)


def test_half_a_surrogate_pair_is_rejected_and_can_be_read(config: Config) -> None:
    words = [f"{a}{b}" for a in "abcdefghijklm" for b in "nopqrstu"]
    rows = [record(word, config.task.labels[i % 2]) for i, word in enumerate(words)]
    text = "\n".join(map(json.dumps, [record("\ud83d", "x"), *rows]))
    Path("rows.jsonl").write_text(text, encoding="utf-8")
    changed = config.data.model_copy(update={"files": ["rows.jsonl"]})
    prepare.main(config.model_copy(update={"data": changed}), Namespace())
    (line,) = read_jsonl(PROCESSED_DIR / "rejects.jsonl")
    assert (line["reason"], line["record"]) == ("bad_encoding", record("\ud83d", "x"))


def test_a_renamed_label_is_seen_at_once(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60, ("other", "no_such"))
    task = with_labels(config.task, [*config.task.labels, "renamed"])
    prepare.main(config.model_copy(update={"task": task}), Namespace())
    said = capsys.readouterr().out.splitlines()
    assert f"          1 unknown_label  {unknown_label('no_such (1)')}" in said
    unmet = fill("labels of task.labels without a row: {labels}", labels="renamed")
    assert fill("warning: {text}", text=unmet) in said


def unknown_label(labels: str) -> str:
    """What is said of rows with labels that are not of the task."""
    reason = fill(REJECT_REASONS["unknown_label"].words)
    return fill("{reason}: {labels}", reason=reason, labels=labels)


def test_a_label_without_test_row_is_named(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60, ("only row", "rare"))
    task = with_labels(config.task, [*config.task.labels, "rare"])
    prepare.main(config.model_copy(update={"task": task}), Namespace())
    assert place_of("only row") == "train"  # taught before it is tested
    warning = fill("labels without a row in {split}: {labels}", split="test", labels="rare")
    assert capsys.readouterr().out.splitlines()[-1] == fill("warning: {text}", text=warning)


def test_how_a_file_is_read_is_a_note_and_no_warning(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(60)
    rows = Path("rows.csv")
    rows.write_text("rows of 2024\n\n" + rows.read_text(encoding="utf-8"), encoding="utf-8")
    prepare.main(config, Namespace())
    said = capsys.readouterr().out.splitlines()
    note = fill("{file}: header in row {row}", file="rows.csv", row=3)
    assert fill("note: {text}", text=note) in said
    assert fill("warning: {text}", text=note) not in said


def test_rows_of_labels_are_printed_where_a_split_has_few(config: Config) -> None:
    many, few = config.task.labels[:2]
    summary = Summary()
    for split in SPLITS:
        for label in (*[many] * 6, few):
            summary.keep(split, [label], "")
    said = summary.report(config).splitlines()
    assert "        1        1        1  " + few in said
    assert "        6        6        6  " + many in said or len(config.task.labels) > 20
    for split in SPLITS:
        for _ in range(4):
            summary.keep(split, [few], "")
    assert not any(line.endswith(f"  {few}") for line in summary.report(config).splitlines())


def test_texts_with_several_labels_are_counted_and_listed(
    config: Config, write_rows: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = config.task.labels
    write_rows(60, (SAME[0], first), (SAME[1], second), (SAME[0], first))
    prepare.main(config, Namespace())
    path = PROCESSED_DIR / "contradictions.jsonl"
    said = capsys.readouterr().out.splitlines()
    several = fill("texts with several labels: {count:,}; see {path}", count=1, path=path)
    assert said[-1] == fill("warning: {text}", text=several)
    (found,) = read_jsonl(path)
    first_met, second_met = found["labels"]
    assert SAME[0] in first_met.pop("text")
    assert SAME[1] in second_met.pop("text")
    assert first_met == {"label": first, "file": "rows.csv", "row": 62}
    assert second_met == {"label": second, "file": "rows.csv", "row": 63}


def test_texts_of_symbols_alone_are_told_apart(
    config: Config, write_rows: Callable[..., None]
) -> None:
    first, second = config.task.labels
    write_rows(60, ("👍", first), ("👎", first), ("??", second), (" 👍 ", first))
    prepare.main(config, Namespace())
    rejects = read_jsonl(PROCESSED_DIR / "rejects.jsonl")
    assert rejects == [reject("duplicate", 65, " 👍 ", first, repeats=62)]
    assert read_jsonl(PROCESSED_DIR / "contradictions.jsonl") == []


def with_columns(config: Config, columns: dict[str, list[str]]) -> Config:
    return config.model_copy(update={"data": config.data.model_copy(update={"columns": columns})})


def test_a_column_that_is_no_label_is_doubted(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    (column,) = next(among for name, among in COLUMNS.items() if name != "label")
    with pytest.raises(ProjectError) as caught:
        prepare.main(with_columns(config, COLUMNS | {"label": [column]}), Namespace())
    assert caught.value.hint == left_out(60, "label", column)


def test_a_column_that_is_no_text_is_doubted(config: Config) -> None:
    counts = Summary(rows=60, rejects=Counter(duplicate=58))
    assert list(counts.list_column_warnings(with_columns(config, {"text": ["label"]}))) == [
        left_out(58, "text", "label")
    ]


def left_out(rows: int, field: str, column: str) -> str:
    """What is said where so many of 60 rows are left out for a field."""
    return fill(
        "{count:,} of {rows:,} rows are rejected because of {field}: {question}",
        count=rows,
        rows=60,
        field=field,
        question=fill(WRONG_COLUMN_QUESTIONS[field], column=column),
    )


def test_new_rows_move_no_old_ones(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(60)
    prepare.main(config, Namespace())
    before = places()
    write_rows(90)
    prepare.main(config, Namespace())
    after = places()
    assert {text: after[text] for text in before} == before
    assert len(after) == 90


@pytest.mark.parametrize(
    ("messages", "fault"),
    [
        ([], "it has no message"),
        ([("user", "hello")], "the roles are {roles}"),
        ([("system", "Answer."), ("assistant", "yes")], "the roles are {roles}"),
        ([("user", "hello"), ("assistant", " ")], "a message is empty"),
    ],
)
def test_a_conversation_that_cannot_be_learned_names_its_row(
    messages: list[tuple[str, str]],
    fault: str,
    config: Config,
    write_rows: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_rows(60)
    made = [{"role": role, "content": content} for role, content in messages]
    monkeypatch.setattr(prepare, "to_conversation", lambda record, task: made)
    with pytest.raises(ProjectError) as caught:
        prepare.main(config, Namespace())
    roles = fill(", ").join(role for role, _ in messages)
    assert caught.value.message == fill(
        "{file}:{row}: formatting.py converts this row into an invalid conversation: {fault}",
        file="rows.csv",
        row=2,
        fault=fill(fault, roles=roles),
    )


def test_a_long_comparison_is_said_where_there_is_one(
    config: Config,
    write_rows: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prepare, "MIN_ROWS_TO_REPORT", 1)
    write_rows(60)
    prepare.main(config, Namespace())
    train = len(read_jsonl(PROCESSED_DIR / "train.jsonl"))
    said = capsys.readouterr().out.splitlines()[0]
    comparing = fill(
        "searching {rows:,} rows for near-duplicates of {held_out:,} held-out rows ...",
        rows=train,
        held_out=60 - train,
    )
    assert (said == comparing) == DROP_NEAR_DUPLICATES


def test_rows_of_a_file_that_is_gone_are_not_used_unless_all_are(
    config: Config, write_rows: Callable[..., None]
) -> None:
    raw = Path("raw")
    raw.mkdir()
    for name, rows in (("a.csv", 60), ("b.csv", 90)):
        write_rows(rows)
        Path("rows.csv").rename(raw / name)
    folder = config.data.model_copy(update={"files": ["raw"]})
    config = config.model_copy(update={"data": folder})
    prepare.main(config, Namespace())
    rows = processed_rows.verify_and_hash_rows(config)
    (raw / "b.csv").unlink()
    changed = fill(
        "modified since {folder} was generated: {files}", folder=PROCESSED_DIR, files="raw/b.csv"
    )
    with pytest.raises(ProjectError, match=re.escape(changed)):
        processed_rows.verify_and_hash_rows(config)
    (raw / "a.csv").unlink()
    assert processed_rows.verify_and_hash_rows(config) == rows


def test_near_duplicates_are_named_with_what_they_repeat(
    config: Config, write_rows: Callable[..., None]
) -> None:
    write_rows(60)
    repeated = Path("rows.csv").read_text(encoding="utf-8").splitlines()
    near = [row.replace(",", "s,", 1) for row in repeated[1:]]
    Path("rows.csv").write_text("\n".join([*repeated, *near]), encoding="utf-8")
    prepare.main(config, Namespace())
    dropped = read_jsonl(PROCESSED_DIR / "rejects.jsonl")
    reasons = {"near_duplicate_across_split"} if DROP_NEAR_DUPLICATES else set()
    assert {line["reason"] for line in dropped} == reasons
    assert all(abs(line["row"] - line["repeats"]["row"]) == 60 for line in dropped)


def test_rows_that_leave_one_label_are_refused(
    config: Config, write_rows: Callable[..., None]
) -> None:
    first, second = config.task.labels
    write_rows(60)
    renamed = config.model_copy(update={"task": with_labels(config.task, [first, "renamed"])})
    with pytest.raises(ProjectError) as caught:
        prepare.main(renamed, Namespace())
    first_line, *reasons = caught.value.message.splitlines()
    assert first_line == fill("every training row has the label {label}", label=first)
    assert reasons[0].endswith(f"unknown_label  {unknown_label(f'{second} (30)')}")
    assert not PROCESSED_DIR.exists()


def test_a_failed_run_leaves_the_old_rows(config: Config, write_rows: Callable[..., None]) -> None:
    write_rows(60)
    prepare.main(config, Namespace())
    before = places()
    write_rows(0, ("only", "one"))
    nothing = fill("{split} would have no rows", split="train")
    with pytest.raises(ProjectError, match=re.escape(nothing)):
        prepare.main(config, Namespace())
    assert places() == before
