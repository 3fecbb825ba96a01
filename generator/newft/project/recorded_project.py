"""Read what a project records about itself: its snapshot, its answers and its facts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from newft.answers.fit import format_answer
from newft.answers.keys import ANSWER_KEYS, AnswerValue, RawAnswers
from newft.answers.yaml_file import load_answers, parse_answers_yaml
from newft.errors import NewftError, ProjectError
from newft.project.branch_merge import (
    find_branch_merge,
    find_marker_line,
    merge_branch_answers,
)
from newft.project.facts_file import read_facts
from newft.project.snapshot import (
    ANSWERS_FILE,
    FACTS_FILE,
    METADATA_DIR,
    SNAPSHOT_FILE,
    Snapshot,
    read_snapshot,
)
from newft.schema.dataset import Facts
from newft.text import Text

_OPTIONAL_KEYS = ("hub", "revision", "positive")
_FORMER_NAMES = {name for entry in ANSWER_KEYS for name in entry.former_names}
_MARKER_HINTS = {
    Path(ANSWERS_FILE).name: Text(
        "edit it so that it has the answers of both sides, then run `newft update`",
        "请编辑该文件，保留双方的答案，再运行 `newft update`",
    ),
    Path(FACTS_FILE).name: Text(
        f"keep one side: git checkout --ours -- {FACTS_FILE} (or --theirs), or measure again with"
        " `newft update --remeasure`",
        f"请保留一方：git checkout --ours -- {FACTS_FILE}（或 --theirs），或用"
        " `newft update --remeasure` 重新测量",
    ),
}


class RecordedProject(NamedTuple):
    """A project as an update finds it."""

    folder: Path
    snapshot: Snapshot
    answers: RawAnswers  # of today, maybe edited
    answers_lost: bool  # the file is missing, and the answers are those of the snapshot
    measured_answers: RawAnswers  # with which the snapshot was rendered, and the facts measured
    facts: Facts | None  # None: to be measured again
    notes: tuple[Text, ...] = ()  # about branches that were merged


def read_recorded_project(
    folder: Path, *, remeasure: bool, given: Collection[str] = ()
) -> RecordedProject:
    """Read `.newft/` of a project; with `remeasure`, unreadable facts do not matter.

    `given` are the keys that the caller gives new answers: merged branches may differ in them.
    """
    refuse_other_folder(folder)
    snapshot = read_snapshot(folder)
    measured = parse_answers_yaml(
        f"{SNAPSHOT_FILE}: {ANSWERS_FILE}", snapshot.answers, is_recorded=lambda _key, _value: True
    )
    file = folder / ANSWERS_FILE
    lost = not file.exists()
    merge = None if lost else find_branch_merge(folder)
    merged = merge_branch_answers(merge, file.read_bytes(), given) if merge else None
    present = measured if lost or merged else _read_answers(file, measured)
    missing = {} if merged else _find_missing(present, measured)
    return RecordedProject(
        folder,
        snapshot._replace(tree=merge.tree) if merge else snapshot,
        merged.answers if merged else {**present, **missing},
        lost,
        measured,
        _read_facts(folder, remeasure=remeasure),
        tuple(_describe_taken(merged.taken) if merged else _describe_missing(missing)),
    )


def _find_missing(answers: RawAnswers, measured: RawAnswers) -> RawAnswers:
    """Return the answers of the last update that somebody has removed from the file.

    Those about data, kit and origin of the model may be left out on purpose; and with another
    domain or task others are asked.
    """
    if any(answers.get(key) != measured.get(key) for key in ("domain", "task")):
        return {}
    former = {name for entry in ANSWER_KEYS if entry.key in measured for name in entry.former_names}
    if former & answers.keys():
        return {}
    return {
        key: value
        for key, value in measured.items()
        if key not in answers
        and key not in _OPTIONAL_KEYS
        and not key.startswith(("data.", "kit."))
    }


def _describe_missing(missing: RawAnswers) -> Iterator[Text]:
    for key, value in missing.items():
        text = format_answer(value)
        yield Text(
            f"{key} is missing in {ANSWERS_FILE}: the last update had {text}, which is kept",
            f"{ANSWERS_FILE} 中缺少 {key}：沿用上次更新时的 {text}",
        )


def _describe_taken(taken: RawAnswers) -> Iterator[Text]:
    for key, value in taken.items():
        text = format_answer(value)
        yield Text(
            f"two updated branches were merged, and only the other one has {key}: {text}",
            f"合并了两个都更新过的分支，只有另一分支的答案是 {key}：{text}",
        )


def refuse_other_folder(folder: Path) -> None:
    """Refuse a folder that newft did not make, or whose `.newft/` leads out of it."""
    kept = folder / METADATA_DIR
    if kept.is_symlink():
        message = Text("`.newft` is a link", "`.newft` 是链接")
        hint = Text("put the folder itself in its place", "请换成文件夹本身")
        raise ProjectError(message, where=str(kept), hint=hint)
    if not folder.is_dir() or not kept.is_dir():
        missing = not folder.exists()
        message = (
            Text("there is no such folder", "没有这个文件夹")
            if missing
            else Text("newft did not make this project", "这个项目不是 newft 生成的")
        )
        hint = (
            Text("check the path", "请检查路径")
            if missing
            else Text(
                "give the folder that holds `.newft/`, or take a project over with `newft adopt`",
                "请给出含有 `.newft/` 的文件夹；其他项目可用 `newft adopt` 接管",
            )
        )
        raise ProjectError(message, where=str(folder), hint=hint)


def _read_answers(file: Path, measured: RawAnswers) -> RawAnswers:
    def is_recorded(key: str, value: AnswerValue) -> bool:
        return measured.get(key) == value or key in _FORMER_NAMES

    _refuse_markers(file)
    try:
        return load_answers(file, is_recorded=is_recorded)
    except NewftError as error:
        raise _add_way_out(error, ANSWERS_FILE) from error


def _add_way_out(error: NewftError, file: str) -> NewftError:
    """Add to the error of a file how its last good state is brought back."""
    message, hint = (Text(*texts) for texts in zip(error.to("en"), error.to("zh"), strict=True))
    way = Text(
        f"or remove {file}: the answers of the last update are then used",
        f"或删除 {file}：届时采用上次更新时的答案",
    )
    first = hint if hint.en else Text("correct it", "请修正")
    whole = Text(f"{first.en}, {way.en}", f"{first.zh}，{way.zh}")
    return type(error)(message, where=error.where, hint=whole)


def _read_facts(folder: Path, *, remeasure: bool) -> Facts | None:
    file = folder / FACTS_FILE
    try:
        if file.is_file():
            _refuse_markers(file)
        return read_facts(folder)
    except NewftError:
        if remeasure:
            return None
        raise


def _refuse_markers(file: Path) -> None:
    """Refuse a file of `.newft/` that a merge of git has left with conflict markers."""
    if line := find_marker_line(file.read_bytes()):
        raise ProjectError(
            Text("the file has conflict markers of a merge", "文件中留有合并冲突标记"),
            where=f"{file}:{line}",
            hint=_MARKER_HINTS[file.name],
        )
