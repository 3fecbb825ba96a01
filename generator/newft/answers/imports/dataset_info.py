"""Find the data files that a configuration of LLaMA-Factory names, by its dataset_info.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from newft.answers.imports.carried import Carrier
from newft.answers.keys import COLUMNS_PREFIX, FILES_KEY
from newft.errors import UsageError
from newft.text import Text, find_nearest_names

INFO_FILE = "dataset_info.json"
DEFAULT_COLUMNS = {
    "alpaca": {"prompt": "instruction", "query": "input", "response": "output"},
    "sharegpt": {"messages": "conversations"},
}
OTHER_KINDS = {
    "ranking": Text("preference data: newft trains on answers", "偏好数据：newft 只用答案训练"),
    "hf_hub_url": Text("download it, and give the file", "请先下载，再给出文件"),
    "ms_hub_url": Text("download it, and give the file", "请先下载，再给出文件"),
    "script_url": Text("run the script, and give the file", "请先运行脚本，再给出文件"),
}


class _DataSet(NamedTuple):
    file: str
    columns: Mapping[str, str]  # by field, where they are not the usual ones


def carry_data_sets(carrier: Carrier) -> None:
    """Carry the files of the data sets over, and their columns."""
    keys = [key for key in ("dataset", "eval_dataset") if carrier.take(key)]
    for key in keys:
        carrier.check_kind(key, "names", holds=isinstance(carrier.values[key], str | list))
    carrier.take("dataset_dir")
    names = {name: key for key in keys for name in _list_names(carrier.values[key])}
    if not names:
        return
    found = _find_info(carrier)
    if found is None:
        for key in keys:
            carrier.lose(
                key,
                Text(
                    f"there is no {INFO_FILE} beside the file or in its dataset_dir; give the files"
                    " with --data",
                    f"配置文件旁和 dataset_dir 中都没有 {INFO_FILE}；请用 --data 给出数据文件",
                ),
            )
        return
    info = _read_info(found)
    sets = {
        name: one
        for name, key in names.items()
        if (one := _find_data_set(carrier, key, name, info, found))
    }
    if sets:
        _carry_sets(carrier, names, sets)


def _carry_sets(carrier: Carrier, names: Mapping[str, str], sets: Mapping[str, _DataSet]) -> None:
    """Carry the data sets that have the columns of the first one; say which have others."""
    first, leading = next(iter(sets.items()))
    for name, one in sets.items():
        if one.columns != leading.columns:
            carrier.lose(
                names[name],
                Text(
                    f"`{name}` has other columns than `{first}`: give its columns the same names, "
                    "or give the files with --data",
                    f"`{name}` 的列与 `{first}` 不同：请统一列名，或用 --data 给出数据文件",
                ),
            )
    alike = [one.file for one in sets.values() if one.columns == leading.columns]
    carrier.answers[FILES_KEY] = tuple(dict.fromkeys(alike))
    for field, column in leading.columns.items():
        carrier.answers[f"{COLUMNS_PREFIX}{field}"] = column


def _list_names(value: object) -> list[str]:
    named = value if isinstance(value, list) else str(value).split(",")
    return [str(name).strip() for name in named]


def _find_info(carrier: Carrier) -> Path | None:
    return next((path for path in _iterate_places(carrier) if path.is_file()), None)


def _iterate_places(carrier: Carrier) -> Iterator[Path]:
    named = Path(str(carrier.values.get("dataset_dir") or "data"))
    here = carrier.path.parent
    for folder in (named, here / named, here, here / "data"):
        yield folder / INFO_FILE


def _read_info(path: Path) -> Mapping[str, Any]:
    try:
        info = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(
            Text(f"cannot be read: {error}", f"无法读取：{error}"), where=str(path)
        ) from error
    if not isinstance(info, dict):
        raise UsageError(
            Text("should be an object of data sets by name", "应为“名称 → 数据集”的对象"),
            where=str(path),
        )
    return info


def _find_data_set(
    carrier: Carrier, key: str, name: str, info: Mapping[str, Any], path: Path
) -> _DataSet | None:
    """Return a data set by its name; note why there is none."""
    entry = info.get(name)
    if not isinstance(entry, dict):
        near = find_nearest_names(name, [*info])
        known = near[0] if near else ", ".join(info)
        carrier.lose(
            key,
            Text(f"{path} has no `{name}`, but {known}", f"{path} 中没有 `{name}`，只有 {known}"),
        )
        return None
    for kind, why in OTHER_KINDS.items():
        if entry.get(kind):
            carrier.lose(key, Text(f"`{name}`: {why.en}", f"`{name}`：{why.zh}"))
            return None
    file = path.parent / str(entry.get("file_name") or name)
    if not file.exists():
        carrier.lose(key, Text(f"{file} does not exist", f"{file} 不存在"))
        return None
    return _DataSet(str(file), _name_columns(entry))


def _name_columns(entry: Mapping[str, Any]) -> Mapping[str, str]:
    """Return columns of other names; newft knows those that LLaMA-Factory has by itself."""
    formatting = str(entry.get("formatting") or "alpaca")
    columns = entry.get("columns")
    usual = DEFAULT_COLUMNS.get(formatting, {})
    if formatting != "alpaca" or not isinstance(columns, dict):
        return {}  # newft finds the turns of a chat by their shape
    named = {part: columns.get(part) for part in usual}
    if all(named[part] in (None, usual[part]) for part in usual):
        return {}
    found = {"text": named["query"] or named["prompt"], "label": named["response"]}
    return {field: str(column) for field, column in found.items() if column}
